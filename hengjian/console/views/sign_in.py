"""Signing in and out, and the own sign-ins. A failure says the same whether the account exists or not."""

from allauth.account.internal.stagekit import clear_login
from allauth.account.views import LoginView, password_change
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import LogoutView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from hengjian.access import sign_ins
from hengjian.access.models import SignIn, User
from hengjian.console.entrance.fresh import fresh_to_sign
from hengjian.console.entrance.single import offered

sign_in = LoginView.as_view(extra_context={"providers": offered})
RECENT = 20


class SignOut(LogoutView):
    """Ends the session; only by POST."""

    http_method_names = ["post", "options"]  # noqa: RUF012 (as Django declares it)


@require_POST
def abandon(request: HttpRequest) -> HttpResponse:
    """Leave a sign-in that waits for its second factor."""
    clear_login(request)
    return redirect("console:sign-in")


@login_required
def change_password(request: HttpRequest) -> HttpResponse:
    """Change the own password; whoever signs in another way has none to change."""
    if not _own(request).has_usable_password():
        messages.info(request, _("您的账号没有密码，通过单点登录或通行密钥进入。"))
        return redirect("console:account")
    answer: HttpResponse = password_change(request)
    return answer


@login_required
@require_GET
def again(request: HttpRequest) -> HttpResponse:
    """For whoever came by single sign-on and has no second factor: signing in anew is fresh proof."""
    return render(request, "console/sign_in_again.html")


@login_required
@require_GET
def account(request: HttpRequest) -> HttpResponse:
    """Where one is signed in now, and the last sign-ins: what is not one's own is seen here."""
    now = timezone.now()
    return render(
        request,
        "console/account.html",
        {
            "open": sign_ins.open_of(_own(request), now),
            "ended": SignIn.objects.filter(user=_own(request), ended_at__isnull=False)[:RECENT],
            "here": request.session.session_key,
        },
    )


@login_required
@require_POST
@fresh_to_sign
def sign_out_others(request: HttpRequest) -> HttpResponse:
    """End all of the own sign-ins but this."""
    sign_ins.end_others(_own(request), request.session.session_key or "", timezone.now())
    messages.success(request, _("其他设备已全部退出。"))
    return redirect("console:account")


@login_required
@require_POST
@fresh_to_sign
def sign_out_there(request: HttpRequest, session_id: int) -> HttpResponse:
    """End one of the own sign-ins."""
    sign_ins.end_one(_own(request), session_id, timezone.now())
    messages.success(request, _("已在那台设备上退出。"))
    return redirect("console:account")


def _own(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # noqa: S101 (these views are for whoever is signed in)
    return request.user
