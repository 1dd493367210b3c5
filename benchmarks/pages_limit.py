"""The limit of :mod:`benchmarks.pages`: each address answered with as many bytes as ours, from memory."""

import json
import os
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

PLAN = os.environ.get("BENCH_SIZES", "")
SIZES: Mapping[str, Any] = json.loads(Path(PLAN).read_text(encoding="utf-8")) if PLAN else {}
BYTES = {path: os.urandom(one["length"]) for path, one in SIZES.items()}


async def application(
    scope: Mapping[str, Any],
    receive: Callable[[], Awaitable[Mapping[str, Any]]],
    send: Callable[[Mapping[str, Any]], Awaitable[None]],
) -> None:
    """Read what is sent, answer with the bytes, or with 304 where the browser has them."""
    if scope["type"] == "lifespan":
        return
    while scope["method"] == "POST" and (await receive()).get("more_body"):
        pass
    known = any(name == b"if-none-match" for name, _value in scope["headers"])
    body = b"" if known else BYTES[scope["path"]]
    headers = [(b"content-type", b"text/plain"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 304 if known else 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


if __name__ == "__main__":
    from hengjian.cli.kiosk import _granian

    _granian("benchmarks.pages_limit:application", "127.0.0.1", int(sys.argv[-1]))
