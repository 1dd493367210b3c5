"""Official documents of a cycle and of a seat: what the office fills in, then Word or PDF."""

from datetime import date
from urllib.parse import quote

import structlog
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from hengjian.access import permissions
from hengjian.access.purposes import Shown
from hengjian.access.tickets import View
from hengjian.console import people
from hengjian.console.papers import contents, pdf, word
from hengjian.console.papers.contents import Wish
from hengjian.console.papers.layout import Paper
from hengjian.console.rights import rights, today
from hengjian.console.views.cycles import found
from hengjian.console.views.seats import seen
from hengjian.cycles import queries
from hengjian.cycles.shapes import SeatSheet
from hengjian.policy.policy import Policy
from hengjian.terms.errors import Refused

MAKERS = {"docx": word.document, "pdf": pdf.document}
TYPES = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pdf": "application/pdf",
}
ORGAN = "考核委员会办公室"
KEPT = "hengjian_organ"
WORST = 3
MOST = 20_000
FIELDS = {"organ": 40, "number": 40, "addressees": 200, "copies": 200, "duties": 1000}
log = structlog.get_logger("hengjian.console")


@login_required
@require_GET
def cycle_paper(request: HttpRequest, cycle_id: str) -> HttpResponse:
    """The notice of a cycle's results."""
    permissions.check_can_manage_cycles(request.user, today())
    detail, wish = found(cycle_id), _wish(request)
    given = {"cycle": detail.row, "wish": wish, "marks": contents.marks_of(detail.row), "kind": "notice"}
    form = request.GET.get("form", "")
    if form not in MAKERS:
        return render(request, "console/papers/cycle.html", {**given, "error": None})
    try:
        whole = queries.ranking(cycle_id, "", size=MOST)
        paper = contents.notice(detail, whole, queries.facts(cycle_id)[1], wish)
        return _file(request, paper, form)
    except Refused as error:
        return render(request, "console/papers/cycle.html", {**given, "error": error}, status=422)


@login_required
@require_GET
def seat_paper(request: HttpRequest, cycle_id: str, seat: str) -> HttpResponse:
    """An official's own result in writing, for the office and the official; what is to be put right."""
    sheet, office = seen(request, cycle_id, seat), rights(request).manage
    row, form = sheet.row, request.GET.get("form", "")
    if not office and row.official not in rights(request).own:
        permissions.check_can_manage_cycles(request.user, today())
    persons = people.shown(request, [row.official], View(Shown.EXPORT if form else Shown.SHEET, cycle_id))
    who = persons.who(row.official, row.title, row.organisation_name)
    if form in MAKERS:
        policy = queries.facts(cycle_id)[1]
        if not persons.clear:
            people.noted(request, row.official, View(Shown.EXPORT, cycle_id))
        return _file(request, _of_seat(request, sheet, policy, who, office=office), form)
    given = {
        "sheet": sheet, "who": who, "people": persons, "office": office, "wish": _wish(request),
        "marks": contents.marks_of(sheet.cycle), "worst": _worst(sheet), "cycle": sheet.cycle, "error": None,
    }  # fmt: skip
    return render(request, "console/papers/seat.html", given)


def _of_seat(
    request: HttpRequest, sheet: SeatSheet, policy: Policy, who: people.Who, *, office: bool
) -> Paper:
    detail = queries.cycle_detail(sheet.cycle.id)
    if not office:
        return contents.own_result(detail, sheet, policy, who.name, who.title, Wish(ORGAN, today()))
    if request.GET.get("kind") != "rectification":
        return contents.own_result(detail, sheet, policy, who.name, who.title, _wish(request))
    known = {line.score.indicator for line in sheet.lines}
    chosen = [one for one in request.GET.getlist("indicator") if one in known] or list(_worst(sheet))
    addressed = f"{who.organisation}：" if who.organisation else f"{who.name}同志："
    return contents.rectification(sheet, policy, addressed, chosen, _wish(request))


def _worst(sheet: SeatSheet) -> tuple[str, ...]:
    """The indicators with the fewest points, offered first."""
    scored = [line.score for line in sheet.lines if line.score.points is not None]
    return tuple(one.indicator for one in sorted(scored, key=lambda one: one.points or 0.0)[:WORST])


def _wish(request: HttpRequest) -> Wish:
    """What the form says; the organ is remembered for the session."""
    given = {name: " ".join(request.GET.get(name, "").split())[:longest] for name, longest in FIELDS.items()}
    organ = given.pop("organ") or request.session.get(KEPT) or ORGAN
    request.session[KEPT] = organ
    return Wish(
        organ=organ, on=_day(request.GET.get("on", "")) or today(), red=request.GET.get("red") == "yes",
        due=_day(request.GET.get("due", "")), **given,
    )  # fmt: skip


def _day(written: str) -> date | None:
    try:
        return date.fromisoformat(written)
    except ValueError:
        return None


def _file(request: HttpRequest, paper: Paper, form: str) -> HttpResponse:
    body = MAKERS[form](paper)
    name = "_".join([paper.title, *(mark.split("，", maxsplit=1)[0] for mark in paper.marks)])
    response = HttpResponse(body, content_type=TYPES[form])
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}.{form}"
    log.info("paper", by=request.user.pk, path=request.path, form=form)
    return response
