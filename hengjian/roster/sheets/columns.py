"""Typed columns: a cell's value as the importer needs it, or the reason why it is refused."""

import datetime as dt
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

from django.utils.translation import gettext as _

from hengjian.roster.sheets.reading import Cell, Table
from hengjian.roster.sheets.report import Refusals, RefusedCell, letter

Kind = Literal["text", "code", "date", "until", "number", "integer", "flag", "choice"]
OPEN = "至今"
CODE = re.compile(r"^[0-9A-Za-z][0-9A-Za-z._\-]*$")
_UNSEEN = dict.fromkeys(map(ord, "\ufeff\u200b\u200c\u200d\u2060"))
_DATE = re.compile(r"^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T]0?0:00(?::00(?:\.0+)?)?)?$")
_COMPACT = re.compile(r"^(\d{4})(\d{2})(\d{2})$")
_FLAGS = {
    "是": True,
    "否": False,
    "true": True,
    "false": False,
    "yes": True,
    "no": False,
    "1": True,
    "0": False,
    "√": True,
    "×": False,
}


@dataclass(frozen=True)
class Column:
    """One column of a sheet: key in code, title on screen, kind, and what it may hold.

    ``choices`` maps each code to its Chinese name; either may stand in the cell.
    ``until`` columns hold a date, nothing, or 至今 (said explicitly: still going on).
    """

    key: str
    title: str
    kind: Kind = "text"
    required: bool = False
    choices: Mapping[str, str] = field(default_factory=dict)
    longest: int = 200
    lowest: Decimal | None = None
    highest: Decimal | None = None
    places: int = 4
    note: str = ""
    width: int = 14


@dataclass(frozen=True)
class Sheet:
    """One sheet of a workbook layout: its name on screen, key in code, and columns."""

    key: str
    title: str
    columns: tuple[Column, ...]

    def column(self, key: str) -> Column:
        """The column with this key."""
        return next(one for one in self.columns if one.key == key)


@dataclass(slots=True)
class Row:
    """One typed row: its number as the reader sees it, and values by column key.

    A key is absent when the file has no such column; a value is None when its cell is empty.
    """

    sheet: str
    number: int
    values: dict[str, Any]
    places: Mapping[str, int]
    titles: Mapping[str, str]

    def __getitem__(self, key: str) -> Any:
        return self.values.get(key)

    def refuse(self, refusals: Refusals, key: str, what: str, do: str, code: str) -> None:
        """Note that a cell of this row is refused."""
        place = letter(self.places[key]) if key in self.places else ""
        value = self.values.get(key)
        refusals.add(
            RefusedCell(
                self.sheet,
                self.number,
                place,
                self.titles.get(key, ""),
                "" if value is None else str(value),
                what,
                do,
                code,
            )
        )


class _Bad(Exception):  # noqa: N818  never leaves this module
    def __init__(self, code: str, what: str, do: str) -> None:
        super().__init__(what)
        self.code, self.what, self.do = code, what, do


def typed_rows(table: Table, sheet: Sheet, refusals: Refusals) -> list[Row]:
    """Each row with all its cells typed; a row with a refused cell is reported and left out."""
    places = _places(table, sheet, refusals)
    if places is None:
        return []
    titles = {column.key: column.title for column in sheet.columns}
    present = [(column, places[column.key]) for column in sheet.columns if column.key in places]
    return list(_typed(table, present, titles, refusals))


def _typed(
    table: Table,
    present: list[tuple[Column, int]],
    titles: Mapping[str, str],
    refusals: Refusals,
) -> Iterator[Row]:
    places = {column.key: index for column, index in present}
    for number, cells in table.rows:
        if len(cells) > len(table.header) and any(c is not None for c in cells[len(table.header) :]):
            refusals.add(_beyond(table, number, cells))
            continue
        before = len(refusals)
        values: dict[str, Any] = {}
        for column, index in present:
            raw = cells[index] if index < len(cells) else None
            try:
                values[column.key] = _value(raw, column, (number, index) in table.faulty)
            except _Bad as bad:
                refusals.add(
                    RefusedCell(
                        table.name,
                        number,
                        letter(index),
                        column.title,
                        _seen(raw),
                        bad.what,
                        bad.do,
                        bad.code,
                    )
                )
        if len(refusals) == before:
            yield Row(table.name, number, values, places, titles)


