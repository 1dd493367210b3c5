"""Stores of both kinds, and the real server as a process of its own."""

import http.client
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from hengjian.cli import run
from hengjian.witness.opening import store_at
from hengjian.witness.postgres import PostgresStore
from hengjian.witness.records import Store
from tests.unit.witness.log import Log

SERVE = "import sys; from hengjian.cli import run; sys.exit(run(sys.argv[1:]))"


class Server:
    """``hengjian witness serve`` on a free port."""

    def __init__(self, folder: Path, *more: str, program: str = SERVE) -> None:
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            self.port = int(found.getsockname()[1])
        serve = ["witness", "--folder", str(folder), "serve", "--port", str(self.port), *more]
        self.process = subprocess.Popen(
            [sys.executable, "-c", program, *serve],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        self._wait()

    def _wait(self) -> None:
        until = time.monotonic() + 60
        while self.process.poll() is None and time.monotonic() < until:
            try:
                if self.ask("GET", "/")[0] in {200, 404}:
                    return
            except OSError:
                time.sleep(0.1)

    def ask(self, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes, dict[str, str]]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, body)
            answer = connection.getresponse()
            return answer.status, answer.read(), {k.lower(): v for k, v in answer.getheaders()}
        finally:
            connection.close()

    def add(self, body: bytes) -> tuple[int, bytes, dict[str, str]]:
        return self.ask("POST", "/add-checkpoint", body)

    def stop(self) -> int:
        self.process.terminate()
        self.process.communicate(timeout=30)
        return int(self.process.returncode)


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def folder(tmp_path: Path, log: Log) -> Path:
    """A witness that cosigns the log."""
    place = tmp_path / "witness"
    assert run(["witness", "--folder", str(place), "init", "--name", "witness.example.cn/jw"]) == 0
    assert run(["witness", "--folder", str(place), "add-log", log.signer.vkey]) == 0
    return place


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    """Starts servers and ends them."""
    started: list[Server] = []

    def start(*args: Any, **kwargs: Any) -> Server:
        started.append(Server(*args, **kwargs))
        return started[-1]

    yield start
    for each in started:
        if each.process.poll() is None:
            each.process.kill()
        each.process.communicate()


@pytest.fixture(params=["sqlite", "postgresql"])
def new_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Store]]:
    """Opens the same store again and again, as other processes would."""
    if request.param == "sqlite":
        yield lambda: store_at("sqlite:state.sqlite", tmp_path)
        return
    request.getfixturevalue("django_db_modify_db_settings")
    main, name = os.environ["DATABASE_URL"], f"witness_{secrets.token_hex(4)}"
    with psycopg.connect(main, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        yield lambda: PostgresStore(psycopg.conninfo.make_conninfo(main, dbname=name))
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
