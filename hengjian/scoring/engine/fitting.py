"""From statistics to the figures by which each cell is computed: fills, limits, slopes, tables."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hengjian.scoring.engine.elementary import ln
from hengjian.scoring.engine.plan import RANKED, SPREAD, Leaf, Plan, refuse
from hengjian.scoring.engine.statistics import Gathered, Key, Moments, Statistics, Values
from hengjian.scoring.engine.tables import Table, band_table, constant_points, rank_table
from hengjian.scoring.engine.totals import exact_mean, exact_squares, exact_totals, spread_of
from hengjian.scoring.engine.treating import Limits, limits_of, logarithm

Floats = NDArray[np.float64]
Line = tuple[float, float, float]  # points = (value - centre) * slope + intercept
NOTHING: Line = (0.0, math.nan, math.nan)


@dataclass(frozen=True)
class Fitted:
    """How one indicator is computed, group by group.

    Clause: SPEC A9
    Shapes: fill (impute groups,); low, high, shift (treat groups,), shift NaN for no logarithm;
    lines (3, normalise groups): centre, slope, intercept. ``ends`` clip before the logarithm.
    """

    fill: Floats
    low: Floats
    high: Floats
    shift: Floats
    ends: tuple[float, float]
    ln: bool
    lines: Floats
    floor: float
    cap: float
    table: Table | None


def fit(plan: Plan, statistics: Statistics) -> tuple[Fitted, ...]:
    """The figures of every indicator.

    Clause: SPEC A9
    Raises: Refused for an indicator in which nobody differs, naming it and the group.
    """
    return tuple(_fit_leaf(leaf, held) for leaf, held in zip(plan.leaves, statistics, strict=True))


def _fit_leaf(leaf: Leaf, held: Gathered) -> Fitted:
    spec = leaf.normalise
    fill, limits = np.array([leaf.impute.value]), [_declared(leaf)]
    if held.histograms is not None:
        fill = _fills(leaf, held.histograms)
        limits = limits_of(leaf, held.histograms, fill)
    treated = _Treated(leaf, held, fill, limits)
    posts = spec.method == "goalposts"
    low, high, shift = (np.array(part) for part in zip(*limits, strict=True))
    return Fitted(
        fill=fill,
        low=low,
        high=high,
        shift=shift,
        ends=(spec.low, spec.high) if posts else (-math.inf, math.inf),
        ln=spec.ln and spec.method in ("goalposts", "scaled"),
        lines=np.array(treated.lines()).T.reshape(3, -1),
        floor=-math.inf if spec.floor is None else spec.floor,
        cap=math.inf if spec.cap is None else spec.cap,
        table=treated.table(),
    )


def _declared(leaf: Leaf) -> Limits:
    if leaf.treat.method == "limits":
        return leaf.treat.low, leaf.treat.high, math.nan
    if leaf.treat.method == "ln":
        return -math.inf, math.inf, leaf.treat.shift
    return -math.inf, math.inf, math.nan


def _fills(leaf: Leaf, histograms: Mapping[Key, Values]) -> Floats:
    width = 1 + max((key[0] for key in histograms), default=0)
    found = np.full(width, np.nan)
    if leaf.impute.method == "constant":
        found[:] = leaf.impute.value
    if leaf.impute.method in ("none", "constant"):
        return found
    for group in sorted({key[0] for key in histograms}):
        parts = [held for key, held in histograms.items() if key[0] == group]
        pooled = np.sort(np.concatenate([np.repeat(p.values, p.counts) for p in parts]))
        if pooled.size and leaf.impute.method == "mean":
            nobody = np.zeros(pooled.size, dtype=np.int64)
            found[group] = exact_mean(exact_totals(pooled, nobody, 1)[0], pooled.size)
        elif pooled.size:
            found[group] = (pooled[(pooled.size - 1) // 2] + pooled[pooled.size // 2]) / 2
    return found


class _Treated:
    """The treated values of one indicator by group, and what normalisation needs of them."""

    def __init__(self, leaf: Leaf, held: Gathered, fill: Floats, limits: list[Limits]) -> None:
        self.leaf, self.held, self.fill, self.limits = leaf, held, fill, limits
        self.pools = self._pools() if self._of_others() and held.histograms is not None else None

    def _of_others(self) -> bool:
        method = self.leaf.normalise.method
        return method in SPREAD or method in RANKED or method == "zscore"

    def one(self, value: float, key: Key) -> float:
        """One value imputed and treated."""
        if math.isnan(value):
            value = float(self.fill[key[0]]) if key[0] < self.fill.size else math.nan
        if math.isnan(value):
            return value
        low, high, shift = self.limits[key[1]]
        clipped = min(max(value, low), high)
        return clipped if math.isnan(shift) else float(logarithm(self.leaf, np.array([clipped + shift]))[0])

    def _pools(self) -> list[Floats]:
        histograms = self.held.histograms or {}
        width = 1 + max((key[2] for key in histograms), default=0)
        parts: list[list[Floats]] = [[] for _ in range(width)]
        for key in sorted(histograms):
            held = histograms[key]
            low, high, shift = self.limits[key[1]]
            values = np.repeat(held.values, held.counts)
            if not math.isnan(self.fill[key[0]]):
                values = np.concatenate([values, np.full(held.gaps, self.fill[key[0]])])
            values = np.minimum(np.maximum(values, low), high)
            parts[key[2]].append(values if math.isnan(shift) else logarithm(self.leaf, values + shift))
        return [np.sort(np.concatenate(part)) if part else np.empty(0) for part in parts]

    def lines(self) -> list[Line]:
        """Centre, slope and intercept of each group."""
        if not self._of_others():
            return [_fixed_line(self.leaf)]
        moments = self.held.moments or _moments_of(self.pools or [])
        return [self._line(moments, group) for group in range(moments.count.size)]

    def _line(self, moments: Moments, group: int) -> Line:
        count, low, high = (
            int(moments.count[group]),
            float(moments.low[group]),
            float(moments.high[group]),
        )
        if count == 0:
            return NOTHING
        if low == high:
            return 0.0, 0.0, constant_points(self.leaf, group)
        if self.leaf.normalise.method in RANKED:
            return NOTHING
        if self.leaf.normalise.method == "zscore":
            total, square = moments.total[group], moments.square[group]
            slope = self.leaf.direction * self.leaf.normalise.spread / spread_of(total, square, count)
            return exact_mean(total, count), slope, self.leaf.normalise.mean
        return self._line_between(low, high)

    def _line_between(self, low: float, high: float) -> Line:
        spec, up = self.leaf.normalise, self.leaf.direction > 0
        worst, best = spec.scale
        if spec.method == "fraction_of_maximum":
            if high <= 0:
                raise refuse(f"指标 {self.leaf.code} 的最大值不为正", "占最大值之比要求正的最大值", "maximum")
            return 0.0, (best - worst) / high * self.leaf.direction, worst if up else best
        far = {"distance_to_target": spec.target, "distance_to_reference": self._reference()}
        end = far.get(spec.method, high if up else low)
        start = low if up else high
        if not (end > start if up else end < start):
            raise refuse(
                f"指标 {self.leaf.code} 的目标或参照值 {end:g} 不优于最差值 {start:g}",
                "请核对目标或参照单位",
                "target",
            )
        return start, (best - worst) / (end - start), worst

    def _reference(self) -> float:
        if self.leaf.normalise.method != "distance_to_reference":
            return math.nan
        held = self.held.reference
        found = math.nan if held is None else self.one(*held)
        if math.isnan(found):
            raise refuse(f"指标 {self.leaf.code} 没有参照单位的数据", "请给出 reference", "reference")
        return found

    def table(self) -> Table | None:
        """The table of a banded or ranked indicator."""
        spec = self.leaf.normalise
        if spec.method.startswith("band"):
            return band_table(spec)
        if spec.method not in RANKED:
            return None
        return rank_table(self.leaf, self.pools or [])


def _moments_of(pools: list[Floats]) -> Moments:
    count = np.array([pool.size for pool in pools], dtype=np.int64)
    low = np.array([pool[0] if pool.size else math.nan for pool in pools])
    high = np.array([pool[-1] if pool.size else math.nan for pool in pools])
    every = np.concatenate(pools) if pools else np.empty(0)
    group = np.repeat(np.arange(count.size), count)
    if not every.size:
        return Moments(count, low, high, (0,) * count.size, (0,) * count.size)
    totals = exact_totals(every, group, count.size)
    return Moments(count, low, high, totals, exact_squares(every, group, count.size))


def _fixed_line(leaf: Leaf) -> Line:
    spec, up = leaf.normalise, leaf.direction > 0
    worst, best = spec.scale
    if spec.method == "identity":
        return (0.0, 1.0, 0.0) if up else (0.0, -1.0, worst + best)
    if spec.method in ("scaled", "goalposts"):
        ends = ln(np.array([spec.low, spec.high])) if spec.ln else np.array([spec.low, spec.high])
        start, end = (float(ends[0]), float(ends[1])) if up else (float(ends[1]), float(ends[0]))
        return start, (best - worst) / (end - start), worst
    if spec.method == "completion":
        target = 1.0 if spec.target_column else spec.target
        return (
            0.0,
            leaf.direction * (best - worst) / target,
            worst if up else worst + 2 * (best - worst),
        )
    return NOTHING
