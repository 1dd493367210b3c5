"""POST /api/v1/events: one call into the room, then its answer as JSON."""

from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from hengjian.console.api import guard
from hengjian.console.api.shapes import AnswerOut, EventsIn, FaultsOut
from hengjian.console.api.write_shapes import plain
from hengjian.console.api.writes import RosterCellsRefused
from hengjian.console.public_ratings import policy_files
from hengjian.exchange.errors import AccessKeyUnknown
from hengjian.ratings.invitations.errors import KeyUnknown
from hengjian.ratings.invitations.operations import Office
from hengjian.ratings.invitations.secrets_file import room_secret
from hengjian.ratings.invitations.systems import hand_in
from hengjian.terms.errors import HengjianError, NotPermitted, PolicyError, Refused

STATUSES = (400, 401, 403, 409, 413, 415, 422, 429, 503)
NOT_THERE = (
    "cycles.unknown", "cycles.no_seat", "cycles.no_group", "console.no_policy", "feeds.unknown",
    "releases.no_half",
)  # fmt: skip
BY_CODE = {"systems.idempotency": 409, "exchange.idempotency": 409, **dict.fromkeys(NOT_THERE, 404)}
BY_CLASS: tuple[tuple[type[Exception], int], ...] = (
    (KeyUnknown, 401), (AccessKeyUnknown, 401),
    (guard.TooLarge, 413), (guard.NotJson, 415), (guard.TooOften, 429),
    (NotPermitted, 403), (PolicyError, 503), (Refused, 422), (HengjianError, 503),
)  # fmt: skip

api = NinjaAPI(
    title="衡鉴 · 数据接口 Hengjian: interface",
    version="1",
    description="业务系统报送已办结的服务事项；每位当事人收到一份评价邀请。"
    " Systems of record hand over service events; each person concerned gets one invitation to rate.",
    docs_url=None,  # its page would load scripts from elsewhere
    auth=guard.SystemAuth(),
    urls_namespace="api",
)


@api.post(
    "/events",
    response={200: AnswerOut, **dict.fromkeys(STATUSES, FaultsOut)},
    operation_id="hand_in_events",
    summary="报送服务事项 Hand over service events",
)
def hand_in_events(
    request: HttpRequest, response: HttpResponse, body: EventsIn, idempotency: str = guard.Idempotency
) -> Any:
    """Events that fit become invitations; others wait in the quarantine with their reasons."""
    system = request.auth  # type: ignore[attr-defined]
    office = Office(
        f"api:{system.code}",
        timezone.now(),
        policy_files(),
        room_secret(settings.DATA),
        frozenset({system.code}),
    )
    answer, repeated = hand_in(system, idempotency, [one.draft(system.code) for one in body.events], office)
    if repeated:
        response["Idempotent-Replay"] = "true"
    return answer


@api.exception_handler(HengjianError)
def _refused(_request: HttpRequest, fault: HengjianError) -> HttpResponse:
    by_class = next(status for kind, status in BY_CLASS if isinstance(fault, kind))
    status = BY_CODE.get(fault.code, by_class)
    return _faults(status, [_fault(fault.code, fault.where, fault.what, fault.do)], guard.headers(fault))


@api.exception_handler(RosterCellsRefused)
def _cells(_request: HttpRequest, fault: RosterCellsRefused) -> HttpResponse:
    """Every refused cell; its value is never repeated."""
    found = [
        _fault(one.code, f"{one.where} {one.title}".strip(), plain(one.what, one.value), one.do)
        for one in fault.cells
    ]
    return _faults(422, found)


@api.exception_handler(ValidationError)
def _misshapen(_request: HttpRequest, fault: ValidationError) -> HttpResponse:
    """Every cell of the wrong shape; its value is never repeated."""
    found = [
        _fault("api.shape", ".".join(map(str, one["loc"][1:])) or str(one["loc"][0]), _said(one), "")
        for one in fault.errors
    ]
    return _faults(422, found)


@api.exception_handler(AuthenticationError)
def _unknown(_request: HttpRequest, _why: AuthenticationError) -> HttpResponse:
    what = _fault("systems.key", "Authorization", _("缺少密钥"), _("请写 Authorization: Bearer 密钥"))
    return _faults(401, [what])


@api.exception_handler(HttpError)
def _unread(_request: HttpRequest, fault: HttpError) -> HttpResponse:
    what = _fault("api.body", "", _("读不出 JSON"), _("请核对内容与编码（UTF-8）"))
    return _faults(fault.status_code, [what])


def _said(one: Any) -> str:
    """The kind of fault, in pydantic's words: they name a rule and quote nothing."""
    names = {
        "missing": _("缺少"), "extra_forbidden": _("多出的字段"), "string_type": _("应为文字"),
        "string_too_long": _("过长"), "string_too_short": _("为空或过短"),
        "string_pattern_mismatch": _("含有不允许的字符"), "literal_error": _("不在可选之列"),
        "too_long": _("条数过多"), "too_short": _("没有事项"), "value_error": _("日期应写作 2026-06-30"),
    }  # fmt: skip
    return names.get(str(one["type"]), _("格式不对"))


def _fault(code: str, where: str, what: str, do: str) -> dict[str, str]:
    return {"code": code, "where": where, "what": what, "do": do}


def _faults(status: int, found: list[dict[str, str]], headers: dict[str, Any] | None = None) -> HttpResponse:
    """A problem as RFC 9457 has it, with every fault by itself."""
    said = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "errors": found[:200],
    }
    return JsonResponse(said, status=status, headers=headers, content_type="application/problem+json")
