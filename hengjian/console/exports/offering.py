"""Below each table of a page: where to get it as a file."""

import re
from urllib.parse import urlencode

from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

CLOSED = re.compile(r"</table>\s*</div>")
LABEL = re.compile(r'<div class="hj-scroll[^"]*"[^>]*?\saria-(label|labelledby)="([^"]*)"')
OWN = ("export", "table", "page")


def offers(request: HttpRequest) -> bool:
    """A page that was asked for by address can be asked for again; an answer to a form cannot."""
    return request.method == "GET" and request.user.is_authenticated and not hasattr(request, "export")


def with_links(html: str, request: HttpRequest) -> SafeString:
    """The page's main part with the links below each of its tables."""
    asked = [(key, value) for key, found in request.GET.lists() if key not in OWN for value in found]
    parts, at = [], 0
    for number, closed in enumerate(CLOSED.finditer(html)):
        labels = LABEL.findall(html, at, closed.start())
        parts += [
            html[at : closed.end()],
            _links(request.path, asked, number, labels[-1] if labels else None),
        ]
        at = closed.end()
    return mark_safe("".join([*parts, html[at:]]))  # noqa: S308 (the page as its template made it)


def _links(path: str, asked: list[tuple[str, str]], number: int, label: tuple[str, str] | None) -> SafeString:
    addresses = [
        f"{path}?{urlencode([*asked, ('export', form), ('table', str(number))])}" for form in ("xlsx", "csv")
    ]
    named = format_html(' aria-{}="{}"', label[0], mark_safe(label[1])) if label else ""  # noqa: S308
    return format_html(
        '<p class="hj-exports hj-no-print" role="group"{}>{} <a href="{}" download>Excel</a> '
        '<a href="{}" download>CSV</a></p>',
        named, _("导出"), *addresses,
    )  # fmt: skip
