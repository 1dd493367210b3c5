"""Assessments that take some causes of a difference from one result and the rest from another.

The causes are groups of rules and facts: see :mod:`hengjian.scoring.compare`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from hengjian.scoring.calibrated.table import CalibrationTable
from hengjian.scoring.computing import Assessment, Values, values_of, worked
from hengjian.scoring.engine.scoring import Engine
from hengjian.scoring.facts import Facts, facts_of
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
FACTS = frozenset({PUBLIC_MARKS, OTHER_FACTS})
TABLED = FACTS | {PANEL, GROUPING}  # what a calibration table depends on
UNVALUED = frozenset({COST, GROUPING})  # what no raw value depends on
PUBLIC = "public"  # the group of service users and delegates; others on its side are no public mark
MILLION = 1_000_000
Side = tuple[Snapshot, PolicyLike]
Chosen = frozenset[str]


@dataclass(frozen=True)
class Standing:
    """What one assessment says of one seat; points in millionths.

    Clause: SPEC G
    """

    micro: int | None
    rank: int | None
    of: int
    grade: str | None

    @property
    def total(self) -> float | None:
        """Points.

        Clause: SPEC G
        """
        return None if self.micro is None else self.micro / MILLION


@dataclass(frozen=True)
class Outcome:
    """What one assessment says of all seats.

    Clause: SPEC G
    """

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


class Hybrids:
    """Assessments that take some causes from after and the rest from before, each made once.

    Clause: SPEC G
    """

    def __init__(self, before: Side, after: Side, engine: Engine) -> None:
        self.engine = engine
        self.before, self.after = before[0], _renamed(after[0], before[0])
        everybody = (*self.before.seats, *self.after.seats)
        self.old, self.new = rules_of(before[1], everybody), rules_of(after[1], everybody)
        self._parted: dict[tuple[bool, bool], frozenset[Marks]] = {}
        self.causes: Chosen = frozenset(self._differing())
        self._made: dict[Chosen, Outcome] = {}
        # most causes touch little: what they leave as it is is worked out once
        self._snapshots: dict[Chosen, Snapshot] = {}
        self._tables: dict[Chosen, CalibrationTable | None] = {}
        self._values: dict[Chosen, Values] = {}

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
        """Seats that stand in both.

        Clause: SPEC G
        """
        after = {seat.id for seat in self.after.seats}
        return tuple(sorted(seat.id for seat in self.before.seats if seat.id in after))

    def require(self, seat: str) -> None:
        """Refuse a seat that is not in both.

        Clause: SPEC G
        Raises: Refused.
        """
        if seat not in self.common():
            raise Refused(
                f"任职 {seat} 不同时在两份快照中",
                do="请核对任职编号；两次考核须是同一人同一岗位",
                code="compare.seat",
            )

    def outcome(self, chosen: Chosen) -> Outcome:
        """The assessment with these causes taken from after.

        Clause: SPEC G
        """
        held = chosen & self.causes
        if held not in self._made:
            facts = self._facts(held)
            self._made[held] = _outcome(worked(facts, self._values_of(facts, held), self.engine))
        return self._made[held]

    def _facts(self, chosen: Chosen) -> Facts:
        key = chosen & TABLED
        facts = facts_of(self._snapshot(chosen), self._rules(chosen), calibration=self._tables.get(key))
        self._tables[key] = facts.calibration
        return facts

    def _values_of(self, facts: Facts, chosen: Chosen) -> Values:
        key = chosen - UNVALUED
        if key not in self._values:
            self._values[key] = values_of(facts)
        return self._values[key]

    def _snapshot(self, chosen: Chosen) -> Snapshot:
        key = chosen & FACTS
        if key not in self._snapshots:
            self._snapshots[key] = self._mixed(key)
        return self._snapshots[key]

    def _mixed(self, chosen: Chosen) -> Snapshot:
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
