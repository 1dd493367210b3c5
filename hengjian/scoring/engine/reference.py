"""The reference engine: NumPy, column by column in the plan's order, without BLAS: the judge."""

import numpy as np
from numpy.typing import NDArray

from hengjian.scoring.engine.averaging import average, effective_weights
from hengjian.scoring.engine.cells import IMPUTED, MISSING, NEUTRAL, Cells, Stages
from hengjian.scoring.engine.fitting import Fitted
from hengjian.scoring.engine.observing import observed, refuse_gaps
from hengjian.scoring.engine.plan import Leaf, Plan
from hengjian.scoring.engine.tables import look_up
from hengjian.scoring.engine.treating import logarithm

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
States = NDArray[np.uint8]
Columns = tuple[Floats, Floats, Floats, Floats, Floats]  # the five stages of one indicator


def by_group(figures: Floats, group: Ints) -> Floats:
    """The figure of each unit's group; one figure serves everybody; an unseen group has NaN.

    Clause: SPEC A3
    """
    if figures.size == 1:
        return figures
    more = int(group.max()) + 1 - figures.size if group.size else 0
    if more > 0:
        figures = np.concatenate([figures, np.full(more, np.nan)])
    return figures[group]


def leaf_stages(plan: Plan, cells: Cells, fitted: Fitted, at: int) -> tuple[Columns, States]:
    """All stages of one indicator.

    Clause: SPEC A9
    Returns: denominated, imputed, treated, normalised, points, each (n,), and the states (n,).
    Raises: Refused for gaps under ``fail`` and for logarithms of values that are not positive.
    """
    leaf = plan.leaves[at]
    first, state = observed(plan, cells, at)
    imputed = first
    if leaf.impute.method != "none":
        fill = by_group(fitted.fill, cells.group(leaf.impute.within))
        imputed = np.where(state == MISSING, fill, first)
        state[(state == MISSING) & ~np.isnan(imputed)] = IMPUTED
    treated = _treated(leaf, cells, fitted, imputed)
    normalised = _normalised(leaf, cells, fitted, treated)
    gaps = np.isnan(normalised)
    if bool(gaps.any()):
        state[gaps & (state < NEUTRAL)] = MISSING
    refuse_gaps(leaf, state)
    points = normalised
    if leaf.missing == "neutral" and leaf.neutral is not None:
        points = np.where(state == MISSING, leaf.neutral, points)
        state[state == MISSING] = NEUTRAL
    if leaf.factor:
        points = points * cells.column(leaf.factor)
    return (first, imputed, treated, normalised, points), state


def _treated(leaf: Leaf, cells: Cells, fitted: Fitted, values: Floats) -> Floats:
    if leaf.treat.method == "none":
        return values
    group = cells.group(leaf.treat.within)
    clipped = np.maximum(values, by_group(fitted.low, group))
    clipped = np.minimum(clipped, by_group(fitted.high, group))
    shift = by_group(fitted.shift, group)
    if bool(np.all(np.isnan(shift))):
        return clipped
    logs = logarithm(leaf, np.where(np.isnan(shift), 1.0, clipped + shift))
    return np.where(np.isnan(shift), clipped, logs)


def _normalised(leaf: Leaf, cells: Cells, fitted: Fitted, values: Floats) -> Floats:
    spec = leaf.normalise
    group = cells.group(spec.within)
    if fitted.table is not None:
        points = look_up(fitted.table, group, values)
    else:
        points = _on_line(leaf, cells, fitted, group, values)
    if fitted.floor > -np.inf:
        points = np.maximum(points, fitted.floor)
    return np.minimum(points, fitted.cap) if fitted.cap < np.inf else points


def _on_line(leaf: Leaf, cells: Cells, fitted: Fitted, group: Ints, values: Floats) -> Floats:
    spec = leaf.normalise
    if spec.target_column:
        values = values / cells.column(spec.target_column)
    if spec.method == "goalposts":
        values = np.minimum(np.maximum(values, fitted.ends[0]), fitted.ends[1])
    if fitted.ln:
        values = logarithm(leaf, values)
    centre, slope, intercept = (by_group(line, group) for line in fitted.lines)
    return (values - centre) * slope + intercept


def levels_of(plan: Plan, cells: Cells, points: list[Floats]) -> Floats:
    """The values of every node, bottom up.

    Clause: SPEC A9
    Shapes: points, one (n,) a leaf; returns (n, nodes).
    """
    held = list(points)
    card = cells.card if plan.cards is not None else None
    applies: list[NDArray[np.bool_]] | None = None
    if any(node.minimum > 0.0 for node in plan.nodes):
        applies = [_applies(cells, at) for at in range(len(plan.leaves))]
    for node, weights in zip(plan.nodes, plan.weights, strict=True):
        places = [plan.places[child] for child in node.children]
        rows = [
            weights[card, at] if card is not None and weights.shape[0] > 1 else weights[0, at]
            for at in range(len(places))
        ]
        inner = None if applies is None else [applies[place] for place in places]
        group = cells.group(node.within)
        level = average(node, [held[place] for place in places], rows, inner, group)
        held.append(level + cells.column(node.adjust) if node.adjust else level)
        if applies is not None and inner is not None:
            applies.append(np.logical_or.reduce(inner))
    return np.array(held[len(plan.leaves) :]).T


def _applies(cells: Cells, at: int) -> NDArray[np.bool_]:
    if cells.applicable is None:
        return np.ones(cells.count, dtype=np.bool_)
    return cells.applicable[:, at]


BLOCK = 8192  # units at a time when no workings are kept: the columns stay in the cache


def run_reference(
    plan: Plan, cells: Cells, fitted: tuple[Fitted, ...], *, workings: bool
) -> tuple[Floats, Stages | None]:
    """Score by the reference.

    Clause: SPEC A9
    Returns: levels (n, nodes) and the stages when asked for.
    """
    if workings:
        return _with_workings(plan, cells, fitted)
    pairwise = any(node.mean == "copeland" for node in plan.nodes)
    size = max(cells.count, 1) if pairwise else BLOCK
    levels = np.empty((len(plan.nodes), cells.count))
    for start in range(0, cells.count, size):
        part = cells.rows(slice(start, start + size))
        points = [leaf_stages(plan, part, held, at)[0][-1] for at, held in enumerate(fitted)]
        levels[:, start : start + size] = levels_of(plan, part, points).T
    return levels.T, None


def _with_workings(plan: Plan, cells: Cells, fitted: tuple[Fitted, ...]) -> tuple[Floats, Stages | None]:
    kept: list[Columns] = []
    states: list[States] = []
    for at, figures in enumerate(fitted):
        columns, state = leaf_stages(plan, cells, figures, at)
        kept.append(columns)
        states.append(state)
    levels = levels_of(plan, cells, [columns[-1] for columns in kept])
    state = np.column_stack(states)
    arrays = [np.column_stack(stage) for stage in zip(*kept, strict=True)]
    weights = effective_weights(plan, cells, state, levels)
    return levels, Stages(
        arrays[0], arrays[1], arrays[2], arrays[3], arrays[4], state=state, effective=weights
    )
