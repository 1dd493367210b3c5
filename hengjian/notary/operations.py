"""Writes that other rooms call: appending to the log, and erasing what opens an entry.

* Both work only inside a transaction: the row and its commitment stand or fall together.
* Nothing here waits for the log: numbering, signing and witnesses come later, by the sequencer.
  However long the log stands still, the intake goes on.

Crash points: killed before the caller's commit, nothing stands; after it, row, commitment, salt and
the note that they wait (:class:`Pending`) all stand.
"""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from itertools import islice

from django.db import connection
from django.utils.translation import gettext as _

from hengjian.notary.copying import copy_commitments, copy_salts
from hengjian.notary.errors import NotaryRefused
from hengjian.notary.forms import current
from hengjian.notary.models import LARGEST_DELIVERY, WITHIN, Commitment, Erasure, Salt
from hengjian.notary.protected import Protected, protected
from hengjian.proof.commitments import Entry, commitment
from hengjian.terms.calendar import SHANGHAI

SALT = 32  # bytes
LARGEST_KEY = 128
_NOTHING = bytes(32)
_HALF = 1 << 42  # deliveries of shuffled kinds are drawn from above it

Public = Mapping[str, str | int]
Content = tuple[str, bytes, Public | None]


def append(kind: str, key: str, content: bytes, on: date, public: Public | None = None) -> int:
    """Commit to one row in the transaction that writes it; gives the commitment's number.

    Clause: SPEC F3
    Raises: NotaryRefused outside a transaction.
    """
    return append_many(kind, [(key, content, public)], on)[0].start


def append_many(kind: str, rows: Iterable[Content], on: date) -> list[range]:
    """Commit to many rows by COPY; gives the numbers of the commitments.

    Of a shuffled kind neither the numbers nor their order say anything about the order of arrival.
    Clause: SPEC F3
    Raises: NotaryRefused outside a transaction.
    """
    if not connection.in_atomic_block:
        raise NotaryRefused(
            _("存证只能与业务记录写在同一事务中"),
            do=_("请在 transaction.atomic() 中调用"),
            code="notary.outside_transaction",
        )
    known, source = protected(kind), iter(rows)
    if known.shuffled:
        whole = list(source)
        secrets.SystemRandom().shuffle(whole)
        source = iter(whole)
    numbers, schema = [], current(known, on).schema
    while chunk := list(islice(source, LARGEST_DELIVERY)):
        numbers.append(_deliver(known, schema, chunk, on))
    return numbers


def _deliver(kind: Protected, schema: int, rows: Sequence[Content], on: date) -> range:
    delivery = _HALF + secrets.randbits(42) if kind.shuffled else _next_delivery()
    numbers = range(delivery << WITHIN, (delivery << WITHIN) + len(rows))
    drawn = secrets.token_bytes(SALT * len(rows))
    salts = [drawn[at : at + SALT] for at in range(0, len(drawn), SALT)]
    entries = _entries(kind.kind, schema, rows, salts, on)
    keys = [_checked(key) for key, _content, _public in rows]
    copy_commitments(kind.kind, schema, on, zip(numbers, keys, entries, strict=True))
    copy_salts(zip(numbers, salts, strict=True))
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO notary_pending (delivery, count) VALUES (%s, %s)", [delivery, len(rows)])
    return numbers


def _entries(
    kind: str, schema: int, rows: Sequence[Content], salts: Sequence[bytes], on: date
) -> list[bytes]:
    """The entries of the rows. What rows with the same public values share is written once."""
    day, entries = on.isoformat(), []
    public: Public | None = {}
    before, after = _around(Entry(kind, schema, day, _NOTHING, {}))
    for (_key, content, said), salt in zip(rows, salts, strict=True):
        if said != public and (said or public):
            public = said
            before, after = _around(Entry(kind, schema, day, _NOTHING, said or {}))
        entries.append(before + commitment(salt, content).hex().encode() + after)
    return entries


def _around(entry: Entry) -> tuple[bytes, bytes]:
    """What stands before and after the commitment of an entry, which begins with it."""
    before, _commitment, after = entry.encode().partition(_NOTHING.hex().encode())
    return before, after


def _checked(key: str) -> str:
    if not 0 < len(key) <= LARGEST_KEY or "\0" in key:
        raise NotaryRefused(
            _("存证记录的编号为空或过长：%s") % key[:40],
            do=_("请使用不超过 128 个字符的编号"),
            code="notary.key",
        )
    return key


def _next_delivery() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('notary_delivery')")
        (number,) = cursor.fetchone()
    return int(number)


def erase(kind: str, key: str, reason: str, by: str, at: datetime) -> None:
    """Destroy the salt of an entry, so that nobody can open it again; the leaf stands.

    Called in the transaction that removes the row itself. That it was erased, by whom and why is
    logged like any record.
    Clause: SPEC F4
    Raises: NotaryRefused when there is no such entry, or it was erased before.
    """
    if not by.strip() or not reason.strip():
        raise NotaryRefused(_("删除须有操作人和理由"), do=_("请写明理由"), code="notary.unsigned")
    found = Commitment.objects.filter(kind=kind, key=key).first()
    if found is None or Erasure.objects.filter(pk=found.pk).exists():
        raise NotaryRefused(
            _("没有这条存证，或已删除：%(kind)s %(key)s") % {"kind": kind, "key": key},
            do=_("请核对种类和编号"),
            code="notary.nothing_to_erase",
        )
    kept = Erasure.objects.create(commitment=found, by=by, at=at, reason=reason)
    Salt.objects.filter(pk=found.pk).delete()
    own = protected(Erasure._meta.label_lower)
    on = at.astimezone(SHANGHAI).date()
    append_many(own.kind, own.contents.of([str(kept.pk)], current(own, on)), on)
