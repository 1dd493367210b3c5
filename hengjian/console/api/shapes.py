"""What a delivery of events looks like. A delivery of another shape is refused whole, cell by cell."""

from datetime import date
from typing import Annotated, Any, Literal

from ninja import Schema
from pydantic import BeforeValidator, ConfigDict, Field

from hengjian.ratings.invitations.sheet import EventDraft

MOST = 2_000
PRINTABLE = r"^[^\x00-\x1f\x7f]*$"
Channel = Literal["email", "sms", "wechat", "printed", "assisted"]


def _day(value: Any) -> Any:
    """A day is written as one: no number of seconds, no time."""
    if not isinstance(value, str) or len(value) != len("2026-06-30"):
        raise ValueError("YYYY-MM-DD")
    return date.fromisoformat(value)


def _text(least: int, most: int, about: str) -> Any:
    """A field of text without control characters; one that may be empty may be left out."""
    default = ... if least else ""
    return Field(
        default, min_length=least, max_length=most, pattern=PRINTABLE, description=about, strict=True
    )


class EventIn(Schema):
    """One person concerned by one event."""

    model_config = ConfigDict(extra="forbid")

    external: str = _text(1, 80, "来源系统内的编号；同一编号只邀请一次 Number in the system of record")
    kind: str = _text(1, 40, "事项种类，如 approval、village_visit Kind")
    on: Annotated[date, BeforeValidator(_day), Field(description="办结日期 Day of completion")]
    organisation: str = _text(1, 40, "机构代码 Organisation")
    official: str = _text(1, 40, "经办干部编号 Official who handled it")
    post: str = _text(1, 40, "岗位代码 Post")
    channel: Annotated[Channel, Field(description="渠道 Channel")]
    address: str = _text(0, 200, "邮箱、手机号或微信 openid Address; sealed, then emptied")
    reference: str = _text(0, 120, "由网关换成联系方式的代号 Reference that the gateway resolves")
    person: str = _text(0, 120, "当事人标识，只用于次数上限，不保存 Person; for the caps only, never kept")
    confirmed_by: str = _text(0, 80, "经办人以外的确认人；走访类必填 Who confirmed it besides the official")

    def draft(self, source: str) -> EventDraft:
        """The event as the room takes it; the source is the key's, whatever the body says."""
        return EventDraft(source=source, **self.model_dump())


class EventsIn(Schema):
    """One delivery."""

    model_config = ConfigDict(extra="forbid")

    events: Annotated[list[EventIn], Field(min_length=1, max_length=MOST)]


class CellOut(Schema):
    """A refused cell of an event that waits in the quarantine. ``row`` counts from 1."""

    row: int
    column: str
    code: str
    what: str
    do: str


class AnswerOut(Schema):
    """What became of a delivery."""

    batch: str
    read: int
    admitted: int
    repeated: int
    refused: int
    report: list[CellOut]


class FaultOut(Schema):
    """One fault: where, what, what to do. Values of the delivery are never repeated."""

    code: str
    where: str
    what: str
    do: str


class FaultsOut(Schema):
    """Why it was refused: a problem as RFC 9457 has it, with every fault by itself."""

    type: str
    title: str
    status: int
    errors: list[FaultOut]
