"""Choosing a purpose of looking; who looked at me; the query trail."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from hengjian.access import permissions, tickets
from hengjian.access.purposes import Purpose
from hengjian.console import people
from hengjian.console.paging import page_of
from hengjian.console.rights import rights, today
from hengjian.terms.errors import NotPermitted, Refused

SIZE = 50
FILTERS = ("person", "viewer", "code", "purpose")


@login_required
@require_POST
def purpose(request: HttpRequest) -> HttpResponse:
    """Choose a purpose, or end it, and go back to the page."""
    if request.POST.get("deed") == "end":
        people.forget(request)
    else:
        try:
            people.choose(request)
        except Refused as error:
            messages.error(request, f"{error.what}{_('：')}{error.do}")
    back = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
    return redirect(back if safe else "console:home")


@login_required
@require_GET
def looks(request: HttpRequest) -> HttpResponse:
    """Who looked at the official concerned: who, in what role, for what, on which day."""
    own = rights(request).own
    if not own:
        raise NotPermitted(_("您没有权限：查看谁看过本人"), code="access.read_looks")
    page = page_of(request, tickets.looks_at(own, today()), SIZE)
    return render(
        request, "console/looks/own.html", {"page": page, "own": Purpose.OWN, "masked": Purpose.MASKED}
    )


@login_required
@require_GET
def trail(request: HttpRequest) -> HttpResponse:
    """The whole trail for auditors, by person, looker, code and purpose."""
    permissions.check_can_read_trail(request.user, today())
    asked = {name: request.GET.get(name, "").strip() for name in FILTERS}
    query = request.GET.copy()
    query.pop("page", None)
    return render(
        request,
        "console/looks/trail.html",
        {
            "page": page_of(request, tickets.trail(**asked), SIZE),
            "asked": asked,
            "purposes": Purpose,
            "query": query.urlencode(),
        },
    )
