"""How far one person's mark can move a result: the most, from one end of the scale to the other.

Clause: SPEC B1
"""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from hengjian.policy.model import PanelGroup
from hengjian.ratings.panels.rules import PanelRules

Cell = tuple[str, str]  # group and stratum


@dataclass(frozen=True)
class Influence:
    """One group or stratum of a roll: how many mark, and how many points one of them can move."""

    group: str
    stratum: str
    members: int
    by_events: bool
    points: float
    dominates: bool


def influences(rules: PanelRules, members: Iterable[Cell], events: Collection[str]) -> tuple[Influence, ...]:
    """For each group and stratum that counts, the points of a hundred that one mark of it can move.

    Groups without enough members do not count and their weight goes to the others, as in scoring. Those
    whose marks come event by event count as there, with their least number of marks; the media do not, who
    mark only what happened. Trimming a share t at both ends leaves the inner marks 1 / (1 - 2t) of theirs.

    Clause: SPEC B1
    """
    counts = Counter(members)
    found = [one for group in rules.groups.values() for one in _cells(group, counts, events)]
    weigh = {group for group, _s, _n, ours in found if ours is not None}
    total = sum(rules.groups[code].weight for code in weigh)
    return tuple(
        Influence(
            group, stratum, counts[group, stratum], here is None,
            points := round(share * rules.groups[group].weight / total * 100, 2) if share else 0.0,
            points > rules.most_moved,
        )
        for (group, stratum, here, share) in found
    )  # fmt: skip


def _cells(
    group: PanelGroup, counts: Counter[Cell], events: Collection[str]
) -> list[tuple[str, str, int | None, float | None]]:
    """(group, stratum, members or None for events, one mark's share of the group or None: not counted)"""
    strata = {one.code: one.weight for one in group.strata} or {"": 1.0}
    keys = {code: f"{group.code}_{code}" if code else group.code for code in strata}
    lone = group.code == "media"
    sizes = {
        code: counts[group.code, code] or (group.minimum if keys[code] in events and not lone else 0)
        for code in strata
    }
    given = sum(sizes.values())
    enough = given >= max(1, group.minimum) and group.weight > 0
    present = sum(strata[code] for code, size in sizes.items() if size) or 1.0
    kept = given / (given + group.strength) if group.prior is not None else 1.0
    cells: list[tuple[str, str, int | None, float | None]] = []
    for code, weight in strata.items():
        eventful = keys[code] in events and not counts[group.code, code]
        share = None
        if enough and sizes[code]:
            share = kept * weight / present / max(sizes[code] * (1 - 2 * group.trim / 100), 1.0)
        cells.append((group.code, code, None if eventful else counts[group.code, code], share))
    return cells
