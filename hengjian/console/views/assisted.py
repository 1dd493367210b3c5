"""Assisted entry: staff of the hotline, or with a paper form, open the page for the person concerned."""

import uuid

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from hengjian.access import permissions
from hengjian.console.public_ratings import synthetic
from hengjian.console.rights import rights, today
from hengjian.ratings.invitations.channels.config import load
from hengjian.ratings.invitations.models import ChannelName
from hengjian.ratings.invitations.operations import hand_over, link_of
from hengjian.ratings.invitations.printing import to_assist
from hengjian.terms.errors import Refused

SHOWN = 40


@login_required
@require_http_methods(["GET", "POST"])
def assisted(request: HttpRequest) -> HttpResponse:
    """The invitations that wait for assisted entry; the link of one, handed over to whoever types."""
    permissions.check_can_manage_cycles(request.user, today())
    link, error = "", None
    if request.method == "POST":
        try:
            link = _handed(request)
        except Refused as refused:
            error = refused
    asked = request.GET.get("number", "").strip()
    waiting = to_assist(timezone.now(), asked)
    given = {
        "tab": "assisted", "may": rights(request), "synthetic": synthetic(), "rows": waiting[:SHOWN],
        "more": max(0, len(waiting) - SHOWN), "asked": asked, "link": link, "error": error,
    }  # fmt: skip
    answer = render(request, "console/public/assisted.html", given, status=422 if error else 200)
    answer["Cache-Control"] = "no-store"
    return answer


def _handed(request: HttpRequest) -> str:
    try:
        number = uuid.UUID(request.POST.get("invitation", ""))
    except ValueError as fault:
        raise Http404 from fault
    base = load(settings.DATA / "invitations", timezone.now).base
    secret = hand_over(number, request.user.get_username(), timezone.now())
    return link_of(base, secret, ChannelName.ASSISTED)
