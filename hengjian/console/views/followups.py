"""Low marks followed up: the list by deadline, a case, the problem list, reminders."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from hengjian.access.models import User
from hengjian.console import followup_desk as desk
from hengjian.console.paging import page_of
from hengjian.console.people import viewer
from hengjian.console.public_ratings import half_of
from hengjian.console.rights import rights, today
from hengjian.ratings.ballots import queries as ballots
from hengjian.ratings.followups.models import Kind, State, Verb, Why
from hengjian.ratings.followups.operations import cases, reports
from hengjian.ratings.followups.operations.cases import Act
from hengjian.ratings.followups.operations.sealed import Opened, open_contact
from hengjian.ratings.followups.queries import cases as reads
from hengjian.ratings.followups.telling import Told, report
from hengjian.roster.queries import seats_during
from hengjian.terms.errors import NotPermitted, Refused

SIZE = 50
DEEDS: dict[str, Callable[[str, Act], None]] = {
    Verb.CALL: cases.call,
    Verb.ANSWER: cases.answer,
    Verb.RETURN: cases.give_back,
    Verb.CLOSE: cases.close,
    Verb.REOPEN: cases.reopen,
    Verb.ESCALATE: cases.escalate,
}


@login_required
@require_GET
def entries(request: HttpRequest) -> HttpResponse:
    """The cases that this person may handle, the most urgent first."""
    chosen = {name: request.GET.get(name, "") for name in ("state", "kind")}
    rows = reads.rows(viewer(request), today(), desk.clocks(), **chosen)
    query = request.GET.copy()
    query.pop("page", None)
    return render(
        request,
        "console/followups/list.html",
        {
            "page": page_of(request, rows, SIZE),
            "chosen": chosen,
            "states": State.choices,
            "kinds": Kind.choices,
            "late": sum(row.tone == "bad" for row in rows),
            "query": query.urlencode(),
        },
    )


@login_required
@require_http_methods(["GET", "POST"])
def case(request: HttpRequest, case: UUID) -> HttpResponse:
    """One case: what was said, what was done, what can be done now."""
    error: Refused | None = None
    opened: Opened | None = None
    seen = _seen(request, case)
    if request.method == "POST":
        try:
            opened = _open(request, seen) if request.POST.get("deed") == "open_contact" else None
            if opened is None:
                messages.success(request, _do(request, seen))
                return redirect("console:followups-case", case)
        except Refused as refused:
            error = refused
    return render(
        request,
        "console/followups/case.html",
        {
            "seen": _seen(request, case),
            "handlers": reads.handlers(seen.case, today()) if Verb.ASSIGN in seen.verbs else [],
            "judges": seen.answered_by != viewer(request).get_username(),
            "whys": Why.choices,
            "opened": opened,
            "error": error,
            "deed": request.POST.get("deed", ""),
            "reason": request.POST.get("reason", ""),
        },
        status=422 if error else 200,
    )


def _seen(request: HttpRequest, case: UUID) -> reads.View:
    seen = reads.view(viewer(request), str(case), today(), desk.clocks())
    if seen is None:
        raise Http404
    return seen


def _open(request: HttpRequest, seen: reads.View) -> Opened:
    return open_contact(seen.case, request.POST.get("why", ""), desk.act(request), desk.key())


def _do(request: HttpRequest, seen: reads.View) -> str:
    """Do what the button says; the words to show when it is done."""
    deed, act = request.POST.get("deed", ""), desk.act(request)
    if deed == Verb.ASSIGN:
        cases.assign(seen.row.id, _handler(request), act)
        return _("已分派。")
    if deed == "retaliation":
        page = seen.case.ballot.key_id if seen.case.ballot else ""
        told = Told("retaliation", act.reason, key=page)
        report(told, desk.key().lock, desk.clocks(), today())
        reports.take_up()
        return _("线索已封存转交举报办理专员，本页不留记录。")
    if deed not in DEEDS:
        raise Refused(_("没有这个步骤"), do=_("请用页面上的按钮"), code="console.no_act")
    DEEDS[deed](seen.row.id, act)
    return _("已记录。")


def _handler(request: HttpRequest) -> User:
    found = User.objects.filter(username=request.POST.get("handler", ""), is_active=True).first()
    if found is None:
        raise Refused(_("没有选择承办人"), where="handler", do=_("请从清单中选"), code="console.handler")
    return found


@login_required
@require_GET
def problems(request: HttpRequest) -> HttpResponse:
    """The problem list: tags that several low marks of one post share, and what is done about each."""
    who, on, clocks = viewer(request), today(), desk.clocks()
    rows = reads.rows(who, on, clocks, kind=Kind.THEME)
    done = reads.rows(who, on, clocks, kind=Kind.THEME, state=State.CLOSED)
    return render(request, "console/followups/problems.html", {"rows": [*rows, *done]})


@login_required
@require_GET
def reminders(request: HttpRequest) -> HttpResponse:
    """Deadlines that came near or passed; posts with too few ratings, for the organisation."""
    may, on = rights(request), today()
    if not (may.followups or may.manage):
        raise NotPermitted(_("您没有权限：查看提醒"), code="access.read_reminders")
    half = half_of(on)
    seats = {seat.id: seat for seat in seats_during(half, on) if seat.public_facing}
    few = ballots.reminders(half, timezone.now(), seats.values()) if may.manage else []
    return render(
        request,
        "console/followups/reminders.html",
        {
            "reminders": reads.reminders(viewer(request), on) if may.followups else None,
            "few": page_of(request, sorted(few, key=lambda one: one.id), SIZE),
            "seats": len(seats),
            "half": half.text,
            "least": desk.rules().least,
            "may": may,
        },
    )
