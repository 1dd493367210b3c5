"""How the values of a policy are written out in official Chinese."""

from collections.abc import Mapping

from hengjian.policy.model import Indicator, Normalisation, Parameter
from hengjian.policy.policy import ANY, Policy

DIGITS = "零一二三四五六七八九"
FREQUENCIES = {"month": "每月", "quarter": "每季度", "half_year": "每半年", "year": "每年", "event": "随事件"}
MISSING = {
    "reweight": "剔除该项，权重按比例分摊，并在成绩单上注明",
    "carry_forward": "沿用上一周期得分，并在成绩单上注明",
    "fail": "不予计分，补报后再考核",
    "neutral": "按中性分 {neutral} 分计，并在成绩单上注明",
}
METHODS = {
    "identity": "百分制数值直接计分",
    "completion": "按完成目标的程度计分",
    "minmax": "按最高值、最低值线性计分",
    "scaled": "按 {low} 至 {high} 线性折算",
    "goalposts": "按门柱值 {low} 至 {high} 折算",
    "zscore": "按标准分计分",
    "percentile_rank": "按百分位计分",
    "rank": "按名次计分",
    "borda": "按博尔达计数计分",
    "distance_to_target": "按与目标的距离计分",
    "distance_to_maximum": "按与最高值的距离计分",
    "distance_to_reference": "按与参照值的距离计分",
    "fraction_of_maximum": "按占最高值的比例计分",
    "band_steps": "按分档表计分",
    "band_linear": "按分档表并在档内线性插值计分",
}
KINDS = {"panel": "评价主体评分", "metric": "统计核定数据", "cases": "诉求事项办理数据"}
MEASURES = {
    "on_time": "按期办结率",
    "closed": "办结率",
    "not_reopened": "未重复反映率",
    "satisfied": "满意率",
}
CHOICES = {
    "zone": "区域指标", "base": "基础指标", "post": "岗位指标", "task": "任务", "demerit": "失分",
    "month": "月", "year": "年", "incompetent": "不称职",
}  # fmt: skip
WORDY = {"选项", "文字", "列表"}
FIELDS = {"zone": "功能区", "level": "层级", "category": "岗位类别", "county": "县区", "organisation": "单位"}


def figure(value: float) -> str:
    """A number without needless zeros.

    Clause: SPEC A7
    """
    return f"{value:.10g}"


def numeral(number: int) -> str:
    """A Chinese numeral from 1 to 999, as articles are counted.

    Clause: SPEC E1
    """
    hundreds, rest = divmod(number, 100)
    tens, ones = divmod(rest, 10)
    text = f"{DIGITS[hundreds]}百" if hundreds else ""
    if tens:
        text += ("" if tens == 1 and not hundreds else DIGITS[tens]) + "十"
    elif hundreds and ones:
        text += "零"
    return text + (DIGITS[ones] if ones else "")


def value_of(parameter: Parameter, policy: Policy) -> str:
    """A parameter's value with its unit.

    Clause: SPEC A7
    """
    value = parameter.value
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, tuple):
        return "、".join(part.lstrip("0") or part for part in value)
    if isinstance(value, str):
        preset = policy.panels.get(value)
        return preset.name if preset else CHOICES.get(value, value)
    return f"{figure(value)}{policy.units[parameter.unit].zh}"


def place_of(policy: Policy, zone: str, category: str) -> str:
    """A zone and a category in words.

    Clause: SPEC A2
    """
    zones = "各功能区" if zone == ANY else policy.zones[zone].zh
    return zones + ("各类岗位" if category == ANY else policy.categories[category].zh)


def rule_of(normalisation: Normalisation) -> str:
    """How values become points, in words.

    Clause: SPEC A9
    """
    options = {k: figure(v) for k, v in normalisation.options.items() if isinstance(v, int | float)}
    text = METHODS[normalisation.method].format(**options) if options else METHODS[normalisation.method]
    if normalisation.options.get("ln"):
        text += "（先取自然对数）"
    if normalisation.within_group:
        text += "（在可比组内）"
    ends = {k: figure(v) for k, v in zip(("floor", "cap"), normalisation.options["scale"], strict=True)}  # type: ignore[call-overload]
    options = {k: v for k, v in options.items() if ends.get(k) != v}
    bounds = [
        f"{title} {options[key]} 分" for key, title in (("floor", "最低"), ("cap", "最高")) if key in options
    ]
    return text + (f"，{'、'.join(bounds)}" if bounds else "")


def missing_of(indicator: Indicator) -> str:
    """What happens to a gap, in words.

    Clause: SPEC A9
    """
    return MISSING[indicator.missing].format(neutral=figure(indicator.neutral or 0))


def source_of(indicator: Indicator) -> str:
    """Where an indicator's value comes from, in words.

    Clause: SPEC A1
    """
    text = KINDS[indicator.source.kind]
    if indicator.source.measures:
        total = sum(indicator.source.measures.values())
        shares = _shares(indicator.source.measures, total)
        text += f"（{shares}）"
    return text


def _shares(measures: Mapping[str, float], total: float) -> str:
    return "、".join(f"{MEASURES[k]} {figure(100 * w / total)}%" for k, w in measures.items())
