"""Rankings and score sheets, read from a stored sheet and its snapshot."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from hengjian.cycles import storing, wording
from hengjian.cycles.models import StoredSheet
from hengjian.cycles.shapes import (
    CycleRow,
    GroupRow,
    Ranking,
    RankingRow,
    SeatSheet,
    SheetLine,
)
from hengjian.policy.policy import Policy
from hengjian.scoring.sheet import ScoreSheet, SeatScore
from hengjian.scoring.snapshot import Seat, Snapshot
from hengjian.terms.errors import Refused

WIDER = gettext_noop("跨可比组排列：各组的条件和计分表不同，只供参考，不作为名次")


@dataclass(frozen=True)
class Wish:
    """What part of a ranking is wanted, in which order."""

    group: str
    order: str
    page: int
    size: int
    seats: frozenset[str] | None = None  # the seats that the reader may see; None: all


def groups_of(stored: StoredSheet, seen: frozenset[str] | None = None) -> tuple[GroupRow, ...]:
    """Comparable groups of a sheet that have a seat among those ``seen``, by key, each with all its seats."""
    policy = storing.policy_of(stored.snapshot)
    found: dict[str, list[SeatScore]] = {}
    for seat in storing.sheet_of(stored).seats:
        found.setdefault(seat.group, []).append(seat)
    return tuple(
        GroupRow(key, wording.group_title(policy, key), len(seats), seats[0].caveat)
        for key, seats in sorted(found.items())
        if seen is None or any(one.seat in seen for one in seats)
    )


def ranking(stored: StoredSheet, cycle: CycleRow, wish: Wish) -> Ranking:
    """A page of the ranking of one group, or of all groups with the caveat of SPEC A3.

    Rows and figures are those of the seats that the reader may see; ranks, best and median are the group's.
    """
    groups = groups_of(stored, wish.seats)
    group = next((g for g in groups if g.key == wish.group), None)
    if wish.group and group is None:
        raise Refused(
            _("没有可比组 %(group)s") % {"group": wish.group},
            do=_("请从可比组列表中选择"),
            code="cycles.no_group",
        )
    seats = [s for s in storing.sheet_of(stored).seats if not wish.group or s.group == wish.group]
    wider = not wish.group and len(groups) > 1
    inside = [s for s in seats if wish.seats is None or s.seat in wish.seats]
    ordered = _ordered(inside, stored, wish.order, wider=wider)
    pages = max(1, math.ceil(len(ordered) / wish.size))
    page = min(max(1, wish.page), pages)
    shown = ordered[(page - 1) * wish.size : page * wish.size]
    totals = tuple(s.total for s in seats if s.total is not None)
    return Ranking(
        cycle=cycle,
        group=group,
        groups=groups,
        rows=_rows(shown, stored),
        total=len(ordered),
        page=page,
        pages=pages,
        wider=wider,
        caveat=_(WIDER) if wider else _caveat(group, groups),
        totals=tuple(s.total for s in inside if s.total is not None),
        best=max(totals, default=None),
        median=median(totals) if totals else None,
    )


def seat_in(stored: StoredSheet, seat: str) -> SeatScore:
    """A seat's score on a sheet."""
    found = next((s for s in storing.sheet_of(stored).seats if s.seat == seat), None)
    if found is None:
        raise Refused(
            _("这个周期没有任职 %(seat)s") % {"seat": seat},
            do=_("请从排名中打开"),
            code="cycles.no_seat",
        )
    return found


def seat_sheet(stored: StoredSheet, cycle: CycleRow, seat: str) -> SeatSheet:
    """One seat's sheet with the rules that applied and where it stands in its group."""
    score = seat_in(stored, seat)
    policy, facts = storing.policy_of(stored.snapshot), storing.snapshot_of(stored.snapshot)
    held = next(s for s in facts.seats if s.id == seat)
    peers = [s for s in storing.sheet_of(stored).seats if s.group == score.group]
    totals = [s.total for s in peers if s.total is not None]
    lines = tuple(
        SheetLine(
            score=line,
            indicator=policy.indicators[line.indicator],
            gaps=tuple(g for g in score.gaps if g.indicator == line.indicator),
        )
        for line in score.lines
    )
    group = next(g for g in groups_of(stored) if g.key == score.group)
    return SeatSheet(
        cycle=cycle,
        row=_rows([score], stored)[0],
        score=score,
        scorecard=policy.scorecard(held.zone, held.category, held.county),
        lines=lines,
        gaps=tuple(g for g in score.gaps if not g.indicator),
        since=held.since,
        opening_debt_ratio=held.opening_debt_ratio,
        group=group,
        median=median(totals) if totals else None,
        best=max(totals, default=None),
    )


def _caveat(group: GroupRow | None, groups: Sequence[GroupRow]) -> str:
    return group.caveat if group else (groups[0].caveat if groups else "")


def _ordered(seats: Iterable[SeatScore], stored: StoredSheet, order: str, *, wider: bool) -> list[SeatScore]:
    """Best first; what has no figure stands last; equal figures in order of title."""
    titles = {s.id: (s.organisation, s.title, s.id) for s in _facts(stored).seats}
    if order == "organisation":
        return sorted(seats, key=lambda s: titles[s.seat])
    if order in {"rank", "total"} and wider:
        order = "total"

    def key(score: SeatScore) -> tuple[bool, float, tuple[str, str, str]]:
        figure = _figure(score, order)
        return figure is None, -(figure or 0.0), titles[score.seat]

    return sorted(seats, key=key)


def _figure(score: SeatScore, order: str) -> float | None:
    if order == "rank":
        return None if score.rank is None else -float(score.rank)
    if order == "total":
        return score.total
    if order in score.parts:
        return score.parts[order]
    line = next((line for line in score.lines if line.indicator == order), None)
    return line.points if line else None


def _facts(stored: StoredSheet) -> Snapshot:
    return storing.snapshot_of(stored.snapshot)


def _rows(scores: Sequence[SeatScore], stored: StoredSheet) -> tuple[RankingRow, ...]:
    facts, policy = _facts(stored), storing.policy_of(stored.snapshot)
    seats = {s.id: s for s in facts.seats}
    units = {u.code: u.name for u in facts.units}
    ties = _ties(storing.sheet_of(stored))
    return tuple(_row(s, seats[s.seat], units, policy, ties) for s in scores)


def _ties(sheet: ScoreSheet) -> frozenset[tuple[str, int]]:
    """Ranks that more than one seat of a group shares."""
    seen: dict[tuple[str, int], int] = {}
    for seat in sheet.seats:
        if seat.rank is not None:
            seen[seat.group, seat.rank] = seen.get((seat.group, seat.rank), 0) + 1
    return frozenset(key for key, count in seen.items() if count > 1)


def _row(
    score: SeatScore,
    seat: Seat,
    units: dict[str, str],
    policy: Policy,
    ties: frozenset[tuple[str, int]],
) -> RankingRow:
    return RankingRow(
        seat=seat.id,
        official=seat.official,
        title=seat.title,
        organisation=seat.organisation,
        organisation_name=units.get(seat.organisation, seat.organisation),
        county=seat.county,
        county_name=units.get(seat.county, seat.county),
        zone=seat.zone,
        category=seat.category,
        group=score.group,
        rank=score.rank,
        of=score.of,
        tied=score.rank is not None and (score.group, score.rank) in ties,
        total=score.total,
        grade=score.grade,
        grade_name=wording.grade_name(policy, score.grade),
        parts=score.parts,
        factors=score.factors,
        adjustment=score.adjustment,
        gaps=len(score.gaps),
        caveat=score.caveat,
    )
