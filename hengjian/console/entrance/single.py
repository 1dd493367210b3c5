"""Single sign-on: the provider says who somebody is, the binding here says whether that is an account."""

from typing import Any
from urllib.parse import urlsplit

import structlog
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hengjian.access.identities import holder

UNBOUND = gettext_lazy("平台确认了您的身份，但本系统没有与之绑定的可用账号。请联系安全管理员。")
log = structlog.get_logger(__name__)


def offered() -> list[dict[str, str]]:
    """The providers that the sign-in page offers."""
    return [{"id": app["provider_id"], "name": app["name"]} for app in _apps()]


def origins() -> list[str]:
    """Where the sign-in form may lead to: a browser holds that against the page's policy."""
    parts = [urlsplit(url) for app in _apps() for url in app["settings"]["origins"]]
    return [f"{part.scheme}://{part.netloc}" for part in parts]


class SingleSignOn(DefaultSocialAccountAdapter):
    """Nothing of the provider is stored, nobody is made, nobody is matched by a name or an address."""

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Let in whom an administrator has bound to an open account; the others are told nothing more."""
        app = sociallogin.provider.app
        user = holder(app.provider_id, sociallogin.account.uid)
        if user is None or not user.is_active:
            log.warning("sign_in.sso_unbound", provider=app.provider_id)
            raise _refused(request, str(UNBOUND))
        sociallogin.user = user

    def on_authentication_error(self, request: HttpRequest, provider: Any, **_more: Any) -> None:
        """Whatever went wrong between the two: nobody is signed in."""
        log.warning("sign_in.sso_failed", provider=str(getattr(provider, "id", "")))
        raise _refused(request, _("单点登录没有完成，请重试；多次失败请联系系统管理员。"))

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
