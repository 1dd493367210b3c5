"""Suspected leaks, for the security administrator: from a query code to who looked; steps and the clock."""

from datetime import datetime

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from hengjian.access import keeping
from hengjian.access.leaks import operations, queries
from hengjian.access.leaks.models import LeakVerb, Source
from hengjian.console.entrance.fresh import fresh_to_sign
from hengjian.console.people import viewer
from hengjian.console.rights import today
from hengjian.console.views.retention import policy
from hengjian.terms.errors import NotPermitted, Refused


@login_required
@require_http_methods(["GET", "POST"])
@fresh_to_sign
def entries(request: HttpRequest) -> HttpResponse:
    """All leaks; a form to record one."""
    keeping.check_can_read_leaks(request.user, today())
    error = None
    if request.method == "POST":
        try:
            made = _record(request)
        except NotPermitted:
            raise
        except Refused as refused:
            error = refused
        else:
            messages.success(request, _("已登记，请立即采取补救措施。"))
            return redirect("console:leaks-leak", made)
    context = {
        "rows": queries.rows(),
        "may": keeping.can_record_leaks(viewer(request), today()),
        "sources": Source.choices,
        "hours": _hours(),
        "now": timezone.now(),
        "posted": request.POST,
        "error": error,
    }
    return render(request, "console/leaks/list.html", context, status=422 if error else 200)


def _hours() -> int:
    return int(str(policy().parameters["privacy.leak_report_hours"].value))


def _record(request: HttpRequest) -> int:
    said, now = request.POST, timezone.now()
    return operations.record(
        code=said.get("code", ""), source=said.get("source", ""), what=said.get("what", ""),
        found_at=_moment(said.get("found_at", "")), hours=_hours(), by=viewer(request), now=now,
    ).pk  # fmt: skip


def _moment(text: str) -> datetime:
    try:
        given = parse_datetime(text)
    except ValueError:
        given = None
    if given is None:
        raise Refused(_("请填写发现时间"), do=_("例如 2026-07-01 09:30"), code="console.no_moment")
    return given if given.tzinfo else given.replace(tzinfo=timezone.get_current_timezone())


@login_required
@require_http_methods(["GET", "POST"])
@fresh_to_sign
def leak(request: HttpRequest, leak_id: int) -> HttpResponse:
    """One leak: the look that the code leads to, what was done, what is to be done."""
    keeping.check_can_read_leaks(request.user, today())
    found = queries.row(leak_id)
    if found is None:
        raise Http404
    error = None
    if request.method == "POST":
        said = request.POST
        try:
            operations.step(
                found.leak, said.get("verb", ""), said.get("text", ""), viewer(request), timezone.now()
            )
        except NotPermitted:
            raise
        except Refused as refused:
            error = refused
        else:
            messages.success(request, _("已记录。"))
            return redirect("console:leaks-leak", leak_id)
    context = {
        "row": found,
        "verbs": LeakVerb.choices,
        "may": keeping.can_record_leaks(viewer(request), today()) and not found.closed,
        "late": found.waits and found.leak.report_by < timezone.now(),
        "posted": request.POST,
        "error": error,
    }
    return render(request, "console/leaks/leak.html", context, status=422 if error else 200)
