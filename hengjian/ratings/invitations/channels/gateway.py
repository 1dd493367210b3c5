"""Text messages and WeChat templates through an HTTP gateway; the protocol is docs/reference/gateway.md.

The request's id is that of the attempt, and the gateway takes each id once: after a lost answer it is
asked whether it has the id, so that nobody gets two messages.
"""

import hashlib
import hmac
import http.client
import json
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from hengjian.ratings.invitations.channels import Message, NotDelivered, Unclear

PATH = "/v1/messages"
LARGEST_ANSWER = 65_536


@dataclass
class GatewayChannel:
    """One gateway, for one kind of message: ``sms`` or ``wechat``. ``clock`` stamps the requests."""

    kind: str
    url: str
    key_id: str
    key: bytes = field(repr=False)
    template: str
    clock: Callable[[], datetime]
    timeout: float = 20.0
    answers = True
    _link: http.client.HTTPConnection | None = field(default=None, repr=False)

    def send(self, message: Message) -> None:
        """Hand one message to the gateway.

        Raises: NotDelivered, Unclear.
        """
        whom = {"to": message.address} if message.address else {"to_ref": message.reference}
        content = {
            "id": str(message.id),
            "channel": self.kind,
            "template": self.template,
            "fields": {
                "link": message.link, "unit": message.unit, "kind": message.kind,
                "on": message.on.isoformat(), "expires_on": message.expires_on.isoformat(),
            },
            **whom,
        }  # fmt: skip
        self._connect()
        try:
            status = self._asked("POST", PATH, json.dumps(content, ensure_ascii=False).encode())[0]
        except (http.client.HTTPException, OSError):
            self.close()
            self._after_silence(message.id)
            return
        self._judge(status, message.id)

    def known(self, attempt: UUID) -> bool | None:
        """Ask the gateway whether it took this attempt."""
        try:
            status, answer = self._asked("GET", f"{PATH}/{attempt}", b"")
        except (http.client.HTTPException, OSError):
            self.close()
            return None
        if status == 404:
            return False
        return True if status == 200 and answer.get("id") == str(attempt) else None

    def close(self) -> None:
        """Hang up."""
        link, self._link = self._link, None
        if link is not None:
            link.close()

    def _connect(self) -> None:
        """Faults before the request: it was certainly not taken."""
        if self._link is None:
            address = urlsplit(self.url)
            link = self._opened(address.scheme, address.hostname or "", address.port)
            try:
                link.connect()
            except (http.client.HTTPException, OSError) as fault:
                raise NotDelivered("gateway.connect") from fault
            self._link = link

    def _judge(self, status: int, attempt: UUID) -> None:
        if status in {200, 202, 409}:  # 409: it has this id already
            return
        if status == 429 or status in {401, 403, 404}:  # too fast, or set up wrongly: it can be mended
            raise NotDelivered(f"gateway.{status}")
        if 400 <= status < 500:
            raise NotDelivered(f"gateway.{status}", final=True)
        self._after_silence(attempt)

    def _after_silence(self, attempt: UUID) -> None:
        """No clear answer: what the gateway says about the id counts."""
        known = self.known(attempt)
        if known is None:
            raise Unclear("gateway.silent")
        if not known:
            raise NotDelivered("gateway.lost")

    def _asked(self, method: str, path: str, content: bytes) -> tuple[int, dict[str, Any]]:
        address = urlsplit(self.url)
        whole = address.path.rstrip("/") + path
        if self._link is None:
            self._link = self._opened(address.scheme, address.hostname or "", address.port)
        self._link.request(method, whole, content, self._signed(method, whole, content))
        answer = self._link.getresponse()
        said = answer.read(LARGEST_ANSWER + 1)
        try:
            found = json.loads(said) if len(said) <= LARGEST_ANSWER else {}
        except ValueError:
            found = {}
        if len(said) > LARGEST_ANSWER:
            self.close()
        return answer.status, found if isinstance(found, dict) else {}

    def _opened(self, scheme: str, host: str, port: int | None) -> http.client.HTTPConnection:
        if scheme == "https":
            context = ssl.create_default_context()
            return http.client.HTTPSConnection(host, port, timeout=self.timeout, context=context)
        return http.client.HTTPConnection(host, port, timeout=self.timeout)

    def _signed(self, method: str, path: str, content: bytes) -> dict[str, str]:
        at = str(int(self.clock().timestamp()))
        return {
            "Content-Type": "application/json; charset=utf-8",
            "X-Hengjian-Key": self.key_id,
            "X-Hengjian-Time": at,
            "X-Hengjian-Signature": signature(self.key, method, path, at, content),
        }


def signature(key: bytes, method: str, path: str, at: str, content: bytes) -> str:
    """HMAC-SHA-256 over method, path, time and the body's digest, each on a line."""
    text = "\n".join([method, path, at, hashlib.sha256(content).hexdigest()])
    return hmac.digest(key, text.encode(), "sha256").hex()
