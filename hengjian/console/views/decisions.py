"""Contests and flags: officials contest what was released; two reviewers of other units decide."""

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
from hengjian.console.rights import rights, today
from hengjian.ratings.followups.models import Ground
from hengjian.ratings.followups.operations import cases, contests
from hengjian.ratings.followups.operations.contests import About
from hengjian.ratings.followups.queries import cases as case_reads
from hengjian.ratings.followups.queries import decisions as reads
from hengjian.terms.errors import NotPermitted, Refused


@login_required
@require_http_methods(["GET", "POST"])
def entries(request: HttpRequest) -> HttpResponse:
    """For a reviewer the contests to decide; for an official the own ones, and the themes to put right."""
    may = rights(request)
    if not (may.decide or may.own):
        raise NotPermitted(_("您没有权限：查看评价异议"), code="access.decide_marks")
    error: Refused | None = None
    if request.method == "POST":
        try:
            messages.success(request, _do(request))
            return redirect("console:contests")
        except Refused as refused:
            error = refused
    who, on, clocks = viewer(request), today(), desk.clocks()
    return render(
        request,
        "console/decisions/contests.html",
        {
            "may": may,
            "rows": reads.contests(who, on, clocks) if may.decide else None,
            "own": reads.own_contests(who, on, clocks, desk.rules()) if may.own else None,
            "targets": reads.targets(who, on, clocks) if may.own else None,
            "themes": case_reads.own_themes(who, on, clocks) if may.own else None,
            "grounds": Ground.choices,
            "most": clocks.days["contests_half_year"],
            "error": error,
            "posted": request.POST,
        },
        status=422 if error else 200,
    )


def _do(request: HttpRequest) -> str:
    act = desk.act(request)
    if request.POST.get("deed") == "put_right":
        cases.put_right(request.POST.get("theme", ""), act, desk.clocks())
        return _("整改情况已提交，由回访专员审核。")
    chosen = request.POST.get("about", "")
    about = About(release=int(chosen)) if chosen.isdecimal() and len(chosen) < 18 else About(theme=chosen)
    contests.file(about, request.POST.get("ground", ""), act, desk.clocks())
    return _("异议已提出。由两名与本单位无关的复核人分别复核，结论随下一次公布告知。")


@login_required
@require_GET
def flags(request: HttpRequest) -> HttpResponse:
    """What looks unusual, for reviewers."""
    rows = reads.flags(viewer(request), today(), desk.clocks())
    return render(request, "console/decisions/flags.html", {"rows": rows})


@login_required
@require_http_methods(["GET", "POST"])
@fresh_to_sign
def decision(request: HttpRequest, kind: str, number: UUID) -> HttpResponse:
    """One contest or flag: the ballots, the own opinion, the ruling when there is one."""
    error: Refused | None = None
    seen = _seen(request, kind, number)
    if request.method == "POST":
        try:
            ruling = contests.opine(seen.subject, request.POST.getlist("ballot"), desk.act(request))
            messages.success(
                request, _("复核意见已提交。") if ruling is None else _("复核意见已提交，已有结论。")
            )
            return redirect("console:contests-decision", kind, number)
        except Refused as refused:
            error = refused
    return render(
        request,
        "console/decisions/decision.html",
        {
            "seen": seen,
            "kind": kind,
            "picked": request.POST.getlist("ballot"),
            "out": {str(one) for one in seen.ruling.ballots} if seen.ruling else set(),
            "reason": request.POST.get("reason", ""),
            "error": error,
        },
        status=422 if error else 200,
    )


def _seen(request: HttpRequest, kind: str, number: UUID) -> reads.View:
    seen = reads.view(viewer(request), kind, str(number), today(), desk.clocks(), desk.rules())
    if seen is None:
        raise Http404
    return seen
