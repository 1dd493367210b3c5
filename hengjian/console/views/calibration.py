"""The committee's page of calibration: before and after, how lenient raters are, what changed, edits."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from hengjian.access import permissions
from hengjian.access.purposes import Shown
from hengjian.access.tickets import View
from hengjian.console import people, pictures
from hengjian.console.entrance.fresh import fresh_to_sign
from hengjian.console.pictures import Picture
from hengjian.console.rights import rights, today
from hengjian.console.words import word
from hengjian.console.writing import named
from hengjian.cycles import operations, queries
from hengjian.cycles.committee import Committee, committee
from hengjian.cycles.transitions import Audit
from hengjian.scoring.calibrated.leads import LeadRow
from hengjian.scoring.calibrated.table import CalibrationTable, GroupRow, PartRow, SeverityRow, sentence
from hengjian.terms.errors import Refused
from hengjian.terms.numbers import shown

SIZE = 30
CHANCE = "0.0001"
MOST_BINS = 12
WIDTHS = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True)
class ChangeView:
    """What calibration did for one official in the eyes of one group."""

    who: people.Who
    seat: str
    group: str
    row: GroupRow
    words: str
    reliable: bool


@dataclass(frozen=True)
class EditView:
    """One edit with the person whom it concerns."""

    who: people.Who
    points: float
    reason: str
    clause: str
    author: str
    on: object


@dataclass(frozen=True)
class SeverityView:
    """A source of marks in words."""

    name: str
    kind: str
    n: int
    leniency: float
    error: float | None


@login_required
@require_GET
def page(request: HttpRequest, cycle_id: str) -> HttpResponse:
    """Distributions by group before and after, severity, what changed for whom and why, edits."""
    permissions.check_can_read_results(request.user, today())
    return render(request, "console/cycles/calibration.html", _context(request, committee(cycle_id)))


@login_required
@require_POST
@fresh_to_sign
def edit(request: HttpRequest, cycle_id: str) -> HttpResponse:
    """Add or take points with reason and clause; the database and the log keep who, when and why."""
    permissions.check_can_manage_cycles(request.user, today())
    asked = {key: request.POST.get(key, "").strip() for key in ("seat", "points", "clause", "reason")}
    try:
        points = _points(asked["points"])
        audit = Audit(request.user.get_username(), timezone.now(), asked["reason"])
        operations.adjust(cycle_id, asked["seat"], points, asked["clause"], audit)
    except Refused as refused:
        held = committee(cycle_id)
        context = _context(request, held) | {"refused": refused, "asked": asked}
        return render(request, "console/cycles/calibration.html", context, status=422)
    messages.success(request, _("修改已登记，理由和依据已存证；重新冻结计分后生效。"))
    return redirect("console:cycles-calibration", cycle_id)


def _points(text: str) -> float:
    try:
        points = float(text)
    except ValueError:
        points = math.nan
    if not math.isfinite(points):
        raise Refused(_("加减分应为数字"), do=_("请核对分值"), code="cycles.points_range")
    return points


def _context(request: HttpRequest, held: Committee) -> dict[str, object]:
    context: dict[str, object] = {"held": held, "cycle": held.cycle, "may": rights(request)}
    table = held.table
    rows = _strongest(table) if table else []
    seats = [*(row.seat for row in rows), *(one.seat for one in held.edits)]
    persons = people.shown(
        request, [held.seats[seat].official for seat in seats if seat in held.seats],
        View(Shown.SHEET, held.cycle.id),
    )  # fmt: skip
    context |= {"people": persons, "edits": [_edit(one, held, persons) for one in held.edits]}
    context["seats"] = sorted(
        ((seat.id, f"{seat.official} · {seat.post}") for seat in held.seats.values()),
        key=lambda pair: pair[1],
    )
    if table:
        leads = (
            []
            if held.live
            else [_lead(row, held, persons) for row in queries.calibration_leads(held.cycle.id)]
        )
        context |= {
            "leads": leads,
            "parts": table.parts,
            "variance_picture": _variance_picture(table),
            "distributions": _distributions(table, held),
            "severities": _severities(table),
            "changes": [_change(row, table, held, persons) for row in rows],
            "all_changes": len(table.groups),
            "marks": sum(part.marks for part in table.parts),
            "unranked": sum(row.standing != "ranked" for row in table.seats),
            "officials": len(table.seats),
        }
    return context


def _strongest(table: CalibrationTable) -> list[GroupRow]:
    """Whom calibration moved most."""
    return sorted(table.groups, key=lambda row: (-abs(row.shift), row.seat, row.group))[:SIZE]


def _change(row: GroupRow, table: CalibrationTable, held: Committee, persons: people.People) -> ChangeView:
    part, own = table.part_of(row.seat), table.seat(row.seat)
    return ChangeView(
        who=_who(row.seat, held, persons),
        seat=row.seat,
        group=_group(row.group, held),
        row=row,
        words=sentence(row, part) if part else "",
        reliable=own is not None and own.standing == "ranked",
    )


def _who(seat: str, held: Committee, persons: people.People) -> people.Who:
    found = held.seats.get(seat)
    return persons.who(found.official, found.title) if found else people.Who(seat, "", "", None)


def _group(code: str, held: Committee) -> str:
    return named(held.groups[code]) if code in held.groups else code


def _edit(one: object, held: Committee, persons: people.People) -> EditView:
    figures = {name: getattr(one, name) for name in ("points", "reason", "clause", "author", "on")}
    return EditView(who=_who(one.seat, held, persons), **figures)  # type: ignore[attr-defined]


@dataclass(frozen=True)
class LeadView:
    """Something for a person to look at, with its evidence in words."""

    kind: str
    whom: tuple[str, ...]
    raters: str
    evidence: tuple[tuple[str, str], ...]
    rate: float | None


def _lead(row: LeadRow, held: Committee, persons: people.People) -> LeadView:
    """Persons by number unless their names are on the page anyway; raters by their number of this cycle."""
    return LeadView(
        kind=word("lead", row.kind),
        whom=tuple(_who(seat, held, persons).name for seat in row.seats),
        raters="" if row.seats and row.kind in {"reciprocal", "bloc"} else "、".join(row.raters),
        evidence=tuple(
            (word("evidence", name), shown(value, CHANCE if name == "chance" else "0.01"))
            for name, value in row.evidence.items()
        ),
        rate=row.rate,
    )


def _severities(table: CalibrationTable) -> list[SeverityView]:
    """Raters who sign by their number of this cycle, the anonymous by cell only; strongest first."""
    rows = sorted(table.severities, key=lambda row: -abs(row.leniency))
    return [
        SeverityView(_source(row), word("severity", row.kind), row.n, row.leniency, row.error) for row in rows
    ]


def _source(row: SeverityRow) -> str:
    if row.kind == "rater":
        return _("实名评分人 %(number)s 号") % {"number": int(row.name) if row.name.isdigit() else row.name}
    return _("总体评分") if row.kind == "service" and row.name == "overall" else row.name


def _variance_picture(table: CalibrationTable) -> Picture | None:
    """Where differences between marks come from, part by part."""
    parts = [part for part in table.parts if part.variance]
    if not parts:
        return None
    kinds = list(dict.fromkeys(kind for part in parts for kind in part.variance))
    shares = [(_part(part, table), [100.0 * part.variance.get(kind, 0.0) / sum(part.variance.values())
                                    for kind in kinds]) for part in parts]  # fmt: skip
    caption = _("评分为什么不一样：各种来源在评分差异中所占的份额（%）。")
    return pictures.bars("variance", caption, [word("variance", kind) for kind in kinds], shares)


def _part(part: PartRow, table: CalibrationTable) -> str:
    return _("全部单位") if len(table.parts) == 1 else _("第 %(n)s 部分") % {"n": part.part}


def _distributions(table: CalibrationTable, held: Committee) -> list[tuple[str, Picture]]:
    """For each group how many officials lie where, before and after."""
    found = []
    for at, code in enumerate(dict.fromkeys(row.group for row in table.groups)):
        rows = [row for row in table.groups if row.group == code]
        both = ([row.trimmed for row in rows], [row.calibrated for row in rows])
        names, counts = _counted(both)
        caption = _("“%(group)s”给出的得分分布（人数），校准前后对照。") % {"group": _group(code, held)}
        series = list(zip((_("校准前"), _("校准后")), counts, strict=True))
        found.append(
            (_group(code, held), pictures.bars(f"before-after-{at}", caption, names, series, step="1"))
        )
    return found


def _counted(both: Sequence[Sequence[float]]) -> tuple[list[str], list[list[float | None]]]:
    low, high = min(map(min, both)), max(map(max, both))
    width = next((one for one in WIDTHS if (high - low) / one < MOST_BINS), WIDTHS[-1])
    start = math.floor(low / width) * width
    bins = int((high - start) // width) + 1
    names = [f"{start + at * width:g}–{start + (at + 1) * width:g}" for at in range(bins)]
    counts: list[list[float | None]] = []
    for values in both:
        held = [0] * bins
        for value in values:
            held[int((value - start) // width)] += 1
        counts.append([float(one) for one in held])
    return names, counts
