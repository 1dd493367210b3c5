"""Issuer keys, and the one blind signature of an invitation.

What the kiosk's issuing process calls: :func:`opened`, :func:`issue`. Both work under the database role
``hengjian_issuer``, which reads and writes this room's tables only.

Whoever calls :func:`issue` answers only after the transaction is committed (leave ``roles.issuing`` first).

Crash points: a key, its sealed private half and its leaf stand or fall in one transaction. Of a token the
row that says "issued, for this blinded message" is committed before the signature leaves; killed between
the two, the same request gets the same signature again, since signing is a function of the message.
"""

import base64
import hashlib
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

from django.db import transaction
from django.utils.translation import gettext as _

from hengjian.notary.recording import day_of, notarise
from hengjian.proof.blind import blind_sign
from hengjian.proof.blind_keys import RANDOMIZED, VARIANTS, SecretKey, Variant
from hengjian.proof.errors import ProofError
from hengjian.ratings.invitations.errors import InvitationRefused
from hengjian.ratings.invitations.models import (
    Attempt,
    Invitation,
    Issue,
    IssuerKey,
    IssuerSecret,
    Opening,
)
from hengjian.ratings.invitations.secrets_file import RoomSecret, hash_of
from hengjian.terms.calendar import SHANGHAI
from hengjian.terms.period import Period

MakeKey = Callable[[], SecretKey]
_LONGEST_SECRET = 64


@dataclass(frozen=True)
class Offer:
    """What the page is told about an invitation: the matter, and the key with its place in the log."""

    kind: str
    on: date
    unit: str
    post: str
    half: str
    slot: str
    key: str
    variant: str
    spki: bytes
    expires_on: date
    issued: bool


def half_of(day: date) -> str:
    """The calendar half-year of a day.

    Clause: NORMS X12
    """
    return f"{day.year}-H{1 if day.month <= 6 else 2}"


def slot_of(official: str, half: str) -> str:
    """Where an official's key of a half-year belongs: a second key in the log for one slot is a fraud."""
    return hashlib.sha256(f"hengjian issuer key {official} {half}".encode()).hexdigest()


def open_keys(
    wanted: Iterable[tuple[str, str]],
    secret: RoomSecret,
    now: datetime,
    make: MakeKey = SecretKey.generated,
) -> dict[tuple[str, str], IssuerKey]:
    """The issuer keys of (official's code, half-year); those that are missing are made and logged.

    Each key has a transaction of its own, and keys are made outside of it: making one takes a second.
    Clause: SPEC B4, SPEC F3
    """
    wanted = sorted(set(wanted))
    found = {
        (key.official.code, key.half): key
        for key in IssuerKey.objects.select_related("official").filter(
            official__code__in={code for code, _half in wanted}, half__in={half for _code, half in wanted}
        )
    }
    for official, half in wanted:
        if (official, half) not in found:
            found[official, half] = _open_key(official, half, secret, now, make())
    return found


def _open_key(official: str, half: str, secret: RoomSecret, now: datetime, made: SecretKey) -> IssuerKey:
    from hengjian.roster.models import Official

    with transaction.atomic():
        person = Official.objects.select_for_update().get(code=official)
        standing = IssuerKey.objects.filter(official=person, half=half).first()
        if standing is not None:
            return standing
        key = IssuerKey.objects.create(
            official=person,
            half=half,
            slot=slot_of(official, half),
            variant=made.variant.name,
            spki=base64.b64encode(made.public.spki).decode(),
            at=now,
        )
        IssuerSecret.objects.create(key=key, sealed=made.pem(secret.passphrase).decode())
        notarise(now, key)
        return key


def destroy_keys(now: datetime) -> int:
    """Destroy the private keys of half-years for which no link serves any more; the public ones stay.

    Clause: SPEC B4
    """
    today, gone = day_of(now), 0
    for row in IssuerSecret.objects.select_related("key"):
        last = Invitation.objects.filter(key=row.key).order_by("-expires_on").first()
        if Period(row.key.half).end >= today or (last is not None and last.expires_on >= today):
            continue
        if (today - Period(row.key.half).end).days > 31:  # events may still be reported for some days
            gone += row.delete()[0]
    return gone


