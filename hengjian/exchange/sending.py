"""One notice over HTTP: to the judged address only, within its time, no redirect followed, no answer kept."""

import http.client
import socket
import ssl
import threading
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, field

from hengjian.exchange.addresses import Target, addresses_of, target_of
from hengjian.terms.errors import Refused

AGENT = "Hengjian"


@dataclass(frozen=True)
class Letter:
    """What is sent where. ``named``: hosts of the configuration; ``seconds``: the time for all of it."""

    url: str
    headers: dict[str, str]
    body: bytes = field(repr=False)
    named: Collection[str]
    seconds: float


@dataclass(frozen=True)
class Answer:
    """What came of it: a code for the list, whether it was taken, whether the receiver wants no more."""

    code: str
    taken: bool = False
    gone: bool = False


def send(letter: Letter) -> Answer:
    """Send it once. Never raises for what the other side does."""
    try:
        target = target_of(letter.url, letter.named)
        number = addresses_of(target, letter.named)[0]
    except Refused as refused:
        return Answer(refused.code)
    except (OSError, ValueError):
        return Answer("push.name")
    link = _Link(target, number, letter.seconds)
    end = threading.Timer(letter.seconds, link.cut)  # a trickle of bytes is no answer
    end.daemon = True
    end.start()
    try:
        link.request("POST", target.path, letter.body, letter.headers | {
            "Content-Type": "application/json; charset=utf-8", "User-Agent": AGENT,
        })  # fmt: skip
        status = link.getresponse().status
    except ssl.SSLError:
        return Answer("push.certificate")
    except (http.client.HTTPException, OSError, ValueError):
        return Answer("push.silent" if link.cut_off else "push.connect")
    finally:
        end.cancel()
        link.close()
    if link.cut_off:  # the end of a cut answer looks like the end of a short one
        return Answer("push.silent")
    return Answer(f"http.{status}", taken=200 <= status < 300, gone=status == 410)


class _Link(http.client.HTTPConnection):
    """A link to one address under the host's name, which can be cut from another thread."""

    def __init__(self, target: Target, number: str, seconds: float) -> None:
        super().__init__(target.host, target.port, timeout=seconds)
        self.default_port = 443 if target.secure else 80
        self.number, self.secure, self.cut_off = number, target.secure, False

    def connect(self) -> None:
        """To the judged address; the certificate is checked against the host's name."""
        self.sock = socket.create_connection((self.number, self.port), self.timeout)
        if self.secure:
            context = ssl.create_default_context()
            self.sock = context.wrap_socket(
                self.sock, server_hostname=self.host, do_handshake_on_connect=False
            )
            self.sock.do_handshake()
        if self.cut_off:
            raise TimeoutError

    def cut(self) -> None:
        """End it, whatever it waits for."""
        self.cut_off = True
        if self.sock is not None:
            with suppress(OSError):
                self.sock.shutdown(socket.SHUT_RDWR)
