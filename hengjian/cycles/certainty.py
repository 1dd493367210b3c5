"""How sure the ranks of a cycle are: worked out from the stored sheet's snapshot, with its root as seed.

Nothing is stored: the same snapshot, policy and seed give the same bits, so whoever recomputes a cycle
finds the same intervals.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from importlib.util import find_spec

import numpy as np
from django.utils.translation import gettext as _
from scipy.special import ndtri

from hengjian.cycles import queries, ranks, storing
from hengjian.cycles.keeping import kept
from hengjian.cycles.models import StoredSheet
from hengjian.policy.policy import Policy
from hengjian.scoring.calibrated.table import CalibrationTable
from hengjian.scoring.certainty.best_case import best_cases
from hengjian.scoring.certainty.errors import ErrorRules, scores_of
from hengjian.scoring.certainty.medians import median_interval
from hengjian.scoring.certainty.pairs import mates_of
from hengjian.scoring.certainty.ranks import Certainty, certainty_of
from hengjian.scoring.certainty.scores import Scores
from hengjian.scoring.certainty.sensitivity import Sensitivity, sensitivity_of
from hengjian.scoring.computing import Assessment, work
from hengjian.scoring.engine.scoring import Engine
from hengjian.scoring.facts import Bools, Floats, Ints
from hengjian.scoring.rules import rules_of
from hengjian.scoring.snapshot import Snapshot
from hengjian.terms.errors import Refused

KEPT = 8
DRAWS, LEVEL = "uncertainty.draws", "uncertainty.level"
METRIC, ROOM = "uncertainty.metric_error", "uncertainty.weight_room"
MANY = 1_000_000  # officials x draws from which the kernel is worth its start
TRIED = 1000  # draws of a what-if
CHOICES = 512  # points of a sensitivity design


@dataclass(frozen=True)
class Held:
    """A sheet with everything that certainty reads, worked out once."""

    assessment: Assessment
    scores: Scores
    level: float
    draws: int
    room: float
    seed: int


@dataclass(frozen=True)
class SeatRow:
    """How sure one seat's score and rank are."""

    seat: str
    group: str
    rank: int
    of: int
    low: int
    high: int
    least: float
    most: float
    last: float
    last_three: float

    @property
    def interval(self) -> str:
        """Where the true rank lies; one figure where it is sure."""
        return str(self.low) if self.low == self.high else f"{self.low}–{self.high}"


@dataclass(frozen=True)
class MateRow:
    """Another seat of the comparable group, and the chance of truly standing above it."""

    seat: str
    official: str
    title: str
    apart: float
    above: float
    told: bool


@dataclass(frozen=True)
class BestCase:
    """A seat under the kindest weights that the policy allows: (indicator, weight, kindest weight)."""

    weights: tuple[tuple[str, float, float], ...]
    total: float
    rank: int
    surely: int
    share: float


@dataclass(frozen=True)
class SeatCertainty:
    """All that can be said of how sure one seat's result is."""

    row: SeatRow
    mates: tuple[MateRow, ...]
    best: BestCase
    sensitivity: Sensitivity
    at: int
    level: float
    draws: int
    room: float
    seed: int


def declared(policy: Policy) -> bool:
    """Whether a policy says how uncertainty is worked out."""
    return all(key in policy.parameters for key in (DRAWS, LEVEL, METRIC, ROOM))


def reach_of(policy: Policy) -> tuple[float, float] | None:
    """The level of intervals, and so many standard errors on either side; None where nothing is said."""
    if LEVEL not in policy.parameters:
        return None
    level = policy.number(LEVEL) / 100.0
    return level, float(ndtri(0.5 + level / 2.0))


def rows_of(cycle_id: str) -> Mapping[str, SeatRow]:
    """How sure every seat's rank is; nothing where the policy does not say how, or nothing is scored."""
    try:
        stored = storing.newest_sheet(queries.cycle_of(cycle_id))
    except Refused:
        return {}
    if not declared(storing.policy_of(stored.snapshot)):
        return {}
    found = _rows(stored.pk, stored.root)
    return {row.seat: row for row in found}


