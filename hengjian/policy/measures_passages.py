"""Passages of the "1+3" package that are made from lists: indicators, tables, groups, grades."""

from collections.abc import Callable, Iterator, Mapping

from hengjian.policy.model import Provenance, Scorecard
from hengjian.policy.policy import Policy
from hengjian.policy.words import (
    FIELDS,
    FREQUENCIES,
    figure,
    missing_of,
    place_of,
    rule_of,
    source_of,
)

Article = tuple[str, tuple[str, Provenance] | None]
Passage = Callable[[Policy], Iterator[Article]]


def _about(policy: Policy) -> Iterator[Article]:
    if policy.about:
        yield policy.about, None


def _places(policy: Policy) -> Iterator[Article]:
    for title, words in (
        ("主体功能区", policy.zones),
        ("岗位类别", policy.categories),
        ("层级", policy.levels),
    ):
        if words:
            yield f"{title}分为{'、'.join(word.zh for word in words.values())}。", None


def _comparison(policy: Policy) -> Iterator[Article]:
    for rule in policy.comparisons:
        keys = "、".join(FIELDS[key] for key in rule.keys)
        text = f"{keys}相同的为可比组，名次只在可比组内排列，按 {figure(rule.step)} 分取齐，同分并列。"
        if rule.least > 1:
            text += f"不足 {rule.least} 人的组，名次注明仅供参考。"
        yield text, ("可比组", rule.provenance)


def _families(policy: Policy) -> Iterator[Article]:
    weights = policy.family_weights() if policy.tables else {}
    rows = [[policy.families[c].zh, f"{w:.2f}%"] for c, w in weights.items() if c in policy.families]
    if rows:
        yield "各计分表平均，各类权重如下：\n" + table(["类别", "权重"], rows), None


def _themes(policy: Policy) -> Iterator[Article]:
    weights = policy.theme_weights() if policy.tables else {}
    rows = [[policy.themes[code].zh, f"{weight:.2f}%"] for code, weight in weights.items()]
    if rows:
        yield "各计分表平均，各主题权重如下：\n" + table(["主题", "权重"], rows), None


def _claims(policy: Policy) -> Iterator[Article]:
    for claim in policy.claims:
        sign = {"above": "高于", "below": "低于", "equals": "等于"}[claim.relation]
        verdict = "成立" if claim.holds else "不成立"
        text = (
            f"核验“{claim.name}”：{claim.left_value:.2f}% 应{sign} {claim.right_value:.2f}%，"
            f"核验结果为{verdict}。"
        )
        yield text, (claim.name, claim.provenance)


def _modifiers(policy: Policy) -> Iterator[Article]:
    for item in policy.modifiers:
        text = f"设“{item.name}”，作用于{policy.parts[item.part].zh}部分的得分。"
        yield text, (item.name, item.provenance)


def _indicators(policy: Policy) -> Iterator[Article]:
    for item in policy.indicators.values():
        way = "越多越好" if item.direction == 1 else "越少越好"
        unit = policy.units[item.unit].zh
        text = (
            f"{item.name}（{policy.parts[item.part].zh}，属“{policy.virtues[item.virtue].zh}”）。"
            f"{item.definition.rstrip('。')}。单位为{unit}，{way}；来源为{source_of(item)}；"
            f"{FREQUENCIES[item.frequency]}采集；{rule_of(item.normalisation)}；"
            f"数据缺失的，{missing_of(item)}。"
        )
        yield text, (item.name, item.provenance)


def _indices(policy: Policy) -> Iterator[Article]:
    for index in policy.indices.values():
        rows = [
            [node.name, MEANS[node.mean], "、".join(f"{c}×{figure(w)}" for c, w in node.children)]
            for node in index.nodes
        ]
        text = f"{index.name}由下列各级合成：\n" + table(["节点", "合成方法", "下级及权重"], rows)
        yield text, (index.name, index.provenance)


MEANS: Mapping[str, str] = {
    "arithmetic": "加权算术平均",
    "geometric": "加权几何平均",
    "harmonic": "加权调和平均",
    "power": "加权幂平均",
    "copeland": "科普兰两两比较",
}


def _tables(policy: Policy) -> Iterator[Article]:
    for card in policy.tables:
        title = place_of(policy, card.zone, card.category)
        text = f"{title}计分表如下，权重合计 {figure(sum(x.weight for x in card.lines))}%：\n"
        yield text + card_table(policy, card), (f"{title}计分表", card.provenance)


def card_table(policy: Policy, card: Scorecard) -> str:
    """A scorecard as a Markdown table.

    Clause: SPEC A2
    """
    rows = [
        [card.parts[x.part], policy.indicators[x.indicator].name, f"{figure(x.weight)}%"] for x in card.lines
    ]
    return table(["部分", "指标", "权重"], rows)


