"""The rater's own pages: by account or by a link, the list of sheets, the sheets, recusal, declaration.

Anonymous sheets: the token is signed in the session (who may have one), the sheet is cast without one. The
two requests carry nothing in common; see docs/decisions/0018.
"""

import json
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from hengjian.console.panel_desk import STATES, desk
from hengjian.console.rights import rights
from hengjian.ratings.panels import admitting, filling, progress, reviewing, tokens
from hengjian.ratings.panels.models import Asked, Declaration, Member, OutsiderKind
from hengjian.ratings.panels.operations import Office
from hengjian.ratings.panels.rolls import code_of, rules_of
from hengjian.terms.errors import NotPermitted, Refused

KEY = "hengjian_panel_link"  # in the session
LARGEST = 20_000  # bytes of a sheet or blinded message


@require_http_methods(["GET", "POST"])
def enter(request: HttpRequest) -> HttpResponse:
    """Where a link leads: its secret stands after the # and is sent by POST, so that no log holds it."""
    error = None
    if request.method == "POST":
        try:
            link = admitting.open_link(request.POST.get("secret", "").strip(), timezone.now())
        except Refused as refused:
            error = refused
        else:
            request.session.cycle_key()
            request.session[KEY] = str(link.pk)
            if not request.user.is_authenticated:  # an account's session keeps its own end
                request.session.set_expiry(link.expires_at)
            return redirect("console:forms")
    status = 422 if error else 200
    return render(request, "console/forms/enter.html", {"error": error}, status=status)


@cache_control(private=True, no_store=True)
@require_GET
def tasks(request: HttpRequest) -> HttpResponse:
    """What this rater has to do."""
    rounds: list[tuple[Any, ...]] = []
    for asked in _asked(request):
        office = desk(request, code_of(asked))
        try:
            found = filling.tasks(asked, office)
        except Refused as refused:
            rounds.append((asked.round, [], None, refused))
            continue
        rounds.append((asked.round, found, _declaration(asked, office), None))
    given = {"rounds": rounds, "states": STATES, "by_link": KEY in request.session}
    return render(request, "console/forms/tasks.html", given)


@cache_control(private=True, no_store=True)
@require_http_methods(["GET", "POST"])
def sheet(request: HttpRequest, member_id: int) -> HttpResponse:
    """One sheet; a signed one is saved and handed in here."""
    member, error = _member(request, member_id), None
    office = desk(request, code_of(member.asked))
    given = {k.removeprefix("mark-"): str(v) for k, v in request.POST.items() if k.startswith("mark-")}
    if request.method == "POST":
        text, seconds = request.POST.get("text", ""), _number(request.POST.get("seconds", ""))
        try:
            if request.POST.get("deed") == "save":
                filling.save(member, given, text, seconds, office)
                messages.success(request, _("已暂存，截止前可以继续填写。"))
                return redirect("console:forms-sheet", member.pk)
            filling.hand_in(member, given, text, seconds, office)
            messages.success(request, _("已提交，谢谢。"))
            return redirect("console:forms")
        except Refused as refused:
            error = refused
    form = filling.form(member, office)
    key = None if form.signed else tokens.offered(member)
    return render(
        request,
        "console/forms/sheet.html",
        {
            "form": form, "name": member.roll.official.name, "round": member.roll.round, "error": error,
            "answers": given or form.answers, "text": request.POST.get("text", form.text), "key": key,
        },
        status=422 if error else 200,
    )  # fmt: skip


@cache_control(private=True, no_store=True)
@require_http_methods(["GET", "POST"])
def recuse(request: HttpRequest, member_id: int) -> HttpResponse:
    """Withdraw from one sheet, for a reason."""
    member, error = _member(request, member_id), None
    if request.method == "POST":
        try:
            office = desk(request, code_of(member.asked))
            reviewing.recuse(member, office, reason=request.POST.get("reason", ""))
        except Refused as refused:
            error = refused
        else:
            messages.success(request, _("已回避，不需要再评价该干部。"))
            return redirect("console:forms")
    given = {"member": member, "name": member.roll.official.name, "error": error}
    return render(request, "console/forms/recuse.html", given, status=422 if error else 200)


