"""The own filters, remarks about things that are being done, the own notices."""

from urllib.parse import parse_qsl, urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from hengjian.console.desk_pages import LISTS, PAGES, thing
from hengjian.console.people import viewer
from hengjian.desk import operations, queries
from hengjian.terms.errors import Refused

ENDS = ("page", "export", "table")  # what belongs to one look at a list, not to its filter


@login_required
@require_POST
def keep(request: HttpRequest) -> HttpResponse:
    """Keep the filter of a list under a name, and go back to the list as it was."""
    listing, query = request.POST.get("listing", ""), _plain(request.POST.get("query", ""))
    if listing not in LISTS:
        raise Http404
    try:
        operations.keep_filter(
            viewer(request), listing, request.POST.get("name", ""), query, now=timezone.now()
        )
        messages.success(request, _("已保存为常用筛选。"))
    except Refused as error:
        messages.error(request, f"{error.what}{_('：')}{error.do}")
    return redirect(f"{reverse(f'console:{LISTS[listing]}')}?{query}")


@login_required
@require_POST
def throw_away(request: HttpRequest, kept: int) -> HttpResponse:
    """Throw away a filter of the own."""
    listing = operations.throw_away(viewer(request), kept)
    if not listing:
        raise Http404
    messages.success(request, _("已删去这个常用筛选。"))
    return redirect(f"console:{LISTS[listing]}")


@login_required
@require_POST
def remark(request: HttpRequest, about: str, key: str) -> HttpResponse:
    """Write a remark about a thing that this person may read."""
    kind, number, page = thing(request, about, key)
    try:
        operations.remark(kind, number, request.POST.get("text", ""), by=viewer(request), now=timezone.now())
        messages.success(request, _("办理意见已记下。"))
    except Refused as error:
        messages.error(request, f"{error.what}{_('：')}{error.do}")
    return redirect(f"{page}#remarks-title")


@login_required
@require_http_methods(["GET", "POST"])
def notices(request: HttpRequest) -> HttpResponse:
    """Who mentioned this person in what kind of thing, and when; what was written stands on its page."""
    if request.method == "POST":
        operations.read_notices(viewer(request))
        return redirect("console:home-notices")
    rows = [
        (one, new, reverse(f"console:{PAGES[one.remark.about]}", args=[one.remark.key]))
        for one, new in queries.notices(viewer(request))
    ]
    return render(
        request, "console/notices.html", {"rows": rows, "new": any(new for _one, new, _url in rows)}
    )


def _plain(query: str) -> str:
    """A filter as an address has it, without the page."""
    return urlencode([(name, value) for name, value in parse_qsl(query) if name not in ENDS])
