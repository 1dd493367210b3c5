"""Limits of a sign-in: idle and longest time; a password of one's own first; a second factor if demanded."""

from collections.abc import Callable
from urllib.parse import urlencode

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.utils import timezone
from django.utils.translation import gettext as _

from hengjian.access import sign_ins
from hengjian.access.models import SignIn, User
from hengjian.access.ways import Ended
from hengjian.console.entrance.noting import SEEN, STARTED

EVERY = 60  # seconds between two notes of use
SECOND = "hengjian_second_factor"
FREE = ("sign-out", "sign-in", "account_login", "set_language")


class LimitsMiddleware:
    """Ends what has lasted too long; leads to what must be done first."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "_auth_user_id" not in request.session:
            return self.get_response(request)
        why = _over(request)
        if why is not None:
            return _ended(request, why)
        before = request.session.session_key or ""
        response = self.get_response(request)
        after = request.session.session_key
        if after and after != before and "_auth_user_id" in request.session:
            sign_ins.moved(before, after, timezone.now())
        return response

    def process_view(self, request: HttpRequest, *_view: object) -> HttpResponse | None:
        """Before any other page: an initial password is changed, a demanded second factor is set up."""
        match = request.resolver_match
        name = (match.url_name or "") if match else ""
        if "_auth_user_id" not in request.session or name in FREE or not request.user.is_authenticated:
            return None
        if request.user.initial_password:
            return None if name == "account_change_password" else redirect("account_change_password")
        if settings.SECOND_FACTOR_REQUIRED and not _has_second(request, request.user):
            return None if _sets_up(name) else redirect("mfa_index")
        return None


def _over(request: HttpRequest) -> Ended | None:
    """Why this sign-in is over; its use is noted when it is not."""
    moment = timezone.now().timestamp()
    started = float(request.session.get(STARTED, 0))
    seen = float(request.session.get(SEEN, 0))
    if moment - started >= settings.SESSION_LONGEST_MINUTES * 60:
        return Ended.LONG
    if moment - seen >= settings.SESSION_IDLE_MINUTES * 60:
        return Ended.IDLE
    if moment - seen >= EVERY:
        request.session[SEEN] = moment
        sign_ins.seen(request.session.session_key or "", timezone.now())
    return None


def _ended(request: HttpRequest, why: Ended) -> HttpResponse:
    key = request.session.session_key or ""
    sign_ins.end(SignIn.objects.filter(session_key=key), why, timezone.now())
    logout(request)
    messages.warning(request, _("登录已超时，请重新登录。"))
    back = request.get_full_path() if request.method == "GET" else "/"
    return redirect(f"{resolve_url(settings.LOGIN_URL)}?{urlencode({'next': back})}")


def _has_second(request: HttpRequest, user: User) -> bool:
    if not request.session.get(SECOND):
        factors = Authenticator.objects.filter(user=user).exclude(type=Authenticator.Type.RECOVERY_CODES)
        if not factors.exists():
            return False
        request.session[SECOND] = True
    return True


def _sets_up(name: str) -> bool:
    return name.startswith("mfa_") or name in {"account_reauthenticate", "account"}