def _places(table: Table, sheet: Sheet, refusals: Refusals) -> dict[str, int] | None:
    """Where each column stands; a header that is wrong refuses the whole sheet."""
    known = {column.title: column.key for column in sheet.columns}
    known |= {column.key: column.key for column in sheet.columns}
    found: dict[str, int] = {}
    before = len(refusals)
    for index, title in enumerate(table.header):
        name = clean(title).rstrip("*＊").strip()
        key = known.get(name)
        if not name and not any(len(c) > index and c[index] is not None for _n, c in table.rows):
            continue
        if key is None or key in found:
            what = _("不认识的列名“{title}”") if key is None else _("列名“{title}”重复")
            refusals.add(
                RefusedCell(
                    table.name,
                    table.header_row,
                    letter(index),
                    title,
                    title,
                    what.format(title=title),
                    _("可用的列名：{titles}").format(titles="、".join(c.title for c in sheet.columns)),
                    "sheets.column",
                )
            )
            continue
        found[key] = index
    for column in _lacking(sheet.columns, found):
        refusals.add(
            RefusedCell(
                table.name,
                table.header_row,
                "",
                column.title,
                "",
                _("缺少必需的列“{title}”").format(title=column.title),
                _("请按模板补上这一列（hengjian roster template 或 hengjian marks template 写出模板）"),
                "sheets.column",
            )
        )
    return found if len(refusals) == before else None


def _lacking(columns: Iterable[Column], found: Mapping[str, int]) -> list[Column]:
    return [column for column in columns if column.required and column.key not in found]


def _beyond(table: Table, number: int, cells: list[Cell]) -> RefusedCell:
    index = next(i for i in range(len(table.header), len(cells)) if cells[i] is not None)
    return RefusedCell(
        table.name,
        number,
        letter(index),
        "",
        _seen(cells[index]),
        _("这一格在表头之外"),
        _("请删去，或为这一列写上列名；.csv 请检查逗号和引号"),
        "sheets.beyond",
    )


def _seen(raw: Cell) -> str:
    text = "" if raw is None else str(raw)
    return text if len(text) <= 60 else f"{text[:60]}…"


def clean(text: str) -> str:
    """Text without invisible marks and outer spaces, composed as Unicode NFC."""
    return unicodedata.normalize("NFC", text.translate(_UNSEEN)).strip()


def _value(raw: Cell, column: Column, faulty: bool) -> Any:
    if faulty:
        raise _Bad("sheets.formula", _("公式出错（如 #REF!、#N/A）"), _("请修正公式，或粘贴为数值"))
    if isinstance(raw, str):
        raw = clean(raw) or None
    if raw is None:
        if column.required:
            raise _Bad("sheets.missing", _("不能为空"), column.note or _("请补填"))
        return None
    return _TYPES[column.kind](raw, column)


def _text(raw: Cell, column: Column) -> str:
    text = _written(raw)
    if len(text) > column.longest:
        raise _Bad(
            "sheets.long",
            _("太长（{n} 字）").format(n=len(text)),
            _("最多 {limit} 字").format(limit=column.longest),
        )
    if any(unicodedata.category(one) in {"Cc", "Cs"} for one in text):
        raise _Bad("sheets.control", _("含有换行或不可见字符"), _("请删去"))
    return text


def _written(raw: Cell) -> str:
    """A cell as its text: a number that a spreadsheet stored loses its “.0”."""
    if isinstance(raw, bool) or raw is None:
        return "是" if raw else "否"
    if isinstance(raw, (int, float)):
        if abs(raw) >= 1e15:
            raise _Bad(
                "sheets.precision",
                _("超过 15 位的数字，表格软件已丢失末几位"),
                _("请把这一列设为“文本”格式，重新填写"),
            )
        return str(int(raw)) if float(raw).is_integer() else repr(float(raw))
    return raw if isinstance(raw, str) else raw.isoformat() if isinstance(raw, dt.date) else str(raw)


