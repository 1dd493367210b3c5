"""What the office adds to an open cycle, and the correction of a result that has been scored."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as said
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from hengjian.access import permissions
from hengjian.console.entrance.fresh import fresh_to_sign
from hengjian.console.opening import MOMENT
from hengjian.console.rights import today
from hengjian.console.views.cycles import found
from hengjian.cycles import exceptions, operations
from hengjian.cycles.transitions import Audit
from hengjian.terms.errors import Refused

MOST = 20  # seats that a search shows


class Correcting(forms.Form):
    """A correction: what it is called, from when facts count, and why."""

    id = forms.CharField(
        label=_("更正周期编号"), max_length=60, help_text=_("小写字母、数字和连字符；建立后不能更改。")
    )
    cut_off = forms.DateTimeField(
        label=_("数据截止"),
        widget=forms.DateTimeInput({"type": "datetime-local"}, MOMENT),
        help_text=_("北京时间；此前到达的更正和补报计入，此后的不计入。"),
    )
    reason = forms.CharField(
        label=_("更正理由"), max_length=500, widget=forms.Textarea({"rows": 3}),
        help_text=_("写明哪里有误、依据什么更正；公布后随原结果一并可查。"),
    )  # fmt: skip

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        for field in self.fields.values():
            field.widget.attrs["class"] = "form-control"


@login_required
@require_http_methods(["GET", "POST"])
@fresh_to_sign
def correct(request: HttpRequest, cycle_id: str) -> HttpResponse:
    """Open the cycle that will supersede this one; nothing of this one is changed."""
    permissions.check_can_manage_cycles(request.user, today())
    detail = found(cycle_id)
    if "supersede" not in detail.verbs:
        raise Http404
    now = timezone.localtime()
    form = Correcting(
        request.POST or None, initial={"id": f"{cycle_id}-c"[:60], "cut_off": now.strftime(MOMENT)}
    )
    context = {"cycle": detail, "form": form}
    if request.method == "GET":
        return render(request, "console/cycles/correct.html", context)
    if form.is_valid():
        try:
            made = operations.open_correction(
                cycle_id, form.cleaned_data["id"], _audit(request, form.cleaned_data["reason"]),
                cut_off=_moment(form.cleaned_data["cut_off"]),
            )  # fmt: skip
        except Refused as error:
            return render(request, "console/cycles/correct.html", {**context, "error": error}, status=422)
        messages.success(request, said("更正周期已建立。补齐、改正数据之后，依次冻结、计分、审核、公布。"))
        return redirect("console:cycles-cycle", made.pk)
    return render(request, "console/cycles/correct.html", context, status=422)


@login_required
@require_http_methods(["GET", "POST"])
@fresh_to_sign
def add(request: HttpRequest, cycle_id: str) -> HttpResponse:
    """Say that an indicator does not apply to a seat, add points by a clause, or take either back."""
    permissions.check_can_manage_cycles(request.user, today())
    detail = found(cycle_id)
    seat, text = request.GET.get("seat", ""), request.GET.get("find", "").strip()
    context: dict[str, Any] = {
        "cycle": detail,
        "open": detail.row.state == "open",
        "added": exceptions.added_to(cycle_id),
        "find": text,
        "most": MOST,
        "choices": exceptions.seats_like(cycle_id, text, MOST) if text else None,
    }
    if request.POST.get("deed") == "withdraw":
        return _withdraw(request, cycle_id, context)
    if not seat:
        return render(request, "console/cycles/add.html", context)
    try:
        context |= {
            "seat": exceptions.seat_choice(cycle_id, seat),
            "card": exceptions.card_of(cycle_id, seat),
        }
    except Refused as error:
        raise Http404 from error
    if request.method == "GET":
        return render(request, "console/cycles/add.html", context)
    try:
        _add(request, cycle_id, seat)
    except Refused as error:
        return render(
            request,
            "console/cycles/add.html",
            {**context, "error": error, "posted": request.POST},
            status=422,
        )
    messages.success(request, said("已记入本周期。"))
    return redirect(reverse("console:cycles-add", args=[cycle_id]))


def _withdraw(request: HttpRequest, cycle_id: str, context: dict[str, Any]) -> HttpResponse:
    kind, number = request.POST.get("kind"), request.POST.get("number", "")
    if kind not in {"adjust", "not-applicable"} or not (number.isascii() and number.isdigit()):
        raise Http404
    try:
        operations.withdraw(
            cycle_id,
            "adjust" if kind == "adjust" else "not-applicable",
            int(number),
            _audit(request, request.POST.get("reason", "")),
        )
    except Refused as error:
        return render(request, "console/cycles/add.html", {**context, "error": error}, status=422)
    messages.success(request, said("已撤回。"))
    return redirect(f"{reverse('console:cycles-add', args=[cycle_id])}#added-title")


def _add(request: HttpRequest, cycle_id: str, seat: str) -> None:
    audit = _audit(request, request.POST.get("reason", ""))
    if request.POST.get("deed") == "apart":
        operations.mark_not_applicable(cycle_id, seat, request.POST.get("indicator", ""), audit)
        return
    try:
        points = float(request.POST.get("points", ""))
    except ValueError as error:
        raise Refused(said("分值不是数字"), do=said("例如 -2 或 1.5"), code="console.points_form") from error
    operations.adjust(cycle_id, seat, points, request.POST.get("clause", ""), audit)


def _audit(request: HttpRequest, reason: str) -> Audit:
    return Audit(by=request.user.get_username(), at=timezone.now(), reason=reason.strip())


def _moment(given: datetime) -> datetime:
    """The present minute as written is now: what came in during it counts."""
    now = timezone.now()
    return now if given <= now < given + timedelta(minutes=1) else given
