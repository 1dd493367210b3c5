"""Look over the parts of an .xlsx before any library does: its size in cells, its error cells."""

import re
from collections.abc import Mapping
from xml.etree import ElementTree as ET

from django.utils.translation import gettext as _

from hengjian.roster.errors import FileRefused
from hengjian.roster.sheets.archive import Limits
from hengjian.roster.sheets.report import letter

ErrorCells = Mapping[str, frozenset[tuple[int, int]]]
_TAG = re.compile(rb"""<(?:[^\s<>/:"'=]+:)?(?P<kind>c|row)(?P<rest>(?:\s(?:[^<>"']|"[^"]*"|'[^']*')*)?/?)>""")
_PLACE = re.compile(rb"""\br\s*=\s*["']([A-Za-z]*)(\d+)["']""")
_ERROR = re.compile(rb"""\bt\s*=\s*["']e["']""")
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


def surveyed(members: Mapping[str, bytes], filename: str, limits: Limits) -> ErrorCells:
    """Check every part, and list the error cells of each sheet by name.

    A library lays a sheet out as a full rectangle: one cell in the last corner would take all
    memory, so the corner is read from the cells themselves, not from what the file declares.
    Raises: FileRefused for what is no workbook, holds a DTD, or spans too many rows or columns.
    """
    if "xl/workbook.xml" not in members or "[Content_Types].xml" not in members:
        raise _refused(
            filename,
            _("内容不是 .xlsx 工作簿"),
            _("请用表格软件另存为 .xlsx；不要只改扩展名"),
            "sheets.disguised",
        )
    errors: dict[str, frozenset[tuple[int, int]]] = {}
    for name, content in members.items():
        if not name.lower().endswith((".xml", ".rels")):
            continue
        if b"\x00" in content or b"<!DOCTYPE" in content or b"<!ENTITY" in content:
            raise _refused(
                filename,
                _("内部 XML 不合规（{name}）").format(name=name),
                _("请用表格软件另存为 .xlsx 再导入"),
                "sheets.xml",
            )
        if name.startswith("xl/") and b"<" in content:
            errors[name] = _survey(content, f"{filename} {name}", limits)
    return _by_sheet(members, errors, filename)


def _survey(content: bytes, where: str, limits: Limits) -> frozenset[tuple[int, int]]:
    """Refuse cells beyond the limits; give the error cells as (row from 1, column from 0)."""
    faulty = set()
    row, column = 0, -1
    for tag in _TAG.finditer(content):
        rest = tag["rest"]
        if b"&" in rest:
            raise _refused(where, _("格子的地址写法异常"), _("请用表格软件另存为 .xlsx 再导入"), "sheets.xml")
        found = _PLACE.search(rest)
        if tag["kind"] == b"row":
            row, column = int(found[2]) if found else row + 1, -1
        else:
            row = int(found[2]) if found else row
            column = _column(found[1]) if found else column + 1
        _check_corner(row, column, where, limits)
        if tag["kind"] == b"c" and _ERROR.search(rest):
            faulty.add((row, column))
    return frozenset(faulty)


def _check_corner(row: int, column: int, where: str, limits: Limits) -> None:
    if row > limits.rows + 1:
        raise _refused(
            where,
            _("第 {row} 行还有格子，一次最多 {limit} 行").format(row=row, limit=limits.rows),
            _("请删去下方的空行和多余格式，或拆成几个文件"),
            "sheets.rows",
        )
    if column >= limits.columns:
        raise _refused(
            where,
            _("{column} 列还有格子，最多 {limit} 列").format(column=letter(column), limit=limits.columns),
            _("请删去右边的空列和多余格式"),
            "sheets.columns",
        )


def _column(letters: bytes) -> int:
    number = 0
    for one in letters.upper()[:5]:
        number = number * 26 + one - 64
    return number - 1


def _by_sheet(
    members: Mapping[str, bytes], errors: Mapping[str, frozenset[tuple[int, int]]], filename: str
) -> ErrorCells:
    try:
        relations = ET.fromstring(members.get("xl/_rels/workbook.xml.rels", b"<r/>"))  # noqa: S314
        book = ET.fromstring(members["xl/workbook.xml"])  # noqa: S314
    except ET.ParseError as error:
        raise _refused(
            filename,
            _("这个 .xlsx 已损坏，读不出来"),
            _("请用表格软件打开，另存为 .xlsx 再导入"),
            "sheets.damaged",
        ) from error
    targets = {one.get("Id"): one.get("Target", "") for one in relations}
    found = {}
    for one in book.iter():
        if one.tag.endswith("}sheet"):
            target = targets.get(one.get(_RELATION), "")
            part = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
            found[one.get("name", "")] = errors.get(part, frozenset())
    return found


def _refused(where: str, what: str, do: str, code: str) -> FileRefused:
    return FileRefused(what, where=where, do=do, code=code)
