"""Sending what is due: each invitation is sent once, or listed with the reason.

At most once, not at least once: a second link for the same matter looks like a fraud to whoever gets it.
An attempt is therefore written, and committed, before it is made, with the hash of a secret that exists
in memory only; what became of it is written after.

Crash points. Killed before the attempts are committed: nothing was sent, the contacts are still free.
Killed after: the contacts stay claimed by attempts without a result. After ``LEASE`` they are settled:
a way that can be asked (the gateway) says whether it took the attempt; of one that cannot (SMTP) nobody
knows, and the invitation is listed as uncertain, never sent again. Two workers never hold the same
contact: rows are claimed with SKIP LOCKED.
"""

import logging
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import connection, transaction

from hengjian.ratings.invitations.channels import Channel, Message, NotDelivered, Unclear
from hengjian.ratings.invitations.errors import InvitationRefused
from hengjian.ratings.invitations.models import (
    Attempt,
    Contact,
    Delivery,
    Ending,
    EndReason,
    Invitation,
    OptOut,
)
from hengjian.ratings.invitations.operations import new_secret
from hengjian.ratings.invitations.secrets_file import RoomSecret, hash_of
from hengjian.ratings.invitations.timing import Hours

_LOG = logging.getLogger(__name__)
LEASE = timedelta(hours=1)
AT_ONCE = 50
NO_WAY = NotDelivered("channel.missing")
# One statement: a CASE of Django's for each row took longer than everything else of a round.
_LATER = """
UPDATE invitations_contact AS c SET tries = w.tries, next_at = w.next_at, claimed_at = NULL
FROM unnest(%s::uuid[], %s::int2[], %s::timestamptz[]) AS w(id, tries, next_at)
WHERE c.invitation_id = w.id"""


@dataclass(frozen=True)
class Post:
    """What a delivery needs: address of the page, ways, hours of the policy, the room's secret."""

    base: str
    channels: Mapping[str, Channel]
    hours: Hours
    secret: RoomSecret
    at_once: int = AT_ONCE


@dataclass
class Claim:
    """A contact that this worker holds, and the attempt that it is about to make."""

    contact: Contact
    attempt: Attempt
    message: Message
    fault: NotDelivered | Unclear | None = None

    @property
    def channel(self) -> str:
        """By which way."""
        return self.contact.invitation.channel


@dataclass
class Results:
    """Rows to write after a round of sending."""

    at: datetime
    deliveries: list[Delivery] = field(default_factory=list)
    endings: list[Ending] = field(default_factory=list)
    done: list[uuid.UUID] = field(default_factory=list)
    later: list[Contact] = field(default_factory=list)
    said: Counter[str] = field(default_factory=Counter)

    def end(self, contact: Contact, reason: EndReason) -> None:
        """List the invitation as not delivered."""
        self.endings.append(Ending(invitation_id=contact.pk, reason=reason, at=self.at))
        self.done.append(contact.pk)
        self.said[reason] += 1

    def sent(self, contact: Contact, attempt: uuid.UUID) -> None:
        """Note that the next station took it."""
        self.deliveries.append(Delivery(attempt_id=attempt, sent=True, at=self.at))
        self.done.append(contact.pk)
        self.said["sent"] += 1

    def failed(self, contact: Contact, attempt: uuid.UUID, fault: NotDelivered, hours: Hours) -> None:
        """Try again after a growing pause, or list it."""
        self.deliveries.append(Delivery(attempt_id=attempt, sent=False, code=fault.code[:60], at=self.at))
        contact.tries += 1
        again = hours.again(contact.tries, self.at, contact.invitation.deadline)
        if fault.final:
            self.end(contact, EndReason.REFUSED)
        elif again is None:
            self.end(contact, EndReason.LATE)
        else:
            contact.next_at = again
            self.later.append(contact)
            self.said["again"] += 1

    def write(self) -> None:
        """All rows; addresses that have served are emptied."""
        Delivery.objects.bulk_create(self.deliveries, ignore_conflicts=True)
        Ending.objects.bulk_create(self.endings, ignore_conflicts=True)
        Contact.objects.filter(pk__in=self.done).update(sealed=b"", next_at=None, claimed_at=None)
        if self.later:
            rows = [(contact.pk, contact.tries, contact.next_at) for contact in self.later]
            with connection.cursor() as cursor:
                cursor.execute(_LATER, [list(column) for column in zip(*rows, strict=True)])


def deliver_due(
    now: datetime, limit: int, post: Post, clock: Callable[[], datetime] | None = None
) -> Counter[str]:
    """Send up to so many of the invitations that are due; what became of them, counted.

    In quiet hours nothing is sent. ``clock``: where time goes on during a long run.
    Clause: SPEC B2, NORMS X14
    """
    said: Counter[str] = Counter()
    left = limit
    try:
        while left > 0:
            at = clock() if clock is not None else now
            if post.hours.quiet(at):
                said += _list_overdue(at, left)
                break
            claims, results, taken = _claim(at, min(left, post.at_once), post)
            if not taken:
                break
            left -= taken
            for claim in claims:
                _send(claim, post)
            said += _record(claims, results, post)
    finally:
        for channel in post.channels.values():
            channel.close()
    return said


def _due(now: datetime, count: int) -> list[Contact]:
    waiting = Contact.objects.filter(next_at__lte=now, claimed_at__isnull=True)
    rows = waiting.select_related("invitation__event").select_for_update(skip_locked=True, of=("self",))
    return list(rows.order_by("next_at")[:count])


