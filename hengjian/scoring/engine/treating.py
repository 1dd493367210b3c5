"""Treatment of outliers: winsorising by skewness and kurtosis, then a logarithm if that fails."""

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from hengjian.scoring.engine.elementary import ln
from hengjian.scoring.engine.plan import Leaf, Treat, refuse
from hengjian.scoring.engine.statistics import Key, Values

Floats = NDArray[np.float64]
Limits = tuple[float, float, float]  # lower limit, upper limit, shift of the logarithm or NaN
NONE: Limits = (-math.inf, math.inf, math.nan)


def skewness(values: Floats) -> float:
    """Sample-adjusted skewness; 0 for fewer than three or for equal values.

    Clause: SPEC A9
    Source: Joanes and Gill (1998), G1.
    """
    n = values.size
    m2, m3, _ = _central(values)
    if n < 3 or m2 == 0.0:
        return 0.0
    return math.sqrt(n * (n - 1.0)) / (n - 2.0) * (m3 / (m2 * math.sqrt(m2)))


def kurtosis(values: Floats) -> float:
    """Sample-adjusted excess kurtosis; 0 for fewer than four or for equal values.

    Clause: SPEC A9
    Source: Joanes and Gill (1998), G2.
    """
    n = values.size
    m2, _, m4 = _central(values)
    if n < 4 or m2 == 0.0:
        return 0.0
    return (n - 1.0) / ((n - 2.0) * (n - 3.0)) * ((n + 1.0) * (m4 / (m2 * m2) - 3.0) + 6.0)


def _central(values: Floats) -> tuple[float, float, float]:
    n = values.size
    if n == 0:
        return 0.0, 0.0, 0.0
    away = values - math.fsum(values.tolist()) / n
    square = away * away
    sums = (square, square * away, square * square)
    m2, m3, m4 = (math.fsum(part.tolist()) / n for part in sums)
    return m2, m3, m4


def winsor_limits(values: Floats, spec: Treat) -> Limits:
    """Where to clip a sorted sample, and the logarithm's shift when clipping was not enough.

    Clause: SPEC A9
    Shapes: values (n,) in rising order.
    """
    if values.size < 4 or values[0] == values[-1]:
        return NONE
    low = high = 0
    drawn = values
    while _outlying(drawn, spec) and low + high < min(spec.points, values.size - 2):
        if skewness(drawn) > 0:
            high += 1
        else:
            low += 1
        drawn = np.minimum(np.maximum(values, values[low]), values[values.size - 1 - high])
    if spec.then_ln and _outlying(drawn, spec):
        return -math.inf, math.inf, float((values[-1] - values[0]) * 0.01 - values[0])
    lower = float(values[low]) if low else -math.inf
    upper = float(values[values.size - 1 - high]) if high else math.inf
    return lower, upper, math.nan


def _outlying(values: Floats, spec: Treat) -> bool:
    return abs(skewness(values)) > spec.skew and kurtosis(values) > spec.kurtosis


def logarithm(leaf: Leaf, values: Floats) -> Floats:
    """The natural logarithm of an indicator's values.

    Clause: SPEC A9
    Raises: Refused for a value that is not positive.
    """
    if bool(np.any(values <= 0.0)):
        raise refuse(f"指标 {leaf.code} 有不大于零的值，不能取对数", "请设 shift 或改用其他方法", "logarithm")
    return ln(values)


def limits_of(leaf: Leaf, histograms: Mapping[Key, Values], fill: Floats) -> list[Limits]:
    """The limits of each group in which the indicator is treated.

    Clause: SPEC A9
    """
    width = 1 + max((key[1] for key in histograms), default=0)
    treat = leaf.treat
    if treat.method != "winsorise":
        fixed = {
            "limits": (treat.low, treat.high, math.nan),
            "ln": (-math.inf, math.inf, treat.shift),
        }
        return [fixed.get(treat.method, NONE)] * width
    pools: list[list[Floats]] = [[] for _ in range(width)]
    for key in sorted(histograms):
        held = histograms[key]
        pools[key[1]].append(np.repeat(held.values, held.counts))
        if held.gaps and not math.isnan(fill[key[0]]):
            pools[key[1]].append(np.full(held.gaps, fill[key[0]]))
    return [winsor_limits(np.sort(np.concatenate(p)), treat) if p else NONE for p in pools]
