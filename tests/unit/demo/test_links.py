"""The demonstration whole: ``hengjian serve`` also runs the rating page, and names links that can be used."""

import contextlib
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from hengjian.database import EmbeddedServer
from hengjian.ratings.ballots.receipts import digest, new_code
from tests.unit.demo.conftest import HENGJIAN
from tests.unit.kiosk.running import Process, free_port, random, token

LINK = re.compile(r"/r#([0-9A-Za-z_-]{43})")


@dataclass
class Served:
    child: "subprocess.Popen[bytes]"
    log: Path
    issue: Process
    cast: Process

    @property
    def said(self) -> str:
        return self.log.read_text(encoding="utf-8")

    def children(self) -> dict[str, int]:
        """The processes that it started, by what they do."""
        tasks = Path(f"/proc/{self.child.pid}/task").iterdir()
        numbers = [n for task in tasks for n in (task / "children").read_text(encoding="ascii").split()]
        named = {}
        for number in numbers:
            words = Path(f"/proc/{number}/cmdline").read_bytes().decode().split("\0")
            if "-m" in words:
                named[" ".join(words[words.index("-m") + 2 :][:2]).strip()] = int(number)
        return named


def eventually(holds: Callable[[], object], seconds: float = 60) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if holds():
            return True
        time.sleep(0.1)
    return False


def answers(process: Process) -> bool:
    try:
        return process.ask("GET", "/kiosk/form.json").status == 200
    except OSError:
        return False


@contextlib.contextmanager
def serving(demo, folder: Path) -> Iterator[Served]:
    ports, log = [free_port() for _ in range(3)], folder / "log"
    command = [*HENGJIAN, "serve", "--workers", "1", "--port", str(ports[0]), "--issue-port", str(ports[1])]
    with log.open("wb") as out:
        child = subprocess.Popen(
            [*command, "--cast-port", str(ports[2])], env=demo.environment | {"HENGJIAN_LANG": "zh"},
            stdout=out, stderr=subprocess.STDOUT,
        )  # fmt: skip
    found = Served(child, log, *(Process(port, child, log) for port in ports[1:]))
    try:
        assert eventually(lambda: answers(found.issue) and answers(found.cast)), found.said
        yield found
    finally:
        child.send_signal(signal.SIGINT)
        child.wait(60)


@pytest.fixture(scope="module")
def served(demo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(demo, tmp_path_factory.mktemp("served")) as found:
        yield found


def gone(number: int) -> bool:
    try:
        return Path(f"/proc/{number}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_the_links_that_are_named_can_be_rated_with(served: Served) -> None:
    links = LINK.findall(served.said)
    assert len(links) == len(set(links)) == 3, served.said
    form = served.issue.ask("GET", "/kiosk/form.json").said
    assert (form["issue"], form["cast"]) == (served.issue.address, served.cast.address)
    for secret in links:
        offer = served.issue.post("/issue/open", secret=secret).said
        proof = served.issue.ask("GET", f"/kiosk/keys/{offer['slot']}.json")
        assert proof.status == 200  # the page checks it before it blinds
        code = new_code(random)
        ballot = {"mark": 8, "receipt": digest(code)}
        assert (
            served.cast.post("/cast/ballot", token=token(served.issue, secret), ballot=ballot).status == 200
        )
        assert served.cast.post("/cast/receipt", code=code).status == 200


def test_each_side_has_its_own_account(served: Served, demo) -> None:
    served.issue.post("/issue/open", secret="x" * 43)
    served.cast.post("/cast/receipt", code="unknown")
    with EmbeddedServer(demo.folder) as server, psycopg.connect(server.url) as link:
        users = {name for (name,) in link.execute("SELECT usename FROM pg_stat_activity")}
    assert {"hengjian", "hengjian_issue", "hengjian_cast"} <= users


@pytest.mark.parametrize("which", ["issue", "cast"])
def test_a_side_that_is_killed_is_named_and_comes_back(served: Served, which: str) -> None:
    process = {"issue": served.issue, "cast": served.cast}[which]
    os.kill(served.children()[f"kiosk {which}"], signal.SIGKILL)
    assert eventually(lambda: {"issue": "签发进程意外结束", "cast": "收票进程意外结束"}[which] in served.said)
    assert eventually(lambda: answers(process)), served.said


def test_a_port_that_is_taken_is_said_and_the_console_goes_on(served: Served, demo, tmp_path: Path) -> None:
    log = tmp_path / "second"
    with log.open("wb") as out:
        second = subprocess.Popen(
            [*HENGJIAN, "serve", "--workers", "1", "--port", str(free_port()), "--issue-port",
             str(served.issue.port), "--without-notary", "--without-worker"],
            env=demo.environment | {"HENGJIAN_LANG": "zh"}, stdout=out, stderr=subprocess.STDOUT,
        )  # fmt: skip
    try:
        assert eventually(lambda: "已被占用" in log.read_text(encoding="utf-8"))
        assert second.poll() is None
    finally:
        second.send_signal(signal.SIGINT)
        second.wait(60)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_nothing_goes_on_afterwards(demo, tmp_path: Path, number: signal.Signals) -> None:
    with serving(demo, tmp_path) as found:
        children = found.children()
        assert len(children) == 4
        found.child.send_signal(number)
        found.child.wait(60)
        assert eventually(lambda: all(map(gone, children.values())), 20)
        assert eventually(lambda: not answers(found.issue) and not answers(found.cast), 20)
        assert "Traceback" not in found.said, found.said