def _list_overdue(now: datetime, limit: int) -> Counter[str]:
    """In quiet hours: list what can no longer be sent in time."""
    with transaction.atomic():
        results = Results(now)
        # none is put off beyond its deadline: what is overdue is due, and those few have an index
        waiting = Contact.objects.filter(claimed_at__isnull=True, next_at__lte=now)
        over = waiting.filter(invitation__deadline__lte=now).select_for_update(skip_locked=True, of=("self",))
        for contact in over[:limit]:
            results.end(contact, EndReason.LATE)
        results.write()
    return results.said


def _claim(now: datetime, count: int, post: Post) -> tuple[list[Claim], Results, int]:
    """Take free contacts that are due; those that need no attempt any more are listed at once."""
    with transaction.atomic(durable=True):
        results = Results(now)
        contacts = _due(now, count)
        claims = _claims(contacts, results, post)
        Attempt.objects.bulk_create([claim.attempt for claim in claims])
        Contact.objects.filter(pk__in=[claim.contact.pk for claim in claims]).update(claimed_at=now)
        results.write()
    return claims, Results(now, said=results.said), len(contacts)


def _claims(contacts: Sequence[Contact], results: Results, post: Post) -> list[Claim]:
    out = OptOut.objects.filter(pk__in=[one.address_key for one in contacts])
    left = set(out.values_list("pk", flat=True))
    claims: list[Claim] = []
    for contact in contacts:
        if contact.address_key in left:
            results.end(contact, EndReason.OPTED_OUT)
        elif results.at >= contact.invitation.deadline:
            results.end(contact, EndReason.LATE)
        elif (claim := _attempt(contact, results.at, post)) is None:
            results.end(contact, EndReason.UNREADABLE)
        else:
            claims.append(claim)
    return claims


def _attempt(contact: Contact, now: datetime, post: Post) -> Claim | None:
    invitation: Invitation = contact.invitation
    secret, event = new_secret(), invitation.event
    attempt = Attempt(invitation=invitation, secret_hash=hash_of(secret), at=now)
    try:
        whom = post.secret.open(bytes(contact.sealed), str(contact.pk))
    except InvitationRefused:
        return None
    message = Message(
        attempt.pk, whom, f"{post.base}/r#{secret}", event.kind, event.unit_title, event.on,
        invitation.expires_on,
    )  # fmt: skip
    return Claim(contact, attempt, message)


def _send(claim: Claim, post: Post) -> None:
    channel = post.channels.get(claim.channel)
    try:
        if channel is None:
            raise NO_WAY
        channel.send(claim.message)
    except (NotDelivered, Unclear) as fault:
        claim.fault = fault
    except Exception as fault:  # noqa: BLE001  of one message; the round goes on; its text may quote
        _LOG.error("%s failed: %s", claim.channel, type(fault).__name__)
        claim.fault = Unclear("channel.fault")


def _record(claims: Sequence[Claim], results: Results, post: Post) -> Counter[str]:
    with transaction.atomic(durable=True):
        held = _held(claims, results.at)
        for claim in claims:
            contact, attempt = claim.contact, claim.attempt.pk
            if claim.fault is None:
                results.sent(contact, attempt)
            elif contact.pk not in held:
                continue
            elif isinstance(claim.fault, NotDelivered):
                results.failed(contact, attempt, claim.fault, post.hours)
            elif _askable(claim.channel, post):
                results.said["unclear"] += 1  # stays claimed; settled by asking again
            else:
                results.end(contact, EndReason.UNCERTAIN)
        results.write()
    return results.said


def _held(claims: Iterable[Claim], at: datetime) -> set[uuid.UUID]:
    """The contacts that are still this worker's; a very slow one may have lost some meanwhile."""
    keys = [claim.contact.pk for claim in claims]
    rows = Contact.objects.filter(pk__in=keys, claimed_at=at).select_for_update()
    return set(rows.values_list("pk", flat=True))


def _askable(channel: str, post: Post) -> bool:
    way = post.channels.get(channel)
    return way is not None and way.answers


def settle(now: datetime, post: Post, limit: int = 200) -> Counter[str]:
    """Settle attempts whose result nobody wrote, since the worker was killed or the answer was lost.

    Clause: SPEC B2
    """
    said: Counter[str] = Counter()
    seen: list[uuid.UUID] = []
    try:
        while len(seen) < limit and (one := _settle_next(now, post, seen)) is not None:
            said += one
    finally:
        for channel in post.channels.values():
            channel.close()
    return said


def _settle_next(now: datetime, post: Post, seen: list[uuid.UUID]) -> Counter[str] | None:
    """Settle the oldest one in a transaction of its own, since a gateway may be asked meanwhile."""
    with transaction.atomic():
        results = Results(now)
        stale = Contact.objects.filter(claimed_at__lte=now - LEASE).exclude(pk__in=seen)
        rows = stale.select_related("invitation").select_for_update(skip_locked=True, of=("self",))
        contact = rows.order_by("claimed_at").first()
        if contact is None:
            return None
        seen.append(contact.pk)
        open_ones = Attempt.objects.filter(invitation=contact.pk, delivery__isnull=True)
        _settle_one(contact, open_ones.order_by("-at").first(), results, post)
        results.write()
    return results.said


def _settle_one(contact: Contact, attempt: Attempt | None, results: Results, post: Post) -> None:
    way = post.channels.get(contact.invitation.channel)
    known = way.known(attempt.pk) if way is not None and attempt is not None else None
    if attempt is not None and known is True:
        results.sent(contact, attempt.pk)
    elif attempt is not None and known is False:
        results.failed(contact, attempt.pk, NotDelivered("worker.lost"), post.hours)
    elif way is None or not way.answers or results.at >= contact.invitation.deadline:
        results.end(contact, EndReason.UNCERTAIN)
