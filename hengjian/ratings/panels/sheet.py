"""The layout of a file of marks, and its rows as drafts or refused cells."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from hengjian.ratings.panels.errors import MarksRefused
from hengjian.ratings.panels.marks import MarkDraft, MarkRow, Reason
from hengjian.ratings.panels.models import SIGNED_GROUPS
from hengjian.roster.errors import FileRefused
from hengjian.roster.sheets.columns import Column, Row, Sheet, typed_rows
from hengjian.roster.sheets.reading import Table, read_tables
from hengjian.roster.sheets.report import Refusals

LAYOUT = Sheet(
    "marks",
    "打分",
    (
        Column("official", "干部编号", "code", required=True),
        Column("post", "岗位代码", "code", required=True),
        Column("period", "考核周期", required=True, longest=10),
        Column("group", "评价主体", "code", required=True),
        Column("stratum", "分层", "code"),
        Column("indicator", "指标代码", "code", note="总体评价请留空"),
        Column("instrument", "量表", "code", note="留空用该评价主体的量表"),
        Column("value", "分值", "number", required=True, places=3),
        Column("given_on", "评价日期", "date", required=True),
        Column("rater", "署名评价人", longest=80, note="只有署名的评价主体填写"),
        Column("ballots", "票数", "integer", lowest=Decimal(1), highest=Decimal(10_000)),
    ),
)


def read_marks(path: Path) -> list[MarkRow]:
    """All rows of the file's one sheet of marks, each a draft or refused cells.

    Raises: MarksRefused when there is not exactly one sheet, or its header is wrong.
    """
    tables = read_tables(path)
    if len(tables) != 1:
        names = "、".join(table.name for table in tables)
        raise MarksRefused(
            _("文件里有 %s 张表，应为 1 张") % len(tables), where=str(path),
            do=_("请只留打分的一张（现有：%s）") % names, code="marks.sheets",
        )  # fmt: skip
    return list(rows_of(tables[0]))


def rows_of(table: Table) -> Iterator[MarkRow]:
    """The table's rows in order."""
    refusals = Refusals()
    typed = {row.number: row for row in typed_rows(table, LAYOUT, refusals)}
    for cell in refusals.cells:
        if cell.row <= table.header_row:
            raise FileRefused(cell.what, where=cell.where, do=cell.do, code=cell.code)
    reasons: dict[int, list[Reason]] = {}
    for cell in refusals.cells:
        reason = Reason(cell.code, cell.what, cell.do, cell.title, f"{cell.column}{cell.row}")
        reasons.setdefault(cell.row, []).append(reason)
    for number, cells in table.rows:
        raw = _raw(table, cells)
        if number in typed:
            yield MarkRow(number, raw, _draft(typed[number]))
        elif number in reasons:
            yield MarkRow(number, raw, None, tuple(reasons[number]))


def rows_again(raws: list[tuple[int, Mapping[str, str]]]) -> list[MarkRow]:
    """Refused rows, perhaps with changed cells, read once more as if from a file."""
    titles = tuple(column.title for column in LAYOUT.columns)
    rows: list[tuple[int, list[Any]]] = [(i, [raw.get(title) or None for title in titles]) for i, raw in raws]
    return list(rows_of(Table(LAYOUT.title, titles, -1, rows, "again")))


def _raw(table: Table, cells: list[Any]) -> dict[str, str]:
    """The row as written; the rater's cell only where the group signs."""
    titles = {column.title: column for column in LAYOUT.columns}
    titles |= {column.key: column for column in LAYOUT.columns}
    raw = dict.fromkeys((column.title for column in LAYOUT.columns), "")
    for title, cell in zip(table.header, cells, strict=False):
        column = titles.get(title.strip().rstrip("*＊").strip())
        if column is not None and cell is not None:
            raw[column.title] = _written(cell)
    if raw["评价主体"] not in SIGNED_GROUPS:
        raw["署名评价人"] = ""
    return raw


def _written(cell: Any) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)[:200].replace("\0", "�")


def _draft(row: Row) -> MarkDraft:
    return MarkDraft(
        official=row["official"], post=row["post"], period=row["period"], group=row["group"],
        value=row["value"], given_on=row["given_on"], indicator=row["indicator"] or "",
        stratum=row["stratum"] or "", instrument=row["instrument"] or "",
        rater=row["rater"] or "", ballots=row["ballots"] or 1,
    )  # fmt: skip
