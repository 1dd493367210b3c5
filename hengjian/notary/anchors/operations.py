"""Noting what is due, and sending it: the part with the database."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta

from django.db import DatabaseError, connection, transaction
from django.db.models import F, Max, Value
from django.db.models.functions import Greatest, TruncHour

from hengjian.notary.anchors.chains import Chain
from hengjian.notary.anchors.config import STAMPS, Target
from hengjian.notary.anchors.keys import OwnerKey, read_key
from hengjian.notary.anchors.models import Anchor, AnchorAttempt, AnchorReceipt
from hengjian.notary.anchors.outsider import chain_of
from hengjian.notary.anchors.queries import head_of, pending
from hengjian.notary.anchors.sending import Attempt, Outcome, Pace, Sender
from hengjian.notary.anchors.stamps import Authority, read_roots
from hengjian.notary.anchors.values import Found, Signed
from hengjian.notary.models import Head, Publication
from hengjian.terms.errors import Refused

Pause = Callable[[float], None]
HOUR = timedelta(hours=1)
EVERY = 1.0  # seconds between looks at a chain


@transaction.atomic
def note_due(target: str, origin: str, now: datetime) -> int:
    """Write down, for each full hour since the last, the newest head that was published by then.

    Hours without a larger head have none. It does not matter whether this ran in those hours: the log's own
    publications say what was due. The first time, only the newest head is due.
    """
    _lock("pg_try_advisory_xact_lock", target)
    last = Anchor.objects.filter(target=target).order_by("-size").first()
    hour = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    due = _newest(now, hour) if last is None else _by_hour(last, hour)
    roots = Head.objects.in_bulk([size for _, size in due])
    rows = [
        Anchor(target=target, hour=at, size=size, root=bytes(roots[size].root), origin=origin)
        for at, size in due
    ]
    Anchor.objects.bulk_create(rows)
    return len(rows)


def _newest(now: datetime, hour: datetime) -> list[tuple[datetime, int]]:
    newest = Publication.objects.filter(at__lte=now, pk__gt=0).order_by("-pk").first()
    return [(hour, newest.pk)] if newest else []


def _by_hour(last: Anchor, until: datetime) -> list[tuple[datetime, int]]:
    """What was published late, for an hour that was noted already, belongs to the next one."""
    if until <= last.hour:
        return []
    moment = Greatest(F("at") - timedelta(microseconds=1), Value(last.hour))
    found = (
        Publication.objects.filter(pk__gt=last.size, at__lte=until)
        .annotate(began=TruncHour(moment, tzinfo=UTC))
        .values("began")
        .annotate(size=Max("pk"))
        .order_by("began")
    )
    rows, most = [], last.size
    for row in found:
        if row["size"] > most:
            most = row["size"]
            rows.append((row["began"] + HOUR, most))
    return rows


def send(target: Target, now: datetime, pause: Pause) -> Outcome:
    """Bring what is due to its place, the oldest first; what does not get there stays due."""
    with _alone(target.name):
        waiting = list(pending(target.name))
        if target.kind == STAMPS:
            return _stamp(authority_of(target), waiting, now)
        pace = Pace(pause, target.confirmations, EVERY, round(target.wait / EVERY), target.patience)
        sender = Sender(chain_for(target), owner_of(target), _Rows(target.name), pace)
        return sender.send([head_of(anchor) for anchor in waiting], now)


def _stamp(authority: Authority, waiting: Sequence[Anchor], now: datetime) -> Outcome:
    for anchor in waiting:
        stamp = authority.stamp(head_of(anchor).text)
        # killed here: the token is lost and asked for anew; nothing else happened
        AnchorReceipt.objects.create(anchor=anchor, at=now, stamped_at=stamp.at, token=stamp.token)
    return Outcome(tuple(anchor.size for anchor in waiting), ())


class _Rows:
    """The journal in the database; each write commits before it returns."""

    def __init__(self, target: str) -> None:
        self._target = target

    def _anchor(self, size: int) -> Anchor:
        return Anchor.objects.get(target=self._target, size=size)

    def attempts(self, size: int) -> Sequence[Attempt]:
        """The transactions for this head, oldest first."""
        return [_attempt(row) for row in self._anchor(size).attempts.all()]

    def attempted(self, size: int, signed: Signed, at: datetime) -> None:
        """Write down a transaction that is about to be sent."""
        with transaction.atomic(durable=True):
            AnchorAttempt.objects.create(
                anchor=self._anchor(size), at=at, nonce=signed.nonce, price=signed.price,
                transaction=signed.hash, raw=signed.raw,
            )  # fmt: skip

    def settled(self, size: int, found: Found, at: datetime) -> None:
        """Write down that the head stands."""
        with transaction.atomic(durable=True):
            AnchorReceipt.objects.create(
                anchor=self._anchor(size), at=at, stamped_at=found.entry.at, block=found.block,
                block_hash=found.block_hash, transaction=found.transaction,
            )  # fmt: skip


def _attempt(row: AnchorAttempt) -> Attempt:
    return Attempt(Signed(row.nonce, int(row.price), row.transaction, bytes(row.raw)), row.at)


def chain_for(target: Target) -> Chain:
    """The client of a place that is a chain."""
    if not target.contract:
        raise Refused(
            f"“{target.name}”还没有合约地址",
            where=target.where,
            do=f"请先运行 hengjian anchor deploy {target.name}，再把地址写进 contract",
            code="anchor.no_contract",
        )
    chain = chain_of(target.kind, target.url, target.contract, timeout=target.timeout)
    return type(chain)(chain.rpc, chain.address, target.first_block, target.chain_id)


def owner_of(target: Target) -> OwnerKey:
    """The key that a place is written with."""
    if target.key_file is None:  # the file's reader demands one
        raise AssertionError(target.name)
    return read_key(target.key_file)


def authority_of(target: Target) -> Authority:
    """The client of a place that is a time-stamping authority."""
    if target.roots is None:  # the file's reader demands them
        raise AssertionError(target.name)
    return Authority(target.url, read_roots(target.roots), target.timeout)


@contextmanager
def _alone(target: str) -> Iterator[None]:
    """One program at a time for each place; a lock goes with its connection."""
    _lock("pg_try_advisory_lock", target)
    try:
        yield
    finally:
        with connection.cursor() as cursor, suppress(DatabaseError):  # a broken connection has none left
            cursor.execute("SELECT pg_advisory_unlock(%s)", [lock_number(target)])


def _lock(function: str, target: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s)", [lock_number(target)])
        if not cursor.fetchone()[0]:
            raise Refused(f"另一个程序正在处理“{target}”", do="请等它结束后再试", code="anchor.busy")


def lock_number(target: str) -> int:
    """The number of a place's advisory lock."""
    return int.from_bytes(hashlib.sha256(f"hengjian anchor {target}".encode()).digest()[:8], signed=True)
