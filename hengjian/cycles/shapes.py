"""What the queries of this room hand out: frozen values, ready to be shown."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from hengjian.policy.model import Indicator, Scorecard
from hengjian.scoring.sheet import Gap, LineScore, SeatScore


@dataclass(frozen=True)
class AuditRow:
    """One change of state: who, when, why."""

    source: str
    target: str
    by: str
    at: datetime
    reason: str


@dataclass(frozen=True)
class CycleRow:
    """A cycle in a list. ``policy`` is the policy's name, ``seats`` the number in the newest sheet."""

    id: str
    title: str
    period: str
    period_title: str
    policy: str
    state: str
    state_name: str
    synthetic: bool
    on: date
    cut_off: datetime
    seats: int
    supersedes: str
    superseded_by: str


@dataclass(frozen=True)
class GroupRow:
    """A comparable group: key as on the sheet, title in words, number of seats, caveat."""

    key: str
    title: str
    seats: int
    caveat: str


@dataclass(frozen=True)
class Missing:
    """One thing that is not there yet. ``kind``: metric, cases, marks, marks_few, quarantine,

    seat_incomplete, group_small, not_applicable. ``indicator``/``group`` are codes, ``organisations``
    codes with names, ``rule`` what the policy does about it.
    """

    kind: str
    text: str
    count: int
    indicator: str = ""
    group: str = ""
    organisations: tuple[tuple[str, str], ...] = ()
    seats: tuple[str, ...] = ()
    rule: str = ""
    blocks: bool = False


@dataclass(frozen=True)
class PublicationRow:
    """What was published: where the bundle lies and what it must hash to."""

    root: str
    bundle_digest: str
    path: str
    by: str
    at: datetime


@dataclass(frozen=True)
class CycleDetail:
    """One cycle with everything that its page shows. ``verbs``: what can be done now."""

    row: CycleRow
    organisations: tuple[str, ...]
    levels: tuple[str, ...]
    verbs: tuple[str, ...]
    audit: tuple[AuditRow, ...]
    missing: tuple[Missing, ...]
    groups: tuple[GroupRow, ...]
    snapshot_root: str
    sheet_root: str
    policy_digest: str
    engine: str
    code_version: str
    publication: PublicationRow | None
    counts: Mapping[str, int]


@dataclass(frozen=True)
class RankingRow:
    """One seat in a ranking; whose it is, as a code. A name comes by a ticket (roster.persons)."""

    seat: str
    official: str
    title: str
    organisation: str
    organisation_name: str
    county: str
    county_name: str
    zone: str
    category: str
    group: str
    rank: int | None
    of: int
    tied: bool
    total: float | None
    grade: str | None
    grade_name: str
    parts: Mapping[str, float | None]
    factors: Mapping[str, float]
    adjustment: float
    gaps: int
    caveat: str


@dataclass(frozen=True)
class Ranking:
    """A page of a ranking. ``wider`` True: across comparable groups, to be read with the caveat."""

    cycle: CycleRow
    group: GroupRow | None
    groups: tuple[GroupRow, ...]
    rows: tuple[RankingRow, ...]
    total: int
    page: int
    pages: int
    wider: bool
    caveat: str
    totals: tuple[float, ...]
    best: float | None
    median: float | None


@dataclass(frozen=True)
class SheetLine:
    """One line of a seat's sheet with the indicator in the version that applied."""

    score: LineScore
    indicator: Indicator
    gaps: tuple[Gap, ...]


@dataclass(frozen=True)
class SeatSheet:
    """An official's score sheet. ``median`` and ``best`` are those of the comparable group."""

    cycle: CycleRow
    row: RankingRow
    score: SeatScore
    scorecard: Scorecard
    lines: tuple[SheetLine, ...]
    gaps: tuple[Gap, ...]
    since: date
    opening_debt_ratio: float | None
    group: GroupRow
    median: float | None
    best: float | None


@dataclass(frozen=True)
class OwnSeat:
    """A seat of an official in one published cycle."""

    cycle: CycleRow
    seat: str
    title: str


@dataclass(frozen=True)
class RecordView:
    """A record that a figure stands on. ``fields`` are name and value, in order; no name of a rater."""

    digest: str
    kind: str
    title: str
    fields: tuple[tuple[str, str], ...]
    cycle: str
