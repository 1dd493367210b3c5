"""What a cycle lacks: named while there is time to mend it, and after the freeze for the record."""

from collections.abc import Iterable, Mapping

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from hengjian.cycles import collect, storing, wording
from hengjian.cycles.models import Cycle
from hengjian.cycles.shapes import Missing
from hengjian.evidence.queries import quarantine_counts
from hengjian.policy.model import Indicator, PanelGroup
from hengjian.policy.policy import Policy
from hengjian.scoring.facts import group_key
from hengjian.scoring.snapshot import Seat, Snapshot
from hengjian.terms.errors import HengjianError

PARTS = ("seats", "metrics", "cases", "projects", "marks", "not_applicable", "adjustments")


def live(cycle: Cycle) -> tuple[tuple[Missing, ...], dict[str, int]]:
    """What an open cycle lacks now, and how much it would freeze."""
    try:
        policy, _files = storing.policy_now(cycle.policy, cycle.on)
        facts, counted = collect.outline_of(cycle, policy)
    except HengjianError as refusal:
        step = f"；{refusal.do}" if refusal.do else ""
        blocked = Missing("blocked", f"{refusal.what}{step}", 1, blocks=True)
        return (blocked, *quarantine()), dict.fromkeys(PARTS, 0)
    return (*of(facts, policy), *quarantine()), counts_of(facts) | counted


def counts_of(facts: Snapshot) -> dict[str, int]:
    """How many records of each kind a snapshot holds; marks are counted one by one."""
    found = {part: len(getattr(facts, part)) for part in PARTS}
    found["marks"] = sum(len(one.marks) for one in facts.marks)
    return found


def of(facts: Snapshot, policy: Policy) -> tuple[Missing, ...]:
    """What a snapshot lacks, the heaviest first."""
    lines = _lines(facts, policy)
    found = [
        *_indicators(facts, policy, lines),
        *_groups(facts, policy, lines),
        *_not_applicable(facts, policy),
        *_small(facts, policy),
    ]
    return tuple(sorted(found, key=lambda m: not m.blocks))


def quarantine() -> tuple[Missing, ...]:
    """Records that wait in the quarantine."""
    waiting = sum(row["waiting"] for row in quarantine_counts())
    if not waiting:
        return ()
    text = ngettext("%d 条待核记录", "%d 条待核记录", waiting) % waiting
    return (Missing("quarantine", text, waiting),)


def _lines(facts: Snapshot, policy: Policy) -> dict[str, list[Seat]]:
    """The seats whose scorecard has an indicator that applies to them, by indicator."""
    apart = {(n.seat, n.indicator) for n in facts.not_applicable}
    found: dict[str, list[Seat]] = {}
    for seat in facts.seats:
        for line in policy.scorecard(seat.zone, seat.category, seat.county).lines:
            if (seat.id, line.indicator) not in apart:
                found.setdefault(line.indicator, []).append(seat)
    return found


def _indicators(facts: Snapshot, policy: Policy, lines: Mapping[str, list[Seat]]) -> Iterable[Missing]:
    there = {(m.metric, m.organisation) for m in facts.metrics}
    there |= {(c.feed, c.organisation) for c in facts.cases}
    for code, seats in sorted(lines.items()):
        held = policy.indicators[code]
        source = held.source.metric if held.source.kind == "metric" else held.source.feed
        if held.source.kind == "panel":
            continue
        places = sorted({s.organisation for s in seats if (source, s.organisation) not in there})
        if places:
            yield _lacking(facts, held, places)


def _lacking(facts: Snapshot, held: Indicator, places: list[str]) -> Missing:
    names = {unit.code: unit.name for unit in facts.units}
    named = tuple((code, names.get(code, code)) for code in places)
    name = wording.either(held.name, held.name_en)
    what = {"name": name, "count": len(places)}
    return Missing(
        kind=held.source.kind,
        text=_("%(name)s：%(count)d 个单位没有数据") % what,
        count=len(places),
        indicator=held.code,
        organisations=named,
        rule=held.missing,
        blocks=held.missing == "fail",
    )


def _groups(facts: Snapshot, policy: Policy, lines: Mapping[str, list[Seat]]) -> Iterable[Missing]:
    judged = {s.id for c, seats in lines.items() if _by_panel(policy, c) for s in seats}
    given: dict[str, set[str]] = {}
    withheld: dict[str, set[str]] = {}
    for one in facts.marks:
        (given if one.marks else withheld).setdefault(one.group, set()).add(one.seat)
    titles = {s.id: s.title for s in facts.seats}
    for group in policy.groups:
        some = given.get(group.code, set())
        few = (withheld.get(group.code, set()) - some) & judged
        none = set() if group.outside else judged - some - few  # no verified event is no gap
        if few:
            text = _("%(name)s：%(count)d 个任职的有效评分少于 %(least)d 份，不计分")
            yield _unjudged("marks_few", text, group, few, titles)
        if none:
            text = _("%(name)s：%(count)d 个任职没有评分")
            yield _unjudged("marks", text, group, none, titles)


def _by_panel(policy: Policy, code: str) -> bool:
    return policy.indicators[code].source.kind == "panel"


def _unjudged(kind: str, text: str, group: PanelGroup, seats: set[str], titles: Mapping[str, str]) -> Missing:
    name = wording.either(group.name, group.name_en)
    what = {"name": name, "count": len(seats), "least": group.minimum}
    named = tuple(sorted(titles[seat] for seat in seats))
    return Missing(kind, text % what, len(seats), group=group.code, seats=named, rule="reweight")


def _not_applicable(facts: Snapshot, policy: Policy) -> Iterable[Missing]:
    titles = {s.id: s.title for s in facts.seats}
    by_indicator: dict[str, list[str]] = {}
    for one in facts.not_applicable:
        by_indicator.setdefault(one.indicator, []).append(titles[one.seat])
    for code, seats in sorted(by_indicator.items()):
        held = policy.indicators.get(code)
        name = wording.either(held.name, held.name_en) if held else code
        text = _("%(name)s：对 %(count)d 个任职不适用") % {"name": name, "count": len(seats)}
        yield Missing(
            "not_applicable", text, len(seats), indicator=code, seats=tuple(sorted(seats)), rule="reweight"
        )


def _small(facts: Snapshot, policy: Policy) -> Iterable[Missing]:
    sizes: dict[str, int] = {}
    for seat in facts.seats:
        key = group_key(seat, policy.comparison.keys)
        sizes[key] = sizes.get(key, 0) + 1
    least = policy.comparison.least
    for key, size in sorted(sizes.items()):
        if size < least:
            title = wording.group_title(policy, key)
            what = {"title": title, "size": size, "least": least}
            text = _("可比组“%(title)s”只有 %(size)d 人，少于 %(least)d 人，名次只供参考") % what
            yield Missing("group_small", text, size)
