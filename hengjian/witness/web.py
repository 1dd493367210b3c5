"""The witness over HTTP, as a WSGI application. Source: C2SP tlog-witness."""

import logging
import re
import sqlite3
from collections.abc import Callable, Iterable
from typing import Any

import psycopg

from hengjian.terms.errors import HengjianError
from hengjian.witness.judgement import Witness
from hengjian.witness.records import Answer
from hengjian.witness.submissions import LARGEST

STATUS = {
    200: "200 OK", 400: "400 Bad Request", 403: "403 Forbidden", 404: "404 Not Found",
    405: "405 Method Not Allowed", 409: "409 Conflict", 413: "413 Content Too Large",
    422: "422 Unprocessable Entity", 503: "503 Service Unavailable",
}  # fmt: skip
_CHECKPOINT = re.compile(r"/([0-9a-f]{64})/checkpoint")
Environ = dict[str, Any]


def application(
    witness: Witness, clock: Callable[[], float], prefix: str = ""
) -> Callable[[Environ, Callable[..., Any]], Iterable[bytes]]:
    """The WSGI application of a witness below a prefix such as ``/witness``."""

    def answer(environ: Environ, start: Callable[..., Any]) -> Iterable[bytes]:
        try:
            found = _answer(witness, environ, int(clock()), prefix)
        except (sqlite3.Error, psycopg.Error, HengjianError):
            logging.getLogger(__name__).exception("the store failed; nothing was cosigned")
            found = Answer(503, b"the store failed; nothing was cosigned\n")
        headers = [("Content-Type", found.content_type), ("Content-Length", str(len(found.body)))]
        if found.status == 405:
            headers.append(("Allow", found.body.decode().strip()))
        start(STATUS[found.status], headers)
        return [found.body]

    return answer


def _answer(witness: Witness, environ: Environ, now: int, prefix: str) -> Answer:
    path, method = str(environ.get("PATH_INFO", "")), environ["REQUEST_METHOD"]
    place = path[len(prefix) :] if path.startswith(prefix) else "?"
    if place == "/add-checkpoint":
        return witness.add_checkpoint(_body(environ), now) if method == "POST" else Answer(405, b"POST\n")
    wanted = _CHECKPOINT.fullmatch(place)
    if not wanted and place not in {"", "/"}:
        return Answer(404, b"nothing here\n")
    if method not in {"GET", "HEAD"}:
        return Answer(405, b"GET, HEAD\n")
    keys = "".join(f"{each.vkey}\n" for each in witness.cosigners)
    return witness.checkpoint(wanted.group(1)) if wanted else Answer(200, keys.encode())


def _body(environ: Environ) -> bytes:
    """At most one byte more than is allowed; the rest is never read, nor anything after the body."""
    stated = str(environ.get("CONTENT_LENGTH") or "")
    pieces, left = [], min(int(stated), LARGEST + 1) if stated.isdecimal() else LARGEST + 1
    while left and (piece := environ["wsgi.input"].read(left)):
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)
