"""Results: the ranking of the newest result, an official's own."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from hengjian.access import permissions
from hengjian.console.rights import rights, today
from hengjian.cycles import queries
from hengjian.terms.errors import NotPermitted

SCORED = ("published", "reviewed", "scored")  # what was published comes before what was not


@login_required
@require_GET
def ranking(request: HttpRequest) -> HttpResponse:
    """The ranking of the newest result; where there is none yet, the cycles."""
    permissions.check_scopes(request.user, today(), "read_results")
    rows = [row for row in queries.list_cycles() if row.state in SCORED]
    rows.sort(key=lambda row: row.state != "published")
    if not rows:
        return redirect("console:cycles")
    page = reverse("console:cycles-ranking", args=[rows[0].id])
    return redirect(f"{page}?{request.GET.urlencode()}" if request.GET else page)


@login_required
@require_GET
def own(request: HttpRequest) -> HttpResponse:
    """The own results, as far as they are published."""
    held = rights(request).own
    if not held:
        raise NotPermitted(_("您没有权限：查看本人的得分表"), code="access.read_own_sheet")
    return render(request, "console/officials/own.html", {"results": queries.own_seats(held)})
