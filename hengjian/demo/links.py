"""A few invitations that can be used today, on whatever day the demonstration is shown. Synthetic.

The city's own ratings lie in its last half-year, and their links are over. So matters of today are handed
in as a counter would, until enough invitations wait; their links open the page that runs beside the console.
"""

from datetime import datetime
from pathlib import Path

from hengjian.demo.people import members
from hengjian.demo.ratings import POSTS, SYSTEM
from hengjian.notary.recording import day_of
from hengjian.policy.folder import PolicyFolder
from hengjian.ratings.invitations.channels.config import FILE
from hengjian.ratings.invitations.models import ChannelName, Invitation
from hengjian.ratings.invitations.operations import Office, hand_over, link_of
from hengjian.ratings.invitations.printing import to_assist, waiting
from hengjian.ratings.invitations.secrets_file import room_secret
from hengjian.ratings.invitations.sheet import EventDraft
from hengjian.ratings.invitations.systems import hand_in, register, systems

PRINTED, ASSISTED = 6, 3
OURS = "# synthetic: written by the demonstration\n"
BASE = "http://127.0.0.1:8010"


def prepare(data: Path, base: str = BASE) -> None:
    """Say where links lead. A file that somebody wrote himself is left alone."""
    path, said = data / "invitations" / FILE, f"{OURS}base: {base}\n"
    if not path.exists() or path.read_text(encoding="utf-8").startswith(OURS):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(said, encoding="utf-8")


def refresh(data: Path, policy: PolicyFolder, by: str, now: datetime) -> int:
    """Hand in matters of today until enough invitations wait at the counter and for assisted entry.

    Gives how many wait at the counter; what waits already is not made again.
    """
    office = Office(by, now, policy, room_secret(data), frozenset())
    for channel, found, wanted in (
        (ChannelName.PRINTED, _ours(waiting(now)), PRINTED),
        (ChannelName.ASSISTED, _ours(to_assist(now)), ASSISTED),
    ):
        if len(found) < wanted:
            _hand_in(office, channel, wanted - len(found))
    return len(_ours(waiting(now)))


def links(base: str, count: int, by: str, now: datetime) -> list[tuple[str, str]]:
    """So many links that can be used, each with what it is about; asked again: others for the same."""
    chosen = _ours(waiting(now))[:count]
    return [
        (
            f"{one.event.unit_title} {one.event.post_title}",
            link_of(base, hand_over(one.pk, by, now), one.channel),
        )
        for one in chosen
    ]


def _ours(found: list[Invitation]) -> list[Invitation]:
    return [one for one in found if one.event.source == SYSTEM.code]


def _hand_in(office: Office, channel: ChannelName, count: int) -> None:
    system = next((one for one in systems() if one.code == SYSTEM.code), None) or register(SYSTEM, office)
    stamp = f"{day_of(office.now)}-{office.now:%H%M%S%f}-{channel}"
    serving = [one for one in members() if one.post in POSTS]
    drafts = [
        EventDraft(
            source=SYSTEM.code, external=f"{stamp}-{n}", kind="approval", on=day_of(office.now),
            organisation=one.town.code, official=one.official, post=one.post, channel=channel,
            person=f"synthetic {stamp} {n}",
        )
        for n, one in ((n, serving[n % len(serving)]) for n in range(count))
    ]  # fmt: skip
    hand_in(system, f"synthetic-{stamp}", drafts, office)
