"""Turns a page into a file of its tables: ``?export=xlsx`` or ``csv``, ``table`` for one of them.

The page is made by its own view with its own checks, as for the screen but with all rows; then its tables are
read from it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

import structlog
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from hengjian.console.exports import writing
from hengjian.console.exports.reading import Page, Table, tables_of
from hengjian.console.people import chosen

FORMS = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}
log = structlog.get_logger("hengjian.console")


@dataclass
class Export:
    """What is asked for; ``left_off``: rows beyond the most that a file holds."""

    form: str
    table: int | None
    left_off: int = 0


class ExportMiddleware:
    """Stands next to the views."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        asked = _asked(request)
        if asked is None:
            return self.get_response(request)
        request.export = asked  # type: ignore[attr-defined]
        response = self.get_response(request)
        html = response.headers.get("Content-Type", "").startswith("text/html")
        if response.status_code != 200 or response.streaming or not html:
            return response
        return _file(request, asked, tables_of(response.content.decode(response.charset)))


def _asked(request: HttpRequest) -> Export | None:
    form, table = request.GET.get("export", ""), request.GET.get("table", "")
    if request.method != "GET" or form not in FORMS or not request.user.is_authenticated:
        return None
    return Export(form, int(table) if table.isascii() and table.isdigit() and len(table) < 4 else None)


def _file(request: HttpRequest, asked: Export, page: Page) -> HttpResponse:
    wanted = page.tables if asked.table is None else page.tables[asked.table : asked.table + 1]
    if not wanted or (asked.form == "csv" and len(wanted) > 1):
        raise Http404
    origin = _origin(request, asked, page)
    made = writing.workbook(wanted, origin) if asked.form == "xlsx" else writing.csv_file(wanted[0], origin)
    _note(request, asked, wanted)
    name = wanted[0].name if len(wanted) == 1 else page.title
    response = HttpResponse(made, content_type=FORMS[asked.form])
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(_name(name, asked, page))}"
    return response


def _name(name: str, asked: Export, page: Page) -> str:
    plain = "".join(letter if letter.isalnum() else "_" for letter in name)[:60]
    label = f"_{_('合成数据')}" if page.synthetic else ""
    return f"{plain}{label}_{timezone.localtime():%Y%m%d-%H%M}.{asked.form}"


def _origin(request: HttpRequest, asked: Export, page: Page) -> writing.Origin:
    ticket = getattr(request, "ticket", None)
    lines = [
        (_("来源"), f"{_('衡鉴')} · {page.title}"),
        (_("导出人"), f"{request.user.display_name}（{request.user.get_username()}）"),  # type: ignore[union-attr]
        (_("导出时间"), f"{timezone.localtime():%Y-%m-%d %H:%M}"),
        (_("查看目的"), _purpose(request)),
    ]
    if ticket:
        lines.append((_("查询编号"), ticket["code"]))
    if asked.left_off:
        lines.append((_("未导出的行数"), str(asked.left_off)))
    warning = _("合成数据：地名、人员和数字均为演示而编造。") if page.synthetic else ""
    return writing.Origin(page.title, warning, tuple(lines))


def _purpose(request: HttpRequest) -> str:
    held = chosen(request)
    if held is None:
        return _("未选目的（个人信息按权限遮蔽）")
    return f"{held.label}（{held.intent.note}）" if held.intent.note else held.label


def _note(request: HttpRequest, asked: Export, tables: tuple[Table, ...]) -> None:
    """Who took which table, by number of the account; the persons in it stand on the trail by ticket."""
    log.info(
        "exported",
        by=request.user.pk,
        route=(request.resolver_match.url_name if request.resolver_match else "") or "",
        form=asked.form,
        tables=len(tables),
        rows=sum(len(one.rows) for one in tables),
    )
