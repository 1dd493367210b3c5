"""Pages for what was refused: what it was, where, and what to do next.

404, 500 and a broken form's 403 are Django's own views with the templates of this room.
"""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from hengjian.terms.errors import HengjianError, NotPermitted


def refusal(request: HttpRequest, error: HengjianError) -> HttpResponse:
    """An error of ours as a page: its words, its place, its next step."""
    template = "403.html" if isinstance(error, NotPermitted) else "console/refused.html"
    return render(request, template, {"error": error}, status=error.http_status)
