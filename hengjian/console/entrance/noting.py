"""Notes what signing in and out means for us: a row for each sign-in, and fresh proof."""

from typing import Any

import structlog
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.signals import authentication_step_completed, password_changed
from django.conf import settings
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from hengjian.access import sign_ins
from hengjian.access.models import SignIn, User
from hengjian.access.ways import Ended, Method
from hengjian.console.entrance import fresh

log = structlog.get_logger(__name__)
STARTED, SEEN = "hengjian_started_at", "hengjian_seen_at"


@receiver(user_logged_in)
def signed_in(request: HttpRequest | None, user: User, **_more: Any) -> None:
    """A row, the beginning of the limits, and fresh proof."""
    if request is None:
        return
    moment = timezone.now()
    request.session[STARTED] = request.session[SEEN] = moment.timestamp()
    fresh.note(request)
    if request.session.session_key is None:
        request.session.save()
    device = sign_ins.device_of(request.headers.get("User-Agent", ""))
    method = _method(request, user)
    sign_ins.begin(user, request.session.session_key or "", method, device, moment)
    log.info("sign_in.done", method=str(method))


@receiver(authentication_step_completed)
def proved_again(request: HttpRequest, user: User, method: str, **more: Any) -> None:
    """Fresh proof, if it is as good as this account can give."""
    if more.get("reauthenticated") and fresh.suffices(user, method):
        fresh.note(request)
        log.info("sign_in.proved_again", method=method)


@receiver(password_changed)
def password_is_new(request: HttpRequest, user: User, **_more: Any) -> None:
    """A new password ends the sign-ins elsewhere; Django has made their sessions worthless by then."""
    here = [request.session.session_key, request.COOKIES.get(settings.SESSION_COOKIE_NAME)]
    others = SignIn.objects.filter(user=user, ended_at__isnull=True).exclude(session_key__in=here)
    sign_ins.end(others, Ended.PASSWORD, timezone.now())
    log.info("sign_in.password_changed")


@receiver(user_logged_out)
def signed_out(request: HttpRequest, user: User | None, **_more: Any) -> None:
    """The row is closed; why it was closed is known by then if it was not the person."""
    key = request.session.session_key
    if user is not None and key:
        sign_ins.end(SignIn.objects.filter(session_key=key), Ended.LEFT, timezone.now())
        log.info("sign_in.left")


@receiver(user_login_failed)
def failed(**_more: Any) -> None:
    """That somebody failed, not who was tried: what is typed there may be a password."""
    log.warning("sign_in.failed")


def _method(request: HttpRequest, user: User) -> Method:
    records = get_authentication_records(request, user)
    methods = {record["method"] for record in records}
    if any(record.get("passwordless") for record in records):
        return Method.PASSKEY
    if "socialaccount" in methods:
        return Method.SSO
    if "mfa" in methods:
        return Method.SECOND
    return Method.PASSWORD if "password" in methods else Method.OTHER
