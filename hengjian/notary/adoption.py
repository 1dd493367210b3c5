"""Log rows that were written before the log existed; their entries say so, and so does a row of its own.

Trusted: whoever adopts says that the rows were there before the log. A row that came in unseen
afterwards looks the same: so the entry says for ever that it was logged late, on which day.

Crash points: a page of rows, its leaves and what is kept of it stand in one commit; killed anywhere,
the next run goes on with the rows that are still without a leaf.
"""

from collections.abc import Iterator
from datetime import datetime

from django.db import connection, transaction
from django.utils.translation import gettext as _

from hengjian.notary import holding
from hengjian.notary.errors import NotaryRefused
from hengjian.notary.forms import current
from hengjian.notary.models import Adoption, ContentForm
from hengjian.notary.operations import append_many
from hengjian.notary.protected import Protected, kinds, protected
from hengjian.notary.recording import notarise
from hengjian.terms.calendar import SHANGHAI

PAGE = 20_000
_LOCK = 0x61646F7074  # "adopt"


def adoptable() -> tuple[Protected, ...]:
    """Kinds with a table. A form that nobody logged was never before the log: it is not adopted."""
    own = ContentForm._meta.label_lower
    return tuple(kind for kind in kinds() if kind.model_label and kind.kind != own)


def waiting() -> Iterator[tuple[str, int]]:
    """Kinds of which rows have no leaf, with how many."""
    for kind in adoptable():
        if count := holding.count_unlogged(kind):
            yield kind.kind, count


def adopt(kind: str, *, by: str, reason: str, at: datetime) -> Iterator[int]:
    """Log the rows of a kind that have no leaf, page by page; gives how many each page had.

    Clause: SPEC F3
    Raises: NotaryRefused for a kind that has no table, or without author and reason.
    """
    if kind not in {one.kind for one in adoptable()}:
        raise NotaryRefused(
            _("没有这种受保护的记录：%s") % kind, do=_("请用不带参数的 adopt 列出种类"), code="notary.kind"
        )
    if not by.strip() or not reason.strip():
        raise NotaryRefused(_("补入存证须有操作人和理由"), do=_("请写明理由"), code="notary.unsigned")
    while count := _page(protected(kind), by, reason, at):
        yield count


def _page(kind: Protected, by: str, reason: str, at: datetime) -> int:
    on = at.astimezone(SHANGHAI).date()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        keys = holding.unlogged(kind, "", PAGE)
        if keys:
            rows = kind.contents.of(keys, current(kind, on))
            late = ((key, said, {**public, holding.ADOPTED: 1}) for key, said, public in rows)
            append_many(kind.kind, late, on)
            notarise(
                at, Adoption.objects.create(kind=kind.kind, count=len(keys), by=by, reason=reason, at=at)
            )
    return len(keys)
