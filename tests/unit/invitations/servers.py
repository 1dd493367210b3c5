"""Real servers on this machine: a mail server, and a gateway that speaks docs/reference/gateway.md."""

import contextlib
import json
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message as Mail
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP

from hengjian.ratings.invitations.channels.gateway import signature


@dataclass
class Mailbox:
    """What the mail server took, and how it misbehaves: by recipient, before or after the text."""

    mails: list[tuple[str, Mail]] = field(default_factory=list)
    at_recipient: dict[str, list[str]] = field(default_factory=dict)
    at_text: dict[str, list[str]] = field(default_factory=dict)
    pause: float = 0.0
    port: int = 0

    async def handle_RCPT(self, server, session, envelope, address, options) -> str:  # noqa: N802
        answers = self.at_recipient.get(address, [])
        if answers:
            answer = answers.pop(0)
            if answer != "hang up":
                return answer
            server.transport.close()
            return "421 gone"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope) -> str:  # noqa: N802
        (address,) = envelope.rcpt_tos
        answers = self.at_text.get(address, [])
        answer = answers.pop(0) if answers else "250 taken"
        if answer.startswith("250") or answer == "take and hang up":
            self.mails.append((address, message_from_bytes(envelope.content)))
        if self.pause:
            time.sleep(self.pause)
        if answer == "take and hang up":
            server.transport.close()
            return "421 gone"
        return answer

    def links(self) -> list[str]:
        """The links of all mails."""
        texts = [mail.get_payload(decode=True).decode() for _address, mail in self.mails]
        return [line for text in texts for line in text.splitlines() if line.startswith("https://")]


class _Controller(Controller):
    def factory(self) -> SMTP:
        return SMTP(self.handler, hostname="mail.test", enable_SMTPUTF8=False)


@contextlib.contextmanager
def mail_server() -> Iterator[Mailbox]:
    """A mail server on a free port."""
    box = Mailbox()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        box.port = free.getsockname()[1]
    controller = _Controller(box, hostname="127.0.0.1", port=box.port)
    controller.start()
    try:
        yield box
    finally:
        controller.stop()


@dataclass
class Gateway:
    """The gateway's book, and how it misbehaves: answers by address, taken from the front."""

    key: bytes
    book: dict[str, dict[str, Any]] = field(default_factory=dict)
    closed: set[str] = field(default_factory=set)
    faults: dict[str, list[str]] = field(default_factory=dict)
    deaf: bool = False
    url: str = ""
    seen: list[dict[str, str]] = field(default_factory=list)

    def post(self, content: dict[str, Any]) -> tuple[int, dict[str, Any]] | None:
        """Take a message; None: say nothing and hang up."""
        number, whom = content["id"], content.get("to") or content["to_ref"]
        if number in self.book:
            return 409, {"id": number}
        if number in self.closed:
            return 410, {"id": number}
        faults = self.faults.get(whom, [])
        fault = faults.pop(0) if faults else ""
        if fault == "lose":
            return None
        if fault in {"", "take and hang up"}:
            self.book[number] = content
        if fault == "take and hang up":
            return None
        return (int(fault), {}) if fault else (202, {"id": number})

    def get(self, number: str) -> tuple[int, dict[str, Any]]:
        """Whether a message was taken; an id that was not is closed by the question."""
        if number in self.book:
            return 200, {"id": number}
        self.closed.add(number)
        return 404, {}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    gateway: Gateway

    def _body(self) -> bytes | None:
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        at = self.headers["X-Hengjian-Time"]
        wanted = signature(self.gateway.key, self.command, self.path, at, content)
        self.gateway.seen.append(dict(self.headers))
        return content if self.headers["X-Hengjian-Signature"] == wanted else None

    def _answer(self, answer: tuple[int, dict[str, Any]] | None) -> None:
        if answer is None:
            self.close_connection = True
            return
        said = json.dumps(answer[1]).encode()
        self.send_response(answer[0])
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def do_POST(self) -> None:
        content = self._body()
        self._answer((401, {}) if content is None else self.gateway.post(json.loads(content)))

    def do_GET(self) -> None:
        content = self._body()
        if self.gateway.deaf:
            self._answer((503, {}))
        else:
            self._answer((401, {}) if content is None else self.gateway.get(self.path.rpartition("/")[2]))

    def log_message(self, *args: object) -> None:
        pass


@contextlib.contextmanager
def gateway_server(key: bytes) -> Iterator[Gateway]:
    """A gateway on a free port."""
    gateway = Gateway(key)
    handler = type("Handler", (_Handler,), {"gateway": gateway})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    gateway.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield gateway
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
