"""The search at the head of every page. What is looked for may be a name: it stands in no address."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from hengjian.console import searching

KEY = "hengjian_search"  # in the session


@login_required
@require_http_methods(["GET", "POST"])
def search(request: HttpRequest) -> HttpResponse:
    """Take the text and come back by GET; show what is found of it."""
    if request.method == "POST":
        request.session[KEY] = searching.plain(request.POST.get("q", ""))
        return redirect("console:search")
    text = request.session.get(KEY, "")
    found = searching.search(request, text)
    return render(
        request,
        "console/search.html",
        {"text": text, "found": found, "people": found.people, "short": len(text) < searching.LEAST},
    )
