"""Score county by county: each holds its own facts, only statistics travel, the whole is the same.

    frame_of   which cards and comparable groups a part has       -> merge_frames
    calibration_of  one table for all parts, by marks under rater numbers
    prepare    its values and the statistics of its indicators    -> merge (the engine's)
    finish     its points and totals by the whole's statistics    -> merge_ranks (the engine's)
    settled    its ranks and grades among the whole

The lines that come out are those of one assessment of everything, bit for bit.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain

from hengjian.scoring.calibrated.fitting import calibrated_of
from hengjian.scoring.calibrated.table import CalibrationTable
from hengjian.scoring.computing import (
    Scored,
    Values,
    pointed,
    points_cells,
    points_plan_of,
    score_points,
    settle,
    values_of,
)
from hengjian.scoring.engine.ranks import RankHistogram, merge_ranks
from hengjian.scoring.engine.scoring import Engine
from hengjian.scoring.engine.statistics import Statistics, gather, merge
from hengjian.scoring.facts import Facts, facts_of, group_key
from hengjian.scoring.rules import CardKey, PolicyLike, card_key, rules_for, rules_of
from hengjian.scoring.sheet import SeatScore
from hengjian.scoring.sheeting import seats_of
from hengjian.scoring.snapshot import Snapshot
from hengjian.scoring.standing import histogram_of


@dataclass(frozen=True)
class Frame:
    """Which cards and comparable groups there are: names only, no facts.

    Clause: SPEC A2, SPEC A3
    """

    cards: tuple[CardKey, ...]
    groups: tuple[str, ...]


@dataclass(frozen=True)
class Prepared:
    """A part's own values, which stay where they are, and the statistics that travel.

    Clause: SPEC A9
    """

    facts: Facts
    values: Values
    statistics: Statistics


@dataclass(frozen=True)
class Finished:
    """A part's own totals, which stay where they are, and the histogram that travels.

    Clause: SPEC A3
    """

    scored: Scored
    histogram: RankHistogram


def frame_of(snapshot: Snapshot, policy: PolicyLike) -> Frame:
    """The cards and comparable groups of a part.

    Clause: SPEC A3
    """
    groups = {group_key(seat, policy.comparison.keys) for seat in snapshot.seats}
    return Frame(tuple(sorted({card_key(seat) for seat in snapshot.seats})), tuple(sorted(groups)))


def merge_frames(*frames: Frame) -> Frame:
    """Those of all parts.

    Clause: SPEC A3
    """
    cards = sorted({card for frame in frames for card in frame.cards})
    groups = sorted({group for frame in frames for group in frame.groups})
    return Frame(tuple(cards), tuple(groups))


def calibration_of(snapshots: Sequence[Snapshot], policy: PolicyLike) -> CalibrationTable | None:
    """Phase 0: the calibration of the whole. Marks by rater number travel for it, and nothing else does.

    Clause: SPEC B3, NORMS X8
    """
    first = snapshots[0]
    parts = [(s.seats, s.marks, s.rated) for s in snapshots]
    seats, marks, rated = (tuple(chain.from_iterable(held)) for held in zip(*parts, strict=True))
    whole = replace(first, seats=tuple(sorted(seats, key=lambda s: s.id)), marks=marks, rated=rated)
    rules = rules_of(policy, whole.seats)
    of_seat = {seat.id: group_key(seat, rules.comparison.keys) for seat in whole.seats}
    return calibrated_of(whole, rules.calibration, rules.groups, rules.instruments, of_seat)


def prepare(
    snapshot: Snapshot, policy: PolicyLike, frame: Frame, calibration: CalibrationTable | None = None
) -> Prepared:
    """Phase 1: a part's values, and what the others must know of them.

    Clause: SPEC A9
    """
    facts = facts_of(snapshot, rules_for(policy, frame.cards), frame.groups, calibration)
    values = values_of(facts)
    return Prepared(facts, values, gather(points_plan_of(facts), points_cells(facts, values)))


def finish(part: Prepared, whole: Statistics, engine: Engine = "reference") -> Finished:
    """Phase 2: a part's points and totals.

    Clause: SPEC A9
    """
    scored = score_points(pointed(part.facts, part.values, engine, whole), engine)
    step = part.facts.rules.comparison.step
    return Finished(scored, histogram_of(scored.total, part.facts.group, step))


def settled(part: Finished, whole: RankHistogram) -> tuple[SeatScore, ...]:
    """Phase 3: a part's lines of the sheet, with ranks and grades among the whole.

    Clause: SPEC A3
    """
    return seats_of(settle(part.scored, whole))


def assess_shards(
    snapshots: Sequence[Snapshot], policy: PolicyLike, engine: Engine = "reference"
) -> tuple[SeatScore, ...]:
    """All phases in one process: every seat of all parts, in order of ids.

    Clause: SPEC F3
    Returns: the very lines that one assessment of the whole gives.
    """
    frame = merge_frames(*(frame_of(snapshot, policy) for snapshot in snapshots))
    calibration = calibration_of(snapshots, policy)
    prepared = [prepare(snapshot, policy, frame, calibration) for snapshot in snapshots]
    statistics = merge(*(part.statistics for part in prepared))
    finished = [finish(part, statistics, engine) for part in prepared]
    ranks = merge_ranks(*(part.histogram for part in finished))
    lines = [line for part in finished for line in settled(part, ranks)]
    return tuple(sorted(lines, key=lambda line: line.seat))
