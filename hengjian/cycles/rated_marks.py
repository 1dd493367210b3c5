"""The panel's marks apart by who gave them, as a snapshot may hold them: no rater can be found from it.

* Anonymous marks carry no rater. Those of one seat and subject stand together by the cell (home unit and
  channel) that they came from; a cell with fewer than the least number is merged with others until none is.
* Who signs becomes a number. The numbers follow a digest of the cycle and the rater's key, which is itself
  keyed by a secret: they tell nothing outside the cycle, and the same freeze gives the same numbers.
* A recorded tie stays only where enough raters have one of its kind, or it would point at a person.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from hengjian.policy.policy import Policy
from hengjian.ratings.panels.queries import LEAST_UNKNOWN
from hengjian.ratings.panels.rows import RatedMark, rated_marks
from hengjian.ratings.panels.tokens import cell_name
from hengjian.scoring.snapshot import Rated, Seat, Unit
from hengjian.terms.canonical import digest_of
from hengjian.terms.period import Period

OFFICIAL = "official"
Key = tuple[str, str, str, str, str]


def rated_of(
    cycle: str, moment: tuple[Period, datetime], seats: Sequence[Seat], units: Sequence[Unit], policy: Policy
) -> tuple[Rated, ...]:
    """The marks of the official side's groups that calibration may use; ``moment``: period and cut-off.

    Clause: SPEC B3, NORMS X8, NORMS L5
    """
    least = {g.code: max(LEAST_UNKNOWN, g.minimum) for g in policy.groups if g.side == OFFICIAL}
    rows = [row for row in rated_marks(*moment, seats, policy) if row.group in least]
    held = {(seat.official, seat.post): seat for seat in seats}
    signed = [row for row in rows if row.rater]
    known = _numbers(cycle, {row.rater for row in signed if row.rater})
    kept = _common_ties(signed)
    homes = _homes(signed, held, {unit.code: unit.parent for unit in units})
    found = [
        _rated(row, held[row.official, row.post], known[str(row.rater)], homes[str(row.rater)], kept)
        for row in signed
    ]
    found += _anonymous([row for row in rows if not row.rater], held, least)
    return tuple(found)


def _numbers(cycle: str, raters: Iterable[str]) -> dict[str, int]:
    """Numbers from 1 in an order that only this cycle has."""
    order = sorted(raters, key=lambda rater: digest_of([cycle, rater]))
    return {rater: at for at, rater in enumerate(order, start=1)}


def _common_ties(signed: Iterable[RatedMark]) -> frozenset[str]:
    raters: dict[str, set[str]] = {}
    for row in signed:
        for tie in row.ties:
            raters.setdefault(tie, set()).add(str(row.rater))
    return frozenset(tie for tie, held in raters.items() if len(held) >= LEAST_UNKNOWN)


def _homes(
    signed: Iterable[RatedMark], held: Mapping[tuple[str, str], Seat], parents: Mapping[str, str]
) -> dict[str, str]:
    """Each signed rater's cell. One with several has none on record (a file does not say where a rater
    sits): taken then is the lowest unit above all those that were marked."""
    cells: dict[str, dict[str, RatedMark]] = {}
    places: dict[str, set[str]] = {}
    for row in signed:
        cells.setdefault(str(row.rater), {})[row.cell] = row
        places.setdefault(str(row.rater), set()).add(held[row.official, row.post].organisation)
    found = {}
    for rater, rows in cells.items():
        one = min(rows)
        above = _above(places[rater], parents)
        found[rater] = one if len(rows) == 1 else cell_name(above, rows[one].group, rows[one].stratum)
    return found


def _above(places: Iterable[str], parents: Mapping[str, str]) -> str:
    lines = [list(_line(place, parents)) for place in sorted(places)]
    common = set(lines[0]).intersection(*lines[1:])
    return next((unit for unit in lines[0] if unit in common), "all")


def _line(unit: str, parents: Mapping[str, str]) -> Iterator[str]:
    while unit:
        yield unit
        unit = parents.get(unit, "")


def _rated(row: RatedMark, seat: Seat, number: int, cell: str, kept: frozenset[str]) -> Rated:
    ties = tuple(sorted(set(row.ties) & kept))
    return Rated(seat.id, row.indicator, row.group, row.stratum, row.instrument, cell, number, ties,
                 (row.value,))  # fmt: skip


def _anonymous(
    rows: Iterable[RatedMark], held: Mapping[tuple[str, str], Seat], least: Mapping[str, int]
) -> Iterator[Rated]:
    """Anonymous marks by cell; what stays below the least number even together is left out."""
    cells: dict[Key, dict[str, list[float]]] = {}
    for row in rows:
        seat = held[row.official, row.post]
        key = (seat.id, row.indicator, row.group, row.stratum, row.instrument)
        cells.setdefault(key, {}).setdefault(row.cell, []).append(row.value)
    for key, by_cell in cells.items():
        merged = merged_cells(by_cell, least[key[2]], cell_name("all", key[2], key[3]))
        for cell, marks in merged.items():
            yield Rated(*key, cell=cell, rater=0, ties=(), marks=tuple(sorted(marks)))


def merged_cells(cells: Mapping[str, list[float]], least: int, rest: str) -> dict[str, list[float]]:
    """Cells of at least so many marks; the smaller ones together, with the next ones until they are enough.

    Clause: NORMS L5
    Nothing is left when all together are too few.
    """
    order = sorted(cells, key=lambda cell: (len(cells[cell]), cell))
    small = [cell for cell in order if len(cells[cell]) < least]
    if not small:
        return dict(cells)
    together: list[float] = []
    taken = 0
    for cell in order:
        if taken >= len(small) and len(together) >= least:
            break
        together += cells[cell]
        taken += 1
    if len(together) < least:
        return {}
    return {cell: cells[cell] for cell in order[taken:]} | {rest: together}
