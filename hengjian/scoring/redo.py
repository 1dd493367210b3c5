"""Redo one step of the workings from what it shows: plain arithmetic, without the engine.

This is the reader's pocket calculator. It shares no code with the columns from which a sheet is
made, so that the two can check each other.
"""

import math
from bisect import bisect_right
from collections.abc import Callable, Mapping

from hengjian.scoring.sheet import Working
from hengjian.terms.numbers import quantise_one

Inputs = Mapping[str, float | str | None]
FULL = frozenset({"indicator.treated"})


def redo(step: Working) -> float | None:
    """The result of a step, computed anew from its inputs by its stated rule.

    Clause: SPEC F3
    Returns: the figure, quantised as the sheet's are; None where the step has no result.
    """
    found = RULES[step.key](step.inputs)
    if found is None or found != found:  # noqa: PLR0124 (NaN)
        return None
    return found if step.key in FULL else quantise_one(found)


def _number(inputs: Inputs, key: str, default: float = 0.0) -> float:
    held = inputs.get(key)
    return default if held is None else float(held)


def _pairs(inputs: Inputs, first: str, second: str) -> list[tuple[float, float]]:
    """Figures that belong together by the name after the dot, in the order in which they stand."""
    names = [key.partition(".")[2] for key in inputs if key.startswith(f"{first}.")]
    return [(_number(inputs, f"{first}.{name}"), _number(inputs, f"{second}.{name}")) for name in names]


def _mean(pairs: list[tuple[float, float]]) -> float | None:
    total = weight = 0.0
    for w, value in pairs:
        total += w * value
        weight += w
    return total / weight if weight > 0.0 else None


def _total(inputs: Inputs) -> float | None:
    mean = _mean(_pairs(inputs, "weight", "scored"))
    return None if mean is None else mean + _number(inputs, "adjustment")


def _part(inputs: Inputs) -> float | None:
    return _mean(_pairs(inputs, "weight", "scored"))


def _line(inputs: Inputs) -> float | None:
    points = inputs["points"]
    return None if points is None else float(points) * _number(inputs, "factor", 1.0)


def _same(name: str) -> Callable[[Inputs], float | None]:
    def rule(inputs: Inputs) -> float | None:
        held = inputs.get(name)
        return None if held is None else float(held)

    return rule


def _treated(inputs: Inputs) -> float | None:
    if inputs.get("value") is None:
        return _number(inputs, "imputed", math.nan)
    found = _number(inputs, "value") / _number(inputs, "denominator", 1.0)
    found = min(max(found, _number(inputs, "low", -math.inf)), _number(inputs, "high", math.inf))
    return math.log(found + _number(inputs, "shift")) if "shift" in inputs else found


def _points(inputs: Inputs) -> float:
    points = _number(inputs, "constant") if "constant" in inputs else METHODS[str(inputs["method"])](inputs)
    low, high = _number(inputs, "floor", -math.inf), _number(inputs, "cap", math.inf)
    return min(max(points, low), high)


def _value(inputs: Inputs) -> tuple[float, float, float, bool]:
    up = _number(inputs, "direction", 1.0) > 0
    return _number(inputs, "value"), _number(inputs, "worst"), _number(inputs, "best", 100.0), up


def _identity(inputs: Inputs) -> float:
    value, worst, best, up = _value(inputs)
    return value if up else worst + best - value


def _completion(inputs: Inputs) -> float:
    value, worst, best, up = _value(inputs)
    share = value / _number(inputs, "target")
    return worst + (best - worst) * (share if up else 2.0 - share)


def _between(inputs: Inputs, low: float, high: float) -> float:
    value, worst, best, up = _value(inputs)
    start, end = (low, high) if up else (high, low)
    return worst + (value - start) * (best - worst) / (end - start)


def _minmax(inputs: Inputs) -> float:
    return _between(inputs, _number(inputs, "lowest"), _number(inputs, "highest"))


def _to_target(inputs: Inputs) -> float:
    value, worst, best, up = _value(inputs)
    start = _number(inputs, "lowest" if up else "highest")
    return worst + (value - start) * (best - worst) / (_number(inputs, "target") - start)


def _posts(inputs: Inputs) -> float:
    low, high = _number(inputs, "low"), _number(inputs, "high")
    value = _number(inputs, "value")
    if inputs["method"] == "goalposts":
        value = min(max(value, low), high)
    if inputs.get("ln"):
        value, low, high = math.log(value), math.log(low), math.log(high)
    return _between({**inputs, "value": value}, low, high)


def _zscore(inputs: Inputs) -> float:
    value, _, _, up = _value(inputs)
    score = (value - _number(inputs, "group_mean")) / _number(inputs, "group_spread")
    return _number(inputs, "mean") + _number(inputs, "spread") * (score if up else -score)


def _ranked(inputs: Inputs) -> float:
    _, worst, best, _ = _value(inputs)
    plus = 1.0 if inputs["method"] == "rank" else 0.0
    share = (_number(inputs, "below") + plus) / (_number(inputs, "count") - 1.0 + plus)
    return worst + share * (best - worst)


