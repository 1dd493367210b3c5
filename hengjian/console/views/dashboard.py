"""The dashboards: a cycle's results for the city, a county, a township or an office. Nobody is named."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from hengjian.access import permissions
from hengjian.console import area_pictures
from hengjian.console.rights import rights, today
from hengjian.cycles import areas, queries, reach
from hengjian.roster import outlines
from hengjian.terms.errors import Refused

SCORED = ("scored", "reviewed", "published", "superseded")
MOST_AREAS = 40  # so many columns of a heat map


@login_required
@require_GET
def newest(request: HttpRequest) -> HttpResponse:
    """The dashboard of the newest result; a published one before one that is not."""
    permissions.check_scopes(request.user, today(), "read_results")
    rows = [row for row in queries.list_cycles() if row.state in SCORED and row.state != "superseded"]
    rows.sort(key=lambda row: row.state != "published")
    if not rows:
        return redirect("console:cycles")
    return redirect("console:cycles-dashboard", rows[0].id)


@login_required
@require_GET
def dashboard(request: HttpRequest, cycle_id: str) -> HttpResponse:
    """One area of one cycle: whole city without ``area``; an area's own readers may see theirs."""
    if (code := request.GET.get("area", "")) == "" and not rights(request).whole:
        code = _own_area(request)
    try:
        permissions.check_can_read_results(request.user, today(), _within(cycle_id, code))
        found = areas.overview_of(cycle_id, code)
    except Refused as error:
        if error.code != "cycles.no_sheet":
            raise Http404 from error
        return render(request, "console/cycles/no_ranking.html", {"cycle": queries.cycle_row(cycle_id)})
    here, drawn, asked = found.cycle, outlines.newest(), request.GET.get("map", "")
    return render(
        request,
        "console/cycles/dashboard.html",
        {
            "found": found,
            "cycle": here,
            "cycles": [row for row in queries.list_cycles() if row.state in SCORED],
            "may": rights(request),
            "heat": area_pictures.heat(found),
            "shown_areas": found.areas[:MOST_AREAS],
            "groups": area_pictures.groups(found),
            "areas": area_pictures.areas(found),
            "grades": area_pictures.grades(found),
            "map": area_pictures.area_map(found, drawn.shapes if drawn else {}, asked),
            "drawn": drawn,
            "asked": asked,
            "over_time": area_pictures.over_time(areas.trend_of(cycle_id, code)),
        },
    )


def _own_area(request: HttpRequest) -> str:
    """The first organisation of which this person reads the results."""
    return permissions.check_scopes(request.user, today(), "read_results")[0].rpartition("/")[2]


def _within(cycle_id: str, code: str) -> str:
    """Where the area stands, as a grant names it; an unknown area counts as the whole city."""
    return reach.path_of(cycle_id, code) if code else ""
