"""Any-time ratings of a few posts, all the way: events, invitations, tokens, ballots, a release. Synthetic.

Everything goes through the rooms' own doors, as a system of record, a counter and a browser would. The
marks are those that the office's old sheet holds for the same posts, so that the figures of the city stay;
in the result the release stands in for the sheet (docs/decisions/0017).
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

from hengjian.demo.figures import PERIODS
from hengjian.demo.opinions import marks
from hengjian.demo.people import Member, members
from hengjian.policy.folder import PolicyFolder
from hengjian.policy.policy import Policy
from hengjian.proof import blind
from hengjian.proof.blind_keys import VARIANTS, PublicKey
from hengjian.ratings.ballots.collecting import take_in
from hengjian.ratings.ballots.operations import accept_key
from hengjian.ratings.ballots.receipts import digest, new_code
from hengjian.ratings.ballots.releases import release_due
from hengjian.ratings.ballots.rules import rules_of
from hengjian.ratings.ballots.tokens import NONCE, Draft, Keys, Said, Token, checked
from hengjian.ratings.ballots.writing import store
from hengjian.ratings.invitations.issuing import issue, opened
from hengjian.ratings.invitations.models import ChannelName, Invitation
from hengjian.ratings.invitations.operations import Office, hand_over
from hengjian.ratings.invitations.secrets_file import RoomSecret, room_secret
from hengjian.ratings.invitations.sheet import EventDraft
from hengjian.ratings.invitations.systems import NewSystem, hand_in, register, systems
from hengjian.terms.calendar import SHANGHAI

PERIOD = PERIODS[-1]
DAY, RELEASED = date(2026, 5, 20), date(2026, 6, 25)
POSTS = ("P1010011", "P1020011", "P1020041")  # three party secretaries, none of town Y
CAST = 34  # of those who were asked; the least number of a release is thirty
ASKED, OPENED = 46, 40
ASSISTED = 6  # by hotline, typed by somebody else
SYSTEM = NewSystem("synthetic-approvals", "审批系统（合成数据）", (), ("approval",))
GOOD, BAD = ("quick", "kind", "solved"), ("slow", "unclear")


@dataclass(frozen=True)
class Rated:
    """A post with the marks that its ballots give."""

    member: Member
    marks: tuple[int, ...]


def rated() -> list[Rated]:
    """The posts, each with marks spread like those of the office's sheet."""
    given: dict[str, list[int]] = {}
    for row in marks(PERIOD):
        if row.stratum == "masses":
            given.setdefault(row.member.post, []).extend([row.value] * row.ballots)
    wanted = [m for m in members() if m.post in POSTS]
    return [Rated(m, _spread(sorted(given[m.post]))) for m in wanted]


def _spread(held: list[int]) -> tuple[int, ...]:
    """So many of a sorted list, evenly from its lowest to its highest."""
    return tuple(held[(2 * n + 1) * len(held) // (2 * CAST)] for n in range(CAST))


def build(data: Path, policy: PolicyFolder, by: str) -> int:
    """Events to release; gives how many ballots came in. What is done already is not done again."""
    now = datetime.combine(DAY, time(10), tzinfo=SHANGHAI)
    rules = policy.in_force(DAY)
    room = room_secret(data)
    office = Office(by, now, policy, room, frozenset())
    found = rated()
    _hand_in(found, office)
    cast = _rate(found, room, rules, now)
    take_in(now + timedelta(days=1))
    # each ballot counts from a day of its own: by then all do
    released_on = datetime.combine(RELEASED, time(1), tzinfo=SHANGHAI)
    release_due(released_on, rules_of(policy.in_force(RELEASED)), lambda _most: 0)
    return cast


def _hand_in(found: Iterable[Rated], office: Office) -> None:
    known = {one.code: one for one in systems()}
    system = known.get(SYSTEM.code) or register(SYSTEM, office)
    drafts = [_event(one.member, n) for one in found for n in range(ASKED)]
    hand_in(system, f"synthetic-{DAY}", drafts, office)


def _event(member: Member, number: int) -> EventDraft:
    channel = ChannelName.ASSISTED if number < ASSISTED else ChannelName.PRINTED
    return EventDraft(
        source=SYSTEM.code, external=_external(member, number), kind="approval", on=DAY,
        organisation=member.town.code, official=member.official, post=member.post, channel=channel,
        person=f"synthetic {member.post} {number}",
    )  # fmt: skip


def _external(member: Member, number: int) -> str:
    return f"{member.post}-{number:02d}"


def _rate(found: Iterable[Rated], room: RoomSecret, rules: Policy, now: datetime) -> int:
    """The counter gives the link, the browser gets its token and casts."""
    drafts: list[Draft] = []
    keys, terms = Keys(), rules_of(rules)
    for one in found:
        named = {_external(one.member, number): number for number in range(OPENED)}
        rows = Invitation.objects.filter(event__source=SYSTEM.code, event__external__in=named)
        for invitation in rows.filter(opening__isnull=True).select_related("event"):
            number = named[invitation.event.external]
            secret = hand_over(invitation.pk, "synthetic", now)
            offer = opened(secret, now)
            if number >= len(one.marks):
                continue
            key = PublicKey.parse(offer.spki, VARIANTS[offer.variant])
            accept_key(offer.spki, offer.variant, one.member.official, one.member.post, offer.half, DAY)
            token = _token(key, secret, room, now)
            if not keys.knows(token.key_id):
                keys.load()
            keys.verify(token, terms, DAY)
            how = "assisted" if invitation.channel == ChannelName.ASSISTED else "self"
            drafts.append(
                Draft(token.key_id, token.digest, checked(_said(one.marks[number], how), terms), DAY)
            )
    store(drafts) if drafts else None
    return len(drafts)


def _token(key: PublicKey, secret: str, room: RoomSecret, now: datetime) -> Token:
    draw = secrets.token_bytes
    prepared = blind.prepare(key, draw(NONCE), draw)
    hidden = blind.blind(key, prepared, draw)
    signed = issue(secret, hidden.message, room, now)
    return Token(key.key_id.hex(), prepared, blind.finalize(key, prepared, signed, hidden.inverse))


def _said(mark: int, how: str) -> Said:
    tags = GOOD[: max(0, mark - 6)] if mark > 6 else BAD[: max(0, 6 - mark)]
    return Said(mark, tuple(tags), "", how, digest(new_code(secrets.token_bytes)))