def median_of(cycle_id: str, seats: Collection[str]) -> tuple[float, float] | None:
    """How sure the median of these seats' totals is; None where the policy does not say how."""
    stored = storing.newest_sheet(queries.cycle_of(cycle_id))
    if not declared(storing.policy_of(stored.snapshot)):
        return None
    return _median(stored.pk, stored.root, frozenset(seats))


def seat_certainty(cycle_id: str, seat: str) -> SeatCertainty | None:
    """One seat: interval, chance of being last, whom it cannot be told from, what moves it, its best case."""
    stored = storing.newest_sheet(queries.cycle_of(cycle_id))
    ranks.seat_in(stored, seat)
    row = rows_of(cycle_id).get(seat)
    if row is None:
        return None
    held = _held(stored.pk, stored.root)
    at = held.assessment.facts.row[seat]
    moved = _sensitivity(stored.pk, stored.root, int(held.assessment.facts.group[at]))
    return SeatCertainty(
        row=row,
        mates=_mates(held, at),
        best=_best(held, at),
        sensitivity=moved,
        at=int(np.flatnonzero(moved.rows == at)[0]),
        level=held.level,
        draws=held.draws,
        room=held.room,
        seed=held.seed,
    )


@dataclass(frozen=True)
class Tried:
    """What other weights of one card would do to the seats that have it: rows in their new order."""

    rows: tuple[tuple[SeatRow, SeatRow], ...]
    moved: int
    sure: int
    draws: int
    seed: int


def what_if(cycle_id: str, card: tuple[str, str], weights: Mapping[str, float]) -> Tried:
    """New weights for a zone's and post category's card: new ranks with intervals.

    Refused when the weights do not fit the card or the policy does not say how to work it out.
    """
    stored = storing.newest_sheet(queries.cycle_of(cycle_id))
    if not declared(storing.policy_of(stored.snapshot)):
        raise Refused(_("这套制度没有规定名次区间的算法"), code="cycles.no_uncertainty")
    held = _held(stored.pk, stored.root)
    return tried_on(held, _rows(stored.pk, stored.root), card, weights)


def tried_on(
    held: Held, before: Sequence[SeatRow], card: tuple[str, str], weights: Mapping[str, float]
) -> Tried:
    """The same on a sheet that is at hand; ``before``: how sure its ranks are as they stand."""
    facts = held.assessment.facts
    keys = list(facts.rules.cards)
    mine = np.array([key[:2] == card for key in keys])
    concerned = np.flatnonzero(np.isin(facts.group, facts.group[mine[facts.card]]))
    if not concerned.size:
        raise Refused(_("这个周期没有使用这张计分表的任职"), code="cycles.no_card")
    given = held.scores.of(concerned).with_weights(_changed(held, mine, weights))
    known = {row.seat: row for row in before}
    after = [row for row in _drawn(held, given, concerned, draws=TRIED) if row.seat in known]
    both = sorted(((known[row.seat], row) for row in after), key=lambda two: (two[1].group, two[1].rank))
    return Tried(
        rows=tuple(both),
        moved=sum(old.rank != new.rank for old, new in both),
        sure=sum(not old.low <= new.rank <= old.high for old, new in both),
        draws=TRIED,
        seed=held.seed,
    )


def _changed(held: Held, mine: Bools, weights: Mapping[str, float]) -> Floats:
    facts = held.assessment.facts
    table = held.scores.weights.copy()
    strange = sorted(set(weights) - set(facts.indicators))
    fitting = all(weight >= 0.0 for weight in weights.values()) and abs(sum(weights.values()) - 100.0) <= 1e-6
    if strange or not fitting:
        raise Refused(_("各项权重应为非负数，合计 100"), do=_("请调整权重"), code="cycles.weights")
    table[mine] = [weights.get(code, 0.0) for code in facts.indicators]
    return table


