"""A platform that takes notices: a real HTTP server on this machine, which answers as it is told."""

import contextlib
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Receiver:
    """What came, and what is answered: each status once, then 200; ``hold`` keeps an answer back."""

    came: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    hold: threading.Event | None = None
    seen: threading.Event = field(default_factory=threading.Event)
    to: str = ""
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}/in"

    def ids(self) -> list[str]:
        return [headers["webhook-id"] for _path, headers, _body in self.came]


@contextlib.contextmanager
def receiver(*answers: int, port: int = 0, context: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """Run one for the time of a test; with a context over TLS."""
    told = Receiver(answers=list(answers))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            told.came.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
            told.seen.set()
            if told.hold is not None:
                told.hold.wait(30)
            status = told.answers.pop(0) if told.answers else 200
            with contextlib.suppress(OSError):
                self.send_response(status)
                if told.to:
                    self.send_header("Location", told.to)
                self.send_header("Content-Length", "0")
                self.end_headers()

        def do_GET(self) -> None:
            self.do_POST()

        def log_message(self, *_args: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    told.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield told
    finally:
        if told.hold is not None:
            told.hold.set()
        server.shutdown()
        server.server_close()
        thread.join()
