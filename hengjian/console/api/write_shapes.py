"""What a key may hand in, and what it is answered. Another shape is refused whole, cell by cell."""

from typing import Annotated, Any

from ninja import Schema
from pydantic import BeforeValidator, ConfigDict, Field, StringConstraints

from hengjian.console.api.shapes import PRINTABLE, CellOut
from hengjian.evidence.queries import refused_rows
from hengjian.evidence.records import Receipt
from hengjian.roster.operations import ImportReport

MOST_ROWS = 2_000
MOST_COLUMNS = 60
Name = Annotated[str, StringConstraints(min_length=1, max_length=80, pattern=PRINTABLE, strict=True)]
Text = Annotated[str, StringConstraints(max_length=2_000, pattern=PRINTABLE, strict=True)]


def _text(value: Any) -> Any:
    """What is no text is no number either: a system writes figures as text, so that none is rounded."""
    return "" if value is None else value


Cell = Annotated[Text, BeforeValidator(_text)]
RowIn = Annotated[dict[Name, Cell], Field(min_length=1, max_length=MOST_COLUMNS)]
Rows = Annotated[list[RowIn], Field(default_factory=list, max_length=MOST_ROWS)]


class FeedRowsIn(Schema):
    """Rows of a feed, each in the feed's own columns; a column that is left out is empty."""

    model_config = ConfigDict(extra="forbid")

    rows: Annotated[list[RowIn], Field(min_length=1, max_length=MOST_ROWS)]


class FeedAnswerOut(Schema):
    """What became of the rows. ``known`` stood there already; ``refused`` wait in the quarantine."""

    batch: str
    read: int
    admitted: int
    superseding: int
    known: int
    refused: int
    report: list[CellOut]


class RosterIn(Schema):
    """Rows of the roster's five sheets, by the names of their columns. An empty cell leaves what stands."""

    model_config = ConfigDict(extra="forbid")

    organisation: Rows
    zone: Rows
    post: Rows
    official: Rows
    tenure: Rows

    def given(self) -> dict[str, list[dict[str, str]]]:
        """The sheets that hold rows."""
        return {name: rows for name, rows in self.model_dump().items() if rows}


class SheetCountOut(Schema):
    """Rows of one sheet by what becomes of them."""

    new: int
    changed: int
    same: int


class RosterAnswerOut(Schema):
    """What an import did; without ``batch`` it was only tried."""

    batch: int | None
    counts: dict[str, SheetCountOut]


def plain(what: str, value: str) -> str:
    """A reason without the cell's value: answers are kept in logs of whoever sent it."""
    return what.replace(value, "…") if value else what


def feed_answer(found: Receipt) -> dict[str, Any]:
    """Counts, and every refused cell; the cell's value is never repeated."""
    report = [
        {"row": row, "column": one.column, "code": one.code, "what": plain(one.what, one.value), "do": one.do}
        for row, faults in refused_rows(found.quarantined)
        for one in faults
    ]
    counts = ("batch", "read", "admitted", "superseding", "known", "refused")
    return {**{name: getattr(found, name) for name in counts}, "report": report}


def roster_answer(found: ImportReport) -> dict[str, Any]:
    """Counts by sheet."""
    return {"batch": found.batch, "counts": {kind: dict(one) for kind, one in found.counts.items()}}
