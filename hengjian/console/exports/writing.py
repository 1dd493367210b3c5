"""Tables as .xlsx and .csv. No cell can run as a formula; figures stay figures."""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import xlsxwriter

from hengjian.console.exports.reading import Cell, Table
from hengjian.roster.sheets.reading import escaped

FIGURE = re.compile(r"([+\-−]?)(\d{1,3}(?:,\d{3})+|\d{1,14})(\.\d{1,6})?(%?)")
WIDEST, NARROWEST = 48, 8
TITLE_LENGTH = 31  # of a sheet, as Excel allows


@dataclass(frozen=True)
class Origin:
    """Who made the file, when, for what, from which page: lines of name and text, and the warning."""

    title: str
    warning: str
    lines: tuple[tuple[str, str], ...]

    @property
    def line(self) -> str:
        """All of it in one line."""
        return "　".join(f"{name}：{text}" for name, text in self.lines)


@dataclass(frozen=True)
class Figure:
    """A figure as a spreadsheet holds it: the number and how it is shown."""

    value: float
    form: str


def figure(text: str) -> Figure | None:
    """The number that a text is; None for text, gaps and codes with leading zeros."""
    found = FIGURE.fullmatch(text)
    if found is None:
        return None
    sign, whole, part, percent = found[1], found[2], found[3] or "", found[4]
    if len(whole) > 1 and whole.startswith("0"):
        return None
    value = float(f"{whole.replace(',', '')}{part}") / (100.0 if percent else 1.0)
    form = ("#,##0" if "," in whole else "0") + ("." + "0" * (len(part) - 1) if part else "") + percent
    if sign == "+":
        form = f"+{form};−{form}"
    return Figure(-value if sign in {"-", "−"} else value, form)


def shape(table: Table) -> tuple[list[list[Cell]], list[list[Cell]]]:
    """Head and rows without the columns that hold only buttons."""
    wide = max((len(row) for row in [*table.head, *table.rows]), default=0)
    kept = [place for place in range(wide) if any(_text(row, place) for row in table.rows) or not table.rows]
    cut = [[row[place] if place < len(row) else Cell("") for place in kept] for row in table.rows]
    head = [[row[place] if place < len(row) else Cell("") for place in kept] for row in table.head]
    return head, cut


def _text(row: Sequence[Cell], place: int) -> str:
    return row[place].text if place < len(row) else ""


def csv_file(table: Table, origin: Origin) -> bytes:
    """The table in UTF-8 as Excel reads it; below it, after an empty row, where it comes from."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    head, rows = shape(table)
    for row in [*head, *rows]:
        writer.writerow([_csv(cell) for cell in row])
    writer.writerow([])
    if origin.warning:
        writer.writerow([origin.warning])
    for name, text in origin.lines:
        writer.writerow([name, escaped(text)])
    return buffer.getvalue().encode("utf-8-sig")


def _csv(cell: Cell) -> str:
    """A figure as it is, with a plain minus; other text made safe, in one line."""
    if cell.figure and figure(cell.text):
        return cell.text.replace("−", "-")
    return escaped(cell.text.replace("\n", " "))


def workbook(tables: Sequence[Table], origin: Origin) -> bytes:
    """A sheet for each table: title, where it comes from, the head, the rows; set up to be printed."""
    buffer = io.BytesIO()
    safe = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(buffer, safe)
    book.set_properties({"title": origin.title, "comments": f"{origin.warning}{origin.line}"})
    forms = _Forms(book)
    taken: set[str] = set()
    for number, table in enumerate(tables, start=1):
        page = book.add_worksheet(_sheet_name(table.name, number, taken))
        _sheet(page, table, origin, forms)
    book.close()
    return buffer.getvalue()


class _Forms:
    """The formats of a workbook, each made once."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._figures: dict[str, Any] = {}
        rim = {"border": 1, "valign": "top"}
        self.title = book.add_format({"bold": True, "font_size": 14})
        self.note = book.add_format({"font_color": "#595959", "font_size": 9})
        self.warning = book.add_format({"bold": True, "font_color": "#9C2F1F"})
        self.head = book.add_format({**rim, "bold": True, "bg_color": "#E2ECF1", "text_wrap": True})
        self.text = book.add_format({**rim, "num_format": "@", "text_wrap": True})

    def figure(self, form: str) -> Any:
        """The format of figures that are shown so."""
        if form not in self._figures:
            self._figures[form] = self._book.add_format({"border": 1, "valign": "top", "num_format": form})
        return self._figures[form]


def _sheet(page: Any, table: Table, origin: Origin, forms: _Forms) -> None:
    head, rows = shape(table)
    page.write_string(0, 0, table.name or origin.title, forms.title)
    if origin.warning:
        page.write_string(1, 0, origin.warning, forms.warning)
    page.write_string(2, 0, origin.line, forms.note)
    top = 3
    for row in head:
        for place, cell in enumerate(row):
            page.write_string(top, place, cell.text, forms.head)
        top += 1
    for down, row in enumerate(rows, start=top):
        for place, cell in enumerate(row):
            _write(page, down, place, cell, forms)
    _set_up(page, [*head, *rows], top, origin)


def _write(page: Any, down: int, place: int, cell: Cell, forms: _Forms) -> None:
    found = figure(cell.text) if cell.figure else None
    if found:
        page.write_number(down, place, found.value, forms.figure(found.form))
    else:
        page.write_string(down, place, cell.text, forms.text)


def _set_up(page: Any, grid: Sequence[Sequence[Cell]], top: int, origin: Origin) -> None:
    """Widths by what stands there, the head kept in sight and on every printed page, the origin below."""
    wide = max((len(row) for row in grid), default=0)
    for place in range(wide):
        longest = max(_width(row[place].text) for row in grid if place < len(row))
        page.set_column(place, place, max(NARROWEST, min(WIDEST, longest + 2)))
    page.freeze_panes(top, 0)
    if wide and len(grid) > 1:
        page.autofilter(top - 1, 0, len(grid) + 2, wide - 1)
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    page.repeat_rows(3, max(3, top - 1))
    page.set_footer(f"&L&9{_plain(origin.warning)}&R&9&P / &N")


def _width(text: str) -> int:
    """How many columns of a fixed-width letter the longest line takes."""
    return max(
        (sum(2 if ord(letter) > 0x2E7F else 1 for letter in line) for line in text.split("\n")), default=0
    )


def _plain(text: str) -> str:
    return text.replace("&", "&&")[:120]


def _sheet_name(name: str, number: int, taken: set[str]) -> str:
    """A name that Excel takes, once in a book."""
    plain = re.sub(r"[\[\]:*?/\\'\x00-\x1f]", " ", name).strip()[:TITLE_LENGTH] or str(number)
    if plain.casefold() in taken or plain.casefold() == "history":
        plain = f"{plain[: TITLE_LENGTH - 5]} {number}"
    taken.add(plain.casefold())
    return plain
