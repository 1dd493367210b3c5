"""Keys of the interface: approved by the security administrator, drawn and ended by the account's holder."""

from datetime import date

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from hengjian.access import permissions
from hengjian.access.models import User
from hengjian.access.purposes import CHOSEN
from hengjian.console.entrance.fresh import fresh_to_sign
from hengjian.console.people import viewer
from hengjian.console.rights import today
from hengjian.evidence.queries import feed_codes
from hengjian.exchange import operations, queries
from hengjian.exchange.models import AccessKey, Part
from hengjian.terms.errors import NotPermitted, Refused


@login_required
@require_http_methods(["GET", "POST"])
@fresh_to_sign
def entries(request: HttpRequest) -> HttpResponse:
    """All keys, for the three administrators; approving and ending, for the security administrator."""
    permissions.check_can_read_accounts(request.user, today())
    error = None
    if request.method == "POST":
        permissions.check_can_manage_access(request.user, today())
        try:
            if request.POST.get("deed") == "end":
                _end(request)
            else:
                _approve(request)
        except NotPermitted:
            raise
        except Refused as refused:
            error = refused
        else:
            return redirect("console:keys")
    context = {
        "keys": queries.keys(),
        "parts": Part.choices,
        "purposes": [(one.value, one.label) for one in CHOSEN],
        "may": permissions.can_manage_access(request.user, today()),
        "today": today(),
        "posted": request.POST,
        "chosen": request.POST.getlist("parts"),
        "feeds": feed_codes(),
        "feeds_chosen": request.POST.getlist("feeds"),
        "error": error,
    }
    return render(request, "console/keys/list.html", context, status=422 if error else 200)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
@fresh_to_sign
def own(request: HttpRequest) -> HttpResponse:
    """The own account's keys: the secret is drawn here and shown this once."""
    error, secret = None, ""
    if request.method == "POST":
        try:
            if request.POST.get("deed") == "end":
                _end(request)
                return redirect("console:keys-own")
            secret = operations.draw(_key(request), by=viewer(request), now=timezone.now())
        except NotPermitted:
            raise
        except Refused as refused:
            error = refused
    context = {
        "keys": queries.keys(viewer(request)), "secret": secret, "error": error, "today": today(),
    }  # fmt: skip
    return render(request, "console/keys/own.html", context, status=422 if error else 200)


def _approve(request: HttpRequest) -> None:
    said = request.POST
    account = User.objects.filter(username=said.get("account", "")).first()
    if account is None:
        raise Refused(_("没有这个账号"), do=_("请核对登录名"), code="exchange.account")
    wanted = operations.Wanted(
        title=said.get("title", "")[:80],
        parts=said.getlist("parts"),
        purpose=said.get("purpose", ""),
        until=day_of_form(said.get("until", "")),
        organisation=said.get("organisation", "").strip().strip("/")[:200],
        names=said.get("names") == "yes",
        note=said.get("note", "")[:200],
        feeds=said.getlist("feeds"),
    )
    operations.approve(account, wanted, by=viewer(request), now=timezone.now())
    messages.success(request, _("已批准，请账号持有人到“我的密钥”领取。"))


def _end(request: HttpRequest) -> None:
    operations.end(_key(request), request.POST.get("reason", ""), by=viewer(request), now=timezone.now())
    messages.success(request, _("密钥已停用。"))


def _key(request: HttpRequest) -> AccessKey:
    number = request.POST.get("key", "")
    found = (
        AccessKey.objects.filter(pk=int(number)).first() if number.isdecimal() and len(number) < 19 else None
    )
    if found is None:
        raise Http404
    return found


def day_of_form(text: str) -> date:
    """A day of a form; the first of all days when it is none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return date.min
