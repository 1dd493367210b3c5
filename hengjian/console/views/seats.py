"""Ranking, an official's score sheet, its workings, and the records at their ends."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from hengjian.access import permissions
from hengjian.access.masking import Field
from hengjian.access.purposes import Shown
from hengjian.access.tickets import View
from hengjian.console import laws, logged, official_pictures, people, pictures, workings
from hengjian.console.paging import exporting, size
from hengjian.console.rights import rights, today
from hengjian.console.views.log import download
from hengjian.console.words import word
from hengjian.console.writing import named
from hengjian.cycles import certainty, queries, reach
from hengjian.cycles.certainty import SeatRow
from hengjian.cycles.committee import table_of
from hengjian.cycles.shapes import Ranking, RankingRow, SeatSheet, SheetLine
from hengjian.evidence.queries import record_by_digest
from hengjian.policy.policy import Policy
from hengjian.scoring.calibrated.table import GroupRow, receipt, sentence
from hengjian.scoring.calibrated.table import SeatRow as SeatRowOfTable
from hengjian.terms.errors import Refused
from hengjian.terms.numbers import shown

SIZE = 50
# what a record says of a person, by the field of the table of masking
OF_FIELD = {
    Field.TITLE: ("title", "seat"),
    Field.ORGANISATION: ("organisation", "name"),
    Field.SINCE: ("since",),
}
SINGLE_MARKS = {"marks"}


@login_required
@require_GET
def ranking(request: HttpRequest, cycle_id: str) -> HttpResponse:
    """One comparable group, ranked; the wider list only with its caveat."""
    scopes = permissions.check_scopes(request.user, today(), "read_results")
    chosen, page = request.GET.get("group"), 1 if exporting(request) else _page(request)
    try:
        seats = reach.reached_in(cycle_id, scopes)
        group = _first_group(cycle_id, seats) if chosen is None else chosen
        found = queries.ranking(cycle_id, group, page=page, size=size(request, SIZE), seats=seats)
    except Refused as error:
        if error.code != "cycles.no_sheet":
            raise Http404 from error
        return render(request, "console/cycles/no_ranking.html", {"cycle": queries.cycle_row(cycle_id)})
    view = View(Shown.RANKING, cycle_id)
    persons = people.shown(request, [row.official for row in found.rows], view)
    sure, table = certainty.rows_of(cycle_id), table_of(cycle_id)
    return render(
        request,
        "console/cycles/ranking.html",
        {
            "ranking": found,
            "people": persons,
            "rows": [_row(row, found, persons, sure) for row in found.rows],
            "sure": bool(sure),
            "standing": {row.seat: row.standing for row in table.seats} if table else {},
            "chosen": found.group.key if found.group else "",
            "picture": None if found.wider else pictures.distribution(found.totals, found.best, found.median),
            "previous": found.page - 1,
            "next": found.page + 1,
        },
    )


@login_required
@require_GET
def seat(request: HttpRequest, cycle_id: str, seat: str) -> HttpResponse:
    """An official's score sheet: nine lines, what was missing, how the total came out."""
    sheet = seen(request, cycle_id, seat)
    row = sheet.row
    persons = people.shown(request, [row.official], View(Shown.SHEET, cycle_id))
    if not persons.clear:
        people.noted(request, row.official, View(Shown.SHEET, cycle_id))
    tree = queries.working_tree(cycle_id, seat)
    names = laws.names_of_codes(today())
    parts = _parts(sheet, workings.paths(tree, sheet.lines), names)
    return render(
        request,
        "console/cycles/seat.html",
        {
            "sheet": sheet,
            "people": persons,
            "who": persons.who(row.official, row.title, row.organisation_name, sheet.since),
            "parts": parts,
            "names": names,
            "weights": sum(line.score.weight for line in sheet.lines),
            "effective": sum(line.score.effective_weight for line in sheet.lines),
            "to_best": _distance(sheet.score.total, sheet.best),
            "to_median": _distance(sheet.score.total, sheet.median),
            "factors": official_pictures.factors(sheet, tree),
            "sure": certainty.rows_of(cycle_id).get(seat),
            "calibrated": _calibrated(cycle_id, seat),
            "pictures": official_pictures.of_seat(sheet, tree),
            "may": rights(request),
        },
    )


