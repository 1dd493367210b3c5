"""The manual, served by the program itself."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from hengjian.console import manual
from hengjian.console.writing import in_english


@login_required
@require_GET
def contents(request: HttpRequest) -> HttpResponse:
    """What the manual has."""
    return render(request, "console/manual/contents.html", {"chapters": manual.CHAPTERS})


@login_required
@require_GET
def chapter(request: HttpRequest, slug: str) -> HttpResponse:
    """One chapter in the reader's language."""
    one = manual.chapter(slug)
    if one is None:
        raise Http404
    html = manual.rendered(one, "en" if in_english() else "zh")
    return render(request, "console/manual/chapter.html", {"chapter": one, "html": html})


@login_required
@require_GET
def picture(_request: HttpRequest, file: str) -> HttpResponse:
    """A picture of a chapter."""
    path = manual.picture(file)
    if path is None:
        raise Http404
    return HttpResponse(path.read_bytes(), content_type="image/png")