def invitation_of(secret: str, now: datetime) -> Invitation:
    """The invitation that a link's secret opens.

    Clause: SPEC B2
    Raises: InvitationRefused when there is none, or its window is over.
    """
    found = None
    if 0 < len(secret) <= _LONGEST_SECRET:
        rows = Attempt.objects.select_related("invitation__key", "invitation__event")
        found = rows.filter(secret_hash=hash_of(secret)).first()
    if found is None:
        raise InvitationRefused(
            _("没有这个评价链接"), do=_("请用收到的完整链接打开"), code="invitations.unknown"
        )
    if day_of(now) > found.invitation.expires_on:
        raise InvitationRefused(
            _("评价链接已过期"), do=_("下次办事后会收到新的链接"), code="invitations.expired"
        )
    return found.invitation


def opened(secret: str, now: datetime) -> Offer:
    """What the page shows; notes the day on which the link was opened first.

    Clause: SPEC B2
    Raises: InvitationRefused when the link is unknown or its window is over.
    """
    with transaction.atomic():
        invitation = invitation_of(secret, now)
        Opening.objects.bulk_create([Opening(invitation=invitation, on=day_of(now))], ignore_conflicts=True)
        issued = Issue.objects.filter(pk=invitation.pk).exists()
    event, key = invitation.event, invitation.key
    return Offer(
        event.kind, event.on, event.unit_title, event.post_title, key.half, key.slot, str(key.pk),
        key.variant, base64.b64decode(key.spki), invitation.expires_on, issued,
    )  # fmt: skip


def issue(secret: str, blinded: bytes, room: RoomSecret, now: datetime) -> bytes:
    """Sign one blinded message for an invitation, once.

    The same message again gets the same answer; another one is refused.
    Clause: SPEC B2, SPEC B4
    Raises: InvitationRefused when the link is unknown, over or used, or the message is none.
    """
    digest = hashlib.sha256(blinded).hexdigest()
    with transaction.atomic():
        invitation = invitation_of(secret, now)
        # whoever comes second waits here for the first one's commit, then finds its row
        Issue.objects.bulk_create(
            [Issue(invitation=invitation, blinded_hash=digest, on=now.astimezone(SHANGHAI).date())],
            ignore_conflicts=True,
        )
        if Issue.objects.get(pk=invitation.pk).blinded_hash != digest:
            raise InvitationRefused(
                _("这个链接的评价凭证已经发放"),
                do=_("请在第一次打开链接的手机或电脑上继续"),
                code="invitations.issued",
            )
        return _signed(invitation.key, blinded, room)  # a refused message leaves no row


def _signed(key: IssuerKey, blinded: bytes, room: RoomSecret) -> bytes:
    row = IssuerSecret.objects.filter(pk=key.pk).first()
    if row is None:
        raise InvitationRefused(
            _("这半年的签发密钥已销毁"), do=_("下次办事后会收到新的链接"), code="invitations.expired"
        )
    variant = VARIANTS.get(key.variant, RANDOMIZED)
    try:
        return blind_sign(_opened_key(row.sealed, variant, room.passphrase), blinded, secrets.token_bytes)
    except ProofError as fault:
        raise InvitationRefused(
            _("评价凭证请求不符合要求"), do=_("请刷新页面重试"), code="invitations.blinded"
        ) from fault


@lru_cache(maxsize=256)
def _opened_key(sealed: str, variant: Variant, passphrase: bytes) -> SecretKey:
    """The unsealed key, kept in this process's memory: unsealing takes fifty times as long as signing.

    A destroyed key is refused before this is asked; the memory is empty when the process ends.
    """
    return SecretKey.parse(sealed.encode(), variant, passphrase)