def _fraction(inputs: Inputs) -> float:
    value, worst, best, up = _value(inputs)
    share = value / _number(inputs, "highest") * (best - worst)
    return worst + share if up else best - share


def _banded(inputs: Inputs) -> float:
    pairs = [tuple(float(v) for v in text.split(":")) for text in str(inputs["bands"]).split("；")]
    values, points = [p[0] for p in pairs], [p[1] for p in pairs]
    value = _number(inputs, "value")
    at = bisect_right(values, value) - 1
    if inputs["method"] == "band_steps":
        return points[max(at, 0)]
    left = min(max(at, 0), len(values) - 2)
    inside = min(max(value, values[0]), values[-1])
    share = (inside - values[left]) / (values[left + 1] - values[left])
    return points[left] + share * (points[left + 1] - points[left])


METHODS: Mapping[str, Callable[[Inputs], float]] = {
    "identity": _identity,
    "completion": _completion,
    "minmax": _minmax,
    "distance_to_maximum": _minmax,
    "distance_to_target": _to_target,
    "scaled": _posts,
    "goalposts": _posts,
    "zscore": _zscore,
    "percentile_rank": _ranked,
    "rank": _ranked,
    "borda": _ranked,
    "fraction_of_maximum": _fraction,
    "band_steps": _banded,
    "band_linear": _banded,
}


def _group(inputs: Inputs) -> float | None:
    mean = _mean(_pairs(inputs, "weight", "mean"))
    if mean is None or inputs.get("counts") == "no":
        return None
    mean = quantise_one(mean)
    if _number(inputs, "leniency"):
        mean = quantise_one(min(max(mean - _number(inputs, "leniency"), 0.0), 100.0))
    if "prior" not in inputs:
        return mean
    share = _number(inputs, "count") / (_number(inputs, "count") + _number(inputs, "strength"))
    return share * mean + (1.0 - share) * _number(inputs, "prior")


def marks_in(inputs: Inputs) -> list[float]:
    """The marks that a stratum's step shows, on 0-100, in rising order.

    Clause: NORMS X5
    """
    found: list[float] = []
    for key, held in inputs.items():
        if key.startswith("marks."):
            low, high = (float(end) for end in str(inputs[f"scale.{key[6:]}"]).split("–"))
            for text in str(held).split("；"):
                mark, _, times = text.partition("×")
                found += [(float(mark) - low) / (high - low) * 100.0] * int(times)
    return sorted(found)


def _stratum(inputs: Inputs) -> float | None:
    marks = marks_in(inputs)
    n, cut = float(len(marks)), _number(inputs, "trim") / 100.0 * len(marks)
    kept = [min(max(min(at + 1.0, n - cut) - max(float(at), cut), 0.0), 1.0) for at in range(len(marks))]
    return _mean(list(zip(kept, marks, strict=True)))


def _calibration(inputs: Inputs) -> float:
    bound = _number(inputs, "bound")
    return min(max(_number(inputs, "leniency"), -bound), bound)


def _cases(inputs: Inputs) -> float | None:
    return _mean(_pairs(inputs, "weight", "share"))


def _share(inputs: Inputs) -> float | None:
    counted = _number(inputs, "counted")
    return 100.0 * _number(inputs, "yes") / counted if counted else None


def _cost(inputs: Inputs) -> float | None:
    mean = _mean(_pairs(inputs, "weight", "factor"))
    return 1.0 if mean is None else mean


def _project(inputs: Inputs) -> float:
    base = max(_number(inputs, "debt_cap"), _number(inputs, "opening", -math.inf))
    excess = quantise_one(max(0.0, _number(inputs, "debt_ratio") - base))
    return max(0.0, 1.0 - _number(inputs, "penalty") * excess)


def _panel(inputs: Inputs) -> float | None:
    value = _mean(_pairs(inputs, "weight", "mark"))
    for most, mark in _pairs(inputs, "outside", "mark"):
        if value is not None:
            value = min(max(quantise_one(value) + most * (mark - 50.0) / 50.0, 0.0), 100.0)
    return value


def _above(inputs: Inputs) -> float:
    return _number(inputs, "better") + 1.0


def _rank(inputs: Inputs) -> float | None:
    return None if inputs["total"] is None else _above(inputs)


RULES: Mapping[str, Callable[[Inputs], float | None]] = {
    "seat.total": _total,
    "seat.part": _part,
    "seat.adjustment": _same("points"),
    "seat.rank": _rank,
    "line.points": _line,
    "indicator.points": _points,
    "indicator.neutral": _same("neutral"),
    "indicator.carried": _same("points"),
    "indicator.missing": lambda _inputs: None,
    "indicator.treated": _treated,
    "panel.value": _panel,
    "panel.group": _group,
    "panel.stratum": _stratum,
    "panel.calibration": _calibration,
    "metric.value": _same("value"),
    "cases.value": _cases,
    "cases.share": _share,
    "cost.factor": _cost,
    "cost.project": _project,
    "cost.alike": _above,
}
