"""A log with its witnesses, for tests: a database that commits, witnesses that answer over HTTP."""

import threading
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from pathlib import Path
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from django.db import transaction

from hengjian.notary.folder import Folder, NewWitness, make_key, write_trust
from hengjian.notary.models import Alarm
from hengjian.notary.operations import append_many
from hengjian.notary.running import Notary, Setup
from hengjian.notary.trusting import read_trust
from hengjian.proof.cosignatures import Ed25519Cosigner
from hengjian.witness.folder import Folder as WitnessFolder
from hengjian.witness.web import application
from tests.own_database import reachable

__all__ = ["reachable"]
DAY = date(2026, 3, 5)
AT = datetime(2026, 3, 6, 1, 0, tzinfo=UTC)
ORIGIN = "log.example.test/hengjian"


def is_open(code: str, subject: str = "") -> Alarm | None:
    """The open alarm of this cause, when there is one."""
    return Alarm.objects.filter(code=code, subject=subject, closed_at=None).first()


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@dataclass
class Office:
    """A witness of the real kind that can be taken away and brought back."""

    name: str
    path: Path
    port: int = 0
    server: WSGIServer | None = None
    thread: threading.Thread | None = None
    asked: int = 0

    @property
    def folder(self) -> WitnessFolder:
        return WitnessFolder(self.path)

    def open(self) -> None:
        self.server = make_server("127.0.0.1", self.port, self._counted, handler_class=_Quiet)
        self.port = self.server.server_port
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()

    def _counted(self, environ, start):
        self.asked += 1
        length = int(environ.get("CONTENT_LENGTH") or 0)
        environ["wsgi.input"] = BytesIO(environ["wsgi.input"].read(length))  # this server gives no end
        return application(self.folder.witness(), AT.timestamp)(environ, start)

    def shut(self) -> None:
        if self.server is not None:
            self.server.shutdown()
            self.server.server_close()
            self.server = None

    @property
    def new(self) -> NewWitness:
        seed = self.name[-1].encode() * 32
        url = f"http://127.0.0.1:{self.port}"
        return NewWitness(self.name, Ed25519Cosigner(f"{self.name}.example.test", seed).vkey, url)


@dataclass
class Town:
    """A log with its three witnesses, and hands to use them."""

    folder: Folder
    offices: list[Office]
    setup: Setup
    appended: int = 0
    running: list[Notary] = field(default_factory=list)

    def append(self, how_many: int, kind: str = "test.note") -> None:
        rows = [(f"{self.appended + at}", b"content", None) for at in range(how_many)]
        self.appended += how_many
        with transaction.atomic():
            append_many(kind, rows, DAY)

    def start(self, at: datetime = AT) -> Notary:
        notary = Notary(self.setup, at)
        self.running.append(notary)
        return notary


def town_in(path: Path, witnesses: int = 3) -> Town:
    """Make log and witnesses."""
    folder = Folder(path / "notary")
    signer = make_key(folder, ORIGIN)
    offices = []
    for at in range(witnesses):
        office = Office(f"w{at}", path / f"w{at}")
        office.folder.make(f"{office.name}.example.test", "sqlite:w.db", {"ed25519": str(at).encode() * 32})
        office.folder.add_logs([signer.vkey])
        office.open()
        offices.append(office)
    write_trust(folder, signer.vkey, [office.new for office in offices])
    setup = Setup(folder, [signer], read_trust(folder.trust, signer), timedelta(hours=2))
    return Town(folder, offices, setup)
