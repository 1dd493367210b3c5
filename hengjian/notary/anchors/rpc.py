"""JSON-RPC over HTTP, with a timeout on every request and no retry behind the caller's back."""

import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hengjian.notary.anchors.errors import node_refused, unreachable

TIMEOUT = 20.0
LARGEST = 32 * 1024 * 1024


@dataclass(frozen=True)
class Rpc:
    """One node's address."""

    url: str
    timeout: float = TIMEOUT

    def ask(self, method: str, *params: Any) -> Any:
        """One request; raises ``Unreachable`` or ``NodeRefused``."""
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}
        answer = self._answer(method, post(self.url, json.dumps(body).encode(), JSON, self.timeout))
        if answer.get("error"):
            raise node_refused(self.url, method, _said(answer["error"]))
        return answer.get("result")

    def number(self, method: str, *params: Any) -> int:
        """One request whose answer is a number."""
        answer = self.ask(method, *params)
        try:
            return int(answer, 16)
        except (TypeError, ValueError) as error:
            raise node_refused(self.url, method, f"{answer!r}"[:200]) from error

    def data(self, method: str, *params: Any) -> bytes:
        """One request whose answer is bytes."""
        answer = self.ask(method, *params)
        try:
            return bytes.fromhex(str(answer).removeprefix("0x"))
        except ValueError as error:
            raise node_refused(self.url, method, f"{answer!r}"[:200]) from error

    def _answer(self, method: str, raw: bytes) -> dict[str, Any]:
        try:
            answer = json.loads(raw)
        except ValueError as error:
            raise node_refused(self.url, method, f"{raw[:200]!r}") from error
        if not isinstance(answer, dict):
            raise node_refused(self.url, method, f"{raw[:200]!r}")
        return answer


JSON = "application/json"


def post(url: str, body: bytes, kind: str, timeout: float) -> bytes:
    """Send bytes, get bytes; whatever stands between is ``Unreachable``."""
    if not url.startswith(("http://", "https://")):
        raise unreachable(url, "地址须以 http:// 或 https:// 开头")
    asked = urllib.request.Request(url, body, {"Content-Type": kind})  # noqa: S310 (checked above)
    try:
        with _opener().open(asked, timeout=timeout) as answer:
            return bytes(answer.read(LARGEST))
    except urllib.error.HTTPError as error:
        with error:
            said = error.read(LARGEST)
        if kind == JSON and said.startswith(b"{"):  # some nodes answer errors so
            return said
        raise unreachable(url, f"HTTP {error.code}") from error
    except (OSError, http.client.HTTPException) as error:
        raise unreachable(url, str(getattr(error, "reason", error)) or type(error).__name__) from error


def _opener() -> urllib.request.OpenerDirector:
    """Without the environment's proxy: a node stands in the same network or is named outright."""
    return urllib.request.build_opener(urllib.request.ProxyHandler({}))


def _said(error: Any) -> str:
    if isinstance(error, dict):
        return f"{error.get('message') or ''} ({error.get('code')})".strip()
    return str(error)


def quantity(number: int) -> str:
    """A number as JSON-RPC writes it."""
    return hex(number)


def hexed(data: bytes) -> str:
    """Bytes as JSON-RPC writes them."""
    return "0x" + data.hex()


def listed(answer: Any) -> Sequence[dict[str, Any]]:
    """A list of objects; a node that finds nothing may answer null."""
    return [item for item in answer or () if isinstance(item, dict)]
