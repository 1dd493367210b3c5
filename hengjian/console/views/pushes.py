"""Subscriptions to what happens: approved and watched by the security administrator, signed by the holder."""

from typing import Any

from django.conf import settings
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
from hengjian.console.entrance.fresh import fresh_to_sign
from hengjian.console.paging import page_of
from hengjian.console.people import viewer
from hengjian.console.rights import today
from hengjian.console.views.keys import day_of_form
from hengjian.exchange import queries, subscriptions
from hengjian.exchange.models import Kind, Push, Subscription
from hengjian.ratings.invitations.secrets_file import room_secret
from hengjian.terms.errors import NotPermitted, Refused

A_PAGE = 50


@login_required
@require_http_methods(["GET", "POST"])
@fresh_to_sign
def entries(request: HttpRequest) -> HttpResponse:
    """All subscriptions and what was sent; deeds are the security administrator's."""
    permissions.check_can_read_accounts(request.user, today())
    error = None
    if request.method == "POST":
        permissions.check_can_manage_access(request.user, today())
        try:
            DEEDS.get(request.POST.get("deed", ""), _approve)(request)
        except NotPermitted:
            raise
        except Refused as refused:
            error = refused
        else:
            return redirect("console:pushes")
    context = _context(request, None, error) | {
        "kinds": Kind.choices,
        "may": permissions.can_manage_access(request.user, today()),
        "posted": request.POST,
        "chosen": request.POST.getlist("kinds"),
    }
    return render(request, "console/pushes/list.html", context, status=422 if error else 200)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
@fresh_to_sign
def own(request: HttpRequest) -> HttpResponse:
    """The own account's subscriptions: a secret is drawn or changed here and shown this once."""
    error, secret = None, ""
    if request.method == "POST":
        try:
            if request.POST.get("deed") == "end":
                _end(request)
                return redirect("console:pushes-own")
            sealer, who = room_secret(settings.DATA), viewer(request)
            secret = subscriptions.draw(_subscription(request), sealer, by=who, now=timezone.now())
        except NotPermitted:
            raise
        except Refused as refused:
            error = refused
    context = _context(request, viewer(request), error) | {"secret": secret}
    return render(request, "console/pushes/own.html", context, status=422 if error else 200)


def _context(request: HttpRequest, account: User | None, error: Refused | None) -> dict[str, Any]:
    names = dict(Kind.choices)
    rows = list(queries.subscriptions(account))
    page = page_of(request, queries.pushes(account), A_PAGE)
    return {
        "subscriptions": [(row, [names[kind] for kind in row.kinds]) for row in rows],
        "pushes": [(row, result_of(row.code)) for row in page],
        "page": page,
        "today": today(),
        "error": error,
    }


def result_of(code: str) -> str:
    """What came of a try, in words."""
    words = {
        "push.connect": _("连接失败"), "push.silent": _("超时未答复"), "push.certificate": _("证书不可信"),
        "push.name": _("查不到主机"), "push.ended": _("订阅已停用"), "push.stopped": _("人工停止"),
        "push.grant": _("账号已无权读取，或订阅已失效"), "exchange.inside": _("地址在内部网络"),
        "exchange.url": _("地址不可用"), "invitations.secret": _("密钥文件不是封存时的那一个"),
    }  # fmt: skip
    return words.get(code) or code.replace("http.", "HTTP ")


def _approve(request: HttpRequest) -> None:
    said = request.POST
    account = User.objects.filter(username=said.get("account", "")).first()
    if account is None:
        raise Refused(_("没有这个账号"), do=_("请核对登录名"), code="exchange.account")
    wanted = subscriptions.Wanted(
        title=said.get("title", "")[:80],
        url=said.get("url", ""),
        kinds=said.getlist("kinds"),
        until=day_of_form(said.get("until", "")),
    )
    who, now = viewer(request), timezone.now()
    subscriptions.approve(account, wanted, named=settings.PUSH_HOSTS, by=who, now=now)
    messages.success(request, _("已批准，请账号持有人到“我的推送”领取签名密钥，领取后开始推送。"))


def _end(request: HttpRequest) -> None:
    reason = request.POST.get("reason", "")
    subscriptions.end(_subscription(request), reason, by=viewer(request), now=timezone.now())
    messages.success(request, _("订阅已停用。"))


def _again(request: HttpRequest) -> None:
    subscriptions.again(_push(request), by=viewer(request), now=timezone.now())
    messages.success(request, _("已重新排队。"))


def _stop(request: HttpRequest) -> None:
    subscriptions.stop(_push(request), by=viewer(request), now=timezone.now())
    messages.success(request, _("这条推送不再发送。"))


DEEDS = {"end": _end, "again": _again, "stop": _stop}


def _number(request: HttpRequest, name: str) -> int:
    text = request.POST.get(name, "")
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise Http404
    return int(text)


def _subscription(request: HttpRequest) -> Subscription:
    found = Subscription.objects.filter(pk=_number(request, "subscription")).first()
    if found is None:
        raise Http404
    return found


def _push(request: HttpRequest) -> Push:
    found = Push.objects.filter(pk=_number(request, "push")).first()
    if found is None:
        raise Http404
    return found
