"""Dates: in order, none twice, no gap in a rule, holidays on days that exist."""

from collections.abc import Iterable, Iterator
from datetime import date
from itertools import combinations, pairwise
from typing import Any

from hengjian.policy.library import Library, Loaded
from hengjian.policy.resolve import days_of

FOREVER = date.max
MAY_PAUSE = {"indicators", "counties"}


def spans(dated: dict[date, Any]) -> Iterator[tuple[date, date, Any]]:
    """From, until (not included) and content of each version that says something.

    Clause: SPEC A7
    """
    days = sorted(dated)
    for day, after in zip(days, [*days[1:], FOREVER], strict=True):
        if dated[day] is not None:
            yield day, after, dated[day]


def series(item: Loaded) -> tuple[str, dict[date, Any]]:
    """The name and the content of an entry's dated key; empty when it is not dated.

    Clause: SPEC A7
    """
    for name in ("values", "versions"):
        if hasattr(item.entry, name):
            return name, getattr(item.entry, name)
    return "", {}


def check_dates(library: Library) -> None:
    """Dates must run from early to late, begin with something and leave no gap.

    Clause: SPEC A7
    """
    for kind, items in library.entries.items():
        for item in items.values():
            name, dated = series(item)
            if dated:
                _in_order(library, item, name, dated)
                _without_gap(library, item, name, dated, pause=kind in MAY_PAUSE)


def _in_order(library: Library, item: Loaded, name: str, dated: dict[date, Any]) -> None:
    days = list(dated)
    for before, day in pairwise(days):
        if day <= before:
            library.refuse(
                "dates_order",
                f"{item.code} 的日期 {day} 排在 {before} 之后，先后颠倒",
                item.where(name, day.isoformat()),
                "请按日期从早到晚书写",
            )


def _without_gap(library: Library, item: Loaded, name: str, dated: dict[date, Any], *, pause: bool) -> None:
    days = sorted(dated)
    if dated[days[0]] is None:
        library.refuse(
            "dates_begin",
            f"{item.code} 以空值开始",
            item.where(name, days[0].isoformat()),
            "请先写一个有内容的版本，空值只用来终止",
        )
    ended = [day for day in days[:-1] if dated[day] is None]
    for day in ended:
        after = next(d for d in days if d > day)
        if dated[after] is None or not pause:
            library.refuse(
                "dates_gap",
                f"{item.code} 自 {day} 终止、{after} 又写，中间无规定",
                item.where(name, day.isoformat()),
                "请在终止日写明接续的内容，或删去后一个日期",
            )


def covers(item: Loaded, since: date, until: date) -> bool:
    """Whether an entry is in force throughout a span.

    Clause: SPEC A7
    """
    _, dated = series(item)
    at = since
    for begin, end, _ in spans(dated):
        if begin <= at < end:
            at = end
    return at >= until


def overlap(one: Loaded, other: Loaded) -> date | None:
    """The first day on which two entries are both in force.

    Clause: SPEC A7
    """
    found = [
        max(a, c)
        for a, b, _ in spans(series(one)[1])
        for c, d, _ in spans(series(other)[1])
        if max(a, c) < min(b, d)
    ]
    return min(found, default=None)


def overlaps(items: Iterable[Loaded]) -> Iterator[tuple[Loaded, Loaded, date]]:
    """Pairs of entries in force together: the earlier, the later, and since when.

    Clause: SPEC A7
    """
    ordered = sorted(items, key=lambda item: min(series(item)[1]))
    for one, other in combinations(ordered, 2):
        day = overlap(one, other)
        if day is not None:
            yield one, other, day


def check_calendar(library: Library) -> None:
    """Days off and make-up days must exist, lie in their year and not contradict each other.

    Clause: NORMS X51
    """
    years: dict[int, str] = {}
    for item in library.of("calendar").values():
        first = years.setdefault(item.entry.year, item.where())
        if first != item.where():
            library.refuse(
                "twice",
                f"{item.entry.year} 年的放假安排在 {first} 已经写过",
                item.where(),
                "请合并",
            )
        off = {day for name in item.entry.off for day in _days(library, item, "off", name)}
        made_up = set(_days(library, item, "make_up"))
        for day in sorted(made_up):
            if day in off or day.weekday() < 5:
                library.refuse(
                    "calendar_make_up",
                    f"{day} 不是可以调休上班的休息日",
                    item.where("make_up"),
                    "调休上班日应是周六或周日，且不在放假日之内",
                )


def _days(library: Library, item: Loaded, *path: str) -> Iterator[date]:
    texts = item.entry.make_up if path == ("make_up",) else item.entry.off[path[1]]
    for at, text in enumerate(texts):
        where = item.where(*path, at)
        try:
            days = days_of(text)
        except ValueError:
            library.refuse("day", f"“{text}”不是日期", where, "请写 2026-10-01，或起止 2026-10-01/2026-10-07")
            continue
        if any(abs((day - date(item.entry.year, 7, 1)).days) > 190 for day in days):
            library.refuse("calendar_year", f"{text} 不在 {item.entry.year} 年", where, "请核对年份")
        yield from days
