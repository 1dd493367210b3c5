"""A page of rows: as many as fit the screen; all of them for an export."""

from collections.abc import Sequence
from typing import Any

from django.core.paginator import Page, Paginator
from django.http import HttpRequest

MOST = 20_000


def exporting(request: HttpRequest) -> bool:
    """Whether this page is made to be exported."""
    return hasattr(request, "export")


def size(request: HttpRequest, usual: int) -> int:
    """How many rows the page holds."""
    return MOST if exporting(request) else usual


def page_of(request: HttpRequest, rows: Sequence[Any] | Any, usual: int) -> Page[Any]:
    """The page that was asked for; for an export the first with all rows."""
    pages = Paginator(rows, size(request, usual))
    if exporting(request):
        note_count(request, pages.count)
    return pages.get_page(1 if exporting(request) else request.GET.get("page"))


def note_count(request: HttpRequest, count: int) -> None:
    """Remember that rows were left off, so that the file says so."""
    if exporting(request) and count > MOST:
        request.export.left_off = count - MOST  # type: ignore[attr-defined]
