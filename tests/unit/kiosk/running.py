"""Both processes as the command line starts them, over a town with a log: a link in, a receipt out."""

import contextlib
import http.client
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import UUID

import psycopg
from django.db import connections

from hengjian.proof import blind
from hengjian.proof.blind_keys import VARIANTS, PublicKey, SecretKey
from hengjian.ratings.ballots.receipts import digest, new_code
from hengjian.terms.calendar import SHANGHAI

random = secrets.token_bytes
BROWSER = "Mozilla/5.0 (Test browser 4711)"
VISITOR = "203.0.113.77"


@dataclass
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def said(self) -> Any:
        return json.loads(self.body)


@dataclass
class Process:
    """One of the two, and everything that it has written anywhere."""

    port: int
    child: subprocess.Popen[bytes]
    log: Path

    def ask(
        self, method: str, path: str, content: Any = None, body: bytes | None = None, **headers: str
    ) -> Reply:
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        sent = {"User-Agent": BROWSER, "X-Forwarded-For": VISITOR, "Cookie": "session=1"}
        if content is not None:
            body, sent["Content-Type"] = json.dumps(content).encode(), "application/json"
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            link.request(method, path, body, sent)
            answer = link.getresponse()
            return Reply(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        finally:
            link.close()

    def post(self, path: str, **content: Any) -> Reply:
        return self.ask("POST", path, content)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextlib.contextmanager
def process(which: str, port: int, url: str, data: Path) -> Iterator[Process]:
    """``hengjian kiosk issue|cast`` on a port."""
    log = data / f"{which}-{port}.log"
    env = {key: value for key, value in os.environ.items() if key != "HENGJIAN_SECRET_KEY"}
    env |= {"DATABASE_URL": url, "HENGJIAN_DATA": str(data), "HENGJIAN_LANG": "zh"}
    command = [str(Path(sys.executable).with_name("hengjian")), "kiosk", which, "--port", str(port)]
    with log.open("wb") as out:
        child = subprocess.Popen(command, env=env, stdout=out, stderr=subprocess.STDOUT)
    found = Process(port, child, log)
    try:
        _answering(found)
        yield found
    finally:
        child.send_signal(signal.SIGINT)
        child.wait(30)


def _answering(found: Process) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        assert found.child.poll() is None, found.log.read_text()
        try:
            found.ask("GET", "/kiosk/form.json")
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(found.log.read_text())


def address(name: str, user: str) -> str:
    """A database of the tests' server under an account, as libpq writes it."""
    given = connections["default"].settings_dict
    host, port = given["HOST"], given["PORT"] or "5432"
    return f"postgresql:///{name}?host={quote(str(host))}&port={port}&user={user}"


def token(issue: Process, secret: str) -> dict[str, str]:
    """A token of the issuing process, as a browser gets it."""
    offer = issue.post("/issue/open", secret=secret).said
    key = PublicKey.parse(bytes.fromhex(offer["spki"]), VARIANTS[offer["variant"]])
    prepared = blind.prepare(key, random(32), random)
    hidden = blind.blind(key, prepared, random)
    answer = issue.post("/issue/token", secret=secret, blinded=hidden.message.hex())
    signature = blind.finalize(key, prepared, bytes.fromhex(answer.said["signature"]), hidden.inverse)
    return {"key": key.key_id.hex(), "message": prepared.hex(), "signature": signature.hex()}


@dataclass
class Town:
    """A database of its own with officials, events and a log; and both processes over it."""

    name: str
    data: Path
    issue: Process
    cast: Process
    now: datetime
    office: Any
    log: Any
    keys: list[SecretKey]
    numbers: Iterator[int] = field(default_factory=lambda: iter(range(1, 100_000)))

    @property
    def day(self) -> Any:
        return self.now.astimezone(SHANGHAI).date()

    def events(self, *people: str, channel: str = "printed", **changed: Any) -> list[UUID]:
        """So many events with one invitation each."""
        from hengjian.ratings.invitations import operations
        from hengjian.ratings.invitations.sheet import EventDraft

        drafts = [
            EventDraft(
                "approvals", f"K-{next(self.numbers)}", "approval", self.day, changed.get("unit", "330100"),
                changed.get("official", "G1"), changed.get("post", "S1"), channel,
                address=f"{one}@example.test", person=one,
            )
            for one in people
        ]  # fmt: skip
        receipt = operations.admit_events(drafts, self.office, source="接口")
        assert receipt.refused == 0, receipt.report
        return list(receipt.invited)

    def link(self, person: str = "", channel: str = "printed", **changed: Any) -> str:
        """The secret of a new invitation, whose key stands in the log and on the casting side."""
        from hengjian.ratings.invitations import operations

        (number,) = self.events(person or f"person {secrets.token_hex(4)}", channel=channel, **changed)
        secret = operations.hand_over(number, "窗口一", datetime.now(UTC))
        self.publish()
        return secret

    def publish(self) -> None:
        """What the command ``hengjian kiosk publish`` does, after a turn of the log."""
        from hengjian.cli.kiosk_keys import accept, publish_proofs

        moment = datetime.now(UTC)
        self.turn(moment)
        accept(moment)
        publish_proofs(self.data, moment)

    def night(self, days: int = 1) -> None:
        """What the night does, so many days from now; then the log has its turn."""
        from hengjian.notary.nights.operations import gather
        from hengjian.ratings.ballots.jobs import nightly as ballots
        from hengjian.ratings.ballots.rules import rules_of
        from hengjian.ratings.followups.clocks import clocks_of
        from hengjian.ratings.followups.flags import limits_of
        from hengjian.ratings.followups.jobs import nightly as followups

        later, policy = datetime.now(UTC) + timedelta(days=days), self.office.policy.in_force(self.day)
        ballots(later, rules_of(policy))
        followups(later, rules_of(policy), clocks_of(policy), limits_of(policy))
        gather(later)
        self.turn(datetime.now(UTC))

    def turn(self, moment: datetime) -> None:
        """Number, sign, have witnessed, publish."""
        notary = self.log.start(moment - timedelta(seconds=5))
        try:
            notary.turn(moment)
        finally:
            notary.close()

    def token(self, secret: str) -> dict[str, str]:
        """A token as a browser gets it."""
        return token(self.issue, secret)

    def rated(self, mark: int = 8, person: str = "", **said: Any) -> str:
        """One rating from link to receipt; gives the code."""
        code = new_code(random)
        ballot = {"mark": mark, "receipt": digest(code), **said}
        answer = self.cast.post("/cast/ballot", token=self.token(self.link(person)), ballot=ballot)
        assert answer.status == 200, answer.body
        return code


@contextlib.contextmanager
def inside(name: str) -> Iterator[None]:
    """Work in a database, with all threads, and come back."""
    before = connections["default"]
    base, own = before.settings_dict["NAME"], before.copy()
    own.settings_dict = before.settings_dict | {"NAME": name}
    connections["default"] = own
    before.settings_dict["NAME"] = name
    try:
        yield
    finally:
        own.close()
        before.settings_dict["NAME"] = base
        connections["default"] = before


@contextlib.contextmanager
def database(template: str) -> Iterator[str]:
    """A database copied from a template; taken away afterwards."""
    from tests.unit.invitations.conftest import reachable

    name = f"kiosk_{os.getpid()}_{secrets.token_hex(3)}"
    with psycopg.connect(dbname="postgres", autocommit=True, **reachable()) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        try:
            yield name
        finally:
            admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def casting_folder(data: Path) -> Path:
    """All that the casting process needs, and nothing else: no secret of invitations, no private key."""
    beside = data.with_name("casting")
    (beside / "followups").mkdir(parents=True)
    (beside / "kiosk").symlink_to(data / "kiosk")
    (beside / "followups" / "contacts.pub").symlink_to(data / "followups" / "contacts.pub")
    return beside


@contextlib.contextmanager
def town(
    template: str,
    data: Path,
    keys: list[SecretKey],
    setup: str = "",
    people: Callable[[], None] | None = None,
) -> Iterator[Town]:
    """Everything; ``people`` lets others in than two officials of one town."""
    from django.db import connection

    from hengjian.cli.kiosk_logins import CAST, ISSUE, make
    from hengjian.policy import folder
    from hengjian.ratings.followups.boxes import key_of
    from hengjian.ratings.invitations.operations import Office
    from hengjian.ratings.invitations.secrets_file import room_secret
    from tests import sample_day
    from tests.unit.notary.town import town_in

    data.mkdir(parents=True, exist_ok=True)
    (data / "kiosk").mkdir()
    issue_port, cast_port = free_port(), free_port()
    origins = f"issue: http://127.0.0.1:{issue_port}\ncast: http://127.0.0.1:{cast_port}\n"
    (data / "kiosk" / "kiosk.yaml").write_text(origins + setup, encoding="utf-8")
    with database(template) as name, contextlib.ExitStack() as stack:
        with inside(name):
            make(connection)
            key_of(data)
            (people or sample_day.people)()
            log = town_in(data)
        for office in log.offices:
            stack.callback(office.shut)
        pool = iter(keys)
        seed = folder.load(folder.shipped()["seed"])
        now = datetime.now(UTC)
        office = Office(
            "审批系统", now, seed, room_secret(data), frozenset({"approvals"}), lambda: next(pool)
        )
        issue = stack.enter_context(process("issue", issue_port, address(name, ISSUE), data))
        beside = casting_folder(data)
        cast = stack.enter_context(process("cast", cast_port, address(name, CAST), beside))
        yield Town(name, data, issue, cast, now, office, log, keys)
