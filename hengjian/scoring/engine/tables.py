"""Tables from values to points: declared bands, and ranks found in the data."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hengjian.scoring.engine.plan import Leaf, Normalise, refuse

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Table:
    """Knots in rising order with their points, group after group.

    Clause: SPEC A9
    Shapes: starts (groups + 1,); knots, points (all knots,). ``linear`` joins the knots by lines;
    otherwise a value takes the points of the last knot that is not above it.
    """

    starts: Ints
    knots: Floats
    points: Floats
    linear: bool


def band_table(spec: Normalise) -> Table:
    """The declared bands.

    Clause: SPEC A9
    """
    knots = np.array([value for value, _ in spec.bands], dtype=np.float64)
    points = np.array([point for _, point in spec.bands], dtype=np.float64)
    return Table(np.array([0, knots.size]), knots, points, spec.method == "band_linear")


def rank_table(leaf: Leaf, pools: list[Floats]) -> Table:
    """Points by rank among the values of each group; equal values share the lower rank.

    Clause: SPEC A9
    Shapes: pools, a sorted array for each group.
    """
    found = [_rank_points(leaf, group, pool) for group, pool in enumerate(pools)]
    sizes = [knots.size for knots, _ in found]
    starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    if not found:
        return Table(np.zeros(1, dtype=np.int64), np.empty(0), np.empty(0), linear=False)
    knots, points = (np.concatenate(part) for part in zip(*found, strict=True))
    return Table(starts, knots, points, linear=False)


def _rank_points(leaf: Leaf, group: int, pool: Floats) -> tuple[Floats, Floats]:
    knots, counts = np.unique(pool, return_counts=True)
    if knots.size == 0:
        return knots, knots
    if knots.size == 1:
        return np.array([-math.inf]), np.array([constant_points(leaf, group)])
    lower = (np.cumsum(counts) - counts).astype(np.float64)
    worse = lower if leaf.direction > 0 else pool.size - lower - counts
    plus = 1.0 if leaf.normalise.method == "rank" else 0.0
    if leaf.normalise.raw and leaf.normalise.method != "percentile_rank":
        return knots, worse + plus
    share = (worse + plus) / (pool.size - 1.0 + plus)
    worst, best = leaf.normalise.scale
    return knots, share * (best - worst) + worst


def constant_points(leaf: Leaf, group: int) -> float:
    """The declared neutral points of an indicator in which nobody differs.

    Clause: SPEC A9
    Raises: Refused when none is declared, naming the indicator and the group.
    """
    if leaf.constant is not None:
        return leaf.constant
    within = leaf.normalise.within
    place = f"分组 {within} 的第 {group} 组" if within else "全部单位"
    raise refuse(
        f"指标 {leaf.code} 在{place}中没有差异，不能归一化",
        "请在制度中为它写明中性分（constant），或改用其他归一化方法",
        "constant",
    )


def look_up(table: Table, group: Ints, values: Floats) -> Floats:
    """Points of the values, each in the table of its group.

    Clause: SPEC A9
    Shapes: group, values (n,); NaN stays NaN.
    """
    found = np.full(values.shape, np.nan)
    single = table.starts.size == 2
    for at in range(table.starts.size - 1):
        rows = np.flatnonzero(~np.isnan(values) if single else ((group == at) & ~np.isnan(values)))
        knots = table.knots[table.starts[at] : table.starts[at + 1]]
        points = table.points[table.starts[at] : table.starts[at + 1]]
        if not (rows.size and knots.size):
            continue
        place = np.searchsorted(knots, values[rows], side="right") - 1
        found[rows] = _between(table.linear, knots, points, place, values[rows])
    return found


def _between(linear: bool, knots: Floats, points: Floats, place: Ints, values: Floats) -> Floats:
    if not linear:
        return points[np.maximum(place, 0)]
    left = np.minimum(np.maximum(place, 0), knots.size - 2)
    inside = np.minimum(np.maximum(values, knots[0]), knots[-1])
    share = (inside - knots[left]) / (knots[left + 1] - knots[left])
    found: Floats = points[left] + share * (points[left + 1] - points[left])
    return found
