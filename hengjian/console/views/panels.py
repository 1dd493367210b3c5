"""Rounds of marking: opened, drawn up, followed by group, closed; raters outside the roster; ties."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from hengjian.access import permissions
from hengjian.access.purposes import Shown
from hengjian.access.tickets import View
from hengjian.console import panel_desk, people
from hengjian.console.panel_desk import OutsiderForm, RoundForm, TieForm, desk, round_or_404
from hengjian.console.rights import rights, today
from hengjian.ratings.panels import closing, progress, rolls
from hengjian.ratings.panels.rules import PanelRules
from hengjian.roster import ties
from hengjian.terms.errors import PolicyError, Refused


@login_required
@require_GET
def rounds(request: HttpRequest) -> HttpResponse:
    """All rounds, the newest first."""
    permissions.check_can_read_panels(request.user, today())
    given = {"rounds": progress.rounds(), "may": rights(request), "today": today()}
    return render(request, "console/panels/list.html", given)


@login_required
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """A new round."""
    permissions.check_can_manage_panels(request.user, today())
    form = RoundForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = rolls.open_round(form.wanted(), desk(request))
        except (Refused, PolicyError) as error:
            form.refuse(error)
        else:
            messages.success(request, _("评价轮次已建立。下一步：拟定名单。"))
            return redirect("console:panels-round", made.pk)
    status = 422 if form.errors else 200
    return render(request, "console/panels/new.html", {"form": form}, status=status)


@login_required
@require_GET
def one(request: HttpRequest, round_id: str) -> HttpResponse:
    """One round: its days, progress by group, its rolls."""
    permissions.check_can_read_panels(request.user, today())
    held, error = round_or_404(round_id), None
    rows = progress.roll_rows(held)
    groups, reminded = [], []
    try:
        rules = rolls.rules_of(held, desk(request))
        groups = progress.progress(held, rules)
        reminded = progress.reminders(held, rules, timezone.now())
    except Refused as refused:
        error = refused
    shown = people.shown(request, [row.official for row in rows], View(Shown.PANEL))
    who = {row.official: shown.who(row.official, row.title, row.organisation) for row in rows}
    return render(
        request,
        "console/panels/round.html",
        {
            "held": held, "rows": [(row, who[row.official]) for row in rows], "groups": groups,
            "reminded": reminded, "may": rights(request), "people": shown, "error": error,
            "today": today(), "waiting": sum(not row.signed for row in rows),
            "over": today() > held.closes_on, "closed": hasattr(held, "closing"),
        },
    )  # fmt: skip


@login_required
@require_POST
def draw(request: HttpRequest, round_id: str) -> HttpResponse:
    """Draw up the rolls that are missing."""
    permissions.check_can_manage_panels(request.user, today())
    held = round_or_404(round_id)
    made = rolls.draw_up(held, desk(request))
    if made:
        messages.success(request, _("已拟定 %s 份名单，请逐份审核。") % len(made))
    else:
        messages.info(request, _("没有缺名单的干部。"))
    return redirect("console:panels-round", held.pk)


@login_required
@require_http_methods(["GET", "POST"])
def close(request: HttpRequest, round_id: str) -> HttpResponse:
    """End a round: marks are made of its sheets."""
    permissions.check_can_manage_panels(request.user, today())
    held, error = round_or_404(round_id), None
    if request.method == "POST":
        try:
            done = closing.close_round(held, desk(request))
        except Refused as refused:
            error = refused
        else:
            marks = done.batch.marks if done.batch else 0
            messages.success(request, _("评价已结束，共形成 %s 个打分。") % marks)
            return redirect("console:panels-round", held.pk)
    given = {"held": held, "error": error}
    return render(request, "console/panels/close.html", given, status=422 if error else 200)


@login_required
@require_http_methods(["GET", "POST"])
def outsiders(request: HttpRequest) -> HttpResponse:
    """Raters who are not officials, by number."""
    permissions.check_can_manage_panels(request.user, today())
    form = OutsiderForm(request.POST or None, initial=panel_desk.first_day(today()))
    if request.method == "POST" and form.is_valid():
        try:
            made = rolls.enrol(form.wanted(), desk(request))
        except Refused as error:
            form.refuse(error)
        else:
            messages.success(request, _("已登记 %s 人；原已登记的不变。") % len(made))
            return redirect("console:panels-outsiders")
    given = {"form": form, "rows": progress.outsiders()}
    return render(request, "console/panels/outsiders.html", given, status=422 if form.errors else 200)


@login_required
@require_http_methods(["GET", "POST"])
def tie_list(request: HttpRequest) -> HttpResponse:
    """Ties between officials: recorded, and ended with a reason."""
    permissions.check_can_manage_panels(request.user, today())
    ending = request.POST.get("deed") == "end"
    form = TieForm(None if ending else request.POST or None, initial=panel_desk.first_day(today()))
    by, now = request.user.get_username(), timezone.now()
    error = None
    try:
        if ending:
            number = request.POST.get("tie", "")
            reason = request.POST.get("reason", "")
            ties.end_tie(int(number) if number.isdigit() else 0, on=today(), reason=reason, by=by, now=now)
            messages.success(request, _("关系已终止，原登记保留。"))
            return redirect("console:panels-ties")
        if request.method == "POST" and form.is_valid():
            ties.record_tie(form.wanted(), by=by, now=now)
            messages.success(request, _("关系已登记。"))
            return redirect("console:panels-ties")
    except Refused as refused:
        error = refused
    given = {"form": form, "rows": progress.ties(), "error": error, "kinds": panel_desk.TIES}
    status = 422 if error or form.errors else 200
    return render(request, "console/panels/ties.html", given, status=status)


def shown_groups(rules: PanelRules) -> list[tuple[str, str]]:
    """The groups and strata that somebody can be added to, as the form's choices."""
    return [
        (f"{one.group}/{one.stratum}", group_title(rules, one.group, one.stratum))
        for one in rules.channels
        if one.group != "media"
    ]


def group_title(rules: PanelRules, group: str, stratum: str) -> str:
    """A group's name, with its stratum's."""
    strata = {one.code: one.name for one in rules.groups[group].strata}
    return f"{rules.groups[group].name} · {strata[stratum]}" if stratum else rules.groups[group].name
