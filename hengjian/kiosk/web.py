"""ASGI of both processes: exact addresses, small JSON bodies, strict headers, and no memory of who asked.

No cookie is set or read. Of a request nothing is looked at but method, path, body, and the headers named
in ``_READ``; neither addresses nor browsers are kept or logged. What goes wrong inside is logged as the
kind of error and its place in the code, never with what was sent.
"""

import asyncio
import json
import logging
import traceback
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any

from hengjian.kiosk.errors import Malformed
from hengjian.kiosk.files import File, published
from hengjian.kiosk.setup import Setup
from hengjian.terms.calendar import SHANGHAI
from hengjian.terms.errors import HengjianError

LARGEST = 16_384  # bytes of a body
PATIENCE = 20.0  # seconds for a body to come
FORM = "/kiosk/form.json"
JSON = "application/json"
STATUSES = {
    "invitations.unknown": 404,
    "invitations.expired": 410,
    "invitations.issued": 409,
    "ballots.token_used": 409,
    "ballots.amended_meanwhile": 409,
    "ballots.receipt": 404,
    "followups.contact_again": 409,
    "followups.no_key": 503,
}
_READ = (b"content-type", b"content-length", b"origin", b"accept-encoding", b"if-none-match")
_LOG = logging.getLogger(__name__)

Scope = Mapping[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]
Handler = Callable[[Mapping[str, Any]], Awaitable[Mapping[str, Any]]]


def now() -> datetime:
    """The clock of the kiosk; nothing below the faces reads one."""
    return datetime.now(UTC)


def today() -> date:
    """The day in Shanghai: all that is ever kept of when somebody came."""
    return now().astimezone(SHANGHAI).date()


@dataclass(frozen=True)
class Answer:
    """What goes back."""

    status: int
    body: bytes = b""
    kind: str = JSON
    more: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Site:
    """One process: its files, its form, its doors, and what it does when it starts and ends."""

    setup: Setup
    files: Mapping[str, File]
    form: Callable[[date], bytes]
    doors: Mapping[str, Handler]
    public: Path
    start: Callable[[], Awaitable[None]]
    stop: Callable[[], Awaitable[None]]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] == "lifespan":
            await _live(self, receive, send)
        elif scope["type"] == "http":
            asked = {name: value for name, value in scope["headers"] if name in _READ}
            answer = await self._answer(scope, asked, receive)
            await _say(answer, self._headers(answer, asked), send, body=scope["method"] != "HEAD")

    async def _answer(self, scope: Scope, asked: Mapping[bytes, bytes], receive: Receive) -> Answer:
        method, path = scope["method"], scope["path"]
        try:
            if path in self.doors:
                return await self._door(path, method, asked, receive)
            found = self._file(path)
            if found is None:
                return failed(HTTPStatus.NOT_FOUND, "kiosk.nothing_here")
            return served(found, asked) if method in ("GET", "HEAD") else refused_method("GET, HEAD")
        except HengjianError as fault:
            return refused(fault)
        except Exception as fault:  # noqa: BLE001 (whatever it is: a stranger learns nothing, the log its place)
            last = traceback.extract_tb(fault.__traceback__)[-1]
            _LOG.error("unexpected %s at %s:%s", type(fault).__name__, Path(last.filename).name, last.lineno)
            return failed(HTTPStatus.INTERNAL_SERVER_ERROR, "kiosk.unexpected")

    async def _door(self, path: str, method: str, asked: Mapping[bytes, bytes], receive: Receive) -> Answer:
        if method == "OPTIONS" and self._friend(asked):
            return Answer(204, more=_PREFLIGHT)
        if method != "POST":
            return refused_method("POST")
        return said(await self.doors[path](await read(asked, receive)))

    def _file(self, path: str) -> File | None:
        if path == FORM:
            return File.of(self.form(today()), JSON)
        return self.files.get(path) or published(self.public, path)

    def _friend(self, asked: Mapping[bytes, bytes]) -> str:
        """The origin that asks, when it is one of ours."""
        origin = asked.get(b"origin", b"").decode("latin-1")
        return origin if origin in self.setup.origins else ""

    def _headers(self, answer: Answer, asked: Mapping[bytes, bytes]) -> dict[str, str]:
        headers = {"content-type": answer.kind, "content-length": str(len(answer.body)), **_ALWAYS}
        headers["content-security-policy"] = policy(self.setup)
        if not self.setup.embed:
            headers["x-frame-options"] = "DENY"
        if friend := self._friend(asked):
            headers |= {"access-control-allow-origin": friend, "vary": "origin"}
        return headers | dict(answer.more)


