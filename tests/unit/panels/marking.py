"""What a round's raters do, one step a function, as their browsers do it."""

import secrets
from collections.abc import Mapping

from django.db.models import Q

from hengjian.proof import blind
from hengjian.ratings.panels import filling, reviewing, tokens
from hengjian.ratings.panels.models import Member, Roll
from tests.unit.panels import team

GOOD = "8"


def sign_all(held, note: str = "本单位只有一名上级") -> None:
    """Sign every roll of a round."""
    for roll in Roll.objects.filter(round=held):
        reviewing.sign_roll(roll, team.office(), note=note, make=team.keys())


def answers(member: Member, value: str = GOOD, now=team.OPEN_DAY) -> dict[str, str]:
    """The same value for everything that a form asks."""
    form = filling.form(member, team.office(now))
    return {question.code: value for question in form.questions}


def token(member: Member, now=team.OPEN_DAY) -> tokens.Token:
    """A member's token, drawn and blinded here as the browser does."""
    key = tokens.offered(member)
    public = _public(key)
    prepared = blind.prepare(public, secrets.token_bytes(tokens.NONCE), secrets.token_bytes)
    hidden = blind.blind(public, prepared, secrets.token_bytes)
    answer = filling.token_for(member, hidden.message, team.office(now))
    return tokens.Token(key.pk, prepared, blind.finalize(public, prepared, answer, hidden.inverse))


def _public(key):
    import base64

    from hengjian.proof.blind_keys import VARIANTS, PublicKey

    return PublicKey.parse(base64.b64decode(key.spki), VARIANTS[key.variant])


def mark_blind(member: Member, value: str = GOOD, seconds: int = 100) -> tokens.Token:
    """An anonymous member marks."""
    given = answers(member, value)
    own = token(member)
    filling.cast(own, given, seconds, team.office(team.OPEN_DAY, ""))
    return own


def mark_signed(member: Member, value: str = GOOD, seconds: int = 100, by: str = "x") -> None:
    """A member who signs hands in."""
    outsider = member.asked.outsider
    third = outsider is not None and outsider.kind == "institution"
    if third and not hasattr(member.asked, "declaration"):
        reviewing.declare(member.asked, (), team.office(team.OPEN_DAY, outsider.code))
    filling.hand_in(member, answers(member, value), "", seconds, team.office(team.OPEN_DAY, by))


def mark_all(roll: Roll, values: Mapping[str, str] | None = None) -> None:
    """Everybody on a roll marks, each group with its value; whoever withdrew does not."""
    rows = Member.objects.filter(roll=roll, withdrawal__isnull=True).exclude(group="self")
    rows = rows.filter(Q(signed=True) | Q(voucher__isnull=False))
    for member in rows.select_related("asked__official", "asked__outsider", "roll__round"):
        value = (values or {}).get(member.group, GOOD)
        (mark_signed if member.signed else mark_blind)(member, value)