def _tunings(policy: Policy) -> Iterator[Article]:
    for item in policy.tunings:
        changes = "、".join(
            f"{policy.indicators[c].name} {points:+g} 个百分点" for c, points in item.change.items()
        )
        title = place_of(policy, item.zone, item.category)
        text = f"{item.name}：{title}计分表{changes}。理由：{item.reason.rstrip('。')}。"
        yield text, (item.name, item.provenance)


def _calendar(policy: Policy) -> Iterator[Article]:
    for item in policy.holidays:
        days = "；".join(
            f"{name} {days[0].isoformat()} 至 {days[-1].isoformat()}" if len(days) > 1
            else f"{name} {days[0].isoformat()}"
            for name, days in item.off.items()
        )  # fmt: skip
        made_up = "、".join(day.isoformat() for day in item.make_up) or "无"
        text = f"按工作日计算的期限，扣除 {item.year} 年下列放假日：{days}。调休上班日：{made_up}。"
        yield text, (item.name, item.provenance)


def _panel(policy: Policy) -> Iterator[Article]:
    if not policy.panels:
        return
    panel = policy.panel
    rows = [
        [g.name, "官评" if g.side == "official" else "民评", figure(g.as_written), f"{g.weight:.2f}%"]
        for g in panel.groups
    ]
    rows.append(["合计", "", figure(panel.total), "100.00%"])
    text = "评价主体及其权重如下：\n" + table(["主体", "归属", "原文权重", "折算权重"], rows)
    yield text, (panel.name, panel.provenance)
    for code, points in panel.outside.items():
        name = policy.members[code].name
        yield f"{name}不占权重，只对经核实的事件加减，最多 {figure(points)} 分。", None


def _presets(policy: Policy) -> Iterator[Article]:
    others = [p for p in policy.panels.values() if p.code != policy.panel.code]
    for panel in others:
        weights = "、".join(f"{g.name} {figure(g.as_written)}" for g in panel.groups)
        text = f"备选预设“{panel.name}”：{weights}，合计 {figure(panel.total)}。"
        yield text, (panel.name, panel.provenance)


def _sides(policy: Policy) -> Iterator[Article]:
    if policy.panels:
        official, public = policy.official_share(), policy.public_share()
        yield (
            (
                f"官评权重原文 {figure(official.as_written)}，折算 {official.percent:.2f}%；"
                f"民评权重原文 {figure(public.as_written)}，折算 {public.percent:.2f}%。"
            ),
            None,
        )


def _groups(policy: Policy) -> Iterator[Article]:
    for group in policy.members.values():
        parts = [f"{group.name}采用{policy.instruments[group.instrument].name}"]
        if group.minimum:
            parts.append(f"有效评分少于 {group.minimum} 人次的不计分，其权重由其他主体按比例分担")
        if group.trim:
            parts.append(f"两端各按比例截去 {figure(group.trim)}%")
        if group.strata:
            strata = "、".join(f"{s.name}（{figure(s.weight)}）" for s in group.strata)
            parts.append(f"分为{strata}，各层先分别平均")
        if group.prior is not None:
            prior, strength = figure(group.prior), figure(group.strength)
            parts.append(f"样本少时向 {prior} 分收缩，强度为 {strength} 人次")
        yield "；".join(parts) + "。", (group.name, group.provenance)


def _instruments(policy: Policy) -> Iterator[Article]:
    for scale in policy.instruments.values():
        ends = f"{figure(scale.lowest)} 至 {figure(scale.highest)}"
        text = f"{scale.name}的分值为 {ends}，按线性折算为百分制，原始分与折算分同时保存、显示。"
        yield text, (scale.name, scale.provenance)


def _grades(policy: Policy) -> Iterator[Article]:
    above: float | None = None
    for grade in policy.grades:
        text = f"得分在 {figure(grade.least)} 分以上" if grade.least else "得分"
        if above is not None:
            text += ("、" if grade.least else "") + f"不满 {figure(above)} 分"
        text += f"的，可以建议为{grade.name}"
        if grade.quota is not None:
            text += f"，不超过可比组人数的 {figure(100 * grade.quota)}%"
        above = grade.least
        yield text + "。等次建议由有权机关审定。", (grade.name, grade.provenance)


def table(head: list[str], rows: list[list[str]]) -> str:
    """A Markdown table.

    Clause: SPEC E1
    """
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    lines += [f"| {' | '.join(row)} |" for row in rows]
    return "\n" + "\n".join(lines) + "\n"


PASSAGES: Mapping[str, Passage] = {
    "about": _about,
    "places": _places,
    "comparison": _comparison,
    "families": _families,
    "themes": _themes,
    "claims": _claims,
    "modifiers": _modifiers,
    "indicators": _indicators,
    "indices": _indices,
    "tables": _tables,
    "tunings": _tunings,
    "calendar": _calendar,
    "panel": _panel,
    "presets": _presets,
    "sides": _sides,
    "groups": _groups,
    "instruments": _instruments,
    "grades": _grades,
}
