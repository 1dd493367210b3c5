"""What differs between two policies, or between two days of one, in words."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

from hengjian.policy.model import Indicator, PanelGroup, Scorecard
from hengjian.policy.policy import Policy
from hengjian.policy.words import (
    FIELDS,
    FREQUENCIES,
    figure,
    missing_of,
    rule_of,
    source_of,
    value_of,
)
from hengjian.terms.errors import PolicyError

NOTHING = "—"


@dataclass(frozen=True)
class Change:
    """One difference: where, of what, from what, to what.

    Clause: SPEC A7
    """

    section: str
    subject: str
    what: str
    before: str
    after: str
    clause: str = ""


def changes(old: Policy, new: Policy) -> tuple[Change, ...]:
    """Every difference in effect between two policies: weights, indicators, panel, parameters.

    Clause: SPEC A7
    """
    return (
        *_tables(old, new),
        *_tunings(old, new),
        *_indicators(old, new),
        *_panel(old, new),
        *_parameters(old, new),
        *_grades(old, new),
        *_rest(old, new),
    )


def _tables(old: Policy, new: Policy) -> Iterator[Change]:
    names = {**_names(old), **_names(new)}
    zones, categories = {**old.zones, **new.zones}, {**old.categories, **new.categories}
    for zone, category in product(zones, categories):
        left, right = _table(old, zone, category), _table(new, zone, category)
        subject = f"{zones[zone].zh}{categories[category].zh}"
        for code in {**left, **right}:
            if abs(left.get(code, 0.0) - right.get(code, 0.0)) > 1e-9:
                before, after = _percent(left, code), _percent(right, code)
                yield Change("权重", subject, names[code], before, after)


def _table(policy: Policy, zone: str, category: str) -> dict[str, float]:
    if zone not in policy.zones or category not in policy.categories:
        return {}
    try:
        table: Scorecard = policy.scorecard(zone, category)
    except PolicyError:
        return {}
    return {line.indicator: line.weight for line in table.lines}


def _names(policy: Policy) -> dict[str, str]:
    return {code: item.name for code, item in policy.indicators.items()}


def _percent(weights: Mapping[str, float], code: str) -> str:
    return f"{weights[code]:.4g}%" if code in weights else NOTHING


def _tunings(old: Policy, new: Policy) -> Iterator[Change]:
    left = {t.code: t for t in old.tunings}
    right = {t.code: t for t in new.tunings}
    names = {**_names(old), **_names(new)}
    for code in {**left, **right}:
        before = _tuned(left[code].change, names) if code in left else NOTHING
        after = _tuned(right[code].change, names) if code in right else NOTHING
        if before != after:
            tuning = right.get(code) or left[code]
            yield Change("一县一策", tuning.name, tuning.reason, before, after)


def _tuned(change: Mapping[str, float], names: Mapping[str, str]) -> str:
    return "、".join(f"{names.get(code, code)} {points:+g}" for code, points in change.items())


def _indicators(old: Policy, new: Policy) -> Iterator[Change]:
    for code in {**old.indicators, **new.indicators}:
        left, right = old.indicators.get(code), new.indicators.get(code)
        item = right or left
        assert item is not None  # noqa: S101  (one of the two has it)
        if left is None or right is None:
            before = NOTHING if left is None else "有"
            yield Change(
                "指标",
                item.name,
                "增设" if left is None else "取消",
                before,
                NOTHING if right is None else "有",
            )
            continue
        yield from _fields("指标", item.name, _facts(left, old), _facts(right, new))


def _facts(item: Indicator, policy: Policy) -> dict[str, str]:
    return {
        "名称": item.name,
        "定义": item.definition,
        "单位": policy.units[item.unit].zh,
        "方向": "越多越好" if item.direction == 1 else "越少越好",
        "频次": FREQUENCIES[item.frequency],
        "主题": policy.themes[item.theme].zh,
        "类别": policy.virtues[item.virtue].zh,
        "来源": source_of(item),
        "计分": rule_of(item.normalisation),
        "缺失": missing_of(item),
        "责任单位": item.provenance.owner,
    }


def _fields(
    section: str, subject: str, left: Mapping[str, str], right: Mapping[str, str]
) -> Iterator[Change]:
    for key in {**left, **right}:
        before, after = left.get(key, NOTHING), right.get(key, NOTHING)
        if before != after:
            yield Change(section, subject, key, before, after)


def _panel(old: Policy, new: Policy) -> Iterator[Change]:
    left = {group.code: group for group in old.groups}
    right = {group.code: group for group in new.groups}
    for code in {**left, **right}:
        one, other = left.get(code), right.get(code)
        name = (other or one).name  # type: ignore[union-attr]
        yield from _fields("评价主体", name, _group(one), _group(other))


def _group(group: PanelGroup | None) -> dict[str, str]:
    if group is None:
        return {}
    strata = "、".join(f"{s.name} {figure(s.weight)}" for s in group.strata)
    return {
        "权重": f"百分之外 ±{figure(group.outside)} 分"
        if group.outside
        else f"{group.weight:.4g}%（原文 {figure(group.as_written)}）",
        "归属": "官评" if group.side == "official" else "民评",
        "最少人数": str(group.minimum),
        "截尾": f"{figure(group.trim)}%",
        "收缩": NOTHING
        if group.prior is None
        else f"向 {figure(group.prior)} 分，强度 {figure(group.strength)}",
        "层次": strata or NOTHING,
        "量表": group.instrument,
    }


def _parameters(old: Policy, new: Policy) -> Iterator[Change]:
    for key in {**old.parameters, **new.parameters}:
        left, right = old.parameters.get(key), new.parameters.get(key)
        before = value_of(left, old) if left else NOTHING
        after = value_of(right, new) if right else NOTHING
        if before != after:
            item = right or left
            assert item is not None  # noqa: S101  (one of the two has it)
            yield Change("参数", item.name, key, before, after, item.provenance.clause)


def _grades(old: Policy, new: Policy) -> Iterator[Change]:
    left = {g.code: _grade(g) for g in old.grades}
    right = {g.code: _grade(g) for g in new.grades}
    names = {g.code: g.name for g in (*old.grades, *new.grades)}
    for code in {**left, **right}:
        before, after = left.get(code, NOTHING), right.get(code, NOTHING)
        if before != after:
            yield Change("等次", names[code], "条件", before, after)


def _grade(grade: Any) -> str:
    quota = "" if grade.quota is None else f"，不超过 {figure(100 * grade.quota)}%"
    return f"不低于 {figure(grade.least)} 分{quota}"


def _rest(old: Policy, new: Policy) -> Iterator[Change]:
    left, right = _comparison(old), _comparison(new)
    yield from _fields("可比组", "名次比较", left, right)
    scales = (dict(p.instruments.items()) for p in (old, new))
    one, other = ({c: f"{figure(i.lowest)}—{figure(i.highest)}" for c, i in s.items()} for s in scales)
    yield from _fields("量表", "量表两端", one, other)
    mods = ({m.name: "有" for m in p.modifiers} for p in (old, new))
    yield from _fields("修正项", "修正项", *mods)
    years = ({str(h.year): f"{sum(map(len, h.off.values()))} 天" for h in p.holidays} for p in (old, new))
    yield from _fields("节假日", "放假天数", *years)


def _comparison(policy: Policy) -> dict[str, str]:
    if not policy.comparisons:
        return {}
    rule = policy.comparisons[0]
    keys = "、".join(FIELDS[key] for key in rule.keys) or "全体"
    return {"按": keys, "最少人数": str(rule.least), "取齐": figure(rule.step)}
