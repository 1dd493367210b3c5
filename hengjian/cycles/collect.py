"""Bring roster, evidence and marks of a cycle together into one snapshot."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from hengjian.cycles import public_marks, storing
from hengjian.cycles.models import Cycle
from hengjian.cycles.rated_marks import rated_of
from hengjian.cycles.transitions import State
from hengjian.evidence import queries as evidence
from hengjian.policy.policy import Policy
from hengjian.roster import queries as roster
from hengjian.scoring.snapshot import (
    Adjustment,
    Case,
    CycleFacts,
    NotApplicable,
    Previous,
    Seat,
    Snapshot,
    Unit,
)
from hengjian.terms.errors import Refused
from hengjian.terms.period import Period

DISCOUNT = "cost_benefit.discount_rate"


def snapshot_of(cycle: Cycle, policy: Policy) -> Snapshot:
    """Everything that the cycle's result may depend on, as known at the cut-off."""
    seats = checked_seats(cycle, policy)
    period, known = Period(cycle.period), {seat.id for seat in seats}
    places = sorted({seat.organisation for seat in seats})
    marks, releases = public_marks.marks_of(period, cycle.cut_off, seats, policy)
    units = units_of(cycle, places)
    return Snapshot(
        cycle=facts_of(cycle, policy),
        units=units,
        seats=seats,
        metrics=tuple(evidence.metrics_for(period, cycle.cut_off, places)),
        cases=tuple(evidence.cases_for(period, cycle.cut_off, places)),
        projects=tuple(evidence.projects_for(period, cycle.cut_off, places, discount=_discount(policy))),
        marks=marks,
        not_applicable=_not_applicable(cycle, known),
        adjustments=tuple(_adjustment(a) for a in cycle.adjustments.standing() if a.seat in known),
        previous=tuple(_previous(cycle, known)),
        releases=releases,
        rated=rated_of(cycle.pk, (period, cycle.cut_off), seats, units, policy),
    )


def outline_of(cycle: Cycle, policy: Policy) -> tuple[Snapshot, dict[str, int]]:
    """What tells whether a cycle is complete, without single cases and values; and how many there are.

    A place with cases has one empty case for each feed. Refused for the same seats as :func:`snapshot_of`.
    """
    seats = checked_seats(cycle, policy)
    period, known = Period(cycle.period), {seat.id for seat in seats}
    places = sorted({seat.organisation for seat in seats})
    counts = evidence.case_counts(period, cycle.cut_off, places)
    marks, releases = public_marks.marks_of(period, cycle.cut_off, seats, policy, counted=True)
    outline = Snapshot(
        cycle=facts_of(cycle, policy),
        units=units_of(cycle, places),
        seats=seats,
        metrics=tuple(evidence.metrics_for(period, cycle.cut_off, places)),
        cases=tuple(Case("", feed, code, None, closed=False) for feed, code in sorted(counts)),
        marks=marks,
        not_applicable=_not_applicable(cycle, known),
        adjustments=tuple(_adjustment(a) for a in cycle.adjustments.standing() if a.seat in known),
        releases=releases,
    )
    projects = evidence.project_count(period, cycle.cut_off, places)
    return outline, {"cases": sum(counts.values()), "projects": projects}


def facts_of(cycle: Cycle, policy: Policy) -> CycleFacts:
    """Which assessment this is."""
    return CycleFacts(
        id=cycle.pk,
        title=cycle.title,
        period=cycle.period,
        policy=policy.id,
        on=cycle.on,
        cut_off=cycle.cut_off,
        synthetic=cycle.synthetic,
    )


def seats_of(cycle: Cycle) -> tuple[Seat, ...]:
    """The seats that the cycle scores: those in its scope on the last day of its period."""
    rows = roster.seats_on(Period(cycle.period).end, under=tuple(cycle.organisations))
    return tuple(
        Seat(
            id=row.id,
            official=row.official,
            post=row.post,
            title=row.title,
            organisation=row.organisation,
            county=row.county,
            zone=row.zone,
            level=row.level,
            category=row.category,
            since=row.since,
            public_facing=row.public_facing,
            opening_debt_ratio=row.opening_debt_ratio,
        )
        for row in rows
        if not cycle.levels or row.level in cycle.levels
    )


