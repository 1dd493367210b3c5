"""How wrong each cell may be: marks by their spread, cases by their number, metrics by policy."""

from dataclasses import dataclass, replace

import numpy as np

from hengjian.policy.model import Instrument
from hengjian.scoring.certainty.scores import Scores
from hengjian.scoring.computing import Assessment, Values, points_cells, points_plan_of
from hengjian.scoring.engine import gather, score
from hengjian.scoring.facts import Facts, Floats
from hengjian.scoring.measures import MEASURES, CaseShares
from hengjian.scoring.panel import PRESENT, Panel
from hengjian.terms.numbers import quantise


@dataclass(frozen=True)
class ErrorRules:
    """What the policy declares about errors.

    Clause: SPEC D2, NORMS L20
    Policy: uncertainty.metric_error
    ``metric_error``: standard error of a reported figure, in points; ``room``: most points of weight
    by which a weight may move.
    """

    metric_error: float
    room: float


def scores_of(found: Assessment, rules: ErrorRules) -> Scores:
    """An assessment as points with errors and weights with ranges.

    Clause: SPEC D2, NORMS L20
    A calibrated group's marks err as calibration says; others are judged by how far their marks lie apart.
    """
    facts = found.facts
    own, shared = _panel_errors(facts, found.values.panel)
    _case_errors(facts, found.values.cases, own)
    own, shared = _in_points(found, own), _in_points(found, shared)
    for at, code in enumerate(facts.indicators):
        if facts.rules.indicators[code].source.kind == "metric":
            own[:, at] = rules.metric_error
    rule = facts.rules.cost
    in_part = np.array([rule is not None and part == rule.part for part in facts.part])
    factor = np.where(in_part[None, :], found.costs.factor[:, None], 1.0)
    some = ~np.isnan(found.scored)
    return Scores(
        points=found.scored,
        own=np.where(some, own * factor, 0.0),
        shared=np.where(some, shared * factor, 0.0),
        adjustment=found.adjustment,
        card=facts.card,
        group=facts.group,
        weights=facts.cards,
        room=np.where(facts.cards > 0.0, rules.room, 0.0),
    )


def _panel_errors(facts: Facts, panel: Panel) -> tuple[Floats, Floats]:
    """Errors of values, (seats, indicators): a cell's own, and those that all panel cells have in common."""
    shape = (len(facts.seats), len(facts.indicators))
    own, shared = np.zeros(shape), np.zeros(shape)
    if not panel.indicators:
        return own, shared
    square, overall = _group_squares(panel, _spreads(facts))
    common = np.where(overall, square, 0.0)
    square = np.where(overall, 0.0, square)
    _put_calibrated(facts, panel, (square, common), overall)
    weights = np.array([group.weight for group in panel.groups])
    present = panel.status == PRESENT
    whole = np.where(present, weights, 0.0).sum(axis=2, keepdims=True)
    part = np.where(present, weights, 0.0) / np.where(whole > 0.0, whole, 1.0)
    columns = [facts.column[code] for code in panel.indicators]
    own[:, columns] = np.sqrt((part**2 * square).sum(axis=2))
    shared[:, columns] = np.sqrt((part**2 * common).sum(axis=2))
    return own, shared


def _group_squares(panel: Panel, spread: Floats) -> tuple[Floats, np.ndarray]:
    """Variance of each group's mark, and whether it comes from overall marks: (seats, indicators, groups)."""
    square, overall = np.zeros(panel.group_mark.shape), np.zeros(panel.group_mark.shape, dtype=np.bool_)
    for g in range(len(panel.groups)):
        here = [at for at, key in enumerate(panel.strata) if key.group == g]
        count = panel.count[..., here]
        weight = np.where(count > 0, np.array([panel.strata[at].weight for at in here]), 0.0)
        whole = np.maximum(weight.sum(axis=2, keepdims=True), 1e-12)
        of_mean = ((weight / whole) ** 2 / np.maximum(count, 1)).sum(axis=2) * spread[g] ** 2
        square[..., g] = of_mean * _kept(panel, g) ** 2
        overall[..., g] = panel.overall[..., here].any(axis=2)
    return square, overall


