"""Carrying out an approved list: block by block, each in one transaction; killed, it goes on where it was.

Crash points: killed within a block, nothing of it is gone; between blocks, the units that are marked are done
and the next run goes on; killed before the report, the next run writes it. The database lets go only of
rows of a list that is approved and not yet reported, and of protected rows only after their erasure.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime

from django.db import connection, transaction
from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _

from hengjian.notary.models import Erasure
from hengjian.notary.operations import erase_many
from hengjian.notary.protected import kinds
from hengjian.notary.recording import day_of, notarise
from hengjian.retention.classes import BY_NAME, DataClass, Table
from hengjian.retention.due import held_back
from hengjian.retention.errors import RetentionRefused
from hengjian.retention.models import Approval, Due, ListedUnit, Listing, Mark, Report
from hengjian.retention.operations import digest_of
from hengjian.retention.terms import Term
from hengjian.terms.errors import Tampered

BLOCK = 200  # units
REASON = "retention/"  # before the number of the list; a report of the log needs no more


def carry_out(listing: Listing, terms: Mapping[str, Term], now: datetime, block: int = BLOCK) -> Report:
    """Destroy what an approved list names, but for what is held back by now; write the report.

    Clause: SPEC T-I9, SPEC F4
    Raises: RetentionRefused without approval, or when the term has become longer; Tampered when the list
    is not the one that was approved.
    """
    done = Report.objects.filter(pk=listing.pk).first()
    if done is not None:
        return done
    _check(listing, terms, day_of(now))
    chosen = BY_NAME[listing.data_class]
    while units := list(_waiting(listing)[:block]):
        with transaction.atomic():
            _one_block(listing, chosen, units, now)
    return _reported(listing, now)


def _waiting(listing: Listing) -> QuerySet[ListedUnit]:
    return ListedUnit.objects.filter(listing=listing, mark=Mark.WAITING).order_by("key")


def _check(listing: Listing, terms: Mapping[str, Term], on: date) -> None:
    approval = Approval.objects.filter(pk=listing.pk, agreed=True).first()
    if approval is None:
        raise RetentionRefused(_("清单未经批准"), do=_("请由有权的人审批"), code="retention.not_approved")
    term = terms.get(listing.data_class)
    if term is None or term.months == 0 or listing.before > term.before(on):
        raise RetentionRefused(
            _("制度已延长保存期，清单作废"), do=_("请按新的期限重新拟定"), code="retention.longer_term"
        )
    keys = ListedUnit.objects.filter(listing=listing).values_list("key", flat=True)
    if not approval.digest == listing.digest == digest_of(keys):
        raise Tampered(
            _("销毁清单 %s 与批准的不一致") % listing.pk,
            do=_("请保留现场，报告安全审计员"), code="retention.list_changed",
        )  # fmt: skip


def _one_block(listing: Listing, chosen: DataClass, units: list[ListedUnit], now: datetime) -> None:
    keys = [unit.key for unit in units]
    held = held_back(chosen, keys, day_of(now))
    free = [key for key in keys if key not in held]
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('hengjian.listing', %s, true)", [str(listing.pk)])
    gone = {table.model._meta.label_lower: _destroyed(listing, table, free, now) for table in chosen.tables}
    if chosen.after is not None and free:
        chosen.after(free)
    marked = [unit for unit in units if unit.key not in held]
    ListedUnit.objects.filter(pk__in=[unit.pk for unit in units if unit.key in held]).update(mark=Mark.HELD)
    ListedUnit.objects.filter(pk__in=[unit.pk for unit in marked]).update(mark=Mark.ERASED)
    if marked:
        ListedUnit.objects.filter(pk=marked[0].pk).update(rows=gone)


def _destroyed(listing: Listing, table: Table, keys: list[str], now: datetime) -> int:
    """Destroy the rows of one table: first what opens their entries, then the rows."""
    model: type[Model] = table.model
    rows = list(table.of(keys).values_list("pk", flat=True))
    if not rows:
        return 0
    kind = model._meta.label_lower
    if kind in {one.kind for one in kinds()}:
        approval = listing.approval
        erase_many(kind, [str(row) for row in rows], f"{REASON}{listing.pk}", approval.by, now)
    key = connection.ops.quote_name(str(model._meta.pk.column))
    name = connection.ops.quote_name(model._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {name} WHERE {key} = ANY(%s)", [rows])  # noqa: S608
        return int(cursor.rowcount)


def _reported(listing: Listing, now: datetime) -> Report:
    with transaction.atomic():
        units = ListedUnit.objects.filter(listing=listing)
        rows: Counter[str] = Counter()
        for part in units.exclude(rows={}).values_list("rows", flat=True):
            rows.update(part)
        made = Report.objects.create(
            listing=listing, rows=dict(sorted(rows.items())), at=now,
            units=units.filter(mark=Mark.ERASED).count(), held=units.filter(mark=Mark.HELD).count(),
        )  # fmt: skip
        notarise(now, made)
        units.delete()
        Due.objects.filter(pk=listing.data_class).delete()
    return made


def unlisted() -> int:
    """How many erasures name no list that was approved.

    Whoever owns the database can write an erasure, its entry and take the row; he needs an approved list
    as well, and that is in the log with who drew it up, who approved it, and how many it was.
    """
    approved = Approval.objects.filter(agreed=True).values_list("pk", flat=True)
    return Erasure.objects.exclude(reason__in=[f"{REASON}{number}" for number in approved]).count()


def over_reported() -> list[int]:
    """Lists that are done and by which more, or less, was erased than their report says."""
    wrong = []
    for report in Report.objects.all():
        logged = {one.kind for one in kinds()}
        said = sum(count for kind, count in report.rows.items() if kind in logged)
        if Erasure.objects.filter(reason=f"{REASON}{report.pk}").count() != said:
            wrong.append(report.pk)
    return wrong


def check_erasures() -> None:
    """Stop when something was erased without an approved list, or not as its report says.

    Clause: SPEC T-I9
    Raises: Tampered.
    """
    without, wrong = unlisted(), over_reported()
    if without or wrong:
        raise Tampered(
            _("有 %(n)d 条销毁没有经批准的清单，%(m)d 份销毁报告与实际不符")
            % {"n": without, "m": len(wrong)},
            do=_("请保留现场，报告安全审计员"), code="retention.erased_without_list",
        )  # fmt: skip
