"""Writes that other rooms call: appending to the log, and erasing what opens an entry.

* Both work only inside a transaction: the row and its commitment stand or fall together.
* Nothing here waits for the log: numbering, signing and witnesses come later, by the sequencer.
  However long the log stands still, the intake goes on.

Crash points: killed before the caller's commit, nothing stands; after it, row, commitment, salt and
the note that they wait (:class:`Pending`, or :class:`Tonight` where a night takes them) all stand.
"""

import secrets
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from itertools import islice

from django.db import connection
from django.utils.translation import gettext as _

from hengjian.notary.delivering import Content, Public, deliver
from hengjian.notary.errors import NotaryRefused
from hengjian.notary.forms import current
from hengjian.notary.models import LARGEST_DELIVERY, Commitment, Erasure, Salt
from hengjian.notary.protected import protected
from hengjian.terms.calendar import SHANGHAI


def append(kind: str, key: str, content: bytes, on: date, public: Public | None = None) -> int:
    """Commit to one row in the transaction that writes it; gives the commitment's number.

    Clause: SPEC F3
    Raises: NotaryRefused outside a transaction.
    """
    return append_many(kind, [(key, content, public)], on)[0].start


def append_many(kind: str, rows: Iterable[Content], on: date) -> list[range]:
    """Commit to many rows by COPY; gives the numbers of the commitments.

    Of a shuffled or nightly kind neither the numbers nor their order say anything about the order of arrival.
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
    if known.shuffled or known.nightly:
        whole = list(source)
        secrets.SystemRandom().shuffle(whole)
        source = iter(whole)
    numbers, schema = [], current(known, on).schema
    while chunk := list(islice(source, LARGEST_DELIVERY)):
        numbers.append(deliver(known, schema, chunk, on))
    return numbers


def erase(kind: str, key: str, reason: str, by: str, at: datetime) -> None:
    """Destroy the salt of an entry, so that nobody can open it again; the leaf stands.

    Called in the transaction that removes the row itself. That it was erased, by whom and why is
    logged like any record.
    Clause: SPEC F4
    Raises: NotaryRefused when there is no such entry, or it was erased before.
    """
    erase_many(kind, [key], reason, by, at)


def erase_many(kind: str, keys: Sequence[str], reason: str, by: str, at: datetime) -> None:
    """Destroy the salts of entries of one kind together; nothing is destroyed unless all are there.

    Called in the transaction that removes the rows: the database lets a protected row go only after its
    erasure is written. The erasures wait for the night, so that no leaf of the public log counts them.
    Clause: SPEC F4, SPEC T-I9
    Raises: NotaryRefused when one of them is not there, or was erased before.
    """
    if not by.strip() or not reason.strip():
        raise NotaryRefused(_("删除须有操作人和理由"), do=_("请写明理由"), code="notary.unsigned")
    numbers = dict(Commitment.objects.filter(kind=kind, key__in=keys).values_list("key", "pk"))
    gone = set(Erasure.objects.filter(pk__in=numbers.values()).values_list("pk", flat=True))
    for key in keys:
        if key not in numbers or numbers[key] in gone:
            raise NotaryRefused(
                _("没有这条存证，或已删除：%(kind)s %(key)s") % {"kind": kind, "key": key},
                do=_("请核对种类和编号"),
                code="notary.nothing_to_erase",
            )
    made = [Erasure(commitment_id=number, by=by, at=at, reason=reason) for number in numbers.values()]
    Erasure.objects.bulk_create(made)
    Salt.objects.filter(pk__in=numbers.values()).delete()
    own, on = protected(Erasure._meta.label_lower), at.astimezone(SHANGHAI).date()
    append_many(own.kind, own.contents.of([str(one.pk) for one in made], current(own, on)), on)
