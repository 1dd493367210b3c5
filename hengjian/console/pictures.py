"""What a picture needs: data for the script, and the same figures as a table."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from hengjian.console.writing import signed
from hengjian.terms.numbers import shown

Words = str | Promise
FAR_FROM_ZERO = 60.0  # from here on a waterfall may begin above zero
BINS = (0.5, 1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True)
class Table:
    """The picture's figures for readers who do not see it, or who want the digits."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Picture:
    """A picture: ``spec`` goes to charts.js, ``table`` beside it."""

    id: str
    caption: str
    spec: dict[str, object]
    table: Table

    @property
    def data_id(self) -> str:
        """The id of the JSON block that the script reads."""
        return f"{self.id}-data"


@dataclass(frozen=True)
class Step:
    """One bar of a waterfall; ``whole`` stands on the ground, others on what came before."""

    name: str
    value: float
    whole: bool = False
    tone: str = "one"


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
    return Picture("distribution", caption, spec, Table((_("得分区间"), _("人数")), rows))


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
            {
                "name": s.name,
                "value": s.value,
                "whole": s.whole,
                "tone": s.tone,
                "text": shown(s.value) if s.whole else signed(s.value),
            }
            for s in steps
        ],
    }
    rows = tuple(
        (s.name, "" if s.whole else signed(s.value), shown(at)) for s, at in zip(steps, reach, strict=True)
    )
    return Picture(name, caption, spec, Table((_("项目"), _("增减"), _("累计")), rows))


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
    return Picture(name, caption, spec, Table((_("项目"), *(title for title, _v in series)), rows))


@dataclass(frozen=True)
class Span:
    """One bar from ``low`` to ``high`` with a dot at ``at``; ``strong`` for the one that is meant."""

    name: str
    low: float
    at: float
    high: float
    strong: bool = False


def spans(name: str, caption: str, unit: str, head: Sequence[str], rows: Sequence[Span]) -> Picture:
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
    return Picture(name, caption, spec, Table(tuple(head), table))
