"""Writes of the roster: import a workbook or the state's divisions, admit rows, amend.

Every write is one transaction under one lock: it stands whole or not at all, also after kill -9.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from hengjian.notary.recording import notarise
from hengjian.roster.checks import judge
from hengjian.roster.divisions import divisions_table
from hengjian.roster.errors import RosterRefused
from hengjian.roster.layout import KINDS, NOTES_TITLE, Vocabulary, layout
from hengjian.roster.models import Change, ImportBatch, Tenure
from hengjian.roster.recording import Progress, counts, record, told
from hengjian.roster.register import merge, recorded
from hengjian.roster.sheets.archive import Limits
from hengjian.roster.sheets.columns import Row, Sheet, typed_rows
from hengjian.roster.sheets.reading import Cell, Table, read_tables, tables_of
from hengjian.roster.sheets.report import Refusals, RefusedCell
from hengjian.terms.canonical import digest, digest_of

LOCK = 0x726F73746572  # "roster"
SHOWN = 5


@dataclass(frozen=True)
class ImportReport:
    """What an import did, or every cell for which it did nothing.

    ``counts``: by kind, rows that are ``new``, ``changed`` and ``same``. ``batch`` is the number of
    the batch on record, None when nothing was written (refused, or only checked).
    """

    filename: str
    digest: str
    counts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    refused: tuple[RefusedCell, ...] = ()
    batch: int | None = None

    @property
    def accepted(self) -> bool:
        """Whether no cell was refused."""
        return not self.refused

    @property
    def changes(self) -> int:
        """Rows that are new or changed."""
        return sum(one["new"] + one["changed"] for one in self.counts.values())


@dataclass(frozen=True)
class Origin:
    """Who brings what in, and when: kept with the batch."""

    kind: str
    filename: str
    digest: str
    by: str
    at: dt.datetime


def import_workbook(
    path: Path,
    *,
    by: str,
    now: dt.datetime,
    words: Vocabulary | None = None,
    limits: Limits | None = None,
    progress: Progress | None = None,
    check_only: bool = False,
) -> ImportReport:
    """Import an .xlsx, one .csv (named after its sheet), a folder or a .zip of .csv: all or nothing.

    Returns: a report; when cells are refused it lists each of them and nothing was written.
    Raises: FileRefused when the file cannot be read at all.
    """
    tables = read_tables(path, limits)
    origin = Origin("workbook", path.name, _digest_of_file(path), by, now)
    return _import(tables, origin, words or Vocabulary(), progress, check_only=check_only)


def import_upload(
    data: bytes,
    filename: str,
    *,
    by: str,
    now: dt.datetime,
    words: Vocabulary | None = None,
    check_only: bool = False,
) -> ImportReport:
    """Import a file that is already in memory, such as an upload; see :func:`import_workbook`."""
    origin = Origin("workbook", Path(filename).name, digest(data), by, now)
    tables = tables_of(data, Path(filename).name)
    return _import(tables, origin, words or Vocabulary(), None, check_only=check_only)


def import_divisions(
    folder: Path,
    *,
    under: Sequence[str],
    since: dt.date,
    by: str,
    now: dt.datetime,
    progress: Progress | None = None,
) -> ImportReport:
    """Admit the state's divisions from city down to township, those under some codes or all.

    The folder holds provinces, cities, areas and streets as .csv or .csv.gz.
    """
    table = divisions_table(folder, tuple(under), since)
    origin = Origin("divisions", str(folder)[-255:], digest_of(table.rows), by, now)
    return _import([table], origin, Vocabulary(), progress, check_only=False)


def admit(
    rows: Mapping[str, Iterable[Mapping[str, Any]]],
    *,
    by: str,
    now: dt.datetime,
    source: str,
    words: Vocabulary | None = None,
) -> ImportReport:
    """Admit rows by kind (``organisation``, ``zone``, ``post``, ``official``, ``tenure``).

    Keys are those of the layout's columns. The same checks as for a file; all or nothing.
    Raises: RosterRefused naming the first refused cells.
    """
    report = import_rows(rows, by=by, now=now, source=source, words=words)
    if not report.accepted:
        raise RosterRefused(
            "；".join(str(cell) for cell in report.refused[:SHOWN]),
            where=source,
            do=_("共 {n} 处，一条也没有写入").format(n=len(report.refused)),
            code=report.refused[0].code,
        )
    return report


def import_rows(
    rows: Mapping[str, Iterable[Mapping[str, Any]]],
    *,
    by: str,
    now: dt.datetime,
    source: str,
    words: Vocabulary | None = None,
    check_only: bool = False,
) -> ImportReport:
    """The same with a report: when cells are refused it lists each of them and nothing was written."""
    sheets = layout(words or Vocabulary())
    tables = [_table_of(sheets[kind], list(rows[kind])) for kind in KINDS if kind in rows]
    said = digest_of([[t.name, [list(map(_said, cells)) for _n, cells in t.rows]] for t in tables])
    origin = Origin("rows", source, said, by, now)
    return _import(tables, origin, words or Vocabulary(), None, check_only=check_only)


def _said(cell: Cell) -> str:
    return told(cell)


def _table_of(sheet: Sheet, rows: list[Mapping[str, Any]]) -> Table:
    header = tuple(column.key for column in sheet.columns)
    unknown = {key for row in rows for key in row} - set(header)
    if unknown:
        raise RosterRefused(
            _("没有这些字段：{names}").format(names="、".join(sorted(unknown))),
            where=sheet.key,
            do=_("可用的字段：{names}").format(names="、".join(header)),
            code="roster.field",
        )
    cells = [[_cell(row.get(key)) for key in header] for row in rows]
    return Table(sheet.title, header, 1, list(enumerate(cells, start=2)), "rows")


def _cell(value: Any) -> Cell:
    return f"{value:f}" if isinstance(value, Decimal) else value


# --- the one way in ---------------------------------------------------------------------------
def _import(
    tables: Sequence[Table],
    origin: Origin,
    words: Vocabulary,
    progress: Progress | None,
    *,
    check_only: bool,
) -> ImportReport:
    refusals = Refusals()
    rows = _typed(tables, layout(words), refusals, origin.filename)
    try:
        with transaction.atomic():
            return _settled(rows, refusals, origin, progress, check_only=check_only)
    except IntegrityError as error:
        raise RosterRefused(
            _("与在册内容矛盾，数据库拒绝写入，什么也没有改变"),
            where=origin.filename,
            do=_("请重新导出核对后再导入；仍然如此请把编号报给管理员"),
            code=f"roster.constraint.{_constraint(error)}",
        ) from error


def _constraint(error: IntegrityError) -> str:
    cause = getattr(error.__cause__, "diag", None)
    return str(getattr(cause, "constraint_name", "") or "unknown")


def _typed(
    tables: Sequence[Table], sheets: Mapping[str, Sheet], refusals: Refusals, filename: str
) -> dict[str, list[Row]]:
    by_title = {sheet.title: kind for kind, sheet in sheets.items()}
    rows: dict[str, list[Row]] = {}
    for table in tables:
        if table.name == NOTES_TITLE or (not table.header and table.name not in by_title):
            continue
        kind = by_title.get(table.name) or (table.name if table.name in sheets else None)
        if kind is None or kind in rows:
            _refuse_sheet(table, refusals, list(by_title), twice=kind is not None)
            continue
        rows[kind] = typed_rows(table, sheets[kind], refusals) if table.header else []
    if not any(rows.values()) and not refusals:
        raise RosterRefused(
            _("没有可导入的内容"),
            where=filename,
            do=_("请在“{names}”表中至少填一行").format(names="、".join(by_title)),
            code="roster.empty",
        )
    return rows


def _refuse_sheet(table: Table, refusals: Refusals, titles: Sequence[str], *, twice: bool) -> None:
    what = _("这张表出现了两次") if twice else _("不认识的表名“{name}”").format(name=table.name)
    do = _("表名（.csv 为文件名）请用：{names}").format(names="、".join(titles))
    refusals.add(RefusedCell(table.name, 0, "", "", table.name, what, do, "sheets.sheet"))


def _settled(
    rows: Mapping[str, list[Row]],
    refusals: Refusals,
    origin: Origin,
    progress: Progress | None,
    *,
    check_only: bool,
) -> ImportReport:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    register = recorded()
    for kind in KINDS:
        merge(register, kind, rows.get(kind, []), refusals)
    judge(register, refusals)
    if refusals:
        found = sorted(refusals.cells, key=lambda c: (_order(c.sheet, rows), c.row, c.column))
        return ImportReport(origin.filename, origin.digest, refused=tuple(found))
    found_counts = counts(register)
    if check_only:
        return ImportReport(origin.filename, origin.digest, found_counts)
    batch = _open_batch(origin, found_counts)
    record(register, batch, progress)
    return ImportReport(origin.filename, origin.digest, found_counts, batch=batch.pk)


def _order(sheet: str, rows: Mapping[str, list[Row]]) -> int:
    names = [kind_rows[0].sheet for kind_rows in rows.values() if kind_rows]
    return names.index(sheet) if sheet in names else -1


def _open_batch(origin: Origin, found: Mapping[str, Mapping[str, int]]) -> ImportBatch:
    batch = ImportBatch.objects.create(
        kind=origin.kind,
        filename=origin.filename[-255:],
        file_digest=origin.digest,
        by=origin.by,
        at=origin.at,
        counts=found,
    )
    notarise(origin.at, batch)
    return batch


def _digest_of_file(path: Path) -> str:
    if path.is_dir():
        files = sorted(p for p in path.iterdir() if p.suffix.lower() == ".csv")
        return digest_of([[p.name, digest(p.read_bytes())] for p in files])
    return digest(path.read_bytes())


# --- single amendments ------------------------------------------------------------------------
def amend_opening_debt_ratio(
    official: str,
    post: str,
    since: dt.date,
    ratio: Decimal | None,
    *,
    reason: str,
    by: str,
    now: dt.datetime,
) -> None:
    """Correct a frozen opening debt ratio that was recorded wrongly; who, when, why are kept.

    Raises: RosterRefused without a reason, for an unknown tenure, or when nothing would change.
    """
    if not reason.strip():
        raise RosterRefused(_("更正已冻结的债务率必须写明理由"), do=_("请填写理由"), code="roster.reason")
    with transaction.atomic():
        tenure = (
            Tenure.objects.select_for_update()
            .filter(official__code=official, post__code=post, since=since)
            .first()
        )
        if tenure is None or tenure.opening_debt_ratio == ratio:
            raise RosterRefused(
                _("没有这条任职，或数值没有变化"),
                where=f"{official} · {post} · {since}",
                do=_("请核对干部编号、岗位代码和任职日"),
                code="roster.amend",
            )
        _amend(tenure, ratio, f"{official} · {post} · {since}", reason.strip(), by, now)


def _amend(tenure: Tenure, ratio: Decimal | None, key: str, reason: str, by: str, now: dt.datetime) -> None:
    origin = Origin("amendment", key, digest_of([key, told(ratio), reason]), by, now)
    batch = _open_batch(origin, {"tenure": {"new": 0, "changed": 1, "same": 0}})
    change = Change.objects.create(
        batch=batch,
        kind="tenure",
        key=key,
        field="opening_debt_ratio",
        old=told(tenure.opening_debt_ratio),
        new=told(ratio),
        reason=reason,
    )
    notarise(now, change)
    tenure.opening_debt_ratio = ratio
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL hengjian.amend_opening_debt_ratio = 'on'")
        tenure.save(update_fields=["opening_debt_ratio"])
        cursor.execute("SET LOCAL hengjian.amend_opening_debt_ratio = 'off'")
