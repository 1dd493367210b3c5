"""Bars: how totals lie, how a total adds up, amounts beside each other, intervals, stages."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median as middle

from django.utils.translation import gettext as _

from hengjian.console.pictures.shape import Picture, Table
from hengjian.console.writing import signed
from hengjian.terms.numbers import shown

FAR_FROM_ZERO = 60.0  # from here on a waterfall may begin above zero
BINS = (0.5, 1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True)
class Step:
    """One bar of a waterfall; ``whole`` stands on the ground, others on what came before."""

    name: str
    value: float
    whole: bool = False
    tone: str = "one"

    @property
    def text(self) -> str:
        """The figure as it is written at the bar."""
        return shown(self.value) if self.whole else signed(self.value)


def distribution(totals: Sequence[float], best: float | None, median: float | None) -> Picture | None:
    """How a group's totals lie, with its best and its median."""
    if len(totals) < 2:
        return None
    low, high = min(totals), max(totals)
    step = next((one for one in BINS if (high - low) / one <= 12), BINS[-1])
    start = math.floor(low / step) * step
    count = max(1, math.floor((high - start) / step) + 1)
    counts = [0] * count
    for total in totals:
        counts[min(count - 1, math.floor((total - start) / step))] += 1
    bins = [(start + n * step, start + (n + 1) * step, c) for n, c in enumerate(counts)]
    marks = [
        {"name": name, "value": value, "text": shown(value), "position": "end"}
        for name, value in ((_("中位"), median), (_("最高"), best))
        if value is not None
    ]
    spec: dict[str, object] = {
        "kind": "distribution",
        "bins": bins,
        "marks": marks,
        "from": start,
        "to": start + count * step,
        "step": step,
        "unit": _("得分"),
        "counted": _("人数"),
    }
    rows = tuple((f"{a:g}–{b:g}", str(c)) for a, b, c in bins)
    caption = _("得分分布：横轴为得分，纵轴为人数；竖线为中位和最高得分。")
    finding = _("%(n)s 人的得分在 %(low)s 到 %(high)s 之间，中位 %(median)s。") % {
        "n": len(totals), "low": shown(low), "high": shown(high), "median": shown(middle(totals)),
    }  # fmt: skip
    return Picture("distribution", caption, finding, spec, Table((_("得分区间"), _("人数")), rows))


def waterfall(name: str, caption: str, steps: Sequence[Step]) -> Picture:
    """From the first figure to the last, step by step."""
    reach, at = [], 0.0
    for step in steps:
        at = step.value if step.whole else at + step.value
        reach.append(at)
    whole_first = bool(steps) and steps[0].whole
    lowest = min(reach) if whole_first else 0.0
    start = math.floor((lowest - 5) / 10) * 10 if whole_first and lowest >= FAR_FROM_ZERO else 0.0
    spec: dict[str, object] = {
        "kind": "waterfall",
        "rows": len(steps),
        "from": start,
        "steps": [
            {"name": s.name, "value": s.value, "whole": s.whole, "tone": s.tone, "text": s.text}
            for s in steps
        ],
    }
    rows = tuple(
        (s.name, "" if s.whole else signed(s.value), shown(at)) for s, at in zip(steps, reach, strict=True)
    )
    table = Table((_("项目"), _("增减"), _("累计")), rows)
    return Picture(name, caption, _fallen(steps), spec, table)


def _fallen(steps: Sequence[Step]) -> str:
    moves = [step for step in steps if not step.whole and step.value]
    whole = [step for step in steps if step.whole]
    if not moves or not whole:
        return ""
    up, down = max(moves, key=lambda s: s.value), min(moves, key=lambda s: s.value)
    said = [_("%(name)s %(value)s") % {"name": whole[-1].name, "value": whole[-1].text}]
    if up.value > 0:
        said.append(_("增加最多的是“%(name)s”（%(value)s）") % {"name": up.name, "value": up.text})
    if down.value < 0:
        said.append(_("减少最多的是“%(name)s”（%(value)s）") % {"name": down.name, "value": down.text})
    return sentence(said)


def sentence(parts: Sequence[str]) -> str:
    """Parts of a sentence, joined as the language joins them."""
    return _("%(parts)s。") % {"parts": _("；").join(parts)} if parts else ""


