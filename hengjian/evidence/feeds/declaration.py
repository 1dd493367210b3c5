"""What a feed declares, as frozen values; read from ``feed.yaml`` by :mod:`.folder`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from zoneinfo import ZoneInfo

Kind = Literal["metric", "case", "project"]
Verdict = Literal["on_time", "overdue", "pending", "no_deadline", "withdrawn"]
VERDICTS: tuple[Verdict, ...] = ("on_time", "overdue", "pending", "no_deadline", "withdrawn")

REQUIRED: Mapping[str, tuple[str, ...]] = {
    "metric": ("organisation", "metric", "period", "value", "unit"),
    "case": ("external_id", "organisation", "status", "opened_at", "closed_at"),
    "project": (
        "code", "period", "organisation", "name", "kind", "total_investment", "fiscal_money",
        "debt_ratio",
    ),
}  # fmt: skip
OPTIONAL: Mapping[str, tuple[str, ...]] = {
    "metric": ("target", "source"),
    "case": ("kind", "reopened", "satisfied"),
    "project": ("debt_cap", "cash_flows", "benefit_band", "realised"),
}
# what the mapping itself refuses; nothing narrative is ever taken in (NORMS X41)
TIMES = ("opened_at", "closed_at")
NUMBERS = (
    "value", "target", "total_investment", "fiscal_money", "debt_ratio", "debt_cap", "realised",
)  # fmt: skip
FLAGS = ("reopened", "satisfied")


@dataclass(frozen=True)
class FileShape:
    """How the file is written."""

    format: Literal["csv", "xlsx", "jsonl"] = "csv"
    inside: Literal["", "zip", "gz"] = ""
    member: str = ""
    encoding: str = "utf-8"
    delimiter: str = ","
    sheet: str = ""
    header_row: int = 1


@dataclass(frozen=True)
class Column:
    """Where one of our fields comes from: a column, or a constant; perhaps through a code table."""

    column: str = ""
    codes: str = ""
    constant: str | None = None


@dataclass(frozen=True)
class DueRule:
    """One way to know the due time: a column of the source, or a number of days after opening."""

    basis: Literal["legal", "promised", "calculated"]
    column: str = ""
    days: int = 0
    count: Literal["working", "calendar"] = "calendar"
    kinds: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Clocks:
    """When a case is due, which of several due times holds, and in which period it counts."""

    due: tuple[DueRule, ...] = ()
    choose: Literal["first", "earliest"] = "first"
    without_due: Literal["no_deadline", "refuse"] = "no_deadline"
    due_before_opened: Literal["refuse", "accept"] = "refuse"
    counted: Literal["judged", "opened"] = "judged"


@dataclass(frozen=True)
class Expected:
    """The source's own judgement, to be compared with ours: which of our verdicts each code means."""

    column: str
    codes: Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class Feed:
    """One source of records.

    ``text`` is the declaration as written; its digest is stored with every batch.
    """

    code: str
    name: str
    name_en: str
    kind: Kind
    owner: str
    text: str
    digest: str
    where: str
    file: FileShape = field(default_factory=FileShape)
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Asia/Shanghai"))
    date_formats: tuple[str, ...] = ()
    columns: Mapping[str, Column] = field(default_factory=dict)
    codes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    clocks: Clocks = field(default_factory=Clocks)
    expected: Expected | None = None
    on_change: Literal["supersede", "quarantine"] = "quarantine"
    ignored: frozenset[str] = frozenset()

    @property
    def wanted(self) -> tuple[str, ...]:
        """The columns that are read; every other column is never stored, not even in quarantine."""
        names = [c.column for c in self.columns.values() if c.column]
        names += [rule.column for rule in self.clocks.due if rule.column]
        names += [self.expected.column] if self.expected else []
        return tuple(dict.fromkeys(names))