def _engine(size: int) -> Engine:
    return "kernel" if size >= MANY and find_spec("numba") else "reference"


@kept(KEPT)
def _held(pk: int, root: str) -> Held:
    rows = StoredSheet.objects.select_related("snapshot__policy")
    stored = rows.defer(*storing.HEAVY).get(pk=pk)
    snapshot, policy = storing.snapshot_of(stored.snapshot), storing.policy_of(stored.snapshot)
    return held_of(snapshot, policy, root, storing.sheet_of(stored).calibration)


def held_of(
    snapshot: Snapshot, policy: Policy, root: str, calibration: CalibrationTable | None = None
) -> Held:
    """What certainty reads of a snapshot under its policy; the sheet's ``root`` is the seed."""
    found = work(snapshot, rules_of(policy, snapshot.seats), calibration=calibration)
    room = policy.number(ROOM)
    rules = ErrorRules(metric_error=policy.number(METRIC), room=room)
    return Held(
        assessment=found,
        scores=scores_of(found, rules),
        level=policy.number(LEVEL) / 100.0,
        draws=int(policy.number(DRAWS)),
        room=room,
        seed=int.from_bytes(sha256(root.encode()).digest()[:6]),
    )


@kept(KEPT)
def _rows(pk: int, root: str) -> tuple[SeatRow, ...]:
    held = _held(pk, root)
    return drawn(held, draws=held.draws)


def drawn(held: Held, *, draws: int) -> tuple[SeatRow, ...]:
    """How sure the ranks of all seats with a total are."""
    found = _drawn(held, held.scores, np.arange(held.scores.size), draws=draws)
    return tuple(row for row in found if row.rank)


@kept(16 * KEPT)
def _median(pk: int, root: str, seats: frozenset[str]) -> tuple[float, float] | None:
    held = _held(pk, root)
    rows = np.array(sorted(held.assessment.facts.row[seat] for seat in seats), dtype=np.int64)
    return median_interval(held.scores.of(rows), draws=TRIED, seed=held.seed, level=held.level)


@kept(4 * KEPT)
def _sensitivity(pk: int, root: str, group: int) -> Sensitivity:
    held = _held(pk, root)
    return sensitivity_of(held.assessment, group, held.room, base=CHOICES, seed=held.seed)


def _drawn(held: Held, scores: Scores, which: Ints, *, draws: int) -> list[SeatRow]:
    facts = held.assessment.facts
    seats = [facts.seats[at].id for at in which.tolist()]
    groups = [facts.groups[at] for at in facts.group[which].tolist()]
    engine = _engine(scores.size * draws)
    found: Certainty = certainty_of(scores, draws=draws, seed=held.seed, level=held.level, engine=engine)
    names = ("rank", "of", "low", "high", "least", "most", "last", "last_three")
    columns = [getattr(found, name).tolist() for name in names]
    return [SeatRow(*figures) for figures in zip(seats, groups, *columns, strict=True)]


def _mates(held: Held, at: int) -> tuple[MateRow, ...]:
    found = mates_of(held.scores, at, seed=held.seed, level=held.level)
    seats = held.assessment.facts.seats
    rows = [
        MateRow(seats[row].id, seats[row].official, seats[row].title, apart, above, told)
        for row, apart, above, told in zip(
            found.rows.tolist(), found.apart.tolist(), found.above.tolist(), found.told.tolist(), strict=True
        )
    ]
    return tuple(sorted(rows, key=lambda row: abs(row.apart)))


def _best(held: Held, at: int) -> BestCase:
    found = best_cases(held.scores, np.array([at]))
    facts = held.assessment.facts
    plain = facts.weights[at]
    own = found.weights[0]
    lines = [(facts.indicators[k], float(plain[k]), float(own[k])) for k in np.flatnonzero(plain > 0.0)]
    return BestCase(
        weights=tuple(lines),
        total=float(found.total[0]),
        rank=int(found.rank[0]),
        surely=int(found.surely[0]),
        share=float(found.share[0]),
    )
