"""Open a spreadsheet file that nobody has checked yet, and give its raw tables.

What is trusted: nothing. A file may be disguised, damaged, a zip bomb, or claim a cell in the last
row of the last column. Everything calamine sees has been unpacked and checked here first.
"""

import csv
import datetime as dt
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from django.utils.translation import gettext as _
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from hengjian.roster.errors import FileRefused
from hengjian.roster.sheets.archive import Limits, checked_members, repacked
from hengjian.roster.sheets.workbook_parts import ErrorCells, surveyed

Cell = str | float | int | bool | dt.date | dt.datetime | dt.time | dt.timedelta | None
OLE = b"\xd0\xcf\x11\xe0"


@dataclass(frozen=True)
class Table:
    """One raw table: its name, header, and rows with the number that the reader sees.

    ``faulty`` are the cells (row, column from 0) whose formula ended in an error such as #REF!.
    """

    name: str
    header: tuple[str, ...]
    header_row: int
    rows: list[tuple[int, list[Cell]]]
    kind: str
    faulty: frozenset[tuple[int, int]] = field(default_factory=frozenset)


def read_tables(path: Path, limits: Limits | None = None) -> list[Table]:
    """All tables of an .xlsx, a .csv, a .zip of .csv, or a folder of .csv.

    Raises: FileRefused, with the file as ``where``; nothing of a refused file is returned.
    """
    limits = limits or Limits()
    if path.is_dir():
        files = sorted(p for p in path.iterdir() if p.suffix.lower() == ".csv")
        if not files:
            raise refused(path, _("文件夹里没有 .csv 文件"), _("每类一个 .csv，文件名用表名"))
        return [_csv(p.read_bytes(), p.stem, str(p), limits) for p in files if _small(p, limits)]
    if not path.is_file():
        raise refused(path, _("找不到这个文件"), _("请核对路径"))
    _small(path, limits)
    return tables_of(path.read_bytes(), path.name, limits)


def tables_of(data: bytes, filename: str, limits: Limits | None = None) -> list[Table]:
    """The tables of a file already in memory, such as an upload; see :func:`read_tables`."""
    limits = limits or Limits()
    if len(data) > limits.file_bytes:
        raise refused(filename, too_big(limits.file_bytes), _("请拆成几个文件分别导入"))
    suffix = Path(filename).suffix.lower()
    if suffix == ".csv":
        return [_csv(data, Path(filename).stem, filename, limits)]
    if suffix == ".zip":
        return _zip_of_csv(data, filename, limits)
    if suffix == ".xlsx":
        return list(_xlsx(data, filename, limits))
    raise refused(
        filename,
        _("不认识“{suffix}”文件").format(suffix=suffix or filename),
        _("请用 .xlsx、.csv，或装有 .csv 的 .zip、文件夹"),
    )


def refused(where: object, what: str, do: str, code: str = "sheets.file") -> FileRefused:
    """A refusal of the whole file."""
    return FileRefused(what, where=str(where), do=do, code=code)


def too_big(limit: int) -> str:
    """Words for a file above the limit."""
    return _("文件超过 {limit} MB").format(limit=limit // 1_000_000)


def _small(path: Path, limits: Limits) -> bool:
    if path.stat().st_size > limits.file_bytes:
        raise refused(path, too_big(limits.file_bytes), _("请拆成几个文件分别导入"))
    return True


# --- .xlsx ----------------------------------------------------------------------------------
def _xlsx(data: bytes, filename: str, limits: Limits) -> Iterator[Table]:
    if data.startswith(OLE):
        raise refused(
            filename,
            _("内容不是 .xlsx：是旧版 .xls 或加了密码的文件"),
            _("请去掉密码，另存为 .xlsx 再导入"),
            "sheets.disguised",
        )
    members = checked_members(data, filename, limits)
    errors = surveyed(members, filename, limits)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(repacked(members)))
        for name in book.sheet_names:
            yield _sheet(book.get_sheet_by_name(name), filename, limits, errors)
    except CalamineError as error:
        raise refused(
            filename,
            _("这个 .xlsx 已损坏，读不出来"),
            _("请用表格软件打开，另存为 .xlsx 再导入"),
            "sheets.damaged",
        ) from error


