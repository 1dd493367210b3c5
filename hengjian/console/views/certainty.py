"""How sure a rank is, what moves it, its best case; and what other weights would do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from hengjian.access import permissions
from hengjian.access.purposes import Shown
from hengjian.access.tickets import View
from hengjian.console import laws, people, pictures
from hengjian.console.rights import rights, today
from hengjian.console.views.policies import one_or_404, policy_page
from hengjian.console.views.seats import seen
from hengjian.console.words import word
from hengjian.console.writing import named
from hengjian.cycles import certainty, queries, reach
from hengjian.cycles.certainty import MateRow, SeatCertainty, SeatRow
from hengjian.cycles.shapes import SeatSheet
from hengjian.policy.model import Scorecard
from hengjian.policy.policy import Policy
from hengjian.scoring.certainty.sensitivity import Choice
from hengjian.terms.errors import Refused

NEAR = 12  # so many others are shown beside an official
SIZE = 50
FEW_STEPS = 0.005


@login_required
@require_GET
def seat(request: HttpRequest, cycle_id: str, seat: str) -> HttpResponse:
    """One seat: interval of score and rank, chance of being last, who cannot be told apart, what moves it."""
    sheet = seen(request, cycle_id, seat)
    row = sheet.row
    persons = people.shown(request, [row.official], View(Shown.SHEET, cycle_id))
    if not persons.clear:
        people.noted(request, row.official, View(Shown.SHEET, cycle_id))
    found = certainty.seat_certainty(cycle_id, seat)
    may = rights(request)
    context = {
        "sheet": sheet,
        "people": persons,
        "who": persons.who(row.official, row.title, row.organisation_name, sheet.since),
        "found": found,
        "may": may,
    }
    if found is not None:
        near = sorted(_mates(request, cycle_id, found)[:NEAR], key=lambda mate: mate.apart)
        choices = _choices(sheet, found)
        context |= {
            "untold": sum(not mate.told for mate in found.mates),
            "others": len(found.mates),
            "mates": near,
            "choices": choices,
            "least": int(found.sensitivity.least[found.at]),
            "most": int(found.sensitivity.most[found.at]),
            "picture": _moved_picture(choices),
            "lines": _lines(sheet, found),
        }
    return render(request, "console/cycles/certainty.html", context)


def _mates(request: HttpRequest, cycle_id: str, found: SeatCertainty) -> list[MateRow]:
    """The others of the group whose results this person may read, the nearest first."""
    seats = reach.reached_in(cycle_id, permissions.scopes(request.user, today(), "read_results"))
    return [mate for mate in found.mates if seats is None or mate.seat in seats]


@dataclass(frozen=True)
class ChoiceView:
    """One choice in words: what was tried, the rank it gives, and its share in all movement."""

    name: str
    tried: tuple[tuple[str, int], ...]
    low: int
    high: int
    first: float
    total: float


@dataclass(frozen=True)
class WeightView:
    """A line of the card with its weight and its kindest weight."""

    name: str
    weight: float
    kindest: float

    @property
    def change(self) -> float:
        """Kindest less own."""
        return self.kindest - self.weight


def _choices(sheet: SeatSheet, found: SeatCertainty) -> list[ChoiceView]:
    """The choices that move this seat most, strongest first."""
    lines = {line.score.indicator: named(line.indicator) for line in sheet.lines}
    views = []
    for choice in found.sensitivity.choices:
        if choice.kind == "weight" and choice.code not in lines:
            continue
        ranks = choice.ranks[found.at].tolist()
        tried = tuple(zip((word("tried", one) for one in choice.alternatives), ranks, strict=True))
        share = [max(0.0, float(column[found.at])) for column in (choice.first, choice.total)]
        views.append(ChoiceView(_choice_name(choice, lines), tried, min(ranks), max(ranks), *share))
    return sorted(views, key=lambda view: -view.total)


def _choice_name(choice: Choice, lines: Mapping[str, str]) -> str:
    if choice.kind == "weight":
        return _("“%(name)s”的权重") % {"name": lines[choice.code]}
    if choice.kind == "group":
        return _("是否计入“%(name)s”") % {"name": laws.names_of_codes(today()).get(choice.code, choice.code)}
    return word("choice", choice.kind)


def _moved_picture(choices: Sequence[ChoiceView]) -> pictures.Picture | None:
    moving = [view for view in choices if view.total >= FEW_STEPS]
    if not moving:
        return None
    return pictures.bars(
        "sensitivity",
        _("各项选择在名次全部变动中所占的份额（%）。越长，名次越取决于这项选择。"),
        [view.name for view in moving],
        [
            (_("连同与其他选择的共同作用"), [100.0 * view.total for view in moving]),
            (_("单独作用"), [100.0 * view.first for view in moving]),
        ],
    )


def _lines(sheet: SeatSheet, found: SeatCertainty) -> list[WeightView]:
    names = {line.score.indicator: named(line.indicator) for line in sheet.lines}
    return [WeightView(names.get(code, code), plain, kind) for code, plain, kind in found.best.weights]


@dataclass(frozen=True)
class TriedView:
    """A seat before and after."""

    who: people.Who
    before: SeatRow
    after: SeatRow
    group: str

    @property
    def climbed(self) -> int:
        """Places gained."""
        return self.before.rank - self.after.rank

    @property
    def beyond(self) -> bool:
        """Whether the new rank lies outside of where the old one was sure to be."""
        return not self.before.low <= self.after.rank <= self.before.high


@policy_page
def what_if(request: HttpRequest, policy_id: str) -> HttpResponse:
    """Other weights for one card: new ranks with intervals, on a scored cycle of this policy."""
    policy = one_or_404(policy_id)
    permissions.check_can_read_results(request.user, today())
    tables = policy.scorecards()
    cycles = [row for row in queries.list_cycles() if row.policy == policy_id and row.seats]
    if not tables or not cycles:
        return render(request, "console/policies/what_if.html", {"policy": policy, "tab": "what-if"})
    cycle = next((row for row in cycles if row.id == request.GET.get("cycle")), cycles[0])
    table = _card(request, tables)
    weights, given = _weights(request, table)
    context = {"policy": policy, "tab": "what-if", "cycles": cycles, "cycle": cycle, "table": table}
    context |= {"lines": _asked(policy, table, weights), "given": given, "whole": sum(weights.values())}
    if given:
        context |= _tried(request, cycle.id, table, weights)
    return render(request, "console/policies/what_if.html", context)


def _card(request: HttpRequest, tables: Sequence[Scorecard]) -> Scorecard:
    zone, category = request.GET.get("zone"), request.GET.get("category")
    return next((one for one in tables if (one.zone, one.category) == (zone, category)), tables[0])


def _weights(request: HttpRequest, table: Scorecard) -> tuple[dict[str, float], bool]:
    """The weights asked for, those of the card where nothing is asked; whether anything was asked."""
    found, given = {}, False
    for line in table.lines:
        text = request.GET.get(f"w.{line.indicator}", "")
        try:
            value = float(text)
        except ValueError:
            value = line.weight
        else:
            given = True
        found[line.indicator] = value if isfinite(value) else line.weight
    return found, given


def _asked(
    policy: Policy, table: Scorecard, weights: Mapping[str, float]
) -> list[tuple[str, str, float, str]]:
    return [
        (
            line.indicator,
            named(policy.indicators[line.indicator]),
            line.weight,
            f"{weights[line.indicator]:g}",
        )
        for line in table.lines
    ]


def _tried(
    request: HttpRequest, cycle_id: str, table: Scorecard, weights: Mapping[str, float]
) -> dict[str, object]:
    try:
        found = certainty.what_if(cycle_id, (table.zone, table.category), weights)
    except Refused as error:
        return {"refused": error}
    shown = found.rows[:SIZE]
    seats = {one.id: one for one in queries.facts(cycle_id)[0].seats}
    view = View(Shown.RANKING, cycle_id)
    persons = people.shown(request, [seats[after.seat].official for _old, after in shown], view)
    titles = {group.key: group.title for group in queries.groups(cycle_id)}
    rows = [
        TriedView(
            persons.who(seats[after.seat].official, seats[after.seat].title),
            before,
            after,
            titles.get(after.group, after.group),
        )
        for before, after in shown
    ]
    return {
        "tried": found,
        "rows": rows,
        "people": persons,
        "picture": tried_picture(rows),
        "shown": len(shown),
    }


def tried_picture(rows: Sequence[TriedView]) -> pictures.Picture | None:
    """The new ranks of one comparable group with their intervals."""
    if not rows or len({row.group for row in rows}) > 1:
        return None
    head = (_("任职"), _("最好"), _("试算名次"), _("最差"))
    caption = _("试算后的名次和区间：圆点为名次，横条为可能的范围。")
    spans = [
        pictures.Span(row.who.name, row.after.low, row.after.rank, row.after.high, strong=row.beyond)
        for row in rows
    ]
    finding = _("%(n)s 人中，%(sure)s 人的试算名次在原有的名次区间之外。") % {
        "n": len(rows), "sure": sum(row.beyond for row in rows),
    }  # fmt: skip
    return pictures.spans("tried", caption, finding, _("名次"), head, spans)
