"""Single sign-on: a provider says who somebody is, the binding here says whether that is an account."""

from typing import Any
from urllib.parse import urlsplit

import structlog
from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy

from hengjian.access.identities import holder
from hengjian.access.models import User

UNBOUND = gettext_lazy("平台确认了您的身份，但本系统没有与之绑定的可用账号。请联系安全管理员。")
UNFINISHED = gettext_lazy("单点登录没有完成，请重试；多次失败请联系系统管理员。")
log = structlog.get_logger(__name__)


def offered() -> list[dict[str, str]]:
    """What the sign-in page offers besides our own accounts; ``kind`` openid, cas or ldap."""
    openid = [{"kind": "openid", "id": app["provider_id"], "name": app["name"]} for app in _apps()]
    others = (("cas", settings.SSO_CAS), ("ldap", settings.SSO_DIRECTORIES))
    return openid + [{"kind": kind, "id": one.id, "name": one.name} for kind, listed in others
                     for one in listed]  # fmt: skip


def origins() -> list[str]:
    """Where the sign-in form may lead to: a browser holds that against the page's policy."""
    said = [url for app in _apps() for url in app["settings"]["origins"]]
    parts = [urlsplit(url) for url in [*said, *(server.server_url for server in settings.SSO_CAS)]]
    return [f"{part.scheme}://{part.netloc}" for part in parts]


def bound(provider: str, subject: str) -> User | None:
    """The open account that an administrator has bound this person of a provider to."""
    user = holder(provider, subject)
    if user is None or not user.is_active:
        log.warning("sign_in.sso_unbound", provider=provider)
        return None
    return user


def enter(request: HttpRequest, user: User, provider: str, following: str | None) -> HttpResponse:
    """Sign in whom a CAS server or a directory knows; a second factor is asked for as after a password."""
    record_authentication(request, user, "socialaccount", provider=provider)
    answer: HttpResponse = perform_login(request, Login(user=user, redirect_url=following))
    return answer


class SingleSignOn(DefaultSocialAccountAdapter):
    """Nothing of the provider is stored, nobody is made, nobody is matched by a name or an address."""

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Let in whom an administrator has bound to an open account; the others are told nothing more."""
        app = sociallogin.provider.app
        user = bound(app.provider_id, sociallogin.account.uid)
        if user is None:
            raise _refused(request, str(UNBOUND))
        sociallogin.user = user

    def on_authentication_error(self, request: HttpRequest, provider: Any, **_more: Any) -> None:
        """Whatever went wrong between the two: nobody is signed in."""
        log.warning("sign_in.sso_failed", provider=str(getattr(provider, "id", "")))
        raise _refused(request, str(UNFINISHED))

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:  # noqa: ARG002
        """Nobody is made by being known to a provider."""
        return False

    def populate_user(self, request: HttpRequest, sociallogin: Any, data: Any) -> Any:  # noqa: ARG002
        """Nothing is taken over."""
        return sociallogin.user


def _refused(request: HttpRequest, words: str) -> ImmediateHttpResponse:
    messages.error(request, words)
    return ImmediateHttpResponse(redirect("console:sign-in"))


def _apps() -> list[dict[str, Any]]:
    told: Any = settings.SOCIALACCOUNT_PROVIDERS
    return list(told["openid_connect"]["APPS"])