@cache_control(private=True, no_store=True)
@require_http_methods(["GET", "POST"])
def receipt(request: HttpRequest) -> HttpResponse:
    """Whether an anonymous sheet came in, for whoever holds its receipt; never what it says.

    A receipt that is right is not repeated on the page: it leads to the sheet, and the screen may be shared.
    """
    given = request.POST.get("receipt", "")
    found = tokens.is_in(given) if request.method == "POST" else None
    given = "" if found else given
    return render(request, "console/forms/receipt.html", {"given": given, "found": found})


@require_POST
def declare(request: HttpRequest) -> HttpResponse:
    """An institution declares its independence, and with whom it has dealings."""
    rows = {str(one.pk): one for one in _asked(request)}
    asked = rows.get(request.POST.get("asked", ""))
    if asked is None:
        raise Http404
    dealings = reviewing.codes_in(request.POST.get("dealings", ""))
    reviewing.declare(asked, dealings, desk(request, code_of(asked)))
    messages.success(request, _("声明已登记，可以开始评价。"))
    return redirect("console:forms")


@require_POST
def token(request: HttpRequest, member_id: int) -> HttpResponse:
    """Sign an anonymous member's blinded token."""
    member = _member(request, member_id)

    def signed(given: dict[str, Any]) -> dict[str, str]:
        blinded = tokens.unhex(given.get("blinded"), "blinded")
        return {"answer": filling.token_for(member, blinded, desk(request, code_of(member.asked))).hex()}

    return _json(request, signed)


@csrf_exempt
@require_POST
def cast(request: HttpRequest) -> HttpResponse:
    """Take an anonymous sheet, by its token alone: the page sends no cookie, there is no session to forge."""

    def taken(given: dict[str, Any]) -> dict[str, str]:
        answers, seconds = given.get("answers"), given.get("seconds")
        if not isinstance(answers, dict) or not isinstance(seconds, int):
            raise tokens.malformed("answers")
        own = tokens.Token.read(given.get("token"))
        filling.cast(own, {str(k): str(v) for k, v in answers.items()}, seconds, desk(request, "-"))
        return {"receipt": own.digest}

    return _json(request, taken)


def _json(request: HttpRequest, work: Any) -> HttpResponse:
    """An answer in JSON, a refusal too."""
    if len(request.body) > LARGEST:
        return JsonResponse({"what": _("内容过大"), "do": ""}, status=413)
    try:
        given = json.loads(request.body)
        if not isinstance(given, dict):
            raise tokens.malformed("json")
        return JsonResponse(work(given))
    except (UnicodeDecodeError, ValueError, RecursionError):
        return JsonResponse({"what": _("格式不对"), "do": _("请刷新页面后重试")}, status=422)
    except Refused as refused:
        return JsonResponse({"what": refused.what, "do": refused.do, "code": refused.code}, status=422)


def _asked(request: HttpRequest) -> list[Asked]:
    """As whom this browser rates: by the link it opened, and by the account it is signed in with."""
    found = []
    link = request.session.get(KEY)
    if link:
        try:
            found.append(admitting.let_in(link, timezone.now()))
        except Refused:
            del request.session[KEY]
            if not request.user.is_authenticated:
                raise
    if request.user.is_authenticated:
        found += [one for code in rights(request).own for one in progress.asked_for(code)]
    elif not found:
        raise NotPermitted(
            _("您没有权限：填写评价表"), do=_("请用收到的链接打开，或登录账号"), code="console.no_rater"
        )
    return found


def _member(request: HttpRequest, number: int) -> Member:
    related = ("asked__official", "asked__outsider", "roll__round", "roll__official",
               "roll__post__organisation", "roll__signature", "withdrawal")  # fmt: skip
    found = Member.objects.filter(pk=number, asked__in=[one.pk for one in _asked(request)])
    member = found.select_related(*related).first()
    if member is None:
        raise Http404
    return member


def _declaration(asked: Asked, office: Office) -> tuple[Asked, str] | None:
    """An institution that has still to declare, and the words it declares."""
    institution = asked.outsider is not None and asked.outsider.kind == OutsiderKind.INSTITUTION
    if not institution or Declaration.objects.filter(pk=asked.pk).exists():
        return None
    return asked, rules_of(asked.round, office).declaration


def _number(text: str) -> int:
    return int(text) if text.isdigit() and len(text) < 8 else 0
