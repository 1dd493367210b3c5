"""Write tables as .xlsx or .csv so that no cell can run as a formula, and the bytes repeat."""

import csv
import datetime as dt
import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import xlsxwriter

from hengjian.roster.sheets.columns import Column, Sheet
from hengjian.roster.sheets.reading import escaped

Rows = Iterable[Mapping[str, Any]]
_MADE = dt.datetime(2000, 1, 1, tzinfo=dt.UTC).replace(tzinfo=None)
_ZIPPED = (1980, 1, 1, 0, 0, 0)
LISTED_ROWS = 5_000


def workbook(tables: Sequence[tuple[Sheet, Rows]], notes: tuple[str, Sequence[Sequence[str]]]) -> bytes:
    """An .xlsx with one sheet a table and a sheet of notes; the same rows give the same bytes.

    Text is written as text: a name that begins with = stays a name.
    """
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    book.set_properties({"created": _MADE, "title": notes[0]})
    for sheet, rows in tables:
        _sheet(book, sheet, rows)
    page = book.add_worksheet(notes[0])
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    page.set_column(0, 0, 18, wrapped)
    page.set_column(1, 1, 24, wrapped)
    page.set_column(2, 2, 90, wrapped)
    for row, line in enumerate(notes[1]):
        for index, text in enumerate(line):
            page.write_string(row, index, text)
    book.close()
    return buffer.getvalue()


def _sheet(book: Any, sheet: Sheet, rows: Rows) -> None:
    page = book.add_worksheet(sheet.title)
    page.freeze_panes(1, 0)
    formats = {
        "head": book.add_format({"bold": True, "bg_color": "#DCE6F1", "border": 1}),
        "must": book.add_format({"bold": True, "bg_color": "#F8CBAD", "border": 1}),
        "date": book.add_format({"num_format": "yyyy-mm-dd"}),
        "text": book.add_format({"num_format": "@"}),
    }
    for index, column in enumerate(sheet.columns):
        shape = {"date": "date", "until": "date", "number": None, "integer": None}.get(column.kind, "text")
        page.set_column(index, index, column.width, formats[shape] if shape else None)
        page.write_string(0, index, column.title, formats["must" if column.required else "head"])
        if column.note:
            page.write_comment(0, index, column.note, {"author": "衡鉴"})
        names = list(column.choices.values()) or (["是", "否"] if column.kind == "flag" else [])
        if names and sum(map(len, names)) + len(names) <= 255:
            page.data_validation(
                1,
                index,
                LISTED_ROWS,
                index,
                {"validate": "list", "source": names, "error_type": "warning"},
            )
    for row, values in enumerate(rows, start=1):
        for index, column in enumerate(sheet.columns):
            _write(page, row, index, values.get(column.key), column, formats)


def _write(page: Any, row: int, index: int, value: Any, column: Column, formats: Mapping[str, Any]) -> None:
    if value is None or value == "":
        return
    if isinstance(value, dt.date):
        page.write_datetime(row, index, dt.datetime(value.year, value.month, value.day), formats["date"])  # noqa: DTZ001
    elif isinstance(value, (Decimal, int, float)) and not isinstance(value, bool):
        page.write_number(row, index, value)
    else:
        page.write_string(row, index, shown(value, column), formats["text"])


def shown(value: Any, column: Column) -> str:
    """A value as its cell's text: a choice by its Chinese name, a flag as 是 or 否."""
    if value is None:
        return ""
    if column.kind == "choice":
        return column.choices.get(value, str(value))
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value.isoformat() if isinstance(value, dt.date) else str(value)


def csv_text(sheet: Sheet, rows: Rows) -> str:
    """A .csv in UTF-8; text that a spreadsheet program would run is escaped with an apostrophe."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow([column.title for column in sheet.columns])
    for values in rows:
        writer.writerow([_csv_cell(values.get(c.key), c) for c in sheet.columns])
    return buffer.getvalue()


def _csv_cell(value: Any, column: Column) -> str:
    text = shown(value, column)
    return text if isinstance(value, (Decimal, int, float, dt.date)) else escaped(text)


def csv_files(tables: Sequence[tuple[Sheet, Rows]]) -> dict[str, bytes]:
    """One .csv a table, by file name, with the mark that makes Excel read it as UTF-8."""
    return {f"{sheet.title}.csv": csv_text(sheet, rows).encode("utf-8-sig") for sheet, rows in tables}


def csv_zip(tables: Sequence[tuple[Sheet, Rows]]) -> bytes:
    """The .csv files in one .zip; the same rows give the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in csv_files(tables).items():
            archive.writestr(zipfile.ZipInfo(name, _ZIPPED), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()
