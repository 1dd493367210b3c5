"""Means of the children that are present, in the children's order; weights renormalised."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hengjian.scoring.engine.cells import MISSING, Cells
from hengjian.scoring.engine.copeland import copeland
from hengjian.scoring.engine.elementary import exp, ln
from hengjian.scoring.engine.plan import Node, Plan, refuse

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Weight = Any  # a float64, or (n,) float64 when units have cards


def power_of(node: Node) -> float:
    """The exponent of a node's mean: 1 arithmetic, 0 geometric, -1 harmonic.

    Clause: SPEC A9
    """
    return {"arithmetic": 1.0, "geometric": 0.0, "harmonic": -1.0}.get(node.mean, node.power)


@np.errstate(divide="ignore", invalid="ignore", over="ignore")
def average(
    node: Node,
    children: list[Floats],
    weights: list[Weight],
    applies: list[Bools] | None,
    group: NDArray[np.int64],
) -> Floats:
    """The mean of a node for every unit; NaN when nothing, or too little, is present.

    Clause: SPEC A9
    Shapes: children, a (n,) each; weights, a float or (n,) each; applies, a (n,) each.
    Raises: Refused for negative values under a mean that has no meaning for them.
    """
    power = power_of(node)
    total, weight, whole = (np.zeros(children[0].shape) for _ in range(3))
    for at, values in enumerate(children):
        if applies is not None:
            whole = whole + np.where(applies[at], weights[at], 0.0)
        present = ~np.isnan(values) & (weights[at] > 0.0)
        part = weights[at] * (1.0 if node.mean == "copeland" else _raised(node, power, values, present))
        if bool(present.all()):  # the same sums without the masks
            weight += weights[at]
            total += part
        else:
            weight += np.where(present, weights[at], 0.0)
            total += np.where(present, part, 0.0)
    if node.mean == "copeland":
        level = copeland(children, weights, group)
    else:
        level = _lowered(power, total / np.where(weight > 0.0, weight, np.nan))
    if node.minimum > 0.0 and applies is not None:
        level = np.where(weight >= node.minimum * whole, level, np.nan)
    return np.where(weight > 0.0, level, np.nan)


def _raised(node: Node, power: float, values: Floats, present: Bools) -> Floats:
    if power == 1.0:
        return values
    if bool(np.any((values < 0.0) & present)):
        raise negative(node)
    if power == 0.0:
        return ln(values)
    if power == -1.0:
        return 1.0 / values
    return exp(power * ln(values))


def negative(node: Node) -> Exception:
    """The refusal of a mean over negative values.

    Clause: SPEC A9
    """
    return refuse(
        f"节点 {node.code} 的下级有负分，不能取{node.mean}平均",
        "请给归一化设下限 0，或改用算术平均",
        "negative",
    )


def _lowered(power: float, mean: Floats) -> Floats:
    if power == 1.0:
        return mean
    if power == 0.0:
        return exp(mean)
    if power == -1.0:
        return 1.0 / mean
    return exp(ln(mean) / power)


def effective_weights(plan: Plan, cells: Cells, state: NDArray[np.uint8], levels: Floats) -> Floats:
    """The share of the total that each indicator really had, unit by unit.

    Clause: SPEC A9, SPEC B1
    Shapes: state (n, leaves), levels (n, nodes); returns (n, leaves), rows that sum to 1, or to 0
    for a unit without a total.
    """
    leaves = len(plan.leaves)
    present = np.column_stack([state < MISSING, ~np.isnan(levels)])
    share = np.zeros(present.shape)
    share[:, -1] = ~np.isnan(levels[:, -1])
    for at in range(len(plan.nodes) - 1, -1, -1):
        places = [plan.places[child] for child in plan.nodes[at].children]
        weights = plan.weights[at]
        row = weights[cells.card] if cells.card is not None and weights.shape[0] > 1 else weights[0]
        held = np.where(present[:, places], row, 0.0)
        whole = np.zeros(cells.count)
        for column in range(len(places)):
            whole = whole + held[:, column]
        part = held / np.where(whole > 0.0, whole, 1.0)[:, None]
        share[:, places] += part * share[:, [leaves + at]]
    return share[:, :leaves]
