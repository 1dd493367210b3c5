"""Several things at once: first what it would do to each of them, then, when confirmed, the deed."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from hengjian.access import permissions
from hengjian.console.rights import today
from hengjian.console.views.quarantine import rules_now
from hengjian.evidence import operations, queries
from hengjian.evidence.queries import QuarantinedRow
from hengjian.terms.errors import Refused

MOST = 200
POWERS = {"readmit": "correct_quarantine", "dismiss": "dismiss_quarantine"}


@dataclass(frozen=True)
class Outlook:
    """One row and what the deed would do to it; ``why`` it would not be done."""

    row: QuarantinedRow
    done: bool
    why: str


@login_required
@require_POST
def quarantine(request: HttpRequest) -> HttpResponse:
    """Let several refused rows in again, or keep them out, for one reason."""
    deed = request.POST.get("deed", "")
    scopes = permissions.check_scopes(request.user, today(), POWERS.get(deed, "correct_quarantine"))
    if deed not in POWERS:
        raise Refused(_("没有这个步骤"), do=_("请用页面上的按钮"), code="console.no_act")
    rows, error = _rows(request, scopes), None
    if not rows:
        messages.error(request, _("没有选中可以办理的记录；已经处理的不能再办。"))
        return redirect("console:quarantine")
    if request.POST.get("confirm") == "yes":
        try:
            messages.success(request, _done(request, deed, rows))
            return redirect("console:quarantine")
        except Refused as refused:
            error = refused
    outlooks = _outlooks(request, deed, rows)
    return render(
        request,
        "console/quarantine/several.html",
        {
            "deed": deed,
            "outlooks": outlooks,
            "done": sum(one.done for one in outlooks),
            "left": len(_asked(request)) - len(rows),
            "error": error,
            "reason": request.POST.get("reason", ""),
        },
        status=422 if error else 200,
    )


def _asked(request: HttpRequest) -> list[int]:
    """The numbers that were ticked."""
    found = [
        one for one in request.POST.getlist("number") if one.isascii() and one.isdigit() and len(one) < 16
    ]
    return sorted({int(one) for one in found})[:MOST]


def _rows(request: HttpRequest, scopes: tuple[str, ...]) -> list[QuarantinedRow]:
    """Those of them that still wait and are about units for which this person has the power."""
    waiting = queries.quarantined(state="waiting", scopes=scopes).filter(pk__in=_asked(request))
    return [queries.shown(row) for row in waiting]


def _outlooks(request: HttpRequest, deed: str, rows: list[QuarantinedRow]) -> list[Outlook]:
    if deed == "dismiss":
        return [Outlook(row, done=True, why="") for row in rows]
    found = operations.tried(
        [row.number for row in rows], by=_by(request), now=timezone.now(), rules=rules_now()
    )  # fmt: skip
    admitted = set(found.admitted)
    return [
        Outlook(
            row, row.number in admitted, "；".join(fault.what for fault in found.waiting.get(row.number, ()))
        )
        for row in rows
    ]  # fmt: skip


def _done(request: HttpRequest, deed: str, rows: list[QuarantinedRow]) -> str:
    numbers = [row.number for row in rows]
    signed: dict[str, Any] = {
        "by": _by(request), "reason": request.POST.get("reason", ""), "now": timezone.now(),
    }  # fmt: skip
    if deed == "dismiss":
        operations.dismiss(*numbers, **signed)
        n = len(numbers)
        return ngettext("%(n)d 条已决定不予接收。", "%(n)d 条已决定不予接收。", n) % {"n": n}
    done = operations.readmit(numbers, **signed, rules=rules_now())
    words = _("已重新接收 %(n)d 条；仍不符合的 %(left)d 条留在待核记录。")
    return words % {"n": len(done.admitted), "left": len(done.waiting)}


def _by(request: HttpRequest) -> str:
    return str(request.user.get_username())
