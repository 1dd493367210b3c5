"""How points come from a value, said in words and with the figures that they need."""

from collections.abc import Callable, Mapping
from typing import Any

from hengjian.policy.model import Indicator, Normalisation
from hengjian.scoring.ranges import Pool

Inputs = dict[str, float | str | None]
Extra = Callable[[Pool, Indicator], Inputs]

WORDS: Mapping[str, str] = {
    "identity": "取原值",
    "completion": "完成率 = 数值 ÷ 目标，按满分折算",
    "minmax": "（数值 − 最差值）÷（最好值 − 最差值），按满分折算",
    "scaled": "按制度规定的两端折算",
    "goalposts": "限于制度规定的两端之间，再按两端折算",
    "zscore": "（数值 − 均值）÷ 标准差 × 规定离差 + 规定均值",
    "percentile_rank": "不如本数值的个数 ÷（总数 − 1），按满分折算",
    "rank": "不如本数值的个数加一 ÷ 总数，按满分折算",
    "borda": "不如本数值的个数 ÷（总数 − 1），按满分折算",
    "distance_to_target": "距最差值的距离 ÷（目标 − 最差值），按满分折算",
    "distance_to_maximum": "距最差值的距离 ÷（最好值 − 最差值），按满分折算",
    "distance_to_reference": "距最差值的距离 ÷（参照值 − 最差值），按满分折算",
    "fraction_of_maximum": "数值 ÷ 最大值，按满分折算",
    "band_steps": "按分档表取分",
    "band_linear": "按分档表在两档之间取直线",
}
WITHIN = "（在可比组内）"
CONSTANT = "可比组内没有差异，取制度规定的中性分"
GIVEN = ("low", "high", "target", "mean", "spread", "floor", "cap")


def rule_text(rule: Normalisation, direction: int) -> str:
    """The rule of a normalisation in Chinese.

    Clause: SPEC A9
    """
    within = WITHIN if rule.within_group else ""
    better = "" if direction > 0 else "；越少越好"
    bounds = "".join(
        f"；{word} {rule.options[key]:g} 分"
        for key, word in (("floor", "最低"), ("cap", "最高"))
        if rule.options.get(key) is not None
    )
    log = "；先取自然对数" if rule.options.get("ln") else ""
    return f"{WORDS[rule.method]}{within}{better}{log}{bounds}"


def inputs_of(indicator: Indicator, value: float, target: float, pool: Pool | None) -> Inputs:
    """The figures by which the points of one value can be redone.

    Clause: SPEC A9
    """
    rule = indicator.normalisation
    worst, best = _scale(rule)
    found: Inputs = {"method": rule.method, "value": value, "direction": float(indicator.direction)}
    found |= {"worst": worst, "best": best}
    found |= {key: float(rule.options[key]) for key in GIVEN if rule.options.get(key) is not None}  # type: ignore[arg-type]
    if rule.options.get("ln"):
        found["ln"] = 1.0
    if rule.method == "completion" and "target" not in found:
        found["target"] = target
    if rule.options.get("bands"):
        found["bands"] = _bands(rule.options["bands"])
    if pool is not None:
        found |= _of_others(rule, indicator.direction, value, pool)
    return found


def _scale(rule: Normalisation) -> tuple[float, float]:
    scale: Any = rule.options.get("scale", (0.0, 100.0))
    return float(scale[0]), float(scale[1])


def _bands(bands: Any) -> str:
    return "；".join(f"{float(value)!r}:{float(points)!r}" for value, points in bands)


def _of_others(rule: Normalisation, direction: int, value: float, pool: Pool) -> Inputs:
    low, high = pool.values[0], pool.values[-1]
    if low == high and rule.method in OTHERS:
        return {"constant": float(rule.options["constant"])}  # type: ignore[arg-type]
    if rule.method in RANKS:
        return {"below": float(pool.worse(value, direction)), "count": float(len(pool.values))}
    if rule.method == "zscore":
        wanted = {"mean": 50.0, "spread": 10.0} | dict(rule.options)
        return {
            "group_mean": pool.mean,
            "group_spread": pool.spread,
            "mean": float(wanted["mean"]),  # type: ignore[arg-type]
            "spread": float(wanted["spread"]),  # type: ignore[arg-type]
        }
    return {"lowest": low, "highest": high} if rule.method in ENDS else {}


RANKS = frozenset({"percentile_rank", "rank", "borda"})
ENDS = frozenset({"minmax", "distance_to_maximum", "distance_to_target", "fraction_of_maximum"})
OTHERS = RANKS | ENDS | {"zscore", "distance_to_reference"}
