"""The frozen values that go through the door, and what they are hashed over."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from hengjian.evidence.faults import Fault
from hengjian.terms.canonical import digest_of


def written(value: Decimal | None) -> str | None:
    """A decimal in its one way of writing: no exponent, no trailing zeros."""
    if value is None:
        return None
    text = format(value.normalize(), "f")
    return "0" if text == "-0" else text


def instant(value: datetime | None) -> str | None:
    """A time in its one way of writing: UTC, seconds or finer as given."""
    return None if value is None else value.astimezone(UTC).isoformat()


@dataclass(frozen=True, slots=True)
class MetricDraft:
    """A measured value of an organisation in a period."""

    organisation: str
    metric: str
    period: str
    value: Decimal
    unit: str
    target: Decimal | None = None
    source: str = ""

    @property
    def key(self) -> str:
        """What makes two records the same fact: never two values for one (NORMS X18)."""
        return f"{self.organisation}|{self.metric}|{self.period}"

    def content(self, feed: str) -> dict[str, Any]:
        """What is hashed."""
        return {
            "kind": "metric", "feed": feed, "organisation": self.organisation,
            "metric": self.metric, "period": self.period, "value": written(self.value),
            "unit": self.unit, "target": written(self.target), "source": self.source,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class CaseDraft:
    """A hotline-type case: timestamps and codes only (NORMS X41)."""

    external_id: str
    organisation: str
    status: str
    opened_at: datetime
    closed_at: datetime | None = None
    due_at: datetime | None = None
    due_basis: str = ""
    kind: str = ""
    reopened: bool | None = None
    satisfied: bool | None = None
    counted_on: date | None = None
    expected: frozenset[str] | None = None

    @property
    def key(self) -> str:
        """The number that the source gave it."""
        return self.external_id

    def content(self, feed: str) -> dict[str, Any]:
        """What is hashed."""
        return {
            "kind": "case", "feed": feed, "external_id": self.external_id,
            "organisation": self.organisation, "status": self.status,
            "opened_at": instant(self.opened_at), "closed_at": instant(self.closed_at),
            "due_at": instant(self.due_at), "due_basis": self.due_basis, "case_kind": self.kind,
            "reopened": self.reopened, "satisfied": self.satisfied,
            "counted_on": self.counted_on.isoformat() if self.counted_on else None,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class ProjectDraft:
    """A government investment project's account for a period; realised amounts only (X31)."""

    code: str
    period: str
    organisation: str
    name: str
    kind: str
    total_investment: Decimal
    fiscal_money: Decimal
    debt_ratio: Decimal
    debt_cap: Decimal | None = None
    cash_flows: tuple[tuple[int, Decimal], ...] = ()
    benefit_band: str = ""
    realised: Decimal | None = None

    @property
    def key(self) -> str:
        """One account of one project for one period."""
        return f"{self.code}|{self.period}"

    def content(self, feed: str) -> dict[str, Any]:
        """What is hashed."""
        return {
            "kind": "project", "feed": feed, "code": self.code, "period": self.period,
            "organisation": self.organisation, "name": self.name, "project_kind": self.kind,
            "total_investment": written(self.total_investment),
            "fiscal_money": written(self.fiscal_money), "debt_ratio": written(self.debt_ratio),
            "debt_cap": written(self.debt_cap), "benefit_band": self.benefit_band,
            "cash_flows": [[year, written(amount)] for year, amount in self.cash_flows],
            "realised": written(self.realised),
        }  # fmt: skip


Draft = MetricDraft | CaseDraft | ProjectDraft


def digest_of_draft(draft: Draft, feed: str) -> str:
    """The record's canonical digest, as it will be notarised."""
    return digest_of(draft.content(feed))


@dataclass(frozen=True, slots=True)
class Row:
    """One row at the door: its number, what it said, and the draft it made or why it made none.

    ``ticket`` is the number of the quarantined row that it comes from, or 0.
    """

    number: int
    raw: Mapping[str, str]
    draft: Draft | None
    faults: tuple[Fault, ...] = ()
    ticket: int = 0

    def refused(self, *faults: Fault) -> "Row":
        """The same row, refused."""
        return replace(self, draft=None, faults=(*self.faults, *faults))


@dataclass(frozen=True)
class SourceFile:
    """Where a batch came from: a file's name and digest, or a form."""

    name: str
    digest: str


@dataclass(frozen=True)
class Receipt:
    """What became of one batch.

    ``read`` = ``admitted`` + ``known`` + ``refused``; ``superseding`` of the admitted replace an
    earlier version. ``compared``/``agreed``: the source's own judgement against ours.
    """

    batch: str
    feed: str
    kind: str
    read: int = 0
    admitted: int = 0
    superseding: int = 0
    known: int = 0
    refused: int = 0
    compared: int = 0
    agreed: int = 0
    verdicts: Mapping[str, int] = field(default_factory=dict)
    quarantined: tuple[int, ...] = ()