def units_of(cycle: Cycle, places: Iterable[str]) -> tuple[Unit, ...]:
    """These organisations and all above them."""
    rows = roster.organisations_on(Period(cycle.period).end)
    by_code = {row.code: row for row in rows}
    wanted = {code for place in places for code in by_code[place].path.strip("/").split("/")}
    return tuple(Unit(row.code, row.short_name, row.level, row.parent) for row in rows if row.code in wanted)


def check_complete(seats: Iterable[Seat], policy: Policy) -> None:
    """Refuse seats that no scorecard can be found for, naming them."""
    odd = [s for s in seats if s.zone not in policy.zones or s.category not in policy.categories]
    if odd:
        named = "、".join(f"{s.title}（{s.zone or '—'}/{s.category or '—'}）" for s in odd[:5])
        raise Refused(
            _("有 %(count)d 个任职缺少功能区或岗位类别：%(named)s") % {"count": len(odd), "named": named},
            do=_("请在名册中补全功能区划定和岗位类别"),
            code="cycles.seat_incomplete",
        )


def check_seat(cycle: Cycle, seat: str) -> Seat:
    """The seat of this id in the cycle; refused when there is none."""
    found = next((s for s in seats_of(cycle) if s.id == seat), None)
    if found is None:
        raise Refused(
            _("这个周期没有任职 %(seat)s") % {"seat": seat},
            do=_("请核对任职编号"),
            code="cycles.no_seat",
        )
    return found


def check_line(cycle: Cycle, seat: str, indicator: str) -> None:
    """Refuse an indicator that does not stand on the seat's scorecard."""
    held = check_seat(cycle, seat)
    policy, _files = storing.policy_now(cycle.policy, cycle.on)
    card = policy.scorecard(held.zone, held.category, held.county)
    if indicator not in {line.indicator for line in card.lines}:
        raise Refused(
            _("该任职的计分表没有指标 %(code)s") % {"code": indicator},
            do="、".join(line.indicator for line in card.lines),
            code="cycles.no_line",
        )


def checked_seats(cycle: Cycle, policy: Policy) -> tuple[Seat, ...]:
    """The seats that the cycle scores. Refused when there is none, or no scorecard for one."""
    seats = seats_of(cycle)
    if not seats:
        raise Refused(
            _("考核范围内没有任职，不能冻结"),
            do=_("请先导入机构、岗位、干部、任职，或核对周期的单位与层级范围"),
            code="cycles.no_seats",
        )
    check_complete(seats, policy)
    return seats


def _not_applicable(cycle: Cycle, known: set[str]) -> tuple[NotApplicable, ...]:
    rows = cycle.not_applicable.standing().order_by("seat", "indicator")
    return tuple(NotApplicable(n.seat, n.indicator, n.reason) for n in rows if n.seat in known)


def _discount(policy: Policy) -> float:
    return policy.number(DISCOUNT) if DISCOUNT in policy.parameters else 0.0


def _adjustment(held: object) -> Adjustment:
    names = ("record", "seat", "points", "reason", "clause", "author", "on")
    return Adjustment(**{name: getattr(held, name) for name in names})


def _previous(cycle: Cycle, known: set[str]) -> Iterable[Previous]:
    """Points of the last finished cycle before this one, under a policy of the same name."""
    earlier = (
        Cycle.objects.filter(
            state__in=(State.SCORED, State.REVIEWED, State.PUBLISHED),
            policy=cycle.policy,
            synthetic=cycle.synthetic,
            cut_off__lt=cycle.cut_off,
        )
        .order_by("-cut_off")
        .first()
    )
    if earlier is None:
        return
    for score in storing.sheet_of(storing.newest_sheet(earlier)).seats:
        for line in score.lines if score.seat in known else ():
            if line.points is not None:
                yield Previous(score.seat, line.indicator, line.points, earlier.pk)
