"""The results of one area: the whole city, a county, a township or an office, and the areas under it.

Every figure is counted from the stored sheet; nobody is named. Fewer seats than the policy's least
number show no figures (:mod:`hengjian.cycles.overview`).
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from django.utils.translation import gettext as _

from hengjian.cycles import certainty, errors, overview, queries, ranks, storing, wording
from hengjian.cycles.models import StoredSheet
from hengjian.cycles.overview import Spread, least_of, spread_of
from hengjian.cycles.shapes import CycleRow, GroupRow
from hengjian.policy.model import Indicator
from hengjian.policy.policy import Policy
from hengjian.scoring.sheet import SeatScore
from hengjian.scoring.snapshot import Seat, Unit

GREEN, AMBER = "display.green_from", "display.amber_from"
Tone = Literal["green", "amber", "red", ""]


@dataclass(frozen=True)
class Area:
    """A place on the dashboards; ``code`` "" is the whole city, ``offices`` the offices of the one above."""

    code: str
    name: str
    level: str
    offices: bool = False


@dataclass(frozen=True)
class AreaRow:
    """An area with its totals and its proposed grades; the grades are None for a small area."""

    area: Area
    seats: int
    totals: Spread
    grades: Mapping[str, int] | None


@dataclass(frozen=True)
class Cell:
    """The points of one indicator in one area, and how its median is coloured by the policy."""

    spread: Spread
    tone: Tone


@dataclass(frozen=True)
class Line:
    """One indicator over the areas in their order, over all of them, and over the areas above."""

    indicator: Indicator
    part: str
    cells: tuple[Cell, ...]
    whole: Cell
    above: tuple[Cell, ...]


@dataclass(frozen=True)
class Overview:
    """What the dashboard of one area shows of one cycle. ``limits``: from where green and amber begin."""

    cycle: CycleRow
    area: Area
    above: tuple[Area, ...]
    least: int
    seats: int
    scored: int
    gaps: int
    totals: Spread
    groups: tuple[tuple[GroupRow, Spread], ...]
    areas: tuple[AreaRow, ...]
    lines: tuple[Line, ...]
    grades: tuple[tuple[str, str], ...]
    limits: tuple[float, float] | None


@dataclass(frozen=True)
class Standing:
    """One cycle of an area's trend. ``sure``: where the median truly lies, as far as the policy says how."""

    cycle: CycleRow
    totals: Spread
    sure: tuple[float, float] | None


@dataclass(frozen=True)
class _Held:
    """A sheet with its seats by id and its units by code."""

    stored: StoredSheet
    policy: Policy
    seats: Mapping[str, Seat]
    units: Mapping[str, Unit]

    def chain(self, seat: Seat) -> tuple[str, ...]:
        """Codes from the county down to the seat's own organisation."""
        found, at = [], seat.organisation
        while at in self.units and at not in found:
            found.append(at)
            at = self.units[at].parent
        chain = tuple(reversed(found))
        return chain[chain.index(seat.county) :] if seat.county in chain else ("", *chain[1:])

    def name(self, code: str) -> str:
        return self.units[code].name if code in self.units else code


def overview_of(cycle_id: str, code: str = "") -> Overview:
    """The dashboard of an area. Refused for an area without seats in the cycle, or a cycle without result."""
    cycle = queries.cycle_of(cycle_id)
    held = _held(storing.newest_sheet(cycle))
    inside = _inside(held, code)
    if code and not inside:
        raise errors.unknown_area(code)
    area, above = _area(held, code, inside)
    least = least_of(held.policy)
    limits = limits_of(held.policy)
    by_area = _by_area(held, code, inside)
    scores = [score for _seat, score in inside]
    higher = [[score for _seat, score in _inside(held, one.code)] for one in above]
    return Overview(
        cycle=queries.cycle_row(cycle_id),
        area=area,
        above=above,
        least=least,
        seats=len(scores),
        scored=sum(one.total is not None for one in scores),
        gaps=sum(bool(one.gaps) for one in scores),
        totals=spread_of((one.total for one in scores), least),
        groups=tuple(_groups(held, scores, least)),
        areas=tuple(_area_row(area, part, least) for area, part in by_area),
        lines=tuple(_lines(held, [part for _area, part in by_area], scores, higher, (least, limits))),
        grades=tuple((one.code, wording.grade_name(held.policy, one.code)) for one in held.policy.grades),
        limits=limits,
    )


