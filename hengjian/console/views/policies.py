"""Policy pages: the indicator library, one post one table, the panel, parameters, two policies compared."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from hengjian.access import permissions
from hengjian.console import laws, pictures
from hengjian.console.rights import today
from hengjian.console.writing import named
from hengjian.policy.model import Parameter
from hengjian.policy.policy import Policy
from hengjian.terms.errors import Refused

View = Callable[..., HttpResponse]


def policy_page(view: View) -> View:
    """Signed in, may read policies, GET only."""

    @login_required
    @require_GET
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        permissions.check_can_read_policies(request.user, today())
        return view(request, *args, **kwargs)

    return guarded


@policy_page
def policy_list(request: HttpRequest) -> HttpResponse:
    """All policies that this installation holds."""
    return render(request, "console/policies/list.html", {"policies": laws.all_policies(today())})


@policy_page
def indicators(request: HttpRequest, policy_id: str) -> HttpResponse:
    """The indicator library, part by part."""
    policy = one_or_404(policy_id)
    parts: dict[str, list[Any]] = {}
    for indicator in policy.indicators.values():
        parts.setdefault(indicator.part, []).append(indicator)
    order = {code: place for place, code in enumerate(policy.parts)}
    return render(
        request,
        "console/policies/indicators.html",
        {
            "policy": policy,
            "tab": "indicators",
            "parts": [
                (policy.parts.get(code, code), found)
                for code, found in sorted(parts.items(), key=lambda part: order.get(part[0], 99))
            ],
        },
    )


@policy_page
def scorecards(request: HttpRequest, policy_id: str) -> HttpResponse:
    """One post, one table: for the chosen zone, post category and perhaps county."""
    policy = one_or_404(policy_id)
    tables = policy.scorecards()
    if not tables:
        raise Http404
    zone = _among(request.GET.get("zone"), policy.zones, tables[0].zone)
    category = _among(request.GET.get("category"), policy.categories, tables[0].category)
    county = _among(request.GET.get("county"), {t.county: t for t in policy.tunings}, "")
    table = policy.scorecard(zone, category, county)
    return render(
        request,
        "console/policies/scorecards.html",
        {
            "policy": policy,
            "tab": "scorecards",
            "table": table,
            "county": county,
            "counties": sorted({t.county for t in policy.tunings}),
            "parts": _lines(policy, table.lines),
            "total": sum(line.weight for line in table.lines),
            "overview": _overview(policy),
        },
    )


@policy_page
def panel(request: HttpRequest, policy_id: str) -> HttpResponse:
    """Who judges: weights as written and out of a hundred, official against public."""
    policy = one_or_404(policy_id)
    shares = laws.sides(policy)
    picture = (
        pictures.bars(
            "sides",
            _("官评与民评在评价团权重中的份额（%）。"),
            [named(policy)],
            [(_("官评"), [shares.official]), (_("民评"), [shares.public])],
            stacked=True,
        )
        if policy.groups
        else None
    )
    return render(
        request,
        "console/policies/panel.html",
        {
            "policy": policy,
            "tab": "panel",
            "panel": policy.panel if policy.panels else None,
            "presets": list(policy.panels.values()),
            "picture": picture,
            "official": policy.official_share() if policy.groups else None,
            "public": policy.public_share() if policy.groups else None,
        },
    )


@policy_page
def parameters(request: HttpRequest, policy_id: str) -> HttpResponse:
    """Every dated value with clause, unit and owner; as written beside the reading."""
    policy = one_or_404(policy_id)
    themes: dict[str, list[Parameter]] = {}
    for parameter in policy.parameters.values():
        themes.setdefault(parameter.key.split(".")[0], []).append(parameter)
    return render(
        request,
        "console/policies/parameters.html",
        {
            "policy": policy,
            "tab": "parameters",
            "themes": sorted(themes.items()),
        },
    )


@policy_page
def compare(request: HttpRequest) -> HttpResponse:
    """Two policies side by side: weight by theme (SPEC 0.1), official against public (SPEC 0.4)."""
    found = laws.all_policies(today())
    if len(found) < 2:
        return render(request, "console/policies/compare.html", {"policies": found})
    known = {policy.id: policy for policy in found}
    old = known[_among(request.GET.get("old"), known, "before" if "before" in known else found[0].id)]
    rest = [policy.id for policy in found if policy.id != old.id]
    new = known[_among(request.GET.get("new"), known, "seed" if "seed" in rest else rest[0])]
    themes, rows = laws.theme_rows(old, new), laws.parameter_rows(old, new)
    return render(
        request,
        "console/policies/compare.html",
        {
            "policies": found,
            "old": old,
            "new": new,
            "themes": themes,
            "families": laws.family_rows(old, new),
            "themes_picture": _theme_picture(old, new, themes),
            "sides": [(policy, laws.sides(policy)) for policy in (old, new)],
            "sides_picture": _sides_picture(old, new),
            "common": bool({*old.parameters} & {*new.parameters}),
            "differences": [row for row in rows if row.old and row.new],
            "only_old": [row for row in rows if not row.new],
            "only_new": [row for row in rows if not row.old],
        },
    )


@dataclass(frozen=True)
class LineView:
    """A line of a table with its indicator."""

    line: Any
    indicator: Any


def one_or_404(policy_id: str) -> Policy:
    """The policy of this id; no page without it."""
    try:
        return laws.one_policy(policy_id, today())
    except Refused as error:
        if error.code != "console.no_policy":
            raise
        raise Http404 from error


def _among(wanted: str | None, known: Mapping[str, Any], default: str) -> str:
    return wanted if wanted is not None and wanted in known else default


def _lines(policy: Policy, lines: Any) -> list[tuple[Any, list[LineView], float]]:
    parts: dict[str, list[LineView]] = {}
    for line in lines:
        parts.setdefault(line.part, []).append(LineView(line, policy.indicators[line.indicator]))
    return [
        (policy.parts.get(code, code), views, sum(v.line.weight for v in views))
        for code, views in parts.items()
    ]


def _overview(policy: Policy) -> list[tuple[str, Any, list[tuple[str, list[tuple[Any, float]]]]]]:
    """Weights by part of every table: rows are zones, columns are post categories."""
    rows = []
    for zone, zone_name in policy.zones.items():
        cells = []
        for category in policy.categories:
            tables = [t for t in policy.scorecards() if (t.zone, t.category) == (zone, category)]
            weights: dict[str, float] = {}
            for line in (line for table in tables for line in table.lines):
                weights[line.part] = weights.get(line.part, 0.0) + line.weight
            cells.append((category, [(policy.parts.get(p, p), w) for p, w in weights.items()]))
        rows.append((zone, zone_name, cells))
    return rows


def _theme_picture(old: Policy, new: Policy, themes: list[laws.Row]) -> pictures.Picture:
    return pictures.bars(
        "themes",
        _("各主题在计分表中的权重（%，各表平均）。"),
        [row.name for row in themes],
        [(named(old), [row.old for row in themes]), (named(new), [row.new for row in themes])],
    )


def _sides_picture(old: Policy, new: Policy) -> pictures.Picture:
    shares = [laws.sides(policy) for policy in (old, new)]
    return pictures.bars(
        "sides",
        _("官评与民评在评价团权重中的份额（%）。"),
        [named(old), named(new)],
        [(_("官评"), [s.official for s in shares]), (_("民评"), [s.public for s in shares])],
        stacked=True,
    )
