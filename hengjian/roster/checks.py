"""Judge the merged register: each contradiction is reported at the cell that brings it in."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hengjian.roster.models import Level
from hengjian.roster.register import Entry, Register, span
from hengjian.roster.sheets.report import Refusals

LONGEST_PATH = 400
_HOMES = (
    ("zone", "organisation", "organisation"),
    ("post", "organisation", "organisation"),
    ("organisation", "parent", "organisation"),
    ("tenure", "post", "post"),
)
_NAMES = {
    "organisation": gettext_lazy("机构"),
    "zone": gettext_lazy("功能区划定"),
    "post": gettext_lazy("岗位"),
    "official": gettext_lazy("干部"),
    "tenure": gettext_lazy("任职"),
}


def judge(register: Register, refusals: Refusals) -> None:
    """All checks between rows, each independent of the others."""
    _dates(register, refusals)
    _references(register, refusals)
    _tree(register, refusals)
    _inside_homes(register, refusals)
    _one_zone_at_a_time(register, refusals)
    _one_holder_at_a_time(register, refusals)


def _refuse(entry: Entry, refusals: Refusals, name: str, what: str, do: str, code: str) -> None:
    if entry.row is not None:
        entry.row.refuse(refusals, name, what, do, f"roster.{code}")


def _dates(register: Register, refusals: Refusals) -> None:
    for kind in ("organisation", "zone", "post", "tenure"):
        for one in register.touched(kind):
            if one["until"] is not None and one["until"] < one["since"]:
                _refuse(
                    one,
                    refusals,
                    "until",
                    _("{until} 早于开始的 {since}").format(until=one["until"], since=one["since"]),
                    _("请核对两个日期"),
                    "dates",
                )


def _references(register: Register, refusals: Refusals) -> None:
    for kind, name, target in (*_HOMES, ("tenure", "official", "official")):
        for one in register.touched(kind):
            code = one[name]
            if code and register.get(target, code) is None:
                _refuse(
                    one,
                    refusals,
                    name,
                    _("{kind}“{code}”不在册，本文件中也没有").format(kind=_NAMES[target], code=code),
                    _("请改正代码，或在“{kind}”表中补上").format(kind=_NAMES[target]),
                    "unknown",
                )


def _tree(register: Register, refusals: Refusals) -> None:
    """Paths from the root; a circle, a parent below its child, or too deep a tree is refused."""
    organisations = register.of("organisation")
    for one in organisations.values():
        one.path = ""
    for one in organisations.values():
        codes = _upward(one, register)
        if codes is None:
            if one.row is not None:
                _refuse(one, refusals, "parent", _("上级机构绕成一圈"), _("请改正上级机构代码"), "circle")
            continue
        one.path = f"/{'/'.join(reversed(codes))}/"
        if len(one.path) > LONGEST_PATH:
            _refuse(one, refusals, "parent", _("层次太深"), _("请核对上级机构代码"), "deep")
        _level_below_parent(one, register, refusals)


def _upward(one: Entry, register: Register) -> list[str] | None:
    codes: list[str] = []
    step: Entry | None = one
    while step is not None:
        if step["code"] in codes:
            return None
        codes.append(step["code"])
        step = register.get("organisation", step["parent"]) if step["parent"] else None
    return codes


def _level_below_parent(one: Entry, register: Register, refusals: Refusals) -> None:
    parent = register.get("organisation", one["parent"]) if one["parent"] else None
    if parent is None or Level(parent["level"]).depth <= Level(one["level"]).depth:
        return
    what = _("上级 {parent} 是{above}，低于本机构的{below}").format(
        parent=parent["code"], above=Level(parent["level"]).label, below=Level(one["level"]).label
    )
    at = one if one.row is not None else parent
    _refuse(at, refusals, "level", what, _("请核对层级和上级机构代码"), "level")


def _inside_homes(register: Register, refusals: Refusals) -> None:
    """Nothing outlasts what it belongs to; the cell blamed is one that the file brings."""
    for kind, name, target in _HOMES:
        for one in register.of(kind).values():
            home = register.get(target, one[name]) if one[name] else None
            if home is None or (one.row is None and home.row is None):
                continue
            since, until = span(one)
            first, last = span(home)
            if since < first:
                _outside(one, home, "since", refusals)
            if until > last:
                _outside(one, home, "until", refusals)


def _outside(one: Entry, home: Entry, name: str, refusals: Refusals) -> None:
    words = _("{kind} {key} 从 {since} 到 {until}")
    told = [
        words.format(kind=_NAMES[e.kind], key=e.label(), since=e["since"], until=e["until"] or _("至今"))
        for e in (one, home)
    ]
    what = _("{inner}，超出{outer}").format(inner=told[0], outer=told[1])
    _refuse(
        one if one.row is not None else home,
        refusals,
        name,
        what,
        _("请先改正或填写起止日期，使前者在后者之内"),
        "outside",
    )


def _overlaps(entries: Iterable[Entry]) -> Iterable[tuple[Entry, Entry]]:
    """Neighbours in time that overlap: the earlier (the one that lasts longest) and the later."""
    longest: Entry | None = None
    for one in sorted(entries, key=lambda e: (e["since"], e.label())):
        if longest is not None and span(longest)[1] >= one["since"]:
            yield longest, one
        if longest is None or span(one)[1] > span(longest)[1]:
            longest = one


def _one_zone_at_a_time(register: Register, refusals: Refusals) -> None:
    by_organisation: dict[str, list[Entry]] = defaultdict(list)
    for one in register.of("zone").values():
        by_organisation[one["organisation"]].append(one)
    for entries in by_organisation.values():
        for earlier, later in _overlaps(entries):
            _clash(earlier, later, refusals, "zone_overlap", None)


def _one_holder_at_a_time(register: Register, refusals: Refusals) -> None:
    by_post: dict[str, list[Entry]] = defaultdict(list)
    for one in register.of("tenure").values():
        by_post[one["post"]].append(one)
    for code, entries in by_post.items():
        post = register.get("post", code)
        if post is not None and post["single_holder"]:
            for earlier, later in _overlaps(entries):
                _clash(earlier, later, refusals, "two_holders", post)
            continue
        by_official: dict[str, list[Entry]] = defaultdict(list)
        for one in entries:
            by_official[one["official"]].append(one)
        for same in by_official.values():
            for earlier, later in _overlaps(same):
                _clash(earlier, later, refusals, "twice_at_once", None)


def _clash(earlier: Entry, later: Entry, refusals: Refusals, code: str, post: Entry | None) -> None:
    what = _("与 {key}（到 {until}）时间重叠")
    do = _("请先给前一条填结束日，最晚 {day}").format(day=later["since"] - dt.timedelta(days=1))
    if later.row is not None or earlier.row is not None:
        at, other = (later, earlier) if later.row is not None else (earlier, later)
        text = what.format(key=other.label(), until=other["until"] or _("至今"))
        _refuse(at, refusals, "since" if at is later else "until", text, do, code)
    elif post is not None:
        text = _("{one} 与 {other} 同时在此岗位任职，不能改为一岗一人").format(
            one=earlier.label(), other=later.label()
        )
        _refuse(post, refusals, "single_holder", text, do, code)
