"""The door for events, invitations given by hand, and opting out.

Crash points: each operation is one transaction; killed anywhere it leaves the whole delivery or nothing.
Issuer keys that a delivery needs are made before, each in a transaction of its own: a key without
invitations harms nobody.
"""

import secrets
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path

from django.db import connection, transaction
from django.utils.translation import gettext as _

from hengjian.notary.recording import day_of, notarise, notarise_keys
from hengjian.policy.folder import PolicyFolder
from hengjian.proof.blind_keys import SecretKey
from hengjian.ratings.invitations.checks import EVERYTHING, Context, Scope, check_not_of_the_unit
from hengjian.ratings.invitations.errors import EventsRefused, InvitationRefused
from hengjian.ratings.invitations.issuing import MakeKey, half_of, invitation_of, open_keys
from hengjian.ratings.invitations.models import (
    HANDED,
    Attempt,
    ChannelName,
    Contact,
    Delivery,
    Ending,
    EventBatch,
    Invitation,
    OptOut,
    RefusedEvent,
    ServiceEvent,
)
from hengjian.ratings.invitations.secrets_file import RoomSecret, hash_of
from hengjian.ratings.invitations.sheet import (
    EventDraft,
    EventRow,
    EventsReceipt,
    contact_of,
    read_events,
)
from hengjian.ratings.invitations.taking import Taking, sorted_out
from hengjian.terms.canonical import digest, digest_of

WRITE = 2_000
_ADMISSION = 0x696E766974  # the lock's number


@dataclass(frozen=True)
class Office:
    """Who takes events in, when, under which policy, from which registered systems."""

    by: str
    now: datetime
    policy: PolicyFolder
    secret: RoomSecret
    sources: frozenset[str]
    make_key: MakeKey = SecretKey.generated
    scope: Scope = EVERYTHING


def admit_events(drafts: Iterable[EventDraft], office: Office, *, source: str) -> EventsReceipt:
    """Let events in that a system of record hands over; each person concerned gets one invitation.

    A row that was let in before is counted as repeated; one that does not fit waits with its reasons.
    Clause: SPEC B2, NORMS X14, NORMS X16
    """
    rows = [EventRow(i, draft.raw(), draft) for i, draft in enumerate(drafts, start=1)]
    return _admit(rows, office, source, digest_of([row.raw for row in rows]))


def import_events(path: Path, office: Office) -> EventsReceipt:
    """Let a spreadsheet or CSV of events in; the receipt reports every refused cell.

    Clause: SPEC B2
    Raises: EventsRefused when the file cannot be read.
    """
    return _admit(read_events(path), office, path.name, digest(path.read_bytes()))


def _admit(rows: Sequence[EventRow], office: Office, source: str, source_digest: str) -> EventsReceipt:
    if not office.by.strip():
        raise EventsRefused(_("缺少接收人"), do=_("请写明由谁接收"), code="events.unsigned")
    context = Context(office.policy, day_of(office.now), office.by, office.sources, office.scope)
    good, bad = sorted_out(rows, context)
    wanted = {(draft.official, half_of(draft.on)) for _number, draft in good}
    keys = open_keys(wanted, office.secret, office.now, office.make_key)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_ADMISSION])
        batch = EventBatch(
            source_name=source[:255], source_digest=source_digest, by=office.by, at=office.now,
            policy_digest=office.policy.digest, read=len(rows),
        )  # fmt: skip
        taking = Taking(batch.pk, context, office.secret, office.now, keys, refused=list(bad))
        rest = iter(good)
        while chunk := list(islice(rest, WRITE)):
            taking.take(chunk)
        _close(batch, taking)
    report = tuple((row.number, reason) for row in taking.refused for reason in row.reasons)
    return EventsReceipt(
        batch.pk, batch.read, batch.admitted, batch.repeated, batch.refused, report, tuple(taking.invited)
    )


def _close(batch: EventBatch, taking: Taking) -> None:
    """The batch with its counts; relations to it are checked at the end of the transaction."""
    batch.repeated, batch.refused = taking.repeated, len(taking.refused)
    batch.admitted = batch.read - batch.repeated - batch.refused
    batch.save(force_insert=True)
    refused = RefusedEvent.objects.bulk_create(
        [
            RefusedEvent(
                batch=batch, row=row.number, raw=row.raw, reasons=[asdict(reason) for reason in row.reasons]
            )
            for row in taking.refused
        ],
        batch_size=WRITE,
    )
    notarise(taking.now, batch)
    notarise_keys(RefusedEvent, [row.pk for row in refused], taking.now)
    notarise_keys(ServiceEvent, taking.events, taking.now)


# -- by hand -----------------------------------------------------------------------------------


def hand_over(invitation: uuid.UUID, by: str, now: datetime) -> str:
    """The secret of an invitation that is given by hand: printed at the counter, or assisted entry.

    Whoever asks again gets another secret for the same invitation: still one token only.
    Clause: NORMS L15, NORMS L10
    Raises: InvitationRefused when the invitation is sent, not given, or its window is over; when who would
    type for the person concerned is of the rated unit.
    """
    if not by.strip():
        raise InvitationRefused(_("缺少经手人"), do=_("请写明由谁交给当事人"), code="invitations.unsigned")
    found = Invitation.objects.filter(pk=invitation, channel__in=HANDED).first()
    if found is None or Ending.objects.filter(pk=invitation).exists() or day_of(now) > found.expires_on:
        raise InvitationRefused(
            _("没有这份可当面交付的邀请"), do=_("请核对编号、渠道和有效期"), code="invitations.not_by_hand"
        )
    if found.channel == ChannelName.ASSISTED:
        check_not_of_the_unit(found, by, now)
    secret = new_secret()
    with transaction.atomic():
        attempt = Attempt.objects.create(invitation=found, secret_hash=hash_of(secret), at=now, by=by)
        Delivery.objects.create(attempt=attempt, sent=True, at=now)
    return secret


def link_of(base: str, secret: str, channel: str) -> str:
    """The link as it is given by hand; ``a.`` tells the page that somebody else types, which is recorded.

    Clause: NORMS L15
    """
    return f"{base}/r#{'a.' if channel == ChannelName.ASSISTED else ''}{secret}"


def opt_out(secret: str, now: datetime) -> None:
    """No more invitations to the address that this link was sent to.

    Clause: NORMS X14
    Raises: InvitationRefused when the link is unknown, over, or was given by hand.
    """
    with transaction.atomic():
        waiting = Contact.objects.filter(pk=invitation_of(secret, now).pk)
        address_key = waiting.values_list("address_key", flat=True).first()
        if address_key is None:
            raise InvitationRefused(
                _("这个链接不是发送的，无从退订"), do=_("无须退订：不会收到推送"), code="invitations.by_hand"
            )
        OptOut.objects.bulk_create([OptOut(address_key=address_key, on=day_of(now))], ignore_conflicts=True)


def opt_in(channel: str, address: str, room: RoomSecret) -> bool:
    """Take an address off the list again, when its owner asks for it; says whether it stood there."""
    key = room.address_key(contact_of(channel, address=address))
    return OptOut.objects.filter(pk=key).delete()[0] > 0


def new_secret() -> str:
    """256 bits for a link; only their hash is ever kept."""
    return secrets.token_urlsafe(32)
