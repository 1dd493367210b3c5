"""How long data are kept, lists of what is destroyed, holds, reports; persons' requests about their data."""

from collections.abc import Callable, Mapping
from datetime import timedelta

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from hengjian.access import keeping
from hengjian.console import laws
from hengjian.console.entrance.fresh import fresh_to_sign
from hengjian.console.people import viewer
from hengjian.console.rights import today
from hengjian.policy.policy import Policy
from hengjian.retention import operations, queries
from hengjian.retention.classes import BY_ITSELF, BY_NAME, FOR_GOOD
from hengjian.retention.models import Asks, Hold, Listing, Request
from hengjian.retention.operations import Act
from hengjian.retention.terms import Term, terms_of
from hengjian.terms.errors import NotPermitted, Refused

NUMBER = "retention.looks"
NAMES = (*BY_NAME, *(name for name, _title in FOR_GOOD))


def policy() -> Policy:
    """The policy in force that says how long data are kept. Raises: Refused when none does."""
    found = next((one for one in laws.all_policies(today()) if NUMBER in one.parameters), None)
    if found is None:
        raise Refused(
            _("生效的制度没有规定保存期限"), do=_("请补充 retention 各项"), code="console.no_policy"
        )
    return found


def _terms() -> Mapping[str, Term]:
    return terms_of(policy(), NAMES)


def _act(request: HttpRequest) -> Act:
    return Act(viewer(request), timezone.now())


@login_required
@require_http_methods(["GET", "POST"])
@fresh_to_sign
def overview(request: HttpRequest) -> HttpResponse:
    """Every class with its term and what is due; lists, holds, requests."""
    keeping.check_can_read_retention(request.user, today())
    error = None
    if request.method == "POST":
        try:
            return DEEDS[request.POST.get("deed", "")](request)
        except KeyError as missing:
            raise Http404 from missing
        except NotPermitted:
            raise
        except Refused as refused:
            error = refused
    user, terms = viewer(request), _terms()
    context = {
        "classes": queries.class_rows(user, terms, today()),
        "kept": queries.kept_rows(terms),
        "itself": [(title, policy().parameters.get(key), by) for key, title, by in BY_ITSELF],
        "listings": [(one, queries.title_of(one.data_class)) for one in queries.listings()],
        "holds": [(one, queries.title_of(one.data_class)) for one in queries.holds()],
        "requests": queries.requests(),
        "asks": Asks.choices,
        "titles": [(one.name, one.title) for one in BY_NAME.values()],
        "may_hold": keeping.can_hold_records(user, today()),
        "may_answer": keeping.can_answer_requests(user, today()),
        "backup_days": policy().parameters["retention.backups"].value,
        "posted": request.POST,
        "error": error,
        "today": today(),
    }
    return render(request, "console/retention/overview.html", context, status=422 if error else 200)


@login_required
@require_http_methods(["GET", "POST"])
@fresh_to_sign
def listing(request: HttpRequest, listing_id: int) -> HttpResponse:
    """One list: what it destroys, who drew it up, who decided, what was done."""
    keeping.check_can_read_retention(request.user, today())
    found = Listing.objects.select_related("approval", "report").filter(pk=listing_id).first()
    if found is None:
        raise Http404
    error = None
    if request.method == "POST":
        deed, said = request.POST.get("deed", ""), request.POST
        if deed not in {"agree", "refuse"}:
            raise Http404
        try:
            operations.decide(
                found, said.get("digest", ""), said.get("reason", ""), _act(request), agreed=deed == "agree"
            )
        except NotPermitted:
            raise
        except Refused as refused:
            error = refused
        else:
            messages.success(request, _("已审批。") if deed == "agree" else _("已退回，清单作废。"))
            return redirect("console:retention-list", listing_id)
    context = {
        "listing": found,
        "title": queries.title_of(found.data_class),
        "agreed": queries.decided(found),
        "report": getattr(found, "report", None),
        "may_approve": queries.may_approve(viewer(request), today(), found),
        "error": error,
    }
    return render(request, "console/retention/listing.html", context, status=422 if error else 200)


def _draw_up(request: HttpRequest) -> HttpResponse:
    made = operations.draw_up(request.POST.get("class", ""), _terms(), _act(request))
    messages.success(request, _("清单已拟定，等待审批。"))
    return redirect("console:retention-list", made.pk)


def _hold(request: HttpRequest) -> HttpResponse:
    said = request.POST
    operations.hold(
        said.get("class", ""), said.get("official", ""), said.get("clause", ""), said.get("reason", ""),
        _act(request),
    )  # fmt: skip
    return _done(request, _("已暂缓销毁。"))


def _end_hold(request: HttpRequest) -> HttpResponse:
    held = Hold.objects.filter(pk=_number(request.POST.get("hold", ""))).first()
    if held is None:
        raise Http404
    operations.end_hold(held, request.POST.get("reason", ""), _act(request))
    return _done(request, _("已解除暂缓。"))


def _ask(request: HttpRequest) -> HttpResponse:
    days = int(str(policy().parameters["privacy.request_days"].value))
    said = request.POST
    operations.ask(
        said.get("asks", ""), said.get("official", ""), said.get("reference", ""),
        today() + timedelta(days=days), _act(request),
    )  # fmt: skip
    return _done(request, _("已登记。"))


def _answer(request: HttpRequest) -> HttpResponse:
    asked = Request.objects.filter(pk=_number(request.POST.get("request", ""))).first()
    if asked is None:
        raise Http404
    granted = request.POST.get("granted") == "yes"
    operations.answer(asked, request.POST.get("reason", ""), _act(request), granted=granted)
    return _done(request, _("已答复。"))


def _done(request: HttpRequest, said: str) -> HttpResponse:
    messages.success(request, said)
    return redirect("console:retention")


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0


DEEDS: dict[str, Callable[[HttpRequest], HttpResponse]] = {
    "list": _draw_up, "hold": _hold, "end-hold": _end_hold, "ask": _ask, "answer": _answer,
}  # fmt: skip