def bars(
    name: str,
    caption: str,
    names: Sequence[str],
    series: Sequence[tuple[str, Sequence[float | None]]],
    *,
    stacked: bool = False,
    step: str = "0.01",
) -> Picture:
    """One bar for each name and series; ``stacked``: shares of a hundred in one bar."""
    spec: dict[str, object] = {
        "kind": "shares" if stacked else "bars",
        "rows": len(names) * (1.6 if stacked else len(series)),
        "names": list(names),
        "series": [
            {
                "name": title,
                "values": [v if v is None else round(v, 2) for v in values],
                "texts": ["" if v is None else shown(v, step) for v in values],
            }
            for title, values in series
        ],
    }
    rows = tuple((one, *(shown(values[n], step) for _title, values in series)) for n, one in enumerate(names))
    table = Table((_("项目"), *(title for title, _v in series)), rows)
    return Picture(name, caption, _compared(names, series, step), spec, table)


def _compared(names: Sequence[str], series: Sequence[tuple[str, Sequence[float | None]]], step: str) -> str:
    """The largest and the smallest of each series; of one bar, its parts."""
    if len(names) == 1:
        return sentence([f"{title} {shown(values[0], step)}" for title, values in series])
    return sentence([said for title, values in series if (said := _ends(title, names, values, step))])


def _ends(title: str, names: Sequence[str], values: Sequence[float | None], step: str) -> str:
    held = [(value, name) for value, name in zip(values, names, strict=True) if value is not None]
    if not held:
        return ""
    (high, most), (low, least) = max(held, key=lambda one: one[0]), min(held, key=lambda one: one[0])
    if high == low:
        return _("“%(title)s”各项都是 %(value)s") % {"title": title, "value": shown(high, step)}
    return _("“%(title)s”以%(most)s最高（%(high)s），以%(least)s最低（%(low)s）") % {
        "title": title, "most": most, "high": shown(high, step), "least": least, "low": shown(low, step),
    }  # fmt: skip


@dataclass(frozen=True)
class Span:
    """One bar from ``low`` to ``high`` with a dot at ``at``; ``strong`` for the one that is meant."""

    name: str
    low: float
    at: float
    high: float
    strong: bool = False


def spans(
    name: str, caption: str, finding: str, unit: str, head: Sequence[str], rows: Sequence[Span]
) -> Picture:
    """Intervals, one below the other; ``head`` names low, dot and high in the table."""
    spec: dict[str, object] = {
        "kind": "spans",
        "rows": len(rows),
        "unit": unit,
        "spans": [
            {"name": r.name, "low": r.low, "at": r.at, "high": r.high, "strong": r.strong} for r in rows
        ],
    }
    table = tuple((r.name, f"{r.low:g}", f"{r.at:g}", f"{r.high:g}") for r in rows)
    return Picture(name, caption, finding, spec, Table(tuple(head), table))


def funnel(name: str, caption: str, counted: str, stages: Sequence[tuple[str, int]]) -> Picture:
    """Stages one below the other, each as wide as its number, with its share of the stage above."""
    rows = []
    for n, (title, count) in enumerate(stages):
        before = stages[n - 1][1] if n else 0
        rows.append((title, f"{count:,}", f"{shown(100.0 * count / before, '0.1')}%" if before else "—"))
    lost = [
        (stages[n - 1][1] - count, stages[n - 1][0], title)
        for n, (title, count) in enumerate(stages)
        if n and stages[n - 1][1] > count
    ]
    said = [_("从 %(first)s %(a)s 到 %(last)s %(b)s") % {
        "first": stages[0][0], "a": rows[0][1], "last": stages[-1][0], "b": rows[-1][1],
    }]  # fmt: skip
    if lost:
        gone, above, below = max(lost)
        said.append(_("“%(above)s”到“%(below)s”少得最多（%(n)s）") % {
            "above": above, "below": below, "n": f"{gone:,}",
        })  # fmt: skip
    spec: dict[str, object] = {
        "kind": "funnel",
        "rows": len(stages) * 1.5,
        "stages": [
            {"name": row[0], "value": stage[1], "text": row[1] if row[2] == "—" else f"{row[1]} · {row[2]}"}
            for row, stage in zip(rows, stages, strict=True)
        ],
    }
    return Picture(
        name, caption, sentence(said), spec, Table((_("环节"), counted, _("占上一环节")), tuple(rows))
    )
