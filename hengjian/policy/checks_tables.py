"""Scorecards: known indicators, weights that sum to 100, no more than nine, counties inside limits."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from hengjian.policy.checks_dates import covers, overlaps, spans
from hengjian.policy.checks_values import known
from hengjian.policy.library import Library, Loaded
from hengjian.policy.policy import ANY
from hengjian.policy.resolve import in_force_of
from hengjian.policy.schema import PARAMETER

MOST_CORE = 9
LIMIT_KEY = "overload.core_indicators"
WINDOWS_KEY = "upkeep.windows"
COUNTY_KEY = "county_tuning.limit"
NEAR = 1e-9


def check_tables(library: Library) -> None:
    """Check every scorecard and every county's tuning.

    Clause: SPEC A2, SPEC A8
    """
    _lock(library)
    items = list(library.of("scorecards").values())
    for item in items:
        _place(library, item)
        for day, until, version in spans(item.entry.versions):
            _table(library, item, day, until, version)
    for one, other, day in overlaps(items):
        _disjoint(library, one, other, day)
    for item in library.of("counties").values():
        _county(library, item)
    _counties_disjoint(library)
    _windows(library)


def _windows(library: Library) -> None:
    """Weights change only for the period after a window of the library."""
    for kind in ("scorecards", "counties", "panels"):
        for item in library.of(kind).values():
            days = sorted(item.entry.versions)
            for day in days if kind == "counties" else days[1:]:
                _in_window(library, item, day)


def _in_window(library: Library, item: Loaded, day: date) -> None:
    months = parameter_on(library, WINDOWS_KEY, day)
    if not isinstance(months, list) or not all(str(m).isdigit() for m in months):
        return
    opens = {int(month) % 12 + 1 for month in months}
    if day.day != 1 or day.month not in opens:
        allowed = "、".join(f"{month} 月 1 日" for month in sorted(opens))
        library.refuse(
            "window",
            f"{item.code} 的权重自 {day} 起变动，不在调整窗口之后的考核周期起点（规则 A7、X24）",
            item.where("versions", day.isoformat()),
            f"权重在窗口内调整，自下一考核周期生效：请改为 {allowed}",
        )


def parameter_on(library: Library, key: str, day: date) -> Any:
    """A parameter's bare value on a day, None when it says nothing.

    Clause: SPEC A7
    """
    item = library.of(PARAMETER).get(key)
    since = in_force_of(item.entry.values, day) if item else None
    if item is None or since is None:
        return None
    value = item.entry.values[since]
    return value.get("value") if isinstance(value, dict) else value


def _lock(library: Library) -> None:
    item = library.of(PARAMETER).get(LIMIT_KEY)
    for day, _, raw in spans(item.entry.values) if item else ():
        value = raw.get("value") if isinstance(raw, dict) else raw
        if item is not None and isinstance(value, int) and value > MOST_CORE:
            library.refuse(
                "overload_lock",
                f"核心指标上限 {value} 项高于锁定的 {MOST_CORE} 项（规则 A8、F5）",
                item.where("values", day.isoformat()),
                f"请写不大于 {MOST_CORE} 的数；此锁只能收紧，不能放宽",
            )


def _place(library: Library, item: Loaded) -> None:
    for key, kind in (("zone", "zones"), ("category", "categories")):
        code = getattr(item.entry, key)
        if code != ANY:
            known(library, item, kind, code, key)


def _table(library: Library, item: Loaded, day: date, until: date, version: Any) -> None:
    here = ("versions", day.isoformat())
    leaves = 0
    for part, weights in version.weights.items():
        known(library, item, "parts", part, *here, "weights", part)
        for code in weights:
            leaves += _leaf(library, item, (day, until), (part, code))
    _overload(library, item, day, leaves)
    weights = {c: w for line in version.weights.values() for c, w in line.items()}
    if len(weights) != sum(len(line) for line in version.weights.values()):
        library.refuse("line_twice", "同一指标列了两次", item.where(*here, "weights"), "请合并为一行")
    written = sum(w for line in version.weights.values() for w in line.values())
    sums_to_hundred(library, item, written, version.normalise, *here)


def sums_to_hundred(library: Library, item: Loaded, total: float, normalise: bool, *here: str) -> None:
    """Refuse weights that do not sum to 100 unless the file says how to repair them.

    Clause: SPEC B1
    """
    if normalise or abs(total - 100.0) <= NEAR * 100:
        return
    library.refuse(
        "weights_sum",
        f"权重合计 {total:g}，不等于 100",
        item.where(*here, "weights"),
        "请改正权重；若原文如此，请写 normalise: true，按合计折算并同时显示两种数",
    )


def _leaf(library: Library, item: Loaded, span: tuple[date, date], line: tuple[str, str]) -> int:
    part, code = line
    where = ("versions", span[0].isoformat(), "weights", part, code)
    if code in library.codes("index"):
        library.refuse(
            "line_index",
            f"指数“{code}”不能作为计分表的一行",
            item.where(*where),
            "请逐项列出其指标：复合指标按其全部下级指标计数（规则 X23）",
        )
        return leaves_of(library, code, span[0])
    if not known(library, item, "indicators", code, *where):
        return 1
    indicator = library.of("indicators").get(code)
    if indicator is None:
        return 1
    if not covers(indicator, *span):
        library.refuse(
            "not_in_force",
            f"指标“{code}”在计分表自 {span[0]} 起的有效期内并非一直有效",
            item.where(*where),
            f"请核对 {indicator.where('versions')} 的日期",
        )
    for begin, end, version in spans(indicator.entry.versions):
        if version.part != part and begin < span[1] and span[0] < end:
            library.refuse(
                "part",
                f"指标“{code}”属于“{version.part}”，却列在“{part}”",
                item.where(*where),
                f"请移到 {version.part} 之下",
            )
    return 1


def leaves_of(library: Library, code: str, day: date) -> int:
    """How many indicators stand under an index.

    Clause: NORMS X23
    """
    item = library.of("index").get(code)
    since = in_force_of(item.entry.versions, day) if item else None
    if item is None or since is None:
        return 1
    nodes = item.entry.versions[since].nodes
    return len({c for node in nodes.values() for c in node.children if c not in nodes})


def _overload(library: Library, item: Loaded, day: date, leaves: int) -> None:
    most = parameter_on(library, LIMIT_KEY, day)
    most = most if isinstance(most, int) and most <= MOST_CORE else MOST_CORE
    if leaves > most:
        library.refuse(
            "overload",
            f"核心指标 {leaves} 项，超过每岗 {most} 项的上限（规则 A8、F5 指标过载锁）",
            item.where("versions", day.isoformat(), "weights"),
            f"请减至 {most} 项以内",
        )


def _disjoint(library: Library, one: Loaded, other: Loaded, day: date) -> None:
    for key in ("zone", "category"):
        left, right = getattr(one.entry, key), getattr(other.entry, key)
        if ANY not in {left, right} and left != right:
            return
    library.refuse(
        "overlap",
        f"计分表重叠：{one.code}（{one.where()}）与 {other.code} 自 {day} 起适用于同样的岗位",
        other.where(),
        "请给前一个写终止日期，或改写适用范围",
    )


def _county(library: Library, item: Loaded) -> None:
    _place(library, item)
    for day, until, version in spans(item.entry.versions):
        here = ("versions", day.isoformat(), "change")
        limit = parameter_on(library, COUNTY_KEY, day)
        if limit is None:
            library.refuse(
                "county_limit",
                "没有规定县区微调的限度",
                item.where(*here),
                f"请先写参数 {COUNTY_KEY}（county_tuning/）",
            )
            continue
        _within(library, item, day, version.change, limit)
        _applied(library, item, (day, until), version.change)


def _within(library: Library, item: Loaded, day: date, change: Mapping[str, float], limit: float) -> None:
    here = ("versions", day.isoformat(), "change")
    for code, points in change.items():
        if abs(points) > limit:
            library.refuse(
                "county_beyond",
                f"“{code}”微调 {points:+g}，超过市定限度 ±{limit:g}",
                item.where(*here, code),
                f"请改为 -{limit:g} 至 +{limit:g} 之间",
            )
    if abs(sum(change.values())) > NEAR:
        library.refuse(
            "county_sum",
            f"微调合计 {sum(change.values()):+g}，不等于 0",
            item.where(*here),
            "有增必有减：请使各项微调合计为 0",
        )


def _applied(library: Library, item: Loaded, span: tuple[date, date], change: Mapping[str, float]) -> None:
    tables = [
        (table, weights)
        for table in library.of("scorecards").values()
        if table.entry.zone in {ANY, item.entry.zone} and table.entry.category in {ANY, item.entry.category}
        for begin, end, weights in spans(table.entry.versions)
        if begin < span[1] and span[0] < end
    ]
    if not tables:
        what = f"没有可微调的计分表（{item.entry.zone} × {item.entry.category}）"
        library.refuse("county_table", what, item.where(), "请核对 zone 和 category")
    for _, version in tables:
        weights = {c: w for line in version.weights.values() for c, w in line.items()}
        for code, points in change.items():
            where = item.where("versions", span[0].isoformat(), "change", code)
            if code not in weights:
                library.refuse("county_line", f"该岗位计分表中没有“{code}”", where, "只能微调表内指标")
            elif weights[code] + points <= 0:
                what = f"“{code}”微调后权重为 {weights[code] + points:g}"
                library.refuse("county_zero", what, where, "微调后权重应大于 0")


def _counties_disjoint(library: Library) -> None:
    for one, other, day in overlaps(library.of("counties").values()):
        keys = ("county", "zone", "category")
        if all(getattr(one.entry, key) == getattr(other.entry, key) for key in keys):
            what = f"同一县同一岗位的微调重叠：{one.code} 与 {other.code} 自 {day} 起同时有效"
            library.refuse("overlap", what, other.where(), "请合并，或写终止日期")
