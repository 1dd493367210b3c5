"""Records that were refused at the door: looked through, checked, corrected, let in again, dismissed."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from hengjian.access import permissions
from hengjian.console import laws
from hengjian.console.paging import exporting, page_of
from hengjian.console.rights import rights, today
from hengjian.evidence import operations, queries
from hengjian.evidence.faults import TEXTS
from hengjian.evidence.models import Found, RecordKind
from hengjian.evidence.queries import QuarantinedRow
from hengjian.terms.calendar import WorkCalendar
from hengjian.terms.errors import Refused

SIZE = 50
STATES = ("waiting", "corrected", "readmitted", "dismissed")


@login_required
@require_GET
def entries(request: HttpRequest) -> HttpResponse:
    """The quarantine, by what still waits, by feed, by reason."""
    scopes = permissions.check_scopes(request.user, today(), "read_quarantine")
    chosen = {name: request.GET.get(name, "") for name in ("state", "feed", "code", "kind")}
    chosen["state"] = chosen["state"] if "state" in request.GET else "waiting"
    page = page_of(request, queries.quarantined(**chosen, scopes=scopes), SIZE)
    counts = queries.quarantine_counts(scopes)
    query = request.GET.copy()
    query.pop("page", None)
    return render(
        request,
        "console/quarantine/list.html",
        {
            "rows": [queries.shown(row) for row in page],
            "page": page,
            "chosen": chosen,
            "feeds": [one["feed"] for one in counts],
            "counts": counts,
            "states": STATES,
            "kinds": RecordKind.choices,
            "codes": sorted(TEXTS),
            "query": query.urlencode(),
            "waiting": sum(one["waiting"] for one in counts),
            "may": rights(request),
            "bulk": chosen["state"] == "waiting" and _decides(request) and not exporting(request),
        },
    )


def _decides(request: HttpRequest) -> bool:
    may = rights(request)
    return may.correct or may.dismiss


@login_required
@require_http_methods(["GET", "POST"])
def entry(request: HttpRequest, entry: int) -> HttpResponse:
    """One refused record with its reasons: corrected, checked, admitted again, kept out."""
    row = _row(request, entry, "read_quarantine")
    error = None
    if request.method == "POST":
        deed = request.POST.get("deed", "")
        _row(request, entry, POWERS.get(deed, "correct_quarantine"))
        try:
            messages.success(request, DEEDS.get(deed, _no_act)(request, row))
            return redirect("console:quarantine-entry", entry)
        except Refused as refused:
            error = refused
    return render(
        request,
        "console/quarantine/entry.html",
        {
            "row": row,
            "cells": _cells(request, row),
            "may": rights(request),
            "opinions": queries.opinions(entry),
            "findings": Found.choices,
            "posted": request.POST,
            "error": error,
            "reason": request.POST.get("reason", ""),
            "changed": any(fault.code == "changed" for fault in row.faults),
        },
        status=422 if error else 200,
    )


@dataclass(frozen=True)
class Cell:
    """One cell of the refused row: its column, its value, and why it is refused."""

    number: int
    column: str
    value: str
    was: str
    faults: tuple[str, ...]


def _row(request: HttpRequest, number: int, power: str) -> QuarantinedRow:
    """The row, if it is about a unit for which this person has the power; else there is none."""
    row = queries.quarantined_row(number, permissions.check_scopes(request.user, today(), power))
    if row is None:
        raise Http404
    return row


def _cells(request: HttpRequest, row: QuarantinedRow) -> list[Cell]:
    return [
        Cell(
            n,
            column,
            request.POST.get(f"cell-{n}", row.changes.get(column, was) if was is not None else ""),
            was or "",
            tuple(fault.what for fault in row.faults if fault.column == column),
        )
        for n, (column, was) in enumerate(row.raw.items())
    ]


def _correct(request: HttpRequest, row: QuarantinedRow) -> str:
    changes = {cell.column: cell.value for cell in _cells(request, row) if cell.value != cell.was}
    operations.correct(row.number, changes, **_signed(request), rules=rules_now())
    return _("已更正并接收，原记录和更正内容都保留。")


def _readmit(request: HttpRequest, row: QuarantinedRow) -> str:
    sure = request.POST.get("confirm") == "yes"
    done = operations.readmit([row.number], **_signed(request), rules=rules_now(), confirm_changes=sure)
    if done.admitted:
        return _("已重新接收。")
    faults = next(iter(done.waiting.values()), ())
    raise Refused(
        _("重新检查后仍不符合"),
        where="；".join(fault.what for fault in faults),
        do="；".join(dict.fromkeys(fault.do for fault in faults)),
        code="console.still_wrong",
    )


def _dismiss(request: HttpRequest, row: QuarantinedRow) -> str:
    operations.dismiss(row.number, **_signed(request))
    return _("已决定不予接收，原记录保留备查。")


def _say_found(request: HttpRequest, row: QuarantinedRow) -> str:
    signed = _signed(request)
    operations.say_found(
        row.number, request.POST.get("found", ""), signed["reason"], by=signed["by"], now=signed["now"]
    )
    return _("核查意见已记下，考核办处理时可以看到。")


def _no_act(_request: HttpRequest, _row: QuarantinedRow) -> str:
    raise Refused(_("没有这个步骤"), do=_("请用页面上的按钮"), code="console.no_act")


def _signed(request: HttpRequest) -> dict[str, Any]:
    """Who does it, why, and when."""
    reason = request.POST.get("reason", "")
    return {"by": request.user.get_username(), "reason": reason, "now": timezone.now()}


DEEDS = {"correct": _correct, "readmit": _readmit, "dismiss": _dismiss, "say_found": _say_found}
POWERS = {"dismiss": "dismiss_quarantine", "say_found": "check_quarantine"}


def rules_now() -> operations.Rules:
    """What the policies in force say to the door: days off, and the unit of each metric."""
    policies = laws.all_policies(today())
    calendars = [policy.calendar() for policy in policies]
    best = max(calendars, key=lambda calendar: len(calendar.years), default=WorkCalendar())
    units = {code: unit for policy in policies for code, unit in queries.units_of(policy).items()}
    return operations.Rules(best, units)
