"""Why a result changed: each cause's exact share of the difference, by Shapley's rule.

The causes are groups of rules and facts. A hybrid assessment takes some of them from after and
the rest from before; a cause's share is its effect averaged over every order in which the causes
can change. The shares of all causes sum exactly to the whole difference.

``grouping`` (comparable groups, with the grades' limits and quotas) moves more than ranks: where a
policy normalises an indicator inside the comparable group, another group means other companions
and so other points. That part of a difference in points is the grouping's share.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from math import factorial
from typing import Any

from hengjian.scoring.engine.scoring import Engine
from hengjian.scoring.hybrids import CAUSES, MILLION, Hybrids, Outcome, Side, Standing


@dataclass(frozen=True)
class Share:
    """One cause's share of the difference in points and in places gained (a smaller rank).

    Clause: SPEC G
    """

    cause: str
    name: str
    points: Fraction
    places: Fraction


@dataclass(frozen=True)
class Change:
    """What changes for one seat: for finding whose rank or grade is touched.

    Clause: SPEC I
    """

    seat: str
    before_total: float | None
    after_total: float | None
    before_rank: int | None
    after_rank: int | None
    before_of: int
    after_of: int
    before_grade: str | None
    after_grade: str | None

    @property
    def moved(self) -> bool:
        """Whether rank or grade changes.

        Clause: SPEC I
        """
        return (self.before_rank, self.before_grade) != (self.after_rank, self.after_grade)


@dataclass(frozen=True)
class Comparison(Change):
    """A seat before and after, and why. Exact: the shares sum to the differences.

    Clause: SPEC G
    Points are whole millionths, so that sums are exact; ``places`` > 0 means that the seat rose.
    """

    points: Fraction | None
    places: Fraction | None
    shares: tuple[Share, ...]


def compare(before: Side, after: Side, seat: str, *, engine: Engine = "reference") -> Comparison:
    """Each cause's share of one seat's difference in points and rank.

    Clause: SPEC G, SPEC 0.1
    Raises: Refused when the seat is not in both snapshots.
    """
    return compare_all(before, after, [seat], engine=engine)[0]


def compare_all(
    before: Side, after: Side, seats: Iterable[str] = (), *, engine: Engine = "reference"
) -> tuple[Comparison, ...]:
    """Each cause's share for several seats, or for all that stand in both.

    Clause: SPEC G
    The same hybrids serve all seats.
    """
    return Pair(before, after, engine).explained(seats)


def changes(before: Side, after: Side, *, engine: Engine = "reference") -> tuple[Change, ...]:
    """Both results of every seat that stands in both, without the causes: two assessments only.

    Clause: SPEC I
    """
    return Pair(before, after, engine).changes()


class Pair:
    """Two results, for whoever asks about one seat after the other: no assessment is made twice.

    Clause: SPEC G
    """

    def __init__(self, before: Side, after: Side, engine: Engine = "reference") -> None:
        self._hybrids = Hybrids(before, after, engine)

    def explained(self, seats: Iterable[str] = ()) -> tuple[Comparison, ...]:
        """Each cause's share for several seats, or for all that stand in both.

        Clause: SPEC G
        Raises: Refused when a seat is not in both snapshots.
        """
        wanted = tuple(seats) or self._hybrids.common()
        for seat in wanted:
            self._hybrids.require(seat)
        return tuple(_compare(self._hybrids, seat) for seat in wanted)

    def changes(self) -> tuple[Change, ...]:
        """Both results of every seat that stands in both, without the causes.

        Clause: SPEC I
        """
        held = self._hybrids
        first, last = held.outcome(frozenset()), held.outcome(held.causes)
        return tuple(Change(seat=seat, **_sides(first, last, seat)) for seat in held.common())


def _sides(first: Outcome, last: Outcome, seat: str) -> dict[str, Any]:
    sides = (("before", first.seats[seat]), ("after", last.seats[seat]))
    return {f"{when}_{name}": getattr(held, name) for when, held in sides
            for name in ("total", "rank", "of", "grade")}  # fmt: skip


def _compare(hybrids: Hybrids, seat: str) -> Comparison:
    causes = [cause for cause in CAUSES if cause in hybrids.causes]
    first, last = hybrids.outcome(frozenset()), hybrids.outcome(hybrids.causes)
    a, b = first.seats[seat], last.seats[seat]
    points = places = None
    if a.micro is not None and b.micro is not None:
        points = Fraction(b.micro - a.micro, MILLION)
    if a.rank is not None and b.rank is not None:
        places = Fraction(a.rank - b.rank)
    shares = tuple(
        Share(
            cause,
            CAUSES[cause],
            _shapley(hybrids, seat, cause, causes, _points_of),
            _shapley(hybrids, seat, cause, causes, _places_of),
        )
        for cause in causes
    )
    return Comparison(seat=seat, **_sides(first, last, seat), points=points, places=places, shares=shares)


Measure = Callable[[Standing], Fraction | None]


def _points_of(standing: Standing) -> Fraction | None:
    return None if standing.micro is None else Fraction(standing.micro, MILLION)


def _places_of(standing: Standing) -> Fraction | None:
    return None if standing.rank is None else Fraction(-standing.rank)


def _shapley(hybrids: Hybrids, seat: str, cause: str, causes: Sequence[str], of: Measure) -> Fraction:
    """A cause's marginal effect averaged over all orders, in exact fractions.

    A hybrid without a figure for the seat counts as zero there, so that the sum stays exact.
    """
    others = [held for held in causes if held != cause]
    found = Fraction(0)
    for size in range(len(others) + 1):
        weight = Fraction(factorial(size) * factorial(len(others) - size), factorial(len(others) + 1))
        for chosen in combinations(others, size):
            without = of(hybrids.outcome(frozenset(chosen)).seats[seat])
            with_it = of(hybrids.outcome(frozenset((*chosen, cause))).seats[seat])
            found += weight * ((with_it or Fraction(0)) - (without or Fraction(0)))
    return found
