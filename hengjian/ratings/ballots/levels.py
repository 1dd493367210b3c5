"""The national five levels of what a release counts, so coarsely that one ballot seldom shows.

A rare cell is what gives a ballot away: among two hundred marks one may be "very dissatisfied". So a cell is
told from :data:`LEAST` on, in tens, as "at least"; whatever is below is left out, zero too; one cell is
never left out alone; and at least :data:`LEAST` marks are always left unplaced, so that no total, and no
mean beside it, says how many the cells left out hold.
"""

from collections.abc import Iterable, Mapping, Sequence

from hengjian.ratings.ballots.rules import Level

BAND = LEAST = 10


def level_of(mark: int, levels: Sequence[Level]) -> str:
    """The number of the level under which a mark falls, from 1 for the worst.

    Clause: NORMS X5
    """
    return str(next(number for number, level in enumerate(levels, start=1) if mark <= level.to))


def counted(marks: Iterable[int], levels: Sequence[Level]) -> dict[str, int]:
    """How many marks fall under each level; never shown, see :func:`shown_levels`."""
    found = {str(number): 0 for number in range(1, len(levels) + 1)}
    for mark in marks:
        found[level_of(mark, levels)] += 1
    return found


def shown_levels(cells: Mapping[str, int]) -> dict[str, int]:
    """What is told of five counts: "at least so many", by level.

    Clause: NORMS L5, NORMS X5
    """
    told = {cell: count // BAND * BAND for cell, count in cells.items() if count >= LEAST}
    if len(cells) - len(told) == 1:
        del told[min(told, key=lambda cell: (cells[cell], cell))]
    while told and sum(cells.values()) - sum(told.values()) < LEAST:
        largest = max(told, key=lambda cell: (told[cell], cell))
        told[largest] -= BAND
        if not told[largest]:
            del told[largest]
    return told