def _sheet(sheet: CalamineSheet, filename: str, limits: Limits, errors: ErrorCells) -> Table:
    if sheet.total_height > limits.rows + 1:
        raise refused(
            f"{filename} {sheet.name}",
            _("有 {rows} 行，一次最多 {limit} 行").format(rows=sheet.total_height, limit=limits.rows),
            _("请拆成几个文件分别导入；空行也请删去"),
            "sheets.rows",
        )
    left: list[Cell] = [None] * (sheet.start[1] if sheet.start else 0)
    rows = (
        (number, left + [None if cell == "" else cell for cell in row])
        for number, row in enumerate(sheet.iter_rows(), start=1)
    )
    return _table(sheet.name, rows, "xlsx", errors.get(sheet.name, frozenset()))


# --- .csv -----------------------------------------------------------------------------------
def _zip_of_csv(data: bytes, filename: str, limits: Limits) -> list[Table]:
    members = checked_members(data, filename, limits)
    if "xl/workbook.xml" in members:
        raise refused(filename, _("这是改了扩展名的 .xlsx"), _("请改回 .xlsx 再导入"), "sheets.disguised")
    tables = [
        _csv(content, Path(name).stem, f"{filename}/{name}", limits)
        for name, content in sorted(members.items())
        if name.lower().endswith(".csv") and not name.startswith("__MACOSX/")
    ]
    if not tables:
        raise refused(filename, _("压缩包里没有 .csv 文件"), _("每类一个 .csv，文件名用表名"))
    return tables


def decoded(data: bytes, where: str) -> str:
    """The text of a .csv in UTF-8 (with or without mark), UTF-16 with mark, or GB 18030."""
    if data.startswith((b"PK\x03\x04", OLE)):
        raise refused(
            where, _("内容不是 .csv 文本"), _("请另存为 .csv，或改回原来的扩展名"), "sheets.disguised"
        )
    encodings = ("utf-16",) if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" in text:
            break
        return text
    raise refused(where, _("文字编码认不出来"), _("请另存为“CSV UTF-8”再导入"), "sheets.encoding")


def _csv(data: bytes, name: str, where: str, limits: Limits) -> Table:
    text = decoded(data, where)
    first = text.partition("\n")[0]
    tabbed = "\t" in first and "," not in first
    reader = csv.reader(io.StringIO(text, newline=""), strict=True, delimiter="\t" if tabbed else ",")
    rows: list[tuple[int, list[Cell]]] = []
    try:
        for number, row in enumerate(reader, start=1):
            if number > limits.rows + 1:
                raise refused(
                    where,
                    _("超过 {limit} 行").format(limit=limits.rows),
                    _("请拆成几个文件分别导入"),
                    "sheets.rows",
                )
            rows.append((number, [unescaped(cell) or None for cell in row]))
    except csv.Error as error:
        raise refused(
            f"{where}:{reader.line_num}",
            _("引号或格式不完整：{error}").format(error=error),
            _("请用表格软件打开核对，另存后再导入"),
            "sheets.csv",
        ) from error
    return _table(name, iter(rows), "csv", frozenset())


FORMULA = ("=", "+", "-", "@", "\t", "\r")


def escaped(text: str) -> str:
    """Text for a .csv cell that no spreadsheet program will run as a formula."""
    return f"'{text}" if text.startswith((*FORMULA, "'")) else text


def unescaped(text: str) -> str:
    """Undo :func:`escaped`."""
    return text[1:] if text[:1] == "'" and text[1:2] in {*FORMULA, "'"} else text


# --- both -----------------------------------------------------------------------------------
def _table(
    name: str,
    rows: Iterator[tuple[int, list[Cell]]],
    kind: str,
    faulty: frozenset[tuple[int, int]],
) -> Table:
    for number, cells in rows:
        if any(cell is not None for cell in cells):
            header = tuple(str(cell or "").strip() for cell in cells)
            body = [pair for pair in rows if _filled(pair, faulty)]
            return Table(name, header, number, body, kind, faulty)
    return Table(name, (), 0, [], kind)


def _filled(pair: tuple[int, list[Cell]], faulty: frozenset[tuple[int, int]]) -> bool:
    number, cells = pair
    return any(cell is not None for cell in cells) or any(row == number for row, _c in faulty)
