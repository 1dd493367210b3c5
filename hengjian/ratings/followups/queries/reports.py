"""Reports of inducement and retaliation, for their handlers and for leaders who decide; for nobody else."""

import uuid
from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet

from hengjian.access.models import User
from hengjian.access.permissions import (
    can_handle_reports,
    can_suspend,
    check_can_handle_reports,
    check_can_suspend,
)
from hengjian.access.roles import Role
from hengjian.ratings.followups.checks import check_not_of, posts_for, unit_names, whole_city
from hengjian.ratings.followups.clocks import Clocks
from hengjian.ratings.followups.models import (
    Left,
    Look,
    Report,
    ReportState,
    ReportStep,
    ReportVerb,
    State,
)
from hengjian.ratings.followups.models.report import BY_ITSELF, DECISIONS
from hengjian.ratings.followups.operations.reports import stands, take_up
from hengjian.ratings.followups.queries.cases import tone
from hengjian.ratings.followups.transitions import REPORT
from hengjian.terms.errors import NotPermitted


@dataclass(frozen=True)
class Row:
    """A report in a list: never its text."""

    id: str
    kind: str
    title: str
    unit: str
    state: str
    on: date
    due_on: date | None
    tone: str


@dataclass(frozen=True)
class View:
    """A report's page; ``looks`` are those who opened its text."""

    row: Row
    report: Report
    steps: tuple[ReportStep, ...]
    verbs: tuple[ReportVerb, ...]
    looks: tuple[Look, ...]
    erased: bool


def rows(viewer: User, on: date, clocks: Clocks, *, closed: bool = False) -> list[Row]:
    """The reports that this person may handle, or decide on as a leader, the most urgent first.

    Clause: SPEC B4
    Raises: NotPermitted for everybody else.
    """
    if not can_suspend(viewer, on):
        check_can_handle_reports(viewer, on)
    take_up()
    found = list(_reports(viewer, on).prefetch_related("steps"))
    names = unit_names({one.post for one in found})
    made = [_row(one, on, clocks, names) for one in found]
    made = [row for row in made if closed or row.state != ReportState.CLOSED]
    return sorted(made, key=lambda row: (row.due_on or date.max, row.id))


def view(viewer: User, report: str, on: date, clocks: Clocks) -> View | None:
    """One report; leaders see retaliation that was filed, so that they can decide.

    Clause: SPEC B4
    Raises: NotPermitted.
    """
    try:
        held = Report.objects.filter(pk=uuid.UUID(report)).select_related("sealed").first()
    except ValueError:
        held = None
    if held is None:
        return None
    handles = _may(viewer, held, on)
    row = _row(held, on, clocks)
    verbs = [verb for verb, (sources, _to) in REPORT[held.kind].items() if ReportState(row.state) in sources]
    mine = [
        verb
        for verb in verbs
        if verb not in BY_ITSELF and ((verb in DECISIONS) != handles or _both(viewer, held, on))
    ]
    return View(
        row, held, tuple(held.steps.order_by("number")), tuple(sorted(mine, key=_is_note)),
        tuple(held.sealed.looks.order_by("at")), held.sealed.erased_on is not None,
    )  # fmt: skip


def _is_note(verb: ReportVerb) -> bool:
    """What moves the report on is offered first."""
    return verb is ReportVerb.NOTE


def _may(viewer: User, report: Report, on: date) -> bool:
    """True for a handler, False for a leader who may decide; refused for everybody else."""
    if can_handle_reports(viewer, on):
        check_not_of(viewer, report.post, on, check_can_handle_reports)
        return True
    check_not_of(viewer, report.post, on, check_can_suspend)
    if report.kind != Left.RETALIATION or not report.steps.filter(verb=ReportVerb.FILE).exists():
        raise NotPermitted("您没有权限：办理举报", do="立案后由您决定是否停职", code="access.handle_reports")
    return False


def _both(viewer: User, report: Report, on: date) -> bool:
    try:
        check_not_of(viewer, report.post, on, check_can_suspend)
    except NotPermitted:
        return False
    return can_handle_reports(viewer, on)


def _reports(viewer: User, on: date) -> QuerySet[Report]:
    handled, filed = (
        Q(post__in=posts_for(viewer, on, role).values("code"))
        | (Q(post="") if whole_city(viewer, on, role) else Q(pk__in=[]))
        for role in (Role.PROTECTOR, Role.LEADER)
    )
    steps = ReportStep.objects.filter(verb=ReportVerb.FILE).values("report")
    return Report.objects.filter(handled | (filed & Q(kind=Left.RETALIATION, pk__in=steps)))


def _row(report: Report, on: date, clocks: Clocks, names: dict[str, tuple[str, str]] | None = None) -> Row:
    now = stands(report)
    title, unit = (unit_names({report.post}) if names is None else names).get(report.post, ("", ""))
    done = State.CLOSED if now.state == ReportState.CLOSED else ""
    return Row(
        str(report.pk), report.kind, title, unit, now.state, report.on, now.due_on,
        tone(done, now.due_on, on, clocks.after("remind_days", on)),
    )  # fmt: skip
