"""What a key hands in: rows of its feeds, and the roster. The same doors as the pages and commands."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Router
from ninja.params.functions import Path, Query

from hengjian.access import permissions
from hengjian.console import laws
from hengjian.console.api import write_shapes as shapes
from hengjian.console.api.guard import Idempotency, KeyAuth
from hengjian.console.api.persons import scopes
from hengjian.console.api.shapes import FaultsOut
from hengjian.console.rights import today
from hengjian.evidence import queries as evidence
from hengjian.evidence.operations import Rules, hand_over
from hengjian.evidence.reach import codes_under
from hengjian.exchange.models import AccessKey, Part
from hengjian.exchange.operations import check_feed
from hengjian.exchange.receipts import once
from hengjian.roster.layout import Vocabulary, layout
from hengjian.roster.operations import import_rows
from hengjian.roster.sheets.report import RefusedCell
from hengjian.terms.errors import NotPermitted, Refused

router = Router()
POLICY = "seed"
FAULTS = dict.fromkeys((400, 401, 403, 404, 409, 413, 415, 422, 429, 503), FaultsOut)
FeedCode = Path(..., min_length=1, max_length=40, pattern=r"^[A-Za-z0-9_-]+$")


class RosterCellsRefused(Refused):
    """Cells for which nothing of a delivery was written."""

    def __init__(self, cells: tuple[RefusedCell, ...]) -> None:
        super().__init__(_("名册未导入"), do=_("请改正后重报"), code="roster.cells")
        self.cells = cells


def _columns() -> str:
    """The names of the roster's columns, by sheet."""
    sheets = layout(Vocabulary()).items()
    return "; ".join(f"{kind}: {', '.join(one.key for one in sheet.columns)}" for kind, sheet in sheets)


def _write(path: str, part: Part, answer: Any, summary: str) -> Callable[[Any], Any]:
    """A write of one part, once under its number."""

    def made(view: Any) -> Any:
        view.__doc__ = (view.__doc__ or "").replace("COLUMNS", _columns())
        return router.post(
            path, response={200: answer, **FAULTS}, auth=KeyAuth(part, writes=True), summary=summary,
            operation_id=view.__name__, tags=[part],
        )(view)  # fmt: skip

    return made


@_write("/feeds/{feed}/rows", Part.FEEDS, shapes.FeedAnswerOut, "报送归口数据 Hand in rows of a feed")
def hand_in_rows(
    request: HttpRequest,
    response: HttpResponse,
    body: shapes.FeedRowsIn,
    feed: str = FeedCode,
    idempotency: str = Idempotency,
) -> Any:
    """Rows that fit become evidence; others wait in the quarantine with their reasons.

    The columns are those of the feed's declaration as the office imported it last. A row that came already is
    counted as known; a row about a unit outside of the key's reach is quarantined.
    """
    key = request.auth  # type: ignore[attr-defined]
    check_feed(key, feed)
    reached = scopes(key, "hand_in_rows")
    declared = evidence.declared(feed)
    if declared is None:
        do = _("请考核办先按来源说明导入一次")
        raise Refused(_("没有这个来源：%s") % feed, do=do, code="feeds.unknown")
    within = None if "" in reached else frozenset(codes_under(reached))
    policy, now = laws.files_of(POLICY).in_force(today()), timezone.now()
    rules = Rules(policy.calendar(), evidence.units_of(policy))

    def deed() -> dict[str, Any]:
        by, source = key.account.username, f"api:{key.pk}"
        return shapes.feed_answer(
            hand_over(declared, body.rows, source, by=by, now=now, rules=rules, within=within)
        )

    answer, repeated = once(key, idempotency, ["feed", feed, body.rows], deed, now=now)
    return _said(response, answer, repeated)


@_write("/roster", Part.ROSTER_IN, shapes.RosterAnswerOut, "导入名册 Import into the roster")
def import_roster(
    request: HttpRequest,
    response: HttpResponse,
    body: shapes.RosterIn,
    check: bool = Query(default=False, description="只核对，不写入 Try only, write nothing"),
    idempotency: str = Idempotency,
) -> Any:
    """Rows of the roster's sheets, all of them or nothing: one refused cell and nothing is written.

    The account must keep the roster of the whole city. Columns: COLUMNS
    """
    key = request.auth  # type: ignore[attr-defined]
    _check_whole(key)
    given, now = body.given(), timezone.now()
    if not given:
        raise Refused(_("没有可导入的内容"), do=_("请至少写一行"), code="roster.empty")
    words = Vocabulary.of(laws.files_of(POLICY).in_force(today()))

    def deed() -> dict[str, Any]:
        by, source = key.account.username, f"api:{key.pk}"
        report = import_rows(given, by=by, now=now, source=source, words=words, check_only=check)
        if report.refused:
            raise RosterCellsRefused(report.refused)
        return shapes.roster_answer(report)

    answer, repeated = (deed(), False) if check else once(key, idempotency, ["roster", given], deed, now=now)
    return _said(response, answer, repeated)


def _check_whole(key: AccessKey) -> None:
    """The roster of a city is one: whoever reaches a part of it only imports nothing."""
    permissions.check_can_manage_roster(key.account, today())
    if key.organisation:
        raise NotPermitted(
            _("导入名册的密钥不能限定机构"), do=_("请由安全管理员另行批准"), code="exchange.reach"
        )


def _said(response: HttpResponse, answer: dict[str, Any], repeated: bool) -> dict[str, Any]:
    response["Cache-Control"] = "no-store"
    if repeated:
        response["Idempotent-Replay"] = "true"
    return answer
