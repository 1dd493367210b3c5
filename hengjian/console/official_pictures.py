"""The pictures of an official's sheet: indicators against the group, points to total, over the cycles."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from hengjian.console import pictures
from hengjian.console.words import word
from hengjian.console.writing import named
from hengjian.cycles import overview
from hengjian.cycles.shapes import SeatSheet
from hengjian.scoring.sheet import Working

HALF_STEP = 0.005


@dataclass(frozen=True)
class SeatPictures:
    """What a sheet's page draws; None where there is nothing to draw."""

    radar: pictures.Picture | None
    waterfall: pictures.Picture | None
    trend: pictures.Picture | None


@dataclass(frozen=True)
class FactorView:
    """A modifier and what it did to the total; it is in the points of its lines already."""

    name: str
    value: float
    effect: float


def of_seat(sheet: SeatSheet, tree: Working) -> SeatPictures:
    """All pictures of a sheet."""
    return SeatPictures(_radar(sheet), _waterfall(sheet, tree), _trend(sheet))


def factors(sheet: SeatSheet, tree: Working) -> list[FactorView]:
    """The modifiers with what they did to the total."""
    if sheet.score.total is None:
        return []
    plain = _before_factor(tree)
    held = [line.score.contribution for line in sheet.lines if line.score.contribution is not None]
    effect = sum(held) - sum(plain.values())
    return [FactorView(word("factor", code), value, effect) for code, value in sheet.score.factors.items()]


def _before_factor(tree: Working) -> dict[str, float]:
    """What each line would add without modifiers, by the line's label."""
    steps = [step for part in tree.children for step in part.children if step.key == "line.points"]
    found = {}
    for step in steps:
        points, weight = step.inputs.get("points"), step.inputs.get("effective_weight")
        if isinstance(points, float) and isinstance(weight, float):
            found[step.label] = points * weight / 100.0
    return found


def _radar(sheet: SeatSheet) -> pictures.Picture | None:
    names = {line.score.indicator: named(line.indicator) for line in sheet.lines}
    spokes = [
        pictures.Spoke(names[one.indicator], one.points, one.group.lower, one.group.median, one.group.upper)
        for one in overview.profile(sheet.cycle.id, sheet.row.seat)
    ]
    caption = _("各指标得分与可比组对照：每一轴 0–100 分，由中心向外；虚线为组内中间一半的上下界。")
    return pictures.radar("radar", caption, _("得分"), spokes)


def _waterfall(sheet: SeatSheet, tree: Working) -> pictures.Picture | None:
    """The lines before modifiers, the modifiers, the adjustment, the total."""
    if sheet.score.total is None:
        return None
    plain = _before_factor(tree)
    steps = [
        pictures.Step(named(line.indicator), plain[line.indicator.name])
        for line in sheet.lines
        if line.indicator.name in plain
    ]
    steps += [
        pictures.Step(factor.name, factor.effect, tone="two")
        for factor in factors(sheet, tree)
        if abs(factor.effect) >= HALF_STEP
    ]
    if sheet.score.adjustment:
        steps.append(pictures.Step(_("调整分"), sheet.score.adjustment, tone="two"))
    steps.append(pictures.Step(_("总分"), sheet.score.total, whole=True))
    caption = _("各指标得分乘以实际权重计入总分，再计各项系数的影响和调整分，自上而下累加为总分。")
    return pictures.waterfall("waterfall", caption, steps)


def _trend(sheet: SeatSheet) -> pictures.Picture | None:
    points = overview.trend(sheet.cycle.id, sheet.row.seat)
    moments = [
        pictures.Moment(
            one.cycle.period_title, one.total, one.least, one.most, one.group.median,
            _("岗位或可比组有变动") if one.moved else "",
        )
        for one in points
    ]  # fmt: skip
    caption = _("历次总分：圆点为总分，竖线为得分区间，虚线为同期可比组中位；只列同一制度下公布的结果。")
    return pictures.trend("trend", caption, (_("总分"), _("得分区间"), _("可比组中位")), moments)
