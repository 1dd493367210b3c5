"""The pictures of an area's dashboard: groups beside each other, areas beside each other, over the cycles."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from hengjian.console import pictures
from hengjian.console.writing import named
from hengjian.cycles.areas import Cell, Line, Overview, Standing
from hengjian.cycles.overview import Spread
from hengjian.terms.numbers import shown


@dataclass(frozen=True)
class Heat:
    """The heat map of an area: a table that is itself the picture; ``finding`` says what it shows."""

    finding: str
    lines: tuple[Line, ...]


def few(least: int) -> str:
    """What is said in place of the figures of a small group."""
    return _("不足 %(n)s 人，不显示") % {"n": least}


def groups(found: Overview) -> pictures.Picture | None:
    """The totals of each comparable group."""
    rows = [_box(group.title, spread) for group, spread in found.groups]
    caption = _("各可比组总分的分布：横线由最低到最高，方框为中间一半，竖线为中位。只在组内可比。")
    return pictures.boxes("groups", caption, few(found.least), rows)


def areas(found: Overview) -> pictures.Picture | None:
    """The totals of each area below."""
    rows = [_box(row.area.name, row.totals, row.seats) for row in found.areas]
    caption = _(
        "各地总分的分布：横线由最低到最高，方框为中间一半，竖线为中位。功能区不同，计分表不同，不排先后。"
    )
    return pictures.boxes("areas", caption, few(found.least), rows) if len(rows) > 1 else None


def _box(name: str, spread: Spread, n: int | None = None) -> pictures.Box:
    return pictures.Box(
        name, spread.n if n is None else n, spread.low, spread.lower, spread.median, spread.upper, spread.high
    )


def grades(found: Overview) -> pictures.Picture | None:
    """Shares of the proposed grades in each area below, or in this one."""
    rows = [(row.area.name, row.grades, row.seats) for row in found.areas if row.grades is not None]
    if not rows or not found.grades:
        return None
    kinds = [*found.grades, ("", _("未提出"))]
    held = [kind for kind in kinds if any(counts[kind[0]] for _n, counts, _s in rows)]
    series = [
        (title, [100.0 * counts[code] / seats for _name, counts, seats in rows]) for code, title in held
    ]
    caption = _("各地建议等次的构成（%）。建议等次供研究，由有权机关按规定程序决定。")
    return pictures.bars("grades", caption, [name for name, _c, _s in rows], series, stacked=True, step="0.1")


def over_time(standings: Sequence[Standing]) -> pictures.Picture | None:
    """The median of the area's totals over the cycles, with its interval; the middle half beside it."""
    moments = []
    for one in standings:
        low, high = one.sure or (None, None)
        half = pictures.span(one.totals.lower, one.totals.upper)
        note = _("%(n)s 个任职，中间一半 %(span)s") % {"n": one.totals.n, "span": half}
        moments.append(pictures.Moment(one.cycle.period_title, one.totals.median, low, high, None, note))
    caption = _("历次总分的中位：圆点为中位，竖线为中位的区间；只列同一制度下公布的结果。")
    return pictures.trend("over-time", caption, (_("总分中位"), _("中位的区间"), ""), moments)


def heat(found: Overview) -> Heat:
    """Indicators by areas, with the strongest and the weakest."""
    cells = [
        (cell, line, row.area.name)
        for line in found.lines
        for cell, row in zip(line.cells, found.areas, strict=True)
        if cell.spread.median is not None
    ]
    if not cells:
        cells = [
            (line.whole, line, found.area.name)
            for line in found.lines
            if line.whole.spread.median is not None
        ]
    if not cells:
        return Heat("", found.lines)
    said = [_counted([cell for cell, _line, _name in cells])] if found.limits else []
    worst = min(cells, key=lambda one: one[0].spread.median or 0.0)
    said.append(_("最低的是%(area)s的“%(name)s”（%(points)s）") % {
        "area": worst[2], "name": named(worst[1].indicator), "points": shown(worst[0].spread.median),
    })  # fmt: skip
    return Heat(pictures.sentence(said), found.lines)


def area_map(found: Overview, shapes: Mapping[str, object], asked: str) -> pictures.Picture | None:
    """The areas below on the map, by the median of their totals or of one indicator."""
    line = next((one for one in found.lines if one.indicator.code == asked), None)
    spreads = [cell.spread for cell in line.cells] if line else [row.totals for row in found.areas]
    figure = named(line.indicator) if line else _("总分中位")
    regions = [
        pictures.Region(
            row.area.code, row.area.name, spread.median, spread.n,
            few(found.least) if spread.median is None and spread.n else "",
        )
        for row, spread in zip(found.areas, spreads, strict=True)
        if not row.area.offices
    ]  # fmt: skip
    caption = _("各地“%(name)s”：颜色越深分值越高，图上标出分值；功能区不同，计分表不同，不排先后。") % {
        "name": figure,
    }
    return pictures.choropleth("map", caption, figure, regions, shapes)


def _counted(cells: Sequence[Cell]) -> str:
    tones = [cell.tone for cell in cells]
    return _("%(all)s 格中，绿 %(green)s、黄 %(amber)s、红 %(red)s") % {
        "all": len(cells), "green": tones.count("green"), "amber": tones.count("amber"),
        "red": tones.count("red"),
    }  # fmt: skip