@login_required
@require_GET
def steps(request: HttpRequest, cycle_id: str, seat: str) -> HttpResponse:
    """The tree of workings, or the branch at ``path``; a fragment for htmx, else a page."""
    sheet = seen(request, cycle_id, seat)
    try:
        working = workings.at(queries.working_tree(cycle_id, seat), request.GET.get("path", ""))
    except Refused as error:
        raise Http404 from error
    people.noted(request, sheet.row.official, View(Shown.WORKINGS, cycle_id))
    partial = request.headers.get("HX-Request") == "true"
    return render(
        request,
        "console/cycles/workings.html",
        {
            "base": "console/parts/bare.html" if partial else "console/base.html",
            "partial": partial,
            "sheet": sheet,
            "cycle_id": cycle_id,
            "seat": seat,
            "working": _reader(request, sheet).view(working, unfolded=1 if partial else 2),
        },
    )


@login_required
@require_GET
def record(request: HttpRequest, cycle_id: str, seat: str, digest: str) -> HttpResponse:
    """One record that a figure of this seat stands on, and no other record."""
    sheet = _stood_on(request, cycle_id, seat, digest)
    unseen = people.noted(request, sheet.row.official, View(Shown.RECORD, cycle_id))
    hidden = {name for field in unseen for name in OF_FIELD.get(field, ())}
    hidden |= set() if _reads(request, sheet) else SINGLE_MARKS
    return render(
        request,
        "console/cycles/record.html",
        {
            "record": queries.record(cycle_id, digest, hidden),
            "origin": record_by_digest(digest),
            "sheet": sheet,
            "cycle_id": cycle_id,
            "seat": seat,
            "may": rights(request),
        },
    )


@login_required
@require_GET
def record_proof(request: HttpRequest, cycle_id: str, seat: str, digest: str) -> HttpResponse:
    """The proof that this record is in the log, for whoever may see the record; ``part``: a file of it."""
    sheet = _stood_on(request, cycle_id, seat, digest)
    people.noted(request, sheet.row.official, View(Shown.RECORD, cycle_id))
    if (place := logged.by_digest(digest)) is None:
        raise Http404
    kind, key = place
    if part := request.GET.get("part", ""):
        return download(kind, key, part)
    found = logged.proof_view(kind, key)
    context = {"proof": found, "sheet": sheet, "cycle_id": cycle_id, "seat": seat, "digest": digest}
    return render(request, "console/log/record_proof.html", context)


def _stood_on(request: HttpRequest, cycle_id: str, seat: str, digest: str) -> SeatSheet:
    sheet = seen(request, cycle_id, seat)
    if not workings.stands_on(queries.working_tree(cycle_id, seat), digest):
        raise Http404
    return sheet


@dataclass(frozen=True)
class RowView:
    """A row with its person and its distances to the group's best and median."""

    row: RankingRow
    who: people.Who
    to_best: float | None
    to_median: float | None
    group_title: str
    sure: SeatRow | None


@dataclass(frozen=True)
class LineView:
    """A line with where its own step stands in the tree."""

    line: SheetLine
    path: str
    id: str
    changed: bool


@dataclass(frozen=True)
class PartView:
    """A part of the scorecard with its sums."""

    name: str
    weight: float
    effective: float
    points: float | None
    contribution: float
    lines: tuple[LineView, ...]


@dataclass(frozen=True)
class CalibratedView:
    """What calibration did to one official: the four marks of each group, the receipt, the interval."""

    row: SeatRowOfTable
    marks: tuple[tuple[str, GroupRow, str], ...]
    receipt: str
    interval: tuple[float, float, float] | None


