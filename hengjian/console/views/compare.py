"""Two results beside each other: who moves, and for one seat which cause had which share."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from hengjian.access import permissions
from hengjian.access.purposes import Shown
from hengjian.access.tickets import View
from hengjian.console import people, pictures, words
from hengjian.console.paging import page_of
from hengjian.console.rights import today
from hengjian.cycles import comparing, queries, reach
from hengjian.cycles.shapes import CycleRow
from hengjian.scoring.compare import Change, Comparison
from hengjian.scoring.snapshot import Seat
from hengjian.terms.errors import Refused

SIZE = 50
SCORED = ("scored", "reviewed", "published", "superseded")


@dataclass(frozen=True)
class Move:
    """One seat under both results; ``places`` > 0: it rose; ``who`` is set for what is shown."""

    change: Change
    official: str
    title: str
    points: float | None
    places: int | None
    who: people.Who | None = None


@login_required
@require_GET
def compare(request: HttpRequest, cycle_id: str) -> HttpResponse:
    """Whose rank or proposed grade differs from another result, and for one seat why."""
    permissions.check_scopes(request.user, today(), "read_results")
    cycles = [row for row in queries.list_cycles() if row.state in SCORED]
    here = next((row for row in cycles if row.id == cycle_id), None)
    if here is None:
        raise Http404
    others = others_of(here, cycles)
    chosen = request.GET.get("other", "")
    other = next((row for row in others if row.id == chosen), others[0] if others else None)
    context = {"cycle": here, "others": others, "other": other}
    if other is not None:
        context |= _compared(request, other, here)
    return render(request, "console/cycles/compare.html", context)


def others_of(here: CycleRow, cycles: Sequence[CycleRow]) -> list[CycleRow]:
    """The other scored cycles: what this one supersedes and the same period first."""
    rest = [row for row in cycles if row.id != here.id and row.state in SCORED]
    return sorted(rest, key=lambda row: (row.id != here.supersedes, row.period != here.period))


def _compared(request: HttpRequest, before: CycleRow, after: CycleRow) -> dict[str, object]:
    seat, everybody = request.GET.get("seat", ""), "all" in request.GET
    sides = queries.facts(before.id), queries.facts(after.id)
    known = {one.id: one for one in (*sides[1][0].seats, *sides[0][0].seats)}
    allowed = _allowed(request, before.id, after.id, seat)
    found = [one for one in comparing.changes_between(before.id, after.id)
             if allowed is None or one.seat in allowed]  # fmt: skip
    moves = [_move(change, known[change.seat]) for change in found]
    moves.sort(key=lambda move: (-abs(move.places or 0), -abs(move.points or 0.0)))
    listed = [move for move in moves if move.change.seat == seat] if seat else moves
    listed = [move for move in listed if seat or everybody or move.change.moved]
    why = _why(before.id, after.id, seat) if seat else {}
    page = page_of(request, listed, SIZE)
    persons = people.shown(request, [move.official for move in page], View(Shown.COMPARISON, after.id))
    seen = [replace(move, who=persons.who(move.official, move.title)) for move in page]
    query = request.GET.copy()
    query.pop("page", None)
    return {
        **why,
        "one": seen[0] if seat else None,
        "moves": seen,
        "page": page,
        "query": query.urlencode(),
        "people": persons,
        "everybody": everybody,
        "all": len(moves),
        "moved": sum(move.change.moved for move in moves),
    }


def _allowed(request: HttpRequest, before: str, after: str, seat: str) -> frozenset[str] | None:
    """The seats that this person may see in both results; None: all. Refuses another's ``seat``."""
    scopes = permissions.check_scopes(request.user, today(), "read_results")
    old, new = reach.reached_in(before, scopes), reach.reached_in(after, scopes)
    if old is None or new is None:
        return None
    everywhere = [frozenset(one.id for one in queries.facts(which)[0].seats) for which in (before, after)]
    # who came from another county is for whoever reads both
    allowed = (old | new) - (everywhere[0] - old) - (everywhere[1] - new)
    if seat in everywhere[0] | everywhere[1] and seat not in allowed:
        permissions.check_can_read_results(request.user, today())
    return allowed


def _move(change: Change, seat: Seat) -> Move:
    points = places = None
    if change.before_total is not None and change.after_total is not None:
        points = change.after_total - change.before_total
    if change.before_rank is not None and change.after_rank is not None:
        places = change.before_rank - change.after_rank
    return Move(change, seat.official, seat.title, points, places)


def _why(before: str, after: str, seat: str) -> dict[str, object]:
    try:
        comparison = comparing.explained(before, after, seat)
    except Refused as error:
        raise Http404 from error
    return {"comparison": comparison, "shares": _shares(comparison), "picture": _picture(comparison)}


def _shares(comparison: Comparison) -> list[tuple[str, float, float]]:
    return [(words.word("cause", one.cause), float(one.points), float(one.places))
            for one in comparison.shares]  # fmt: skip


def _picture(comparison: Comparison) -> pictures.Picture | None:
    if comparison.before_total is None or comparison.after_total is None:
        return None
    steps = [
        pictures.Step(_("前一次得分"), comparison.before_total, whole=True),
        *(pictures.Step(name, points) for name, points, _places in _shares(comparison)),
        pictures.Step(_("这一次得分"), comparison.after_total, whole=True),
    ]
    return pictures.waterfall("causes", _("从前一次得分到这一次得分，各原因的增减。"), steps)
