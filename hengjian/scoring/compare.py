"""Why a result changed: each cause's exact share of the difference, by Shapley's rule.

The causes are groups of rules and facts. A hybrid assessment takes some of them from after and
the rest from before; a cause's share is its effect averaged over every order in which the causes
can change. The shares of all causes sum exactly to the whole difference.

``grouping`` (comparable groups, with the grades' limits and quotas) moves more than ranks: where a
policy normalises an indicator inside the comparable group, another group means other companions
and so other points. That part of a difference in points is the grouping's share.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import combinations
from math import factorial
from typing import Any

from hengjian.scoring.computing import Assessment, work
from hengjian.scoring.engine.scoring import Engine
from hengjian.scoring.rules import PolicyLike, Rules, rules_of
from hengjian.scoring.snapshot import Marks, Seat, Snapshot
from hengjian.terms.errors import Refused

WEIGHTS, NORMALISATION, PANEL = "weights", "normalisation", "panel"
COST, GROUPING = "cost_benefit", "grouping"
PUBLIC_MARKS, OTHER_FACTS = "facts.public_marks", "facts.other"
CAUSES: Mapping[str, str] = {
    WEIGHTS: "指标与权重",
    NORMALISATION: "指标计分方法",
    PANEL: "评价主体及其权重",
    COST: "成本—收益修正",
    GROUPING: "可比组",
    PUBLIC_MARKS: "群众评分",
    OTHER_FACTS: "其他事实",
}
PUBLIC = "public"  # the group of service users and delegates; others on its side are no public mark
MILLION = 1_000_000
Side = tuple[Snapshot, PolicyLike]
Chosen = frozenset[str]


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
        self._hybrids = _Hybrids(before, after, engine)

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


def _sides(first: "Outcome", last: "Outcome", seat: str) -> dict[str, Any]:
    sides = (("before", first.seats[seat]), ("after", last.seats[seat]))
    return {f"{when}_{name}": getattr(held, name) for when, held in sides
            for name in ("total", "rank", "of", "grade")}  # fmt: skip


@dataclass(frozen=True)
class Standing:
    """What one assessment says of one seat; points in millionths."""

    micro: int | None
    rank: int | None
    of: int
    grade: str | None

    @property
    def total(self) -> float | None:
        """Points."""
        return None if self.micro is None else self.micro / MILLION


@dataclass(frozen=True)
class Outcome:
    """What one assessment says of all seats."""

    seats: Mapping[str, Standing]


def _outcome(found: Assessment) -> Outcome:
    grades = found.facts.rules.grades
    rows = zip(
        found.total.tolist(), found.rank.tolist(), found.of.tolist(), found.grade.tolist(), strict=True
    )
    held = {}
    for seat, (total, rank, of, grade) in zip(found.facts.seats, rows, strict=True):
        gap = total != total  # noqa: PLR0124 (NaN)
        micro = None if gap else round(total * MILLION)
        held[seat.id] = Standing(micro, rank or None, of, grades[grade].code if grade >= 0 else None)
    return Outcome(held)


class _Hybrids:
    """Assessments that take some causes from after and the rest from before, each made once."""

    def __init__(self, before: Side, after: Side, engine: Engine) -> None:
        self.engine = engine
        self.before, self.after = before[0], _renamed(after[0], before[0])
        everybody = (*self.before.seats, *self.after.seats)
        self.old, self.new = rules_of(before[1], everybody), rules_of(after[1], everybody)
        self._parted: dict[tuple[bool, bool], frozenset[Marks]] = {}
        self.causes: Chosen = frozenset(self._differing())
        self._made: dict[Chosen, Outcome] = {}

    def _differing(self) -> list[str]:
        """The causes in which the two sides differ; the others have no share."""
        old, new = self.old, self.new
        shared = old.indicators.keys() & new.indicators.keys()
        different = {
            WEIGHTS: _table(old) != _table(new),
            NORMALISATION: any(_how(old, code) != _how(new, code) for code in shared),
            PANEL: (old.groups, old.instruments, old.calibration)
            != (new.groups, new.instruments, new.calibration),
            COST: old.cost != new.cost,
            GROUPING: (old.comparison.keys, old.comparison.step)
            != (new.comparison.keys, new.comparison.step),
            PUBLIC_MARKS: self._marks(self.before, public=True) != self._marks(self.after, public=True),
            OTHER_FACTS: _other(self.before, self._marks(self.before, public=False))
            != _other(self.after, self._marks(self.after, public=False)),
        }
        return [cause for cause in CAUSES if different[cause]]

    def _marks(self, snapshot: Snapshot, *, public: bool) -> frozenset[Marks]:
        key = (snapshot is self.after, public)
        if key not in self._parted:
            sides = self._public_groups()
            self._parted[key] = frozenset(m for m in snapshot.marks if (m.group in sides) == public)
        return self._parted[key]

    def _public_groups(self) -> frozenset[str]:
        groups = (*self.old.groups, *self.new.groups)
        public = frozenset(group.code for group in groups if group.side == "public")
        return public & {PUBLIC} or public

    def common(self) -> tuple[str, ...]:
        """Seats that stand in both."""
        after = {seat.id for seat in self.after.seats}
        return tuple(sorted(seat.id for seat in self.before.seats if seat.id in after))

    def require(self, seat: str) -> None:
        """Refuse a seat that is not in both."""
        if seat not in self.common():
            raise Refused(
                f"任职 {seat} 不同时在两份快照中",
                do="请核对任职编号；两次考核须是同一人同一岗位",
                code="compare.seat",
            )

    def outcome(self, chosen: Chosen) -> Outcome:
        """The assessment with these causes taken from after."""
        held = chosen & self.causes
        if held not in self._made:
            self._made[held] = _outcome(work(self._facts(held), self._rules(held), self.engine))
        return self._made[held]

    def _facts(self, chosen: Chosen) -> Snapshot:
        base = self.after if OTHER_FACTS in chosen else self.before
        marks = self.after if PUBLIC_MARKS in chosen else self.before
        known = {seat.id for seat in base.seats}
        public = {m for m in self._marks(marks, public=True) if m.seat in known}
        return replace(base, marks=tuple(self._marks(base, public=False) | public))

    def _rules(self, chosen: Chosen) -> Rules:
        def pick(cause: str) -> Rules:
            return self.new if cause in chosen else self.old

        cards = pick(WEIGHTS)
        how, other = pick(NORMALISATION), self.old if NORMALISATION in chosen else self.new
        used = sorted({line.indicator for card in cards.cards.values() for line in card.lines})
        library = {code: (how if code in how.indicators else other).indicators[code] for code in used}
        return replace(
            self.new,
            cards=cards.cards,
            indicators=library,
            groups=pick(PANEL).groups,
            calibration=pick(PANEL).calibration,
            instruments={**self.old.instruments, **self.new.instruments, **pick(PANEL).instruments},
            cost=pick(COST).cost,
            comparison=pick(GROUPING).comparison,
            grades=pick(GROUPING).grades,
        )


def _table(rules: Rules) -> object:
    return {
        key: tuple((line.indicator, line.part, line.weight) for line in card.lines)
        for key, card in rules.cards.items()
    }


def _how(rules: Rules, code: str) -> object:
    held = rules.indicators[code]
    return (held.normalisation, held.source, held.steps, held.missing, held.neutral, held.direction)


def _other(snapshot: Snapshot, marks: frozenset[Marks]) -> object:
    names = ("seats", "metrics", "cases", "projects", "not_applicable", "adjustments", "previous",
             "releases", "rated")  # fmt: skip
    parts = tuple(frozenset(getattr(snapshot, name)) for name in names)
    return (snapshot.cycle.period, parts, marks)


def _renamed(after: Snapshot, before: Snapshot) -> Snapshot:
    """The later snapshot with the earlier one's seat ids where the same official holds the post."""
    known = {seat.id for seat in before.seats}
    held = {(seat.official, seat.post): seat.id for seat in before.seats}
    names = {
        seat.id: seat.id if seat.id in known else held.get(_person(seat), seat.id) for seat in after.seats
    }
    if all(old == new for old, new in names.items()):
        return after

    def moved(records: Sequence[Any]) -> tuple[Any, ...]:
        return tuple(replace(record, seat=names.get(record.seat, record.seat)) for record in records)

    return replace(
        after,
        seats=tuple(replace(seat, id=names[seat.id]) for seat in after.seats),
        marks=moved(after.marks),
        not_applicable=moved(after.not_applicable),
        adjustments=moved(after.adjustments),
        previous=moved(after.previous),
        releases=moved(after.releases),
        rated=moved(after.rated),
    )


def _person(seat: Seat) -> tuple[str, str]:
    return (seat.official, seat.post)


def _compare(hybrids: _Hybrids, seat: str) -> Comparison:
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


def _shapley(hybrids: _Hybrids, seat: str, cause: str, causes: Sequence[str], of: Measure) -> Fraction:
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
