"""Results of many seats beside each other, and of one over the cycles: what the dashboards show.

Every figure is counted from the stored sheets. A set of seats smaller than the policy's least number
has no figures here, so that no page can show them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from statistics import quantiles

from hengjian.cycles import certainty, queries, ranks, storing
from hengjian.cycles.shapes import CycleRow
from hengjian.cycles.transitions import State
from hengjian.policy.policy import Policy
from hengjian.scoring.sheet import SeatScore

SMALLEST_CELL, USUAL_LEAST = "drawing.smallest_cell", 5
SHOWN = frozenset({State.PUBLISHED})
CYCLES = 6  # so many cycles of a trend


@dataclass(frozen=True)
class Spread:
    """How figures lie; all None where there are fewer than the least number."""

    n: int
    low: float | None = None
    lower: float | None = None
    median: float | None = None
    upper: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class ProfileLine:
    """One indicator of a seat beside its comparable group."""

    indicator: str
    points: float | None
    group: Spread


@dataclass(frozen=True)
class Point:
    """One cycle in a seat's trend. ``moved``: another post or comparable group than in the cycle before."""

    cycle: CycleRow
    seat: str
    title: str
    total: float | None
    least: float | None
    most: float | None
    key: str
    group: Spread
    moved: bool


def least_of(policy: Policy) -> int:
    """Fewer seats than this show no figures together.

    Policy: drawing.smallest_cell
    """
    held = policy.parameters.get(SMALLEST_CELL)
    return int(held.value) if held and isinstance(held.value, int) else USUAL_LEAST


def spread_of(values: Iterable[float | None], least: int) -> Spread:
    """How these figures lie; gaps are left out, not counted as nought."""
    held = sorted(one for one in values if one is not None)
    if len(held) < max(least, 2):
        return Spread(len(held))
    lower, median, upper = quantiles(held, n=4, method="inclusive")
    return Spread(len(held), held[0], lower, median, upper, held[-1])


def profile(cycle_id: str, seat: str) -> tuple[ProfileLine, ...]:
    """A seat's points on its indicators beside those of the comparable group."""
    stored = storing.newest_sheet(queries.cycle_of(cycle_id))
    least = least_of(storing.policy_of(stored.snapshot))
    own = ranks.seat_in(stored, seat)
    peers = [one for one in storing.sheet_of(stored).seats if one.group == own.group]
    return tuple(
        ProfileLine(line.indicator, line.points, spread_of(_points(peers, line.indicator), least))
        for line in own.lines
    )


def _points(seats: Iterable[SeatScore], indicator: str) -> list[float | None]:
    return [line.points for seat in seats for line in seat.lines if line.indicator == indicator]


def lineage(cycle_id: str) -> list[CycleRow]:
    """The published cycles under the same policy up to this one, and this one, the oldest first."""
    rows = queries.list_cycles()
    here = next(row for row in rows if row.id == cycle_id)
    before = [
        row for row in rows if row.policy == here.policy and row.state in SHOWN and row.cut_off < here.cut_off
    ]
    newest: dict[str, CycleRow] = {}
    for row in before:
        if row.period != here.period:
            newest.setdefault(row.period, row)  # the newest cut-off stands first
    return [*list(newest.values())[: CYCLES - 1][::-1], here]


def trend(cycle_id: str, seat: str) -> tuple[Point, ...]:
    """An official's totals up to this cycle with their intervals, beside the group's median."""
    found: list[Point] = []
    post = seat
    for row in reversed(lineage(cycle_id)):
        point = _point(row, post, seat.split("@", maxsplit=1)[0])
        if point is not None:
            found.append(point)
            post = point.seat
    return _marked(found[::-1])


def _point(row: CycleRow, post: str, official: str) -> Point | None:
    stored = storing.newest_sheet(queries.cycle_of(row.id))
    seats = [one for one in storing.snapshot_of(stored.snapshot).seats if one.official == official]
    if not seats:
        return None
    held = next((one for one in seats if one.id == post), seats[0])
    sheet = storing.sheet_of(stored).seats
    score = next(one for one in sheet if one.seat == held.id)
    least = least_of(storing.policy_of(stored.snapshot))
    sure = certainty.rows_of(row.id).get(held.id)
    peers = spread_of((one.total for one in sheet if one.group == score.group), least)
    return Point(
        cycle=row, seat=held.id, title=held.title, total=score.total,
        least=sure.least if sure else None, most=sure.most if sure else None, key=score.group,
        group=peers, moved=False,
    )  # fmt: skip


def _marked(points: Sequence[Point]) -> tuple[Point, ...]:
    before = [None, *points][: len(points)]
    return tuple(
        replace(one, moved=was is not None and (was.seat, was.key) != (one.seat, one.key))
        for one, was in zip(points, before, strict=True)
    )