def _calibrated(cycle_id: str, seat: str) -> CalibratedView | None:
    table = table_of(cycle_id)
    row, part = (table.seat(seat), table.part_of(seat)) if table else (None, None)
    if table is None or row is None or part is None:
        return None
    policy = queries.facts(cycle_id)[1]
    names = {group.code: named(group) for group in policy.groups}
    marks = tuple((names.get(one.group, one.group), one, sentence(one, part)) for one in table.marks_of(seat))
    return CalibratedView(row, marks, receipt(row, part), _interval(row, policy))


def _interval(row: SeatRowOfTable, policy: Policy) -> tuple[float, float, float] | None:
    """Level, least and most of the calibrated mark."""
    reach = certainty.reach_of(policy)
    if row.adjusted is None or row.error is None or reach is None:
        return None
    level, errors = reach
    return level, row.adjusted - errors * row.error, row.adjusted + errors * row.error


def _page(request: HttpRequest) -> int:
    text = request.GET.get("page", "1")
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 6 else 1


def _first_group(cycle_id: str, seats: frozenset[str] | None) -> str:
    found = queries.groups(cycle_id, seats)
    return found[0].key if found else ""


def _distance(total: float | None, mark: float | None) -> float | None:
    """Between the figures as they are shown, so that a reader can check it by eye."""
    return None if total is None or mark is None else float(shown(total)) - float(shown(mark))


def _row(row: RankingRow, found: Ranking, persons: people.People, sure: Mapping[str, SeatRow]) -> RowView:
    titles = {group.key: group.title for group in found.groups}
    return RowView(
        row,
        persons.who(row.official, row.title),
        _distance(row.total, found.best),
        _distance(row.total, found.median),
        titles.get(row.group, row.group),
        sure.get(row.seat),
    )


def seen(request: HttpRequest, cycle_id: str, seat: str) -> SeatSheet:
    """The sheet, when this person may see it."""
    try:
        sheet = queries.seat_sheet(cycle_id, seat)
    except Refused as error:
        permissions.check_scopes(request.user, today(), "read_results")
        raise Http404 from error
    within = reach.path_of_seat(cycle_id, seat)
    permissions.check_can_read_own_sheet(request.user, sheet.row.official, today(), within)
    if sheet.cycle.state not in ("published", "superseded"):
        permissions.check_can_read_results(request.user, today(), within)
    return sheet


def _reads(request: HttpRequest, sheet: SeatSheet) -> bool:
    """Whether this person reads this sheet as a reader of results, and not as the official concerned."""
    within = reach.path_of_seat(sheet.cycle.id, sheet.row.seat)
    return permissions.can_read_results(request.user, today(), within)


def _reader(request: HttpRequest, sheet: SeatSheet) -> workings.Reader:
    """Names of codes in the reader's language; Chinese labels of the tree are looked up too."""
    names = laws.names_of_codes(today())
    for line in sheet.lines:
        names[line.score.indicator] = names[line.indicator.name] = named(line.indicator)
    return workings.Reader(names, marks=_reads(request, sheet))


def _parts(sheet: SeatSheet, paths: Mapping[str, str], names: Mapping[str, str]) -> list[PartView]:
    views: dict[str, list[LineView]] = {}
    for n, line in enumerate(sheet.lines):
        score = line.score
        views.setdefault(score.part, []).append(
            LineView(
                line, paths.get(score.indicator, ""), f"line-{n}", score.weight != score.effective_weight
            )
        )
    return [_part(sheet, code, lines, names) for code, lines in views.items()]


def _part(sheet: SeatSheet, code: str, lines: list[LineView], names: Mapping[str, str]) -> PartView:
    scores = [view.line.score for view in lines]
    return PartView(
        name=names.get(sheet.scorecard.parts.get(code, ""), "") or word("part", code),
        weight=sum(one.weight for one in scores),
        effective=sum(one.effective_weight for one in scores),
        points=sheet.score.parts.get(code),
        contribution=_sum(one.contribution for one in scores),
        lines=tuple(lines),
    )


def _sum(values: Iterable[float | None]) -> float:
    return sum(value for value in values if value is not None)
