"""Templates to fill in, and taking them in: first what a file would do, then the word to do it."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from hengjian.access import permissions
from hengjian.console import importing
from hengjian.console.people import viewer
from hengjian.console.rights import today
from hengjian.terms.errors import Refused

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
GEOJSON = "application/geo+json"


@login_required
@require_http_methods(["GET", "POST"])
def kinds(request: HttpRequest) -> HttpResponse:
    """The spreadsheets there are; an upload goes on to its preview."""
    permissions.check_can_manage_cycles(request.user, today())
    error = None
    if request.method == "POST":
        try:
            token = importing.keep(request, request.POST.get("kind", ""), request.FILES.get("file"))
            return redirect("console:imports-preview", token)
        except Refused as refused:
            error = refused
    given = {"kinds": importing.offered(), "error": error}
    return render(request, "console/imports/kinds.html", given, status=422 if error else 200)


@login_required
@require_GET
def template(request: HttpRequest, kind: str) -> HttpResponse:
    """An empty spreadsheet."""
    permissions.check_can_manage_cycles(request.user, today())
    if kind not in importing.KINDS:
        raise Http404
    held = importing.KINDS[kind]
    response = HttpResponse(held.template(), content_type=XLSX if held.form == "xlsx" else GEOJSON)
    response["Content-Disposition"] = f'attachment; filename="hengjian-{kind}.{held.form}"'
    return response


@login_required
@require_http_methods(["GET", "POST"])
def preview(request: HttpRequest, token: str) -> HttpResponse:
    """What the file would do, cell by cell; then take it in, or drop it."""
    permissions.check_can_manage_cycles(request.user, today())
    held = importing.held(request, token)
    if held is None:
        messages.error(request, _("文件已不在，请重新上传。"))
        return redirect("console:imports")
    deed, by = request.POST.get("deed", ""), viewer(request).username
    if request.method == "POST" and deed == "drop":
        importing.drop(request.session)
        return redirect("console:imports")
    taking = request.method == "POST" and deed == "take"
    outcome, error = None, None
    try:
        outcome = held.kind.take(held.path, by, not taking)
    except Refused as refused:
        error = refused
    if taking and outcome and not outcome.refused:
        importing.drop(request.session)
        said = "，".join(f"{name} {count}" for name, count in outcome.counts)
        messages.success(request, _("已导入：%s。") % said)
        return redirect("console:imports")
    given = {"held": held, "token": token, "outcome": outcome, "error": error}
    bad = taking and (error or (outcome and outcome.refused))
    return render(request, "console/imports/preview.html", given, status=422 if bad else 200)
