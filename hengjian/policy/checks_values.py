"""Parameters, indicators, scales, grades, modifiers and claims."""

from collections.abc import Callable
from datetime import date
from typing import Any

from pydantic import ValidationError

from hengjian.policy.checks_dates import overlaps, series, spans
from hengjian.policy.claims import known_quantity
from hengjian.policy.errors import nearest
from hengjian.policy.library import Library, Loaded
from hengjian.policy.schema import PARAMETER, DatedValue
from hengjian.policy.units import UNITS
from hengjian.policy.wording import shown, worded

MOST_MODIFIERS = 3
_KINDS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "number": (lambda v: isinstance(v, int | float) and not isinstance(v, bool), "数字"),
    "count": (
        lambda v: isinstance(v, int) and not isinstance(v, bool) and v >= 0,
        "不小于 0 的整数",
    ),
    "text": (lambda v: isinstance(v, str) and bool(v.strip()), "文字"),
    "flag": (lambda v: isinstance(v, bool), "true 或 false"),
    "list": (lambda v: isinstance(v, list) and all(isinstance(x, str) for x in v), "文字的列表"),
}


def unit_kinds(library: Library) -> dict[str, str]:
    """Known units with the kind of value that each takes.

    Clause: SPEC A1
    """
    own = {code: item.entry.kind for code, item in library.of("units").items()}
    return {**{code: word.kind for code, word in UNITS.items()}, **own}


def check_parameters(library: Library) -> None:
    """Each value must suit its unit and, where choices are listed, be one of them.

    Clause: SPEC A7
    """
    kinds = unit_kinds(library)
    for item in library.of(PARAMETER).values():
        unit = item.entry.unit
        if not _unit(library, item, unit, kinds, "unit"):
            continue
        for day, raw in item.entry.values.items():
            if raw is not None:
                _value(library, item, day, raw, kinds[unit])


def _unit(library: Library, item: Loaded, unit: str, kinds: dict[str, str], *path: str) -> bool:
    if unit in kinds:
        return True
    library.refuse(
        "unit",
        f"不认识的单位“{unit}”",
        item.where(*path),
        f"{nearest(unit, kinds)}；新的单位请先写入 vocabulary/units.yaml",
    )
    return False


def _value(library: Library, item: Loaded, day: date, raw: Any, kind: str) -> None:
    where = item.where("values", day.isoformat())
    value = raw
    if isinstance(raw, dict):
        try:
            value = DatedValue.model_validate(raw).value
        except ValidationError as error:
            for finding in error.errors(include_url=False):
                code, what, do = worded(finding, list(DatedValue.model_fields))
                library.refuse(code.removeprefix("policy."), what, where, do)
            return
    fits, expected = _KINDS[kind]
    if not fits(value):
        what = f"{item.code} 的值“{shown(value)}”与单位“{item.entry.unit}”不符"
        library.refuse("value", what, where, f"应为{expected}")
    elif item.entry.options and value not in item.entry.options:
        what = f"{item.code} 不能取“{shown(value)}”"
        library.refuse("choice", what, where, f"可取：{'、'.join(item.entry.options)}")


def check_indicators(library: Library) -> None:
    """Indicators speak the vocabulary: part, theme, virtue, unit.

    Clause: SPEC A1
    """
    kinds = unit_kinds(library)
    for item in library.of("indicators").values():
        for day, _, version in spans(item.entry.versions):
            here = ("versions", day.isoformat())
            _unit(library, item, version.unit, kinds, *here, "unit")
            for key, kind in (("part", "parts"), ("theme", "themes"), ("virtue", "virtues")):
                known(library, item, kind, getattr(version, key), *here, key)


def known(library: Library, item: Loaded, kind: str, code: str, *path: str | int) -> bool:
    """Whether a code is declared; writes the fault when it is not.

    Clause: SPEC A8
    """
    if code in library.codes(kind):
        return True
    titles = {"parts": "组成部分", "themes": "主题", "virtues": "德能勤绩廉类别", "zones": "功能区",
              "categories": "岗位类别", "indicators": "指标", "groups": "评价主体",
              "instruments": "量表", "families": "主题大类", "panels": "评价主体预设"}  # fmt: skip
    library.refuse(
        "unknown_code",
        f"没有代码为“{code}”的{titles.get(kind, kind)}",
        item.where(*path),
        nearest(code, library.codes(kind)),
    )
    return False


def check_rules(library: Library) -> None:
    """Families of themes, grades, comparison, modifiers, presets and claims.

    Clause: NORMS X23
    """
    for item in library.of("themes").values():
        if item.entry.family:
            known(library, item, "families", item.entry.family, "family")
    _grades(library)
    _alone(library, "comparison", "可比组规定")
    _modifiers(library)
    _presets(library)
    for item in library.of("claims").values():
        _claim(library, item)


def _grades(library: Library) -> None:
    for one, other, day in overlaps(library.of("grades").values()):
        if _on(one, day).least == _on(other, day).least:
            library.refuse(
                "grades",
                f"{one.code} 与 {other.code} 的最低分相同",
                other.where("versions"),
                "各等次的最低分应各不相同",
            )


def _on(item: Loaded, day: date) -> Any:
    return next(content for a, b, content in spans(series(item)[1]) if a <= day < b)


def _alone(library: Library, kind: str, title: str) -> None:
    for one, other, day in overlaps(library.of(kind).values()):
        what = f"{title}重叠：{one.code}（{one.where()}）与 {other.code} 自 {day} 起同时有效"
        library.refuse("overlap", what, other.where(), "请给前一个写终止日期")


def _modifiers(library: Library) -> None:
    items = list(library.of("modifiers").values())
    for item in items:
        for day, _, version in spans(item.entry.versions):
            known(library, item, "parts", version.part, "versions", day.isoformat(), "part")
    starts = sorted({day for item in items for day, _, _ in spans(item.entry.versions)})
    for day in starts:
        active = [i for i in items if any(a <= day < b for a, b, _ in spans(i.entry.versions))]
        if len(active) > MOST_MODIFIERS:
            library.refuse(
                "modifiers",
                f"{day} 起有 {len(active)} 个修正项，超过 {MOST_MODIFIERS} 个（规则 X23）",
                active[MOST_MODIFIERS].where(),
                "请减少修正项，或改列为指标",
            )


def _presets(library: Library) -> None:
    item = library.of(PARAMETER).get("panel.preset")
    for day, value in item.entry.values.items() if item else ():
        code = value.get("value") if isinstance(value, dict) else value
        if item is not None and isinstance(code, str):
            known(library, item, "panels", code, "values", day.isoformat())


def _claim(library: Library, item: Loaded) -> None:
    families, themes = library.codes("families"), library.codes("themes")
    for key in ("left", "right"):
        name = getattr(item.entry, key)
        if isinstance(name, str) and not known_quantity(name, families, themes):
            words = ["public_share", "official_share"]
            words += [f"family:{code}" for code in families] + [f"theme:{c}" for c in themes]
            library.refuse("claim", f"不认识的数量“{name}”", item.where(key), nearest(name, words))
