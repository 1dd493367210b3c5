"""Events as drafts, the layout of their file, and its rows as drafts or refused cells.

Three columns are personal: address, reference and person. They never stand in a refused row, a reason or
a log; their cells are plain text because the reasons of plain text quote nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from hengjian.ratings.invitations.errors import EventsRefused
from hengjian.ratings.invitations.models import ChannelName
from hengjian.roster.errors import FileRefused
from hengjian.roster.sheets.columns import Column, Row, Sheet, typed_rows
from hengjian.roster.sheets.reading import Table, read_tables
from hengjian.roster.sheets.report import Refusals

CHANNELS = dict(ChannelName.choices)
PERSONAL = frozenset({"address", "reference", "person"})
LAYOUT = Sheet(
    "events",
    "办事事项",
    (
        Column("source", "来源系统", "code", required=True, longest=40),
        Column("external", "来源编号", required=True, longest=80),
        Column("kind", "事项种类", "code", required=True, longest=40),
        Column("on", "办结日期", "date", required=True),
        Column("organisation", "机构代码", "code", required=True),
        Column("official", "干部编号", "code", required=True, note="经办人"),
        Column("post", "岗位代码", "code", required=True),
        Column("confirmed_by", "确认人", longest=80, note="经办人以外的确认人，如村委会"),
        Column(
            "channel", "渠道", "choice", required=True,
            choices={code: str(name) for code, name in CHANNELS.items()},
        ),
        Column("address", "联系方式", longest=200, note="邮箱、手机号或微信 openid"),
        Column("reference", "联系方式代号", longest=120, note="由网关换成联系方式"),
        Column("person", "当事人标识", longest=120, note="只用于次数上限，不保存；留空按联系方式计"),
    ),
)  # fmt: skip


def contact_of(channel: str, *, address: str = "", reference: str = "") -> str:
    """A contact in one spelling: of an e-mail address upper and lower case are the same."""
    if reference:
        return f"ref:{reference}"
    plain = address.strip()
    return f"to:{plain.casefold() if channel == ChannelName.EMAIL else plain}" if plain else ""


@dataclass(frozen=True)
class EventDraft:
    """One person concerned by one event, as the system of record tells it. Personal parts never show."""

    source: str
    external: str
    kind: str
    on: date
    organisation: str
    official: str
    post: str
    channel: str
    address: str = field(default="", repr=False)
    reference: str = field(default="", repr=False)
    person: str = field(default="", repr=False)
    confirmed_by: str = ""

    @property
    def contact(self) -> str:
        """The contact as it is sealed and compared: ``to:…`` or ``ref:…``; empty when there is none."""
        return contact_of(self.channel, address=self.address, reference=self.reference)

    @property
    def who(self) -> str:
        """What tells one person from another."""
        return self.person or self.contact

    def raw(self) -> dict[str, str]:
        """What may be kept of a refused row."""
        return {
            column.title: str(getattr(self, column.key))
            for column in LAYOUT.columns
            if column.key not in PERSONAL
        }


@dataclass(frozen=True)
class Reason:
    """Why a row is refused, and what to do."""

    code: str
    what: str
    do: str
    column: str = ""
    cell: str = ""

    def __str__(self) -> str:
        place = " ".join(part for part in (self.cell, self.column) if part)
        return f"{place}：{self.what}（{self.do}）" if place else f"{self.what}（{self.do}）"


@dataclass(frozen=True)
class EventRow:
    """One row as it came: its number, what may be kept of it, the draft or the reasons."""

    number: int
    raw: dict[str, str]
    draft: EventDraft | None
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True)
class EventsReceipt:
    """What became of a delivery of events. ``invited``: the new invitations, in the order of the rows."""

    batch: UUID
    read: int
    admitted: int
    repeated: int
    refused: int
    report: tuple[tuple[int, Reason], ...]
    invited: tuple[UUID, ...]


def read_events(path: Path) -> list[EventRow]:
    """All rows of the file's one sheet of events.

    Raises: EventsRefused when there is not exactly one sheet; FileRefused when its header is wrong.
    """
    tables = read_tables(path)
    if len(tables) != 1:
        raise EventsRefused(
            _("文件里有 %s 张表，应为 1 张") % len(tables),
            where=str(path),
            do=_("请只留办事事项的一张"),
            code="events.sheets",
        )
    return list(rows_of(tables[0]))


def rows_of(table: Table) -> Iterator[EventRow]:
    """The table's rows in order."""
    refusals = Refusals()
    typed = {row.number: row for row in typed_rows(table, LAYOUT, refusals)}
    reasons: dict[int, list[Reason]] = {}
    for cell in refusals.cells:
        if cell.row <= table.header_row:
            raise FileRefused(cell.what, where=cell.where, do=cell.do, code=cell.code)
        reason = Reason(cell.code, cell.what, cell.do, cell.title, f"{cell.column}{cell.row}")
        reasons.setdefault(cell.row, []).append(reason)
    for number, cells in table.rows:
        if number in typed:
            draft = _draft(typed[number])
            yield EventRow(number, draft.raw(), draft)
        elif number in reasons:
            yield EventRow(number, _raw(table, cells), None, tuple(reasons[number]))


def _draft(row: Row) -> EventDraft:
    cells: dict[str, Any] = {column.key: row[column.key] or "" for column in LAYOUT.columns}
    return EventDraft(**cells)


def _raw(table: Table, cells: list[Any]) -> dict[str, str]:
    kept = {column.title: column.title for column in LAYOUT.columns if column.key not in PERSONAL}
    kept |= {column.key: column.title for column in LAYOUT.columns if column.key not in PERSONAL}
    raw = dict.fromkeys(kept.values(), "")
    for title, cell in zip(table.header, cells, strict=False):
        known = kept.get(title.strip().rstrip("*＊").strip())
        if known is not None and cell is not None:
            raw[known] = str(cell)[:200].replace("\0", "�")
    return raw