def _kept(panel: Panel, g: int) -> Floats:
    """What shrinkage leaves of an error of a group's mean: (seats, indicators)."""
    group, n = panel.groups[g], panel.group_count[..., g]
    if group.prior is None or group.strength <= 0.0:
        return np.asarray((n > 0).astype(np.float64))
    return np.asarray(n / (n + group.strength))


def _put_calibrated(facts: Facts, panel: Panel, squares: tuple[Floats, Floats], overall: np.ndarray) -> None:
    """Errors of calibrated groups, in place of those from the spread.

    ``error`` is that of an effect drawn towards the mean; what counts in the score is not drawn, so its
    error is larger by the root of the reliability, and by that of the group's part in all marks.
    """
    square, common = squares
    number = {group.code: at for at, group in enumerate(panel.groups)}
    table = facts.calibration
    if table is None:
        return
    seats, parts = {row.seat: row for row in table.seats}, {part.part: part for part in table.parts}
    for row in table.groups:
        own = seats[row.seat]
        part = parts[own.part]
        if not own.error or not own.reliability or row.group not in number or row.seat not in facts.row:
            continue
        at, g = facts.row[row.seat], number[row.group]
        kept = _kept(panel, g)[at] ** 2
        whole = own.error**2 / own.reliability * own.n / row.n
        chance = part.variance["error"] / row.n
        each = part.variance["error"] / np.maximum(panel.group_count[at, :, g], 1)
        single = ~overall[at, :, g]
        square[at, :, g] = np.where(single, each, 0.0) * kept
        common[at, :, g] = np.where(single, max(whole - chance, 0.0), whole) * kept


def _spreads(facts: Facts) -> Floats:
    """Standard deviation of marks inside one seat, indicator and stratum, on 0-100, for each group.

    Groups where nobody has two marks on one thing take the spread of all groups together.
    """
    number = {group.code: at for at, group in enumerate(facts.rules.groups)}
    squares, freedom = np.zeros(len(number)), np.zeros(len(number))
    for record in facts.snapshot.marks:
        if record.group in number and len(record.marks) > 1:
            scale: Instrument = facts.rules.instruments[record.instrument]
            marks = np.array(record.marks) * (100.0 / (scale.highest - scale.lowest))
            squares[number[record.group]] += float(((marks - marks.mean()) ** 2).sum())
            freedom[number[record.group]] += len(record.marks) - 1
    of_all = squares.sum() / max(freedom.sum(), 1.0)
    own = squares / np.maximum(freedom, 1.0)
    return np.asarray(np.sqrt(np.where(freedom > 0.0, own, of_all)))


def _case_errors(facts: Facts, cases: CaseShares, own: Floats) -> None:
    """Standard errors of shares of cases: few cases say little."""
    for at, code in enumerate(facts.indicators):
        source = facts.rules.indicators[code].source
        if source.kind != "cases":
            continue
        at_feed = cases.feeds[source.feed]
        yes, counted = cases.yes[at_feed].astype(np.float64), cases.counted[at_feed].astype(np.float64)
        # a share of all or none is not sure either: one case is added on both sides
        share = (yes + 1.0) / (counted + 2.0)
        weight = np.where(counted > 0, np.array([source.measures.get(name, 0.0) for name in MEASURES]), 0.0)
        part = weight / np.maximum(weight.sum(axis=1, keepdims=True), 1e-12)
        square = (part**2 * share * (1.0 - share) / np.maximum(counted, 1.0)).sum(axis=1)
        own[:, at] = 100.0 * np.sqrt(square)[facts.organisation]


def _in_points(found: Assessment, errors: Floats) -> Floats:
    """Errors of values as errors of points: how far points move when the value moves by its error."""
    if not errors.any():
        return errors.copy()
    plan = points_plan_of(found.facts)
    statistics = gather(plan, points_cells(found.facts, found.values))

    def moved(values: Values) -> Floats:
        cells = points_cells(found.facts, values)
        stages = score(plan, cells, statistics=statistics, rank=False).stages
        return found.points if stages is None else quantise(stages.points)

    up = np.abs(moved(replace(found.values, value=found.values.value + errors)) - found.points)
    down = np.abs(moved(replace(found.values, value=found.values.value - errors)) - found.points)
    return np.asarray(np.where(errors > 0.0, np.fmax(np.nan_to_num(up), np.nan_to_num(down)), 0.0))
