"""Any-time ratings for the office: funnel, results, channels, sheets for the counter, duties."""

import uuid

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from hengjian.access import permissions
from hengjian.access.purposes import Shown
from hengjian.access.tickets import View
from hengjian.clockwork import queries as runs
from hengjian.clockwork.duties import BY_NAME, DUTIES
from hengjian.console import people
from hengjian.console import public_ratings as shown
from hengjian.console.paging import page_of
from hengjian.console.rights import rights, today
from hengjian.ratings.invitations import printing
from hengjian.ratings.invitations.channels.config import load
from hengjian.ratings.invitations.models import ChannelName, EndReason
from hengjian.ratings.invitations.systems import systems
from hengjian.terms.errors import Refused
from hengjian.terms.period import Period

SIZE = 40
CHANNELS, REASONS = dict(ChannelName.choices), dict(EndReason.choices)


def _check(request: HttpRequest) -> None:
    permissions.check_can_read_results(request.user, today())


def _page(request: HttpRequest, tab: str, context: dict[str, object], status: int = 200) -> HttpResponse:
    query = request.GET.copy()
    query.pop("page", None)
    given = {"tab": tab, "may": rights(request), "query": query.urlencode(), **context}
    given["synthetic"] = shown.synthetic()
    return render(request, f"console/public/{tab}.html", given, status=status)


def _period(request: HttpRequest) -> tuple[Period, list[Period]]:
    """The half-year asked for, and those to choose from."""
    known = shown.halves(today())
    asked = request.GET.get("half", "")
    found = next((one for one in known if one.text == asked), None)
    if asked and found is None:
        raise Http404
    return found or shown.newest(known), known


@login_required
@require_GET
def funnel(request: HttpRequest) -> HttpResponse:
    """From what was done for people to what they said, by unit and channel."""
    _check(request)
    period, known = _period(request)
    rows, by_channel = shown.funnel(period, timezone.now(), today())
    named = [(str(CHANNELS[name]), counts) for name, counts in by_channel]
    page = page_of(request, rows, SIZE)
    picture = shown.funnel_picture(named)
    late = shown.sources(period, today())
    given = {"rows": page, "page": page, "channels": named, "picture": picture, "sources": late}
    people_asked = {"persons": shown.persons(period, today())}
    return _page(request, "funnel", {"period": period, "halves": known, **given, **people_asked})


@login_required
@require_GET
def units(request: HttpRequest) -> HttpResponse:
    """The posts that serve the public: n, raw, shrunk, interval, or that it is not enough."""
    scopes = permissions.check_scopes(request.user, today(), "read_results")
    under = () if "" in scopes else tuple(one.rpartition("/")[2] for one in scopes)
    period, known = _period(request)
    county = request.GET.get("county", "")
    found = shown.results(period, timezone.now(), today(), county, under)
    page = page_of(request, sorted(found, key=lambda one: one.few), SIZE)
    officials = [one.seat.official for one in page]
    persons = people.shown(request, officials, View(Shown.RANKING, period.text))
    rows = [(one, persons.who(one.seat.official, one.seat.title, one.seat.organisation_name)) for one in page]
    picture, counties = shown.results_picture(rows), shown.counties(period, today())
    return _page(
        request,
        "units",
        {
            "period": period, "halves": known, "rows": rows, "page": page, "county": county,
            "people": persons, "counties": [] if under else counties, "picture": picture,
            "levels": shown.levels(period, today()), "levels_from": shown.levels_from(period, today()),
            "least": shown.least_batch(period, today()),
            "enough": sum(not one.few for one in found), "few": sum(one.few for one in found),
        },
    )  # fmt: skip


@login_required
@require_GET
def channels(request: HttpRequest) -> HttpResponse:
    """How deliveries go, and who may hand events over."""
    _check(request)
    rows = [
        (CHANNELS[one.name], one, [(REASONS[reason], count) for reason, count in one.endings])
        for one in shown.channels(timezone.now())
    ]
    named = shown.kinds(today())
    known = [(one, [named.get(code, code) for code in one.kinds]) for one in systems()]
    return _page(request, "channels", {"rows": rows, "systems": known})


@login_required
@require_http_methods(["GET", "POST"])
def sheets(request: HttpRequest) -> HttpResponse:
    """Invitations that are given at the counter: chosen, and printed as PDF."""
    permissions.check_can_manage_cycles(request.user, today())
    error = None
    if request.method == "POST":
        try:
            return _printed(request)
        except Refused as refused:
            error = refused
    waiting = printing.waiting(timezone.now())
    given = {"rows": waiting[: printing.MOST], "more": max(0, len(waiting) - printing.MOST), "error": error}
    return _page(request, "sheets", given, status=422 if error else 200)


def _printed(request: HttpRequest) -> HttpResponse:
    try:
        chosen = [uuid.UUID(one) for one in request.POST.getlist("invitation")]
    except ValueError as fault:
        raise Http404 from fault
    base = load(settings.DATA / "invitations", timezone.now).base
    rules = shown.policy_files().in_force(today())
    pdf = printing.print_sheets(chosen, base, rules, request.user.get_username(), timezone.now())
    name = f"attachment; filename*=UTF-8''qr-{today():%Y%m%d}.pdf"
    headers = {"Content-Disposition": name, "Cache-Control": "no-store"}
    return HttpResponse(pdf, content_type="application/pdf", headers=headers)


@login_required
@require_GET
def duties(request: HttpRequest) -> HttpResponse:
    """What runs by the clock, and how it went."""
    _check(request)
    rows = [(duty, runs.health(duty.name)) for duty in DUTIES]
    failures = [(BY_NAME[one.duty].title, one) for one in runs.failures() if one.duty in BY_NAME]
    return _page(request, "duties", {"rows": rows, "failures": failures})


@login_required
@require_GET
def sources(request: HttpRequest) -> HttpResponse:
    """How soon events were handed over, by source, of the units that this person answers for."""
    scopes = permissions.check_scopes(request.user, today(), "read_quarantine")
    period, known = _period(request)
    found = shown.sources(period, today(), scopes)
    return _page(request, "sources", {"period": period, "halves": known, "sources": found})


@login_required
@require_GET
def audit(request: HttpRequest) -> HttpResponse:
    """For the auditor: tokens beside ballots of a half-year that is whole, and what does not add up."""
    permissions.check_can_read_tallies(request.user, today())
    period, known = _period(request)
    found = shown.audited(period, today())
    page = page_of(request, found.lines, SIZE)
    persons = people.shown(request, [line.official for line in page], View(Shown.RANKING, period.text))
    titles = shown.titles(period, today())
    rows = [(line, persons.who(line.official, *titles.get((line.official, line.post), ()))) for line in page]
    return _page(
        request,
        "audit",
        {
            "period": period, "halves": known, "audit": found, "rows": rows, "page": page,
            "people": persons, "whole": today() >= found.whole_from,
        },
    )  # fmt: skip
