"""One against the group, groups beside each other, and both over the cycles."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from hengjian.console.pictures.bars import sentence
from hengjian.console.pictures.shape import Picture, Table
from hengjian.console.writing import names_of, signed
from hengjian.terms.numbers import shown

FEWEST = 3  # spokes of a radar
SAME = 0.005


@dataclass(frozen=True)
class Spoke:
    """One indicator of a radar: own points, and the middle half and the median of the group."""

    name: str
    own: float | None
    lower: float | None
    median: float | None
    upper: float | None

    @property
    def apart(self) -> float | None:
        """Own points less the group's median, as a reader sees both."""
        if self.own is None or self.median is None:
            return None
        return float(shown(self.own)) - float(shown(self.median))


def radar(name: str, caption: str, own: str, spokes: Sequence[Spoke]) -> Picture | None:
    """Points on each indicator against the group; what has no points is named, not drawn at nought."""
    drawn = [one for one in spokes if one.own is not None]
    if len(drawn) < FEWEST:
        return None
    group = all(one.median is not None for one in drawn)
    spec: dict[str, object] = {
        "kind": "radar",
        "names": [one.name for one in drawn],
        "own": {"name": own, "values": [one.own for one in drawn]},
        "group": [
            {"name": title, "values": [getattr(one, field) for one in drawn], "middle": field == "median"}
            for title, field in (
                (_("组内中位"), "median"),
                (_("组内下四分位"), "lower"),
                (_("组内上四分位"), "upper"),
            )
        ]
        if group
        else [],
    }
    head = (_("指标"), own, _("组内中位"), _("与中位之差"), _("组内下四分位"), _("组内上四分位"))
    rows = tuple(
        (s.name, shown(s.own), shown(s.median), signed(s.apart), shown(s.lower), shown(s.upper))
        for s in spokes
    )
    left = [one.name for one in spokes if one.own is None]
    return Picture(name, caption, _around(drawn, left), spec, Table(head, rows))


def _around(drawn: Sequence[Spoke], left: Sequence[str]) -> str:
    known = [(one.apart, one.name) for one in drawn if one.apart is not None]
    said = []
    if known:
        above, below = sum(d >= SAME for d, _n in known), sum(d <= -SAME for d, _n in known)
        said.append(_("与可比组中位相比，%(above)s 项较高，%(below)s 项较低，%(same)s 项持平") % {
            "above": above, "below": below, "same": len(known) - above - below,
        })  # fmt: skip
        if above:
            most, best = max(known)
            said.append(_("高出最多的是“%(name)s”（%(value)s）") % {"name": best, "value": signed(most)})
        if below:
            least, worst = min(known)
            said.append(_("低得最多的是“%(name)s”（%(value)s）") % {"name": worst, "value": signed(least)})
    if left:
        said.append(_("没有得分、不列入图的指标：%(names)s，不按零分计") % {"names": names_of(left)})
    return sentence(said)


@dataclass(frozen=True)
class Moment:
    """One cycle of a trend: the figure with its interval, and what it is held against."""

    name: str
    at: float | None
    low: float | None
    high: float | None
    beside: float | None
    note: str = ""


def trend(name: str, caption: str, titles: tuple[str, str, str], moments: Sequence[Moment]) -> Picture | None:
    """A figure over the cycles with its interval; a cycle without a figure leaves a gap.

    ``titles``: of the figure, of the interval, of what stands beside.
    """
    if sum(one.at is not None for one in moments) < 2:
        return None
    own, interval, beside = titles
    spec: dict[str, object] = {
        "kind": "trend",
        "names": [one.name for one in moments],
        "own": own,
        "interval": interval,
        "beside": beside if any(one.beside is not None for one in moments) else "",
        "moments": [
            {"at": m.at, "low": m.low, "high": m.high, "beside": m.beside, "text": shown(m.at)}
            for m in moments
        ],
    }
    noted = any(one.note for one in moments)
    head = (_("考核周期"), own, interval, *((beside,) if beside else ()), *((_("说明"),) if noted else ()))
    rows = tuple(
        (
            m.name, shown(m.at), span(m.low, m.high),
            *((shown(m.beside),) if beside else ()), *((m.note,) if noted else ()),
        )
        for m in moments
    )  # fmt: skip
    return Picture(name, caption, _moved(moments), spec, Table(head, rows))


def span(low: float | None, high: float | None) -> str:
    """An interval in words; a dash where there is none."""
    return "—" if low is None or high is None else f"{shown(low)}–{shown(high)}"


def _moved(moments: Sequence[Moment]) -> str:
    held = [one for one in moments if one.at is not None]
    before, now = held[-2], held[-1]
    change = float(shown(now.at)) - float(shown(before.at))
    said = [_("%(name)s为 %(at)s，比%(before)s %(change)s") % {
        "name": now.name, "at": shown(now.at), "before": before.name, "change": signed(change),
    }]  # fmt: skip
    ends = (before.low, before.high, now.low, now.high)
    if change and None not in ends:
        apart = now.low > before.high or now.high < before.low  # type: ignore[operator]
        said.append(_("两次的区间不相交") if apart else _("两次的区间相交，不宜据此说有升降"))
    return sentence(said)


@dataclass(frozen=True)
class Box:
    """One group's totals: lowest, middle half, median, highest; without figures where it is too small."""

    name: str
    n: int
    low: float | None
    lower: float | None
    median: float | None
    upper: float | None
    high: float | None


def boxes(name: str, caption: str, withheld: str, rows: Sequence[Box]) -> Picture | None:
    """How the totals of several groups lie; ``withheld`` is said of groups that show no figures."""
    held = [one for one in rows if one.median is not None]
    if not held:
        return None
    spec: dict[str, object] = {
        "kind": "boxes",
        "rows": len(rows) * 1.2,
        "unit": _("得分"),
        "withheld": withheld,
        "boxes": [
            {"name": b.name, "low": b.low, "lower": b.lower, "median": b.median, "upper": b.upper,
             "high": b.high, "text": shown(b.median)}
            for b in rows
        ],
    }  # fmt: skip
    head = (_("组"), _("人数"), _("最低"), _("下四分位"), _("中位"), _("上四分位"), _("最高"))
    table = tuple(
        (b.name, str(b.n), *(shown(one) for one in (b.low, b.lower, b.median, b.upper, b.high))) for b in rows
    )
    widest = max(held, key=lambda b: (b.high or 0.0) - (b.low or 0.0))
    said = [_("%(n)s 个中，高低相差最大的是“%(name)s”（%(low)s–%(high)s）") % {
        "n": len(rows), "name": widest.name, "low": shown(widest.low), "high": shown(widest.high),
    }]  # fmt: skip
    if len(held) < len(rows):
        said.append(_("%(n)s 个%(withheld)s") % {"n": len(rows) - len(held), "withheld": withheld})
    return Picture(name, caption, sentence(said), spec, Table(head, table))
