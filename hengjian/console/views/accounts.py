"""Accounts and grants, for the three administrators: each does only the own part, and all see the whole."""

import secrets
from collections.abc import Callable
from datetime import date

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from hengjian.access import identities, operations, permissions, sign_ins
from hengjian.access.models import Grant, SignIn, User
from hengjian.access.operations import Scope
from hengjian.access.queries import account_list, grants_of, identities_of
from hengjian.access.roles import Role
from hengjian.console.entrance.fresh import fresh_to_sign
from hengjian.console.entrance.single import offered
from hengjian.console.paging import page_of
from hengjian.console.rights import rights, today
from hengjian.terms.errors import Refused

SIZE = 50
LENGTH = 15  # bytes of chance in an initial password


@login_required
@require_GET
def entries(request: HttpRequest) -> HttpResponse:
    """Every account with the roles that it holds today."""
    permissions.check_can_read_accounts(request.user, today())
    asked = request.GET.get("q", "").strip()
    page = page_of(request, account_list(asked, today()), SIZE)
    query = request.GET.copy()
    query.pop("page", None)
    return render(
        request,
        "console/accounts/list.html",
        {"page": page, "asked": asked, "may": rights(request), "query": query.urlencode(), "today": today()},
    )


@login_required
@require_http_methods(["GET", "POST"])
@fresh_to_sign
def new(request: HttpRequest) -> HttpResponse:
    """Make an account; its initial password is shown once."""
    permissions.check_can_manage_accounts(request.user, today())
    context = {"posted": request.POST, "error": None}
    if request.method == "GET":
        return render(request, "console/accounts/new.html", context)
    word = secrets.token_urlsafe(LENGTH)
    try:
        user = operations.create_user(
            request.POST.get("username", ""),
            request.POST.get("display_name", ""),
            now=timezone.now(),
            password=word,
            initial=True,
        )
    except Refused as error:
        return render(request, "console/accounts/new.html", {**context, "error": error}, status=422)
    return _told_once(request, user, word)


@login_required
@require_http_methods(["GET", "POST"])
@fresh_to_sign
def entry(request: HttpRequest, account_id: int) -> HttpResponse:
    """One account: what is granted to it, and the deeds of whoever looks."""
    permissions.check_can_read_accounts(request.user, today())
    user = User.objects.filter(pk=account_id).first()
    if user is None:
        raise Http404
    error = None
    if request.method == "POST":
        try:
            check, deed = DEEDS[request.POST.get("deed", "")]
            check(request.user, today())
            return deed(request, user)
        except KeyError as missing:
            raise Http404 from missing
        except Refused as refused:
            error = refused
    may = rights(request)
    context = {
        "account": user,
        "grants": grants_of(user),
        "identities": identities_of(user),
        "sign_ins": SignIn.objects.filter(user=user)[:SIZE] if may.sign_ins else (),
        "roles": Role.choices,
        "providers": offered(),
        "posted": request.POST,
        "error": error,
        "may": may,
        "today": today(),
    }
    return render(request, "console/accounts/entry.html", context, status=422 if error else 200)


def _close(request: HttpRequest, user: User) -> HttpResponse:
    operations.close_user(user, now=timezone.now())
    return _done(request, user, _("账号已停用。"))


def _put_out(request: HttpRequest, user: User) -> HttpResponse:
    sign_ins.end_all(user, timezone.now())
    return _done(request, user, _("已让该账号全部退出。"))


def _reset(request: HttpRequest, user: User) -> HttpResponse:
    word = secrets.token_urlsafe(LENGTH)
    operations.reset_password(user, word, now=timezone.now())
    return _told_once(request, user, word)


def _grant(request: HttpRequest, user: User) -> HttpResponse:
    said = request.POST
    if said.get("role") not in Role.values:
        raise Refused(_("请选择角色"), code="console.no_role")
    operations.grant(
        user,
        Role(said["role"]),
        on=_day(said.get("on", "")) or today(),
        until=_day(said.get("until", "")),
        by=_doer(request),
        reason=said.get("reason", ""),
        scope=Scope(said.get("organisation", "").strip(), said.get("official", "").strip()),
    )
    return _done(request, user, _("已授权。"))


def _revoke(request: HttpRequest, user: User) -> HttpResponse:
    held = Grant.objects.filter(user=user, pk=_number(request.POST.get("grant", ""))).first()
    if held is None:
        raise Http404
    operations.revoke(held, on=today(), by=_doer(request), reason=request.POST.get("reason", ""))
    return _done(request, user, _("授权已撤销。"))


def _bind(request: HttpRequest, user: User) -> HttpResponse:
    identities.bind(user, *_subject(request), on=today(), by=_doer(request), reason=request.POST["reason"])
    return _done(request, user, _("已绑定。"))


def _release(request: HttpRequest, user: User) -> HttpResponse:
    identities.release(user, *_subject(request), on=today(), by=_doer(request), reason=request.POST["reason"])
    return _done(request, user, _("已解除绑定。"))


def _subject(request: HttpRequest) -> tuple[str, str]:
    provider, subject = (request.POST.get(name, "").strip() for name in ("provider", "subject"))
    if not provider or not subject or not request.POST.get("reason", "").strip():
        raise Refused(_("请写明平台、用户标识和理由"), code="console.no_identity")
    return provider, subject


Deed = Callable[[HttpRequest, User], HttpResponse]
DEEDS: dict[str, tuple[Callable[..., None], Deed]] = {
    "close": (permissions.check_can_manage_accounts, _close),
    "put_out": (permissions.check_can_manage_accounts, _put_out),
    "reset": (permissions.check_can_manage_accounts, _reset),
    "grant": (permissions.check_can_manage_access, _grant),
    "revoke": (permissions.check_can_manage_access, _revoke),
    "bind": (permissions.check_can_manage_access, _bind),
    "release": (permissions.check_can_manage_access, _release),
}


def _done(request: HttpRequest, user: User, words: str) -> HttpResponse:
    messages.success(request, words)
    return redirect("console:accounts-account", user.pk)


def _told_once(request: HttpRequest, user: User, word: str) -> HttpResponse:
    answer = render(request, "console/accounts/password.html", {"account": user, "word": word})
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _doer(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # noqa: S101 (these views are for whoever is signed in)
    return request.user


def _day(written: str) -> date | None:
    if not written.strip():
        return None
    try:
        found = parse_date(written.strip())
    except ValueError:
        found = None
    if found is None:
        raise Refused(_("日期不对"), where=written, do=_("请写成 2026-01-31"), code="console.day")
    return found


def _number(written: str) -> int:
    return int(written) if written.isascii() and written.isdigit() and len(written) < 18 else 0
