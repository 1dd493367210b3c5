"""Sealed reports of inducement and retaliation, for handlers, and for leaders who decide on suspension."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from hengjian.console import followup_desk as desk
from hengjian.console.entrance.fresh import fresh_to_sign
from hengjian.console.people import viewer
from hengjian.console.rights import today
from hengjian.ratings.followups.models import ReportVerb, Why
from hengjian.ratings.followups.models.report import DECISIONS
from hengjian.ratings.followups.operations import reports
from hengjian.ratings.followups.operations.sealed import Opened, open_report
from hengjian.ratings.followups.queries import reports as reads
from hengjian.terms.errors import Refused


@login_required
@require_GET
def entries(request: HttpRequest) -> HttpResponse:
    """The reports that this person may see, the most urgent first."""
    closed = request.GET.get("closed") == "yes"
    rows = reads.rows(viewer(request), today(), desk.clocks(), closed=closed)
    return render(request, "console/reports/list.html", {"rows": rows, "closed": closed})


@login_required
@require_http_methods(["GET", "POST"])
@fresh_to_sign
def report(request: HttpRequest, number: UUID) -> HttpResponse:
    """One report: its measures and decisions, who opened it, and what can be done now."""
    error: Refused | None = None
    opened: Opened | None = None
    seen = _seen(request, number)
    if request.method == "POST":
        try:
            if request.POST.get("deed") == "open":
                opened = open_report(seen.report, request.POST.get("why", ""), desk.act(request), desk.key())
            else:
                _move(request, number)
                messages.success(request, _("已记录。"))
                return redirect("console:reports-report", number)
        except Refused as refused:
            error = refused
    return render(
        request,
        "console/reports/report.html",
        {
            "seen": _seen(request, number),
            "decisions": DECISIONS,
            "whys": Why.choices,
            "opened": opened,
            "error": error,
            "reason": request.POST.get("reason", ""),
            "posted": request.POST,
        },
        status=422 if error else 200,
    )


def _move(request: HttpRequest, number: UUID) -> None:
    deed = request.POST.get("deed", "")
    if deed not in ReportVerb.values:
        raise Refused(_("没有这个步骤"), do=_("请从清单中选一项"), code="console.no_act")
    reports.move(
        str(number), ReportVerb(deed), desk.act(request), desk.clocks(), clause=request.POST.get("clause", "")
    )


def _seen(request: HttpRequest, number: UUID) -> reads.View:
    seen = reads.view(viewer(request), str(number), today(), desk.clocks())
    if seen is None:
        raise Http404
    return seen