def trend_of(cycle_id: str, code: str = "") -> tuple[Standing, ...]:
    """An area's totals over the cycles under the same policy; a cycle in which it had no seat is left out."""
    found = []
    for row in overview.lineage(cycle_id):
        held = _held(storing.newest_sheet(queries.cycle_of(row.id)))
        inside = _inside(held, code)
        if inside:
            totals = spread_of((score.total for _seat, score in inside), least_of(held.policy))
            seats = [seat.id for seat, _score in inside]
            sure = certainty.median_of(row.id, seats) if totals.median is not None else None
            found.append(Standing(row, totals, sure))
    return tuple(found)


def limits_of(policy: Policy) -> tuple[float, float] | None:
    """From how many points on a figure is green, and amber; None where the policy does not say.

    Policy: display.green_from, display.amber_from
    """
    if GREEN not in policy.parameters or AMBER not in policy.parameters:
        return None
    return policy.number(GREEN), policy.number(AMBER)


def tone_of(points: float | None, limits: tuple[float, float] | None) -> Tone:
    """The colour of a figure; none for a gap."""
    if points is None or limits is None:
        return ""
    green, amber = limits
    return "green" if points >= green else "amber" if points >= amber else "red"


def _held(stored: StoredSheet) -> _Held:
    known = storing.snapshot_of(stored.snapshot)
    return _Held(
        stored,
        storing.policy_of(stored.snapshot),
        {one.id: one for one in known.seats},
        {one.code: one for one in known.units},
    )


def _inside(held: _Held, code: str) -> list[tuple[Seat, SeatScore]]:
    found = [(held.seats[one.seat], one) for one in storing.sheet_of(held.stored).seats]
    return [pair for pair in found if not code or code in held.chain(pair[0])]


def _area(held: _Held, code: str, inside: Sequence[tuple[Seat, SeatScore]]) -> tuple[Area, tuple[Area, ...]]:
    whole = Area("", _("全市"), "city")
    if not code:
        return whole, ()
    chain = held.chain(inside[0][0])
    above = [one for one in chain[: chain.index(code)] if one]
    return _named(held, code), (whole, *(_named(held, one) for one in above))


def _named(held: _Held, code: str) -> Area:
    level = held.units[code].level if code in held.units else ""
    return Area(code, held.name(code), level)


def _by_area(
    held: _Held, code: str, inside: Iterable[tuple[Seat, SeatScore]]
) -> list[tuple[Area, list[SeatScore]]]:
    """The seats by the area directly below; those of the area's own offices come last."""
    found: dict[str, list[SeatScore]] = {}
    for seat, score in inside:
        chain = held.chain(seat)
        at = chain.index(code) + 1 if code else 0
        found.setdefault(chain[at] if at < len(chain) else "", []).append(score)
    own = found.pop("", [])
    rows = [(_named(held, one), found[one]) for one in sorted(found)]
    if own and rows:
        rows.append((Area("", _("本级单位"), "", offices=True), own))
    return rows


def _groups(held: _Held, scores: Sequence[SeatScore], least: int) -> Iterable[tuple[GroupRow, Spread]]:
    for group in ranks.groups_of(held.stored):
        mine = [one for one in scores if one.group == group.key]
        if mine:
            yield group, spread_of((one.total for one in mine), least)


def _area_row(area: Area, scores: Sequence[SeatScore], least: int) -> AreaRow:
    grades = Counter(one.grade or "" for one in scores)
    return AreaRow(
        area,
        len(scores),
        spread_of((one.total for one in scores), least),
        grades if len(scores) >= least else None,
    )


def _lines(
    held: _Held,
    areas: Sequence[Sequence[SeatScore]],
    scores: Sequence[SeatScore],
    above: Sequence[Sequence[SeatScore]],
    how: tuple[int, tuple[float, float] | None],
) -> Iterable[Line]:
    """One line for each indicator of these seats, in the order of the cards."""
    parts: dict[str, str] = {}
    for score in scores:
        for line in score.lines:
            parts.setdefault(line.indicator, line.part)
    order = list(held.policy.parts)
    for code in sorted(parts, key=lambda one: order.index(parts[one]) if parts[one] in order else len(order)):
        yield Line(
            held.policy.indicators[code],
            parts[code],
            tuple(_cell(part, code, how) for part in areas),
            _cell(scores, code, how),
            tuple(_cell(part, code, how) for part in above),
        )


def _cell(scores: Iterable[SeatScore], indicator: str, how: tuple[int, tuple[float, float] | None]) -> Cell:
    least, limits = how
    points = [line.points for score in scores for line in score.lines if line.indicator == indicator]
    found = spread_of(points, least)
    return Cell(found, tone_of(found.median, limits))
