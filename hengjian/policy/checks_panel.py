"""The panel: known groups and scales, weights that sum to 100 or say how they are repaired."""

from typing import Any

from hengjian.policy.checks_dates import covers, spans
from hengjian.policy.checks_tables import sums_to_hundred
from hengjian.policy.checks_values import known
from hengjian.policy.library import Library, Loaded


def check_panel(library: Library) -> None:
    """Check presets, groups and scales.

    Clause: SPEC B1
    """
    for item in library.of("panels").values():
        for day, until, version in spans(item.entry.versions):
            here = ("versions", day.isoformat())
            members = [("weights", c) for c in version.weights]
            for member in [*members, *(("outside", c) for c in version.outside)]:
                _member(library, item, (day, until), (*here, *member))
            total = sum(version.weights.values())
            sums_to_hundred(library, item, total, version.normalise, *here)
    for item in library.of("groups").values():
        for day, until, version in spans(item.entry.versions):
            _group(library, item, ("versions", day.isoformat()), (day, until), version)
    for item in library.of("instruments").values():
        _scale(library, item)


def _member(library: Library, item: Loaded, span: Any, where: tuple[str, ...]) -> None:
    code = where[-1]
    if not known(library, item, "groups", code, *where):
        return
    group = library.of("groups").get(code)
    if group is not None and not covers(group, *span):
        library.refuse(
            "not_in_force",
            f"评价主体“{code}”在自 {span[0]} 起的有效期内并非一直有效",
            item.where(*where),
            f"请核对 {group.where('versions')} 的日期",
        )


def _group(library: Library, item: Loaded, here: tuple[str, ...], span: Any, version: Any) -> None:
    if known(library, item, "instruments", version.instrument, *here, "instrument"):
        instrument = library.of("instruments").get(version.instrument)
        if instrument is not None and not covers(instrument, *span):
            library.refuse(
                "not_in_force",
                f"量表“{version.instrument}”在自 {span[0]} 起的有效期内并非一直有效",
                item.where(*here, "instrument"),
                f"请核对 {instrument.where('versions')} 的日期",
            )
    if isinstance(version.indicators, list):
        for at, code in enumerate(version.indicators):
            known(library, item, "indicators", code, *here, "indicators", at)


def _scale(library: Library, item: Loaded) -> None:
    for day, _, version in spans(item.entry.versions):
        here = ("versions", day.isoformat())
        if version.lowest >= version.highest:
            library.refuse("scale", "量表的最低分不小于最高分", item.where(*here, "lowest"), "请核对两端")
        for name, mark in version.levels.items():
            if not version.lowest <= mark <= version.highest:
                what = f"等级“{name}”的分值 {mark:g} 在量表之外"
                library.refuse("scale", what, item.where(*here, "levels", name), "请核对分值")
