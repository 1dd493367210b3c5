"""Signing in by a CAS server or an LDAP directory; OpenID providers come through allauth's own views."""

from typing import Any, TypeVar
from unicodedata import normalize

from allauth.account.adapter import get_adapter
from allauth.account.utils import get_next_redirect_url
from allauth.core.ratelimit import consume_or_429
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from hengjian.access.elsewhere import CasServer, Directory
from hengjian.console.entrance import cas
from hengjian.console.entrance.adapters import WRONG
from hengjian.console.entrance.directory import Unreachable, person_of
from hengjian.console.entrance.single import UNBOUND, UNFINISHED, bound, enter

Kind = TypeVar("Kind", CasServer, Directory)


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "POST"])
def directory(request: HttpRequest, provider_id: str) -> HttpResponse:
    """The form for an account of a directory, and what it says."""
    held = _one(settings.SSO_DIRECTORIES, provider_id)
    many: HttpResponse | None = consume_or_429(request, action="login")
    if many is not None:
        return many
    context: dict[str, Any] = {"directory": held, "following": get_next_redirect_url(request) or ""}
    if request.method == "GET":
        return render(request, "account/directory.html", context)
    login = request.POST.get("username", "").strip()
    try:
        return _by_password(request, held, login, request.POST.get("password", ""))
    except ValidationError as refused:
        context |= {"problems": refused.messages, "login": login}
    return render(request, "account/directory.html", context, status=422)


def _by_password(request: HttpRequest, held: Directory, login: str, password: str) -> HttpResponse:
    """Counted as a guess before the directory is asked; only who gets in takes that back."""
    adapter = get_adapter(request)
    adapter.pre_authenticate(request, username=f"{held.id}:{_alike(login)}")
    try:
        subject = person_of(held, login, password)
    except Unreachable as error:
        adapter._rollback_login_failed_rl_usage()
        words = _("暂时连不上“%(name)s”。请稍后再试，或用本系统的账号和密码登录。") % {"name": held.name}
        raise ValidationError(words) from error
    if subject is None:
        raise ValidationError(str(WRONG))
    user = bound(held.id, subject)
    if user is None:
        raise ValidationError(str(UNBOUND))
    adapter._rollback_login_failed_rl_usage()
    return enter(request, user, held.id, get_next_redirect_url(request))


def _alike(login: str) -> str:
    """A directory takes many spellings (width, case, accents, spaces) for one name: one count of guesses."""
    return "".join(sign for sign in normalize("NFKD", login).casefold() if sign.isalnum())


@require_POST
def cas_login(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Go to the CAS server."""
    many: HttpResponse | None = consume_or_429(request, action="login")
    if many is not None:
        return many
    return redirect(cas.ask(request, _one(settings.SSO_CAS, provider_id), get_next_redirect_url(request)))


@never_cache
@require_GET
def cas_callback(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Back from the CAS server with a ticket."""
    server = _one(settings.SSO_CAS, provider_id)
    subject, following = cas.answered(request, server)
    user = bound(server.id, subject) if subject else None
    if user is None:
        messages.error(request, str(UNBOUND if subject else UNFINISHED))
        return redirect("console:sign-in")
    return enter(request, user, server.id, following)


def _one(listed: tuple[Kind, ...], provider_id: str) -> Kind:
    found = next((one for one in listed if one.id == provider_id), None)
    if found is None:
        raise Http404
    return found
