"""The frozen facts of one cycle: what was known at the cut-off, and nothing else.

A snapshot holds no name of a person and no rater. It is written part by part as JSON lines in a
fixed order, so that its digest is the same wherever it is made.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

FORMAT = "hengjian/snapshot/1"


@dataclass(frozen=True)
class CycleFacts:
    """Which assessment this is.

    Clause: SPEC C1
    ``policy`` is the policy's id, ``on`` the day whose rules apply; ``synthetic``: made-up data.
    """

    id: str
    title: str
    period: str
    policy: str
    on: date
    cut_off: datetime
    synthetic: bool


@dataclass(frozen=True)
class Unit:
    """An organisation that seats or records refer to.

    Clause: SPEC A3
    """

    code: str
    name: str
    level: str
    parent: str


@dataclass(frozen=True)
class Seat:
    """One official on one post: what is scored.

    Clause: SPEC A2
    ``opening_debt_ratio`` (percent) is the ratio frozen when the official took office (NORMS X19).
    """

    id: str
    official: str
    post: str
    title: str
    organisation: str
    county: str
    zone: str
    level: str
    category: str
    since: date
    public_facing: bool = True
    opening_debt_ratio: float | None = None


@dataclass(frozen=True)
class Metric:
    """A measured value of an organisation in a period, with its target when there is one.

    Clause: SPEC A1
    """

    record: str
    organisation: str
    metric: str
    period: str
    value: float
    unit: str
    target: float | None = None


@dataclass(frozen=True)
class Case:
    """A hotline-type case as a verdict: timestamps and codes only.

    Clause: SPEC C2
    ``on_time`` None: open and not yet due at the cut-off, so not counted.
    """

    record: str
    feed: str
    organisation: str
    on_time: bool | None
    closed: bool
    reopened: bool | None = None
    satisfied: bool | None = None


@dataclass(frozen=True)
class Project:
    """A government investment project with what it cost.

    Clause: SPEC A5
    Money in yuan; ratios in percent; ``debt_cap`` None takes the policy's cap.
    """

    record: str
    code: str
    organisation: str
    total_investment: float
    fiscal_money: float
    debt_ratio: float
    debt_cap: float | None = None
    whole_life_cost: float | None = None


@dataclass(frozen=True)
class Marks:
    """All valid marks of one stratum on one seat and indicator, sorted, without raters.

    Clause: SPEC B1
    ``indicator`` empty: an overall mark. ``marks`` are on the instrument's own scale (NORMS X5); empty
    where the group gave fewer than its least number, so that nobody can read off who gave them.
    """

    seat: str
    indicator: str
    group: str
    stratum: str
    instrument: str
    marks: tuple[float, ...]


@dataclass(frozen=True)
class Rated:
    """The same marks as in ``Marks``, apart by who gave them: what calibration is fitted to.

    Clause: SPEC B3, NORMS X8, NORMS L5
    ``cell``: home unit and channel of the raters. ``rater``: a number of this cycle for one who signs,
    0 for the anonymous, whose marks of one cell stand together and never fewer than the policy's least
    number. ``ties``: what is recorded between a rater who signs and the official.
    """

    seat: str
    indicator: str
    group: str
    stratum: str
    instrument: str
    cell: str
    rater: int
    ties: tuple[str, ...]
    marks: tuple[float, ...]


@dataclass(frozen=True)
class NotApplicable:
    """An indicator that does not apply to a seat, with the reason.

    Clause: SPEC A9
    """

    seat: str
    indicator: str
    reason: str


@dataclass(frozen=True)
class Adjustment:
    """Points that a named person added or took away, with reason and clause.

    Clause: SPEC F7
    ``author`` is the person's role and id, never a name.
    """

    record: str
    seat: str
    points: float
    reason: str
    clause: str
    author: str
    on: date


@dataclass(frozen=True)
class Previous:
    """Points of an earlier cycle that a carry-forward rule may use.

    Clause: SPEC A9
    """

    seat: str
    indicator: str
    points: float
    cycle: str


@dataclass(frozen=True)
class Released:
    """Where a stratum's marks come from: a release of any-time ratings, batch and day.

    Clause: NORMS X6, NORMS X10
    ``mean`` is the released one, on the instrument's scale, ``count`` the valid ballots behind it.
    ``instead``: marks of the stratum were imported too and stand back, so that nobody counts twice.
    """

    seat: str
    group: str
    stratum: str
    batch: int
    on: date
    count: int
    mean: float
    instead: bool


@dataclass(frozen=True)
class Snapshot:
    """Everything that a score may depend on besides the policy and the code.

    Clause: SPEC F3
    """

    cycle: CycleFacts
    units: tuple[Unit, ...]
    seats: tuple[Seat, ...]
    metrics: tuple[Metric, ...] = ()
    cases: tuple[Case, ...] = ()
    projects: tuple[Project, ...] = ()
    marks: tuple[Marks, ...] = ()
    not_applicable: tuple[NotApplicable, ...] = ()
    adjustments: tuple[Adjustment, ...] = ()
    previous: tuple[Previous, ...] = ()
    releases: tuple[Released, ...] = ()
    rated: tuple[Rated, ...] = ()


Part = Literal[
    "units",
    "seats",
    "metrics",
    "cases",
    "projects",
    "marks",
    "not_applicable",
    "adjustments",
    "previous",
    "releases",
    "rated",
]
