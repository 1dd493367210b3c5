"""The roster as a file: the same layout as the import, so that what goes out comes in again."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from hengjian.roster.layout import KINDS, NOTES_TITLE, Vocabulary, layout, notes
from hengjian.roster.queries import rows_of
from hengjian.roster.sheets.columns import Column, Sheet
from hengjian.roster.sheets.report import RefusedCell
from hengjian.roster.sheets.writing import Rows, csv_text, csv_zip, workbook

Form = Literal["xlsx", "zip"]

REPORT = Sheet(
    "refused",
    "未通过的格子",
    (
        Column("place", "位置", width=16),
        Column("sheet", "表"),
        Column("row", "行", "integer", width=8),
        Column("column", "列", width=8),
        Column("title", "列名", width=18),
        Column("value", "所填内容", width=30),
        Column("what", "原因", width=50),
        Column("do", "改法", width=60),
    ),
)


def exported(form: Form, words: Vocabulary | None = None) -> bytes:
    """All that is on record as an .xlsx or a .zip of .csv; the same record gives the same bytes."""
    sheets = layout(words or Vocabulary())
    tables: Sequence[tuple[Sheet, Rows]] = [(sheets[kind], rows_of(kind)) for kind in KINDS]
    if form == "zip":
        return csv_zip(tables)
    return workbook(tables, (NOTES_TITLE, notes(sheets)))


def template(words: Vocabulary | None = None) -> bytes:
    """An empty workbook: five sheets with headers, lists to choose from, and a sheet of notes."""
    sheets = layout(words or Vocabulary())
    return workbook([(sheets[kind], ()) for kind in KINDS], (NOTES_TITLE, notes(sheets)))


def report_file(refused: Iterable[RefusedCell]) -> bytes:
    """Every refused cell as a .csv that can be sent to whoever filled in the file."""
    rows: list[Mapping[str, Any]] = [
        {
            "place": cell.where,
            "sheet": cell.sheet,
            "row": cell.row or None,
            "column": cell.column,
            "title": cell.title,
            "value": cell.value,
            "what": cell.what,
            "do": cell.do,
        }
        for cell in refused
    ]
    return csv_text(REPORT, rows).encode("utf-8-sig")
