"""The columns of an assessment: from facts and rules to values, points, totals, ranks, grades.

    facts -> values (panel, metrics, cases) -> points -> x cost-benefit factor -> parts and total
          -> rank inside the comparable group -> proposed grade

Every figure is quantised to 6 decimals before the next step reads it, so that each step can be
redone by hand from the figures that the workings show.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hengjian.policy.model import Indicator
from hengjian.scoring.calibrated.table import CalibrationTable
from hengjian.scoring.cost import Costs, costs_of
from hengjian.scoring.engine import score
from hengjian.scoring.engine.cells import CARRIED, MISSING, Cells
from hengjian.scoring.engine.plan import Plan
from hengjian.scoring.engine.ranks import RankHistogram
from hengjian.scoring.engine.scoring import Engine
from hengjian.scoring.engine.statistics import Statistics
from hengjian.scoring.facts import Bools, Facts, Floats, Ints, facts_of
from hengjian.scoring.measures import MEASURES, CaseShares, Metrics, case_shares_of, metrics_of
from hengjian.scoring.panel import Panel, panel_of
from hengjian.scoring.plan import ADJUSTMENT, GROUP, part_node, points_plan, total_plan
from hengjian.scoring.rules import Rules
from hengjian.scoring.snapshot import Snapshot
from hengjian.scoring.standing import histogram_of, propose_grades, standing_of
from hengjian.terms.errors import Refused
from hengjian.terms.numbers import quantise


@dataclass(frozen=True)
class Values:
    """Raw values of the indicators before normalisation, and what was read for them.

    Clause: SPEC A9
    Shapes: value, target, denominator (seats, indicators), NaN where there is none.
    """

    panel: Panel
    metrics: Metrics
    cases: CaseShares
    value: Floats
    target: Floats
    denominator: Floats


@dataclass(frozen=True)
class Pointed:
    """An assessment up to the points of every indicator.

    Clause: SPEC A9
    Shapes: treated, points (seats, indicators); state as the engine's. ``treated`` is what is
    normalised: the value after denominating, imputing and treating, in full precision.
    """

    facts: Facts
    values: Values
    costs: Costs
    treated: Floats
    points: Floats
    state: NDArray[np.uint8]


@dataclass(frozen=True)
class Scored(Pointed):
    """An assessment up to the totals, which do not depend on the other seats any more.

    Clause: SPEC A2, SPEC A5
    Shapes: scored, effective, contribution, present (seats, indicators); parts (seats, parts);
    adjustment, total (seats,). ``scored`` are the points after the cost-benefit factor.
    """

    scored: Floats
    present: Bools
    effective: Floats
    contribution: Floats
    parts: Floats
    adjustment: Floats
    total: Floats


@dataclass(frozen=True)
class Assessment(Scored):
    """All columns of one assessment: what the sheet and the workings are written from.

    Clause: SPEC F3
    Shapes: rank, of, grade (seats,).
    """

    rank: Ints
    of: Ints
    grade: Ints


def work(
    snapshot: Snapshot,
    rules: Rules,
    engine: Engine = "reference",
    calibration: CalibrationTable | None = None,
) -> Assessment:
    """Compute all columns of an assessment; ``calibration`` as in ``facts_of``.

    Clause: SPEC F3
    """
    facts = facts_of(snapshot, rules, calibration=calibration)
    return worked(facts, values_of(facts), engine)


def worked(facts: Facts, values: Values, engine: Engine = "reference") -> Assessment:
    """The rest of :func:`work`, where the values are known already.

    Clause: SPEC F3
    """
    scored = score_points(pointed(facts, values, engine), engine)
    step = facts.rules.comparison.step
    return settle(scored, histogram_of(scored.total, facts.group, step))


def values_of(facts: Facts) -> Values:
    """The raw value of every indicator for every seat.

    Clause: SPEC A1
    """
    library = [facts.rules.indicators[code] for code in facts.indicators]
    panel = panel_of(facts)
    metrics = metrics_of(facts, [name for held in library for name in _metrics_in(held)])
    cases = case_shares_of(facts, [held.source.feed for held in library if held.source.feed])
    shape = (len(facts.seats), len(library))
    value, target, denominator = (np.full(shape, np.nan) for _ in range(3))
    for at, held in enumerate(library):
        if held.source.kind == "panel":
            value[:, at] = panel.value[:, panel.column[held.code]]
        elif held.source.kind == "cases":
            value[:, at] = blended(held.source.measures, cases, held.source.feed)[facts.organisation]
        else:
            column = metrics.column[held.source.metric]
            value[:, at] = metrics.value[facts.organisation, column]
            target[:, at] = metrics.target[facts.organisation, column]
        if "denominate" in held.steps:
            denominator[:, at] = _denominators(facts, metrics, held)
    return Values(panel, metrics, cases, value, target, denominator)


def _metrics_in(indicator: Indicator) -> list[str]:
    named = [indicator.source.metric] if indicator.source.metric else []
    if "denominate" in indicator.steps:
        named.append(str(indicator.steps["denominate"].options["by"]))
    return named


def _denominators(facts: Facts, metrics: Metrics, indicator: Indicator) -> Floats:
    options = indicator.steps["denominate"].options
    found = metrics.value[facts.organisation, metrics.column[str(options["by"])]]
    factor = options.get("factor", 1.0)
    return quantise(found * float(factor))  # type: ignore[arg-type]


def blended(weights: Mapping[str, float], cases: CaseShares, feed: str) -> Floats:
    """Blend the shares of a feed by the indicator's weights; a share without cases steps aside.

    Clause: SPEC C2
    Shapes: returns (organisations,), percent.
    """
    share = cases.share[cases.feeds[feed]]
    total, weight = np.zeros(share.shape[0]), np.zeros(share.shape[0])
    for at, name in enumerate(MEASURES):
        here = ~np.isnan(share[:, at])
        total = total + np.where(here, weights.get(name, 0.0) * share[:, at], 0.0)
        weight = weight + np.where(here, weights.get(name, 0.0), 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return quantise(np.where(weight > 0.0, total / weight, np.nan))


def points_cells(facts: Facts, values: Values) -> Cells:
    """What the first pass of the engine reads: a value counts only with what it is divided by.

    Clause: SPEC A9
    """
    columns: dict[str, Floats] = {}
    value = values.value.copy()
    for at, code in enumerate(facts.indicators):
        indicator = facts.rules.indicators[code]
        if "denominate" in indicator.steps:
            divisor = values.denominator[:, at]
            value[np.isnan(divisor), at] = np.nan
            columns[f"denominator:{code}"] = np.where(np.isnan(divisor), 1.0, divisor)
        if indicator.normalisation.method == "completion":
            aim = values.target[:, at]
            if indicator.normalisation.options.get("target") is None:
                value[np.isnan(aim), at] = np.nan
            columns[f"target:{code}"] = np.where(np.isnan(aim), 1.0, aim)
    return Cells(value, ~facts.not_applicable, facts.card, {GROUP: facts.group}, columns)


def pointed(facts: Facts, values: Values, engine: Engine, statistics: Statistics | None = None) -> Pointed:
    """Points of every indicator.

    Clause: SPEC A9
    ``statistics``: those of the whole, when these seats are a part of it.
    """
    plan, cells = points_plan_of(facts), points_cells(facts, values)
    stages = score(plan, cells, engine, statistics=statistics, rank=False).stages
    if stages is None:
        raise ValueError("the engine was asked for its workings")
    points, state = carried(facts, quantise(stages.points), stages.state)
    return Pointed(facts, values, costs_of(facts), stages.treated, points, state)


def points_plan_of(facts: Facts) -> Plan:
    """The plan of the first pass.

    Clause: SPEC A9
    """
    return points_plan([facts.rules.indicators[code] for code in facts.indicators], facts.cards)


def carried(facts: Facts, points: Floats, state: NDArray[np.uint8]) -> tuple[Floats, NDArray[np.uint8]]:
    """Fill gaps with an earlier cycle's points where the policy says so; refuse where it says fail.

    Clause: SPEC A9
    """
    points, state = points.copy(), state.copy()
    for held in facts.snapshot.previous:
        at = facts.column.get(held.indicator, -1)
        row = facts.row[held.seat]
        if at < 0 or facts.rules.indicators[held.indicator].missing != "carry_forward":
            continue
        if state[row, at] == MISSING:
            points[row, at] = quantise(np.float64(held.points))  # type: ignore[arg-type]
            state[row, at] = CARRIED
    for at, code in enumerate(facts.indicators):
        gaps = np.flatnonzero(state[:, at] == MISSING)
        if gaps.size and facts.rules.indicators[code].missing == "fail":
            raise _incomplete(facts, code, gaps)
    return points, state


def _incomplete(facts: Facts, code: str, gaps: Ints) -> Refused:
    seats = "、".join(facts.seats[int(row)].id for row in gaps[:5])
    return Refused(
        f"指标 {facts.rules.indicators[code].name} 不允许缺失，但有 {gaps.size} 个任职没有数据：{seats}",
        where=code,
        do="请补报数据后重新评分",
        code="scoring.missing",
    )


def score_points(held: Pointed, engine: Engine) -> Scored:
    """From points to parts and totals.

    Clause: SPEC A2, SPEC A5
    """
    facts, rule = held.facts, held.facts.rules.cost
    in_part = np.array([rule is not None and part == rule.part for part in facts.part])
    factor = np.where(in_part[None, :], held.costs.factor[:, None], 1.0)
    scored = quantise(held.points * factor)
    present = ~np.isnan(scored)
    weights = np.where(present, facts.weights, 0.0)
    whole = _ordered_sum(weights)
    adjustment = adjustments_of(facts)
    parts, total = _totals(facts, scored, adjustment, engine)
    with np.errstate(invalid="ignore", divide="ignore"):
        effective = np.where(whole[:, None] > 0.0, 100.0 * weights / whole[:, None], 0.0)
        contribution = quantise(weights * scored / whole[:, None])
    return Scored(
        **_columns(held),
        scored=scored,
        present=present,
        effective=quantise(effective),
        contribution=contribution,
        parts=parts,
        adjustment=adjustment,
        total=total,
    )


def _columns(held: Pointed) -> dict[str, Any]:
    return {field.name: getattr(held, field.name) for field in fields(held)}


def settle(held: Scored, among: RankHistogram) -> Assessment:
    """Rank the seats among all that were counted, and propose grades.

    Clause: SPEC A3
    """
    rules = held.facts.rules
    standing = standing_of(held.total, held.facts.group, rules.comparison.step, among)
    grade = propose_grades(held.total, standing, rules.comparison, rules.grades)
    return Assessment(**_columns(held), rank=standing.rank, of=standing.of, grade=grade)


def _ordered_sum(weights: Floats) -> Floats:
    total = np.zeros(weights.shape[0])
    for at in range(weights.shape[1]):
        total = total + weights[:, at]
    return total


def adjustments_of(facts: Facts) -> Floats:
    """Points added to and taken from each seat, with author, reason and clause on record.

    Clause: SPEC F7
    """
    held: dict[int, list[float]] = {}
    for record in facts.snapshot.adjustments:
        held.setdefault(facts.row[record.seat], []).append(record.points)
    found = np.zeros(len(facts.seats))
    for row, points in held.items():
        found[row] = math.fsum(points)  # exact: the order of the records does not matter
    return quantise(found)


def _totals(facts: Facts, scored: Floats, adjustment: Floats, engine: Engine) -> tuple[Floats, Floats]:
    held = {p: [c for c, q in zip(facts.indicators, facts.part, strict=True) if q == p]
            for p in facts.parts}  # fmt: skip
    plan = total_plan(facts.indicators, held, facts.cards, facts.rules.comparison.step)
    cells = Cells(scored, ~facts.not_applicable, facts.card, {GROUP: facts.group}, {ADJUSTMENT: adjustment})
    result = score(plan, cells, engine, workings=False, rank=False)
    parts = np.stack([result.level(part_node(part)) for part in facts.parts], axis=1)
    return quantise(parts), quantise(result.total)