_ALWAYS = {
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cache-control": "no-store",
}
_PREFLIGHT = {
    "access-control-allow-methods": "POST",
    "access-control-allow-headers": "content-type",
    "access-control-max-age": "86400",
}


def policy(setup: Setup) -> str:
    """The content security policy: our own files, our own two origins, frames of the listed only."""
    parts = [
        "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:",
        " ".join(("connect-src 'self'", *setup.origins)),
        "base-uri 'none'", "form-action 'none'",
        " ".join(("frame-ancestors", *(setup.embed or ("'none'",)))),
    ]  # fmt: skip
    return "; ".join(parts)


async def read(asked: Mapping[bytes, bytes], receive: Receive) -> Mapping[str, Any]:
    """The body as a JSON object.

    Raises: Malformed for anything else, and before it is read when it says it is too large.
    """
    if asked.get(b"content-type", b"").split(b";")[0].strip().lower() != JSON.encode():
        raise Malformed("type", HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
    length = asked.get(b"content-length", b"0")
    if not length.isdigit() or len(length) > 9 or int(length) > LARGEST:
        raise Malformed("length", HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    try:
        body = await asyncio.wait_for(_whole(receive), PATIENCE)
    except TimeoutError as fault:
        raise Malformed("time", HTTPStatus.REQUEST_TIMEOUT) from fault
    try:
        found = json.loads(body.decode(), parse_constant=_no_number)
        json.dumps(found, ensure_ascii=False).encode()  # half a character, escaped, is refused here
    except (ValueError, RecursionError) as fault:
        raise Malformed("json", HTTPStatus.BAD_REQUEST) from fault
    if not isinstance(found, dict):
        raise Malformed("json", HTTPStatus.BAD_REQUEST)
    return found


async def _whole(receive: Receive) -> bytes:
    body = b""
    while True:
        event = await receive()
        if event["type"] != "http.request":
            raise Malformed("gone", HTTPStatus.BAD_REQUEST)
        body += bytes(event.get("body", b""))
        if len(body) > LARGEST:
            raise Malformed("length", HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        if not event.get("more_body", False):
            return body


def _no_number(_word: str) -> None:
    raise ValueError("no number of JSON")


def texts(body: Mapping[str, Any], *names: str) -> list[str]:
    """The fields of these names, each a text; there may be no other.

    Raises: Malformed.
    """
    if set(body) != set(names) or not all(isinstance(body[name], str) for name in names):
        raise Malformed("fields", HTTPStatus.UNPROCESSABLE_ENTITY)
    return [body[name] for name in names]


def said(content: Mapping[str, Any], status: int = 200) -> Answer:
    """A JSON answer."""
    return Answer(status, json.dumps(content, ensure_ascii=False).encode())


def refused(fault: HengjianError) -> Answer:
    """What a room refuses, with its words and its code."""
    status = fault.status if isinstance(fault, Malformed) else STATUSES.get(fault.code, fault.http_status)
    return said({"code": fault.code, "what": fault.what, "where": fault.where, "do": fault.do}, status)


def failed(status: HTTPStatus, code: str) -> Answer:
    """A refusal that needs no words: the page has its own."""
    return said({"code": code, "what": status.phrase, "where": "", "do": ""}, status)


def refused_method(allowed: str) -> Answer:
    """405."""
    answer = failed(HTTPStatus.METHOD_NOT_ALLOWED, "kiosk.method")
    return Answer(answer.status, answer.body, more={"allow": allowed})


def served(found: File, asked: Mapping[bytes, bytes]) -> Answer:
    """A file, compressed for whom that helps; a browser that has it already is told so."""
    more = {"etag": found.tag, "cache-control": "no-cache", "vary": "accept-encoding"}
    if found.tag.encode() in asked.get(b"if-none-match", b""):
        return Answer(304, kind=found.kind, more=more)
    if b"gzip" in asked.get(b"accept-encoding", b"") and len(found.small) < len(found.plain):
        return Answer(200, found.small, found.kind, more | {"content-encoding": "gzip"})
    return Answer(200, found.plain, found.kind, more)


async def _say(answer: Answer, headers: Mapping[str, str], send: Send, *, body: bool) -> None:
    lines = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": int(answer.status), "headers": lines})
    await send({"type": "http.response.body", "body": answer.body if body else b""})


async def _live(site: Site, receive: Receive, send: Send) -> None:
    """Start and end with the server."""
    while True:
        event = await receive()
        if event["type"] == "lifespan.startup":
            try:
                await site.start()
            except HengjianError as fault:
                _LOG.error("kiosk does not start: %s", fault)
                await send({"type": "lifespan.startup.failed", "message": str(fault)})
                return
            await send({"type": "lifespan.startup.complete"})
        else:
            await site.stop()
            await send({"type": "lifespan.shutdown.complete"})
            return
