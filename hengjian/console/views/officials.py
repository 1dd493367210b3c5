"""Officials within the reader's scopes: who sits where on a day, a person's posts and results, the units."""

from dataclasses import dataclass
from datetime import date

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from hengjian.access import permissions
from hengjian.access.masking import Field
from hengjian.access.purposes import Shown
from hengjian.access.tickets import View
from hengjian.console import people
from hengjian.console.paging import page_of
from hengjian.console.public_ratings import synthetic
from hengjian.console.rights import rights, today
from hengjian.cycles.queries import own_seats
from hengjian.roster import directory
from hengjian.roster.directory import Place
from hengjian.roster.models import Level, ZoneAssignment

SIZE = 50
FILTERS = ("number", "unit", "level", "zone", "category")
LOOK = View(Shown.ROSTER)


@dataclass(frozen=True)
class Row:
    """A person on a post as this reader sees both."""

    who: people.Who
    place: Place


@login_required
@require_GET
def entries(request: HttpRequest) -> HttpResponse:
    """Who sits where on a day; where a person sits is shown, and asked for, only by who may see it."""
    scopes = permissions.check_scopes(request.user, today(), "read_results")
    on, asked = _day(request), {name: request.GET.get(name, "").strip() for name in FILTERS}
    open_to = not people.hidden(request) & {Field.ORGANISATION, Field.TITLE}
    wish = directory.Wish(on, **(asked if open_to else {**asked, "unit": ""}), ordered=open_to)
    page = page_of(request, directory.seats(scopes, wish), SIZE)
    found = directory.places(list(page), on)
    persons = people.shown(request, [one.official for one in found], LOOK)
    query = request.GET.copy()
    query.pop("page", None)
    return render(
        request,
        "console/officials/list.html",
        {
            "page": page,
            "rows": [_row(persons, one) for one in found],
            "people": persons,
            "asked": asked,
            "on": on,
            "open_to": open_to,
            "levels": Level.values,
            "zones": sorted(set(ZoneAssignment.objects.order_by().values_list("zone", flat=True))),
            "categories": directory.categories(on),
            "units": directory.names(scopes, on) if open_to else [],
            "query": query.urlencode(),
            "synthetic": synthetic(),
        },
    )


@login_required
@require_GET
def official(request: HttpRequest, official: str) -> HttpResponse:
    """One person: posts held, results published. Who is outside the scopes is as one who does not exist."""
    own = official in rights(request).own
    scopes = permissions.scopes(request.user, today(), "read_results")
    if not own:
        permissions.check_scopes(request.user, today(), "read_results")
    found = directory.history(official, ("",) if own else scopes)
    if not found:
        raise Http404
    persons = people.shown(request, [official], LOOK)
    if not persons.clear:
        people.noted(request, official, LOOK)
    return render(
        request,
        "console/officials/official.html",
        {
            "who": persons.who(official),
            "rows": [_row(persons, one) for one in found],
            "people": persons,
            "results": own_seats([official]) if own or "" in scopes else (),
            "today": today(),
            "synthetic": synthetic(),
        },
    )


@login_required
@require_GET
def units(request: HttpRequest) -> HttpResponse:
    """The organisations of the scopes on a day; who sits there is for the list of officials."""
    scopes = permissions.check_scopes(request.user, today(), "read_results")
    on, text = _day(request), request.GET.get("q", "").strip()
    page = page_of(request, directory.units(scopes, on, text), SIZE)
    query = request.GET.copy()
    query.pop("page", None)
    context = {"page": page, "on": on, "text": text, "query": query.urlencode(), "synthetic": synthetic()}
    return render(request, "console/officials/units.html", context)


def _row(persons: people.People, place: Place) -> Row:
    who = persons.who(place.official, place.title, place.organisation_name, place.since)
    return Row(who, place)


def _day(request: HttpRequest) -> date:
    """The day asked for; today when none, or none that is one, is given."""
    try:
        return date.fromisoformat(request.GET.get("on", ""))
    except ValueError:
        return today()
