"""Inducement and retaliation: taken up, protected, checked, decided by whoever has authority, concluded."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from hengjian.access.permissions import check_can_handle_reports, check_can_suspend
from hengjian.notary.recording import day_of, notarise
from hengjian.ratings.ballots.models import AcceptedKey
from hengjian.ratings.followups.checks import check_not_of
from hengjian.ratings.followups.clocks import Clocks
from hengjian.ratings.followups.collecting import take_reports
from hengjian.ratings.followups.errors import FollowupRefused
from hengjian.ratings.followups.models import Report, ReportState, ReportStep, ReportVerb, Sealed
from hengjian.ratings.followups.models.report import BY_ITSELF, DECISIONS, KINDS
from hengjian.ratings.followups.operations.cases import Act, text_of
from hengjian.ratings.followups.transitions import report_after
from hengjian.ratings.followups.turns import in_turn
from hengjian.terms.errors import NotPermitted

LONGEST_CLAUSE = 120


@dataclass(frozen=True)
class Stands:
    """How a report stands: its last step, or how it came in."""

    number: int
    state: str
    due_on: date | None


def take_up() -> int:
    """Open what came in since: each page that lists reports calls this first, so nothing waits for a night.

    Together, and in the order of random numbers.

    Clause: SPEC B4
    """
    with transaction.atomic():
        in_turn("reports")
        take_reports()
        new = Sealed.objects.filter(left__in=KINDS, report__isnull=True)
        rows = list(new.order_by("id"))
        seats = {
            key: (official, post)
            for key, official, post in AcceptedKey.objects.filter(
                pk__in={row.key for row in rows}
            ).values_list("pk", "official", "post")
        }
        made = [_report(row, *seats.get(row.key, ("", ""))) for row in rows]
        Report.objects.bulk_create(made)
        for day in sorted({row.on for row in rows}):
            notarise(day, *(row for row in made if row.on == day))
    return len(made)


def _report(row: Sealed, official: str, post: str) -> Report:
    return Report(sealed=row, kind=row.left, official=official, post=post, on=row.on, due_on=row.due_on)


def move(report: str, verb: ReportVerb, act: Act, clocks: Clocks, clause: str = "") -> None:
    """One measure, check, finding or decision. A suspension is decided and signed by a leader, by clause.

    Clause: SPEC B4, NORMS X47
    Raises: NotPermitted; FollowupRefused when the state does not allow it, or reason or clause lack.
    """
    if verb in BY_ITSELF:
        raise FollowupRefused(_("没有这个步骤"), do=_("请用页面上的按钮"), code="followups.verb")
    clause = clause.strip()[:LONGEST_CLAUSE]
    if verb in DECISIONS and not clause:
        raise FollowupRefused(
            _("决定须写明依据"), where="clause", do=_("请填写条款"), code="followups.clause"
        )
    with transaction.atomic():
        held = locked(report)
        on = day_of(act.now)
        check_not_of(
            act.by, held.post, on, check_can_suspend if verb in DECISIONS else check_can_handle_reports
        )
        _check_apart(held, verb, act.by.get_username())
        before = stands(held)
        state = report_after(held.kind, verb, before.state)
        _check_cleared(held, verb, before.state)
        due = before.due_on if state == before.state else clocks.of_state(state, on)
        made = ReportStep.objects.create(
            report=held, number=before.number + 1, verb=verb, state=state, by=act.by.get_username(),
            clause=clause, reason=text_of(act.reason), at=act.now, due_on=due,
        )  # fmt: skip
        notarise(act.now, made)


def noted(report: Report, verb: ReportVerb, reason: str, now: datetime, due_on: date | None = None) -> None:
    """A step of the system's own, in the caller's transaction."""
    before = stands(report)
    made = ReportStep.objects.create(
        report=report, number=before.number + 1, verb=verb, reason=reason, at=now,
        state=report_after(report.kind, verb, before.state), due_on=due_on or before.due_on,
    )  # fmt: skip
    notarise(now, made)


def stands(report: Report) -> Stands:
    """How a report stands."""
    last = max(report.steps.all(), key=lambda step: step.number, default=None)
    if last is None:
        return Stands(0, ReportState.OPEN, report.due_on)
    return Stands(last.number, last.state, last.due_on)


def due_anew(report: Report, clocks: Clocks) -> date | None:
    """By when a report has to leave its state, from the day it came into it; None while it cannot be told.

    Clause: SPEC B4
    """
    state = stands(report).state
    if state == ReportState.OPEN:
        return clocks.first(report.kind, report.on)
    came = report.steps.filter(state=state).order_by("number")[0]
    return clocks.of_state(state, day_of(came.at))


def locked(report: str) -> Report:
    """The report, locked until the end of the transaction.

    Raises: FollowupRefused when there is none.
    """
    try:
        found = Report.objects.select_for_update().filter(pk=uuid.UUID(report)).first()
    except ValueError:
        found = None
    if found is None:
        raise FollowupRefused(_("没有这件举报"), do=_("请从清单进入"), code="followups.unknown")
    return found


def _check_apart(report: Report, verb: ReportVerb, by: str) -> None:
    """Whoever decided on suspension does not find, and the other way round."""
    other = {ReportVerb.FIND, ReportVerb.DISMISS, ReportVerb.FILE}
    apart = other if verb in DECISIONS else set(DECISIONS) if verb in other else set()
    if report.steps.filter(verb__in=apart, by=by).exists():
        raise NotPermitted(
            _("立案、认定与停职决定须由不同的人作出"), do=_("请由另一人办理"), code="followups.apart"
        )


def _check_cleared(report: Report, verb: ReportVerb, state: str) -> None:
    """Whoever was suspended for nothing gets the name cleared before the report is closed."""
    suspended = report.steps.filter(verb=ReportVerb.SUSPEND).exists()
    if verb is ReportVerb.CLOSE and state == ReportState.UNFOUNDED and suspended:
        raise FollowupRefused(
            _("停过职而认定不实的，须先澄清正名"), do=_("请先办理澄清正名"), code="followups.clear_first"
        )
