"""What waits for this person."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from hengjian.access import permissions
from hengjian.console import followup_desk, overdue
from hengjian.console.rights import rights, today
from hengjian.console.todo import todo
from hengjian.cycles import queries

SHOWN = 5


@login_required
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """What waits, the first deadline first; the cycles; an official's own results."""
    may = rights(request)
    cycles = queries.list_cycles() if may.results else []
    return render(
        request,
        "console/home.html",
        {
            "today": today(),
            "may": may,
            "cycles": cycles[:SHOWN],
            "tasks": todo(request, cycles),
            "known_until": followup_desk.known_until(),
            "own": queries.own_seats(may.own) if may.own else (),
        },
    )


@login_required
@require_GET
def late(request: HttpRequest) -> HttpResponse:
    """What was not done in time one level below: how many and since when, for whoever answers for it."""
    may = rights(request)
    if not may.review:
        permissions.check_can_manage_cycles(request.user, today())
    return render(request, "console/overdue.html", {"rows": overdue.late(may), "days": overdue.days()})
