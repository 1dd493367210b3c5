"""Cycle list, cycle page, the steps from open to published, and the bundle."""

from collections.abc import Sequence
from pathlib import Path

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from hengjian.access import permissions
from hengjian.access.purposes import Shown
from hengjian.access.tickets import View
from hengjian.console import acts, logged, people
from hengjian.console.entrance.fresh import fresh_to_sign
from hengjian.console.rights import rights, today
from hengjian.cycles import checking, public_marks, queries, reach
from hengjian.cycles.shapes import CycleDetail
from hengjian.terms.errors import Refused


@login_required
@require_GET
def cycle_list(request: HttpRequest) -> HttpResponse:
    """All cycles, the newest first."""
    permissions.check_scopes(request.user, today(), "read_results")
    return render(
        request, "console/cycles/list.html", {"cycles": queries.list_cycles(), "may": rights(request)}
    )


@login_required
@require_GET
def cycle(request: HttpRequest, cycle_id: str) -> HttpResponse:
    """One cycle: where it stands, what is missing, what can be done, what it hashes to."""
    scopes = permissions.check_scopes(request.user, today(), "read_results")
    may = rights(request)
    detail = _quickly(cycle_id, whole=may.whole)
    published = detail.publication
    return render(
        request,
        "console/cycles/cycle.html",
        {
            "cycle": detail,
            "reached": _reached(cycle_id, scopes) if detail.groups else set(),
            "missing": detail.missing,
            "later": detail.row.state == "open",
            "steps": acts.steps(detail),
            "verbs": acts.offered(detail, may),
            "corrects": may.manage and "supersede" in detail.verbs,
            "may": may,
            "bundle_name": Path(published.path).name if published else "",
            "logged": logged.of_publication(cycle_id) if published else None,
        },
    )


def _reached(cycle_id: str, scopes: Sequence[str]) -> set[str]:
    """The groups whose ranking shows this person somebody."""
    return {group.key for group in queries.groups(cycle_id, reach.reached_in(cycle_id, scopes))}


@login_required
@require_GET
def missing(request: HttpRequest, cycle_id: str) -> HttpResponse:
    """What is missing: a fragment for htmx, else a page."""
    permissions.check_can_read_results(request.user, today())
    partial = request.headers.get("HX-Request") == "true"
    return render(
        request,
        "console/cycles/missing_page.html",
        {
            "base": "console/parts/bare.html" if partial else "console/base.html",
            "partial": partial,
            "row": (detail := found(cycle_id)).row,
            "missing": detail.missing,
            "may": rights(request),
        },
    )


@login_required
@require_http_methods(["GET", "POST"])
@fresh_to_sign
def act(request: HttpRequest, cycle_id: str, verb: str) -> HttpResponse:
    """What a step will do, then the step itself. Nothing happens on GET."""
    acts.check(verb, request.user)
    detail = found(cycle_id)
    plan = acts.ACTS[verb]
    reason = request.POST.get("reason", "").strip()
    context = {
        "cycle": detail,
        "act": plan,
        "reason": reason,
        "blocking": [item for item in detail.missing if item.blocks],
        "early": verb == "freeze" and timezone.now() < detail.row.cut_off,
        "whole_from": public_marks.whole_from(cycle_id) if verb == "freeze" else None,
    }
    if request.method == "GET":
        return render(request, "console/cycles/act.html", context)
    try:
        if plan.final and request.POST.get("sure") != "yes":
            raise Refused(_("尚未确认"), do=_("请核对后勾选“我已核对以上内容”"), code="console.not_sure")
        if (plan.reason or context["early"]) and not reason:
            raise Refused(_("没有写理由"), do=_("请写明依据和经过"), code="console.no_reason")
        acts.run(verb, cycle_id, request.user, reason)
    except Refused as error:
        return render(request, "console/cycles/act.html", {**context, "error": error}, status=422)
    messages.success(request, str(plan.done))
    return redirect("console:cycles-cycle", cycle_id)


@login_required
@require_GET
def bundle(request: HttpRequest, cycle_id: str) -> HttpResponseBase:
    """The published bundle, as it was written: a copy of everybody's posts and figures, so by a ticket."""
    permissions.check_can_read_results(request.user, today())
    publication = (detail := found(cycle_id)).publication
    path = Path(publication.path) if publication else None
    if path is None or not path.is_file():
        raise Http404
    officials = [seat.official for seat in queries.facts(cycle_id)[0].seats]
    view = View(Shown.EXPORT, cycle_id)
    if not people.exported(request, officials, view):
        persons = people.shown(request, officials, view)
        return render(request, "console/cycles/bundle.html", {"cycle": detail.row, "people": persons})
    return FileResponse(path.open("rb"), as_attachment=True, filename=path.name)


@login_required
@require_GET
def verify(request: HttpRequest, cycle_id: str) -> HttpResponse:
    """Recompute the newest result from the stored facts and rules, and say what differs."""
    permissions.check_can_read_results(request.user, today())
    row = found(cycle_id).row
    try:
        outcome = checking.looked_at(cycle_id)
    except Refused as error:  # nothing scored yet
        raise Http404 from error
    return render(request, "console/cycles/verify.html", {"row": row, "outcome": outcome})


def found(cycle_id: str) -> CycleDetail:
    """The cycle, or a page that says that there is none."""
    try:
        return queries.cycle_detail(cycle_id)
    except Refused as error:
        raise Http404 from error


def _quickly(cycle_id: str, *, whole: bool) -> CycleDetail:
    """The cycle; of an open one without what is missing, which the page asks for when it stands.

    What is missing is told only to who reads the ``whole`` city: it names units and posts everywhere.
    """
    try:
        row = queries.cycle_row(cycle_id)
    except Refused as error:
        raise Http404 from error
    return queries.cycle_detail(cycle_id, lacking=whole and row.state != "open")