def _code(raw: Cell, column: Column) -> str:
    text = unicodedata.normalize("NFKC", _text(raw, column))
    if not CODE.match(text):
        raise _Bad(
            "sheets.code",
            _("“{value}”不能作代码").format(value=text),
            _("代码用数字、英文字母、点、横线和下划线，以数字或字母开头"),
        )
    return text


def _date(raw: Cell, _column: Column) -> dt.date:
    if isinstance(raw, dt.datetime):
        raw = raw.date() if raw.time() == dt.time() else str(raw)
    if isinstance(raw, dt.date):
        return _plausible(raw)
    text = unicodedata.normalize("NFKC", _written(raw)).strip()
    found = _DATE.match(text) or _COMPACT.match(text)
    try:
        return _plausible(dt.date(*(int(part) for part in found.groups())))  # type: ignore[union-attr]
    except (AttributeError, ValueError):
        raise _Bad(
            "sheets.date",
            _("“{value}”不是日期").format(value=_seen(text)),
            _("请写成 2026-03-01（年-月-日）"),
        ) from None


def _plausible(day: dt.date) -> dt.date:
    if not 1900 <= day.year <= 2200:
        raise _Bad(
            "sheets.date_range",
            _("日期 {day} 不在 1900—2200 年之间").format(day=day),
            _("请核对；表示“尚未结束”请留空或写“至今”"),
        )
    return day


def _until(raw: Cell, column: Column) -> dt.date | str:
    if isinstance(raw, str) and raw in {OPEN, "在任"}:
        return OPEN
    return _date(raw, column)


def _number(raw: Cell, column: Column) -> Decimal:
    text = unicodedata.normalize("NFKC", _written(raw)).replace(",", "") if raw is not True else ""
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or isinstance(raw, (bool, dt.date)):
        raise _Bad(
            "sheets.number",
            _("“{value}”不是数").format(value=_seen(raw)),
            _("请只填数字，不带单位和百分号；没有请留空"),
        )
    below = column.lowest is not None and number < column.lowest
    above = column.highest is not None and number > column.highest
    if below or above:
        raise _Bad(
            "sheets.range",
            _("{value} 超出范围").format(value=text),
            _("应在 {low} 到 {high} 之间").format(low=column.lowest, high=column.highest),
        )
    rounded = round(number, column.places)
    if isinstance(raw, str) and rounded != number:
        raise _Bad(
            "sheets.places",
            _("{value} 的小数太多").format(value=text),
            _("最多 {n} 位小数").format(n=column.places),
        )
    return rounded


def _integer(raw: Cell, column: Column) -> int:
    number = _number(raw, column)
    if number != int(number):
        raise _Bad("sheets.integer", _("{value} 不是整数").format(value=number), _("请填整数"))
    return int(number)


def _flag(raw: Cell, _column: Column) -> bool:
    text = unicodedata.normalize("NFKC", _written(raw)).lower()
    if text not in _FLAGS:
        raise _Bad("sheets.flag", _("“{value}”应为“是”或“否”").format(value=_seen(raw)), _("请填“是”或“否”"))
    return _FLAGS[text]


def _choice(raw: Cell, column: Column) -> str:
    text = _written(raw)
    by_name = {name: code for code, name in column.choices.items()}
    if text not in column.choices and text not in by_name:
        raise _Bad(
            "sheets.choice",
            _("“{value}”不在可选值中").format(value=_seen(text)),
            _("可选：{names}").format(names="、".join(column.choices.values())),
        )
    return by_name.get(text, text)


_TYPES: Mapping[Kind, Any] = {
    "text": _text,
    "code": _code,
    "date": _date,
    "until": _until,
    "number": _number,
    "integer": _integer,
    "flag": _flag,
    "choice": _choice,
}
