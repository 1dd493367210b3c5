"""One roll: looked through, changed with reasons, signed. Links handed out. Third parties' spreadsheets."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from hengjian.access import permissions
from hengjian.access.purposes import Shown
from hengjian.access.tickets import View
from hengjian.console import panel_desk, people
from hengjian.console.entrance.fresh import fresh_to_sign
from hengjian.console.panel_desk import desk, roll_or_404, round_or_404
from hengjian.console.rights import rights, today
from hengjian.console.views.panels import group_title, shown_groups
from hengjian.ratings.panels import admitting, progress, reviewing, rolls, third_parties
from hengjian.ratings.panels.models import Asked, Link, Member, OutsiderKind, Roll, Round
from hengjian.terms.errors import Refused

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@login_required
@require_http_methods(["GET", "POST"])
@fresh_to_sign
def roll(request: HttpRequest, roll_id: int) -> HttpResponse:
    """One roll with what one mark of each group can move; the office changes it, a leader signs it."""
    permissions.check_can_read_panels(request.user, today())
    held, error = roll_or_404(roll_id), None
    if request.method == "POST":
        try:
            messages.success(request, _deed(request, held))
            return redirect("console:panels-roll", held.pk)
        except Refused as refused:
            error = refused
    rules = rolls.rules_of(held.round, desk(request))
    rows = progress.member_rows(held)
    wanted = [held.official.code, *(row.code for row in rows if row.official)]
    shown, post = people.shown(request, wanted, View(Shown.PANEL)), held.post
    return render(
        request,
        "console/panels/roll.html",
        {
            "roll": held, "about": shown.who(held.official.code, post.title, post.organisation.name),
            "rows": [(row, shown.who(row.code).name if row.official else row.code) for row in rows],
            "influences": [
                (one, group_title(rules, one.group, one.stratum))
                for one in reviewing.influence_of(held, rules, reviewing.seat_of(held))
            ],
            "names": {code: group.name for code, group in rules.groups.items()},
            "bases": panel_desk.BASES, "ties": panel_desk.TIES,
            "groups": shown_groups(rules), "allowed": rules.most_moved, "least": rules.least,
            "people": shown, "may": rights(request), "error": error,
            "signature": getattr(held, "signature", None), "given": request.POST,
        },
        status=422 if error else 200,
    )  # fmt: skip


@login_required
@require_http_methods(["GET", "POST"])
def links(request: HttpRequest, round_id: str) -> HttpResponse:
    """Links that were handed out; new ones are shown this once and never again."""
    permissions.check_can_manage_panels(request.user, today())
    held, error, made = round_or_404(round_id), None, []
    if request.method == "POST":
        try:
            if request.POST.get("deed") == "revoke":
                _revoke(request, held)
                messages.success(request, _("链接已作废，可重新发放。"))
                return redirect("console:panels-links", held.pk)
            made = admitting.issue_links(held, desk(request), request.POST.get("raters", "").split())
        except Refused as refused:
            error = refused
    form = request.build_absolute_uri(reverse("console:forms-enter"))
    response = render(
        request,
        "console/panels/links.html",
        {
            "held": held, "rows": progress.link_rows(held, timezone.now()), "error": error,
            "made": [(one, f"{form}#{one.secret}") for one in made], "states": panel_desk.STATES,
            "asked": request.method == "POST" and not error,
        },
        status=422 if error else 200,
    )  # fmt: skip
    response["Cache-Control"] = "no-store"
    return response


@login_required
@require_http_methods(["GET", "POST"])
def third_party(request: HttpRequest, round_id: str) -> HttpResponse:
    """Institutions' spreadsheets: a template for each, and what became of an upload."""
    permissions.check_can_manage_panels(request.user, today())
    held, error, report = round_or_404(round_id), None, None
    if request.method == "POST":
        try:
            asked = _institution(held, request.POST.get("asked", ""))
            office = desk(request)
            if request.POST.get("deed") == "declare":
                reviewing.declare(asked, reviewing.codes_in(request.POST.get("dealings", "")), office)
                messages.success(request, _("独立性声明已登记。"))
                return redirect("console:panels-third-party", held.pk)
            file = request.FILES.get("file")
            if file is None:
                raise Refused(_("没有选择文件"), do=_("请选择填好的表"), code="console.no_file")
            report = third_parties.hand_in_file(file.read(), file.name or "", asked, office)
        except Refused as refused:
            error = refused
    rules = rolls.rules_of(held, desk(request))
    given = {
        "held": held, "rows": _institutions(held), "error": error, "report": report,
        "declaration": rules.declaration,
    }  # fmt: skip
    bad = error is not None or (report is not None and report.refused)
    return render(request, "console/panels/third_party.html", given, status=422 if bad else 200)


@login_required
@require_GET
def third_party_template(request: HttpRequest, round_id: str, asked_id: str) -> HttpResponse:
    """The spreadsheet that an institution fills in."""
    permissions.check_can_manage_panels(request.user, today())
    held = round_or_404(round_id)
    asked = _institution(held, str(asked_id))
    body = third_parties.template(asked, desk(request))
    response = HttpResponse(body, content_type=XLSX)
    response["Content-Disposition"] = f'attachment; filename="panel-{rolls.code_of(asked)}.xlsx"'
    return response


def _deed(request: HttpRequest, held: Roll) -> str:
    """Do what the button says; the words to show when it is done."""
    deed, reason, office = request.POST.get("deed"), request.POST.get("reason", ""), desk(request)
    if deed == "sign":
        permissions.check_can_sign_panels(request.user, today())
        if held.official.code in rights(request).own:
            raise Refused(
                _("本人的评价团名单不能由本人签署"), do=_("请由另一位负责人签署"), code="panels.own_roll"
            )
        reviewing.sign_roll(held, office, note=request.POST.get("note", ""))
        return _("名单已签署，不再改动。")
    permissions.check_can_manage_panels(request.user, today())
    if deed == "add":
        group, _stroke, stratum = request.POST.get("group", "").partition("/")
        rater = request.POST.get("rater", "").strip()
        reviewing.add_member(held, reviewing.Addition(rater, group, stratum, reason), office)
        return _("已增补，理由已记录。")
    if deed in {"strike", "recuse"}:
        member = _member(held, request.POST.get("member", ""))
        (reviewing.strike if deed == "strike" else reviewing.recuse)(member, office, reason=reason)
        return _("已调整，理由已记录。")
    raise Refused(_("没有这个步骤"), do=_("请用页面上的按钮"), code="console.no_act")


def _member(held: Roll, number: str) -> Member:
    found = Member.objects.filter(roll=held, pk=number if number.isdigit() else 0)
    member = found.select_related("roll__round").first()
    if member is None:
        raise Refused(_("没有选择评价人"), do=_("请从名单中选择"), code="console.no_member")
    return member


def _revoke(request: HttpRequest, held: Round) -> None:
    rows = {str(one.pk): one for one in Link.objects.filter(asked__round=held)}
    link = rows.get(request.POST.get("link", ""))
    if link is None:
        raise Http404
    admitting.revoke_link(link, desk(request), reason=request.POST.get("reason", ""))


def _institutions(held: Round) -> list[tuple[Asked, bool, int]]:
    rows = Asked.objects.filter(round=held, outsider__kind=OutsiderKind.INSTITUTION)
    rows = rows.select_related("outsider", "declaration").order_by("outsider__code")
    return [
        (one, hasattr(one, "declaration"),
         Member.objects.filter(asked=one, withdrawal__isnull=True, sheet__isnull=True).count())
        for one in rows
    ]  # fmt: skip


def _institution(held: Round, number: str) -> Asked:
    found = next((one for one, _declared, _open in _institutions(held) if str(one.pk) == number), None)
    if found is None:
        raise Http404
    return found
