"""``hengjian notary`` as people run it: made, run, survives a lost database session, ends in order."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connection, transaction

from hengjian.notary.folder import Folder
from hengjian.notary.models import Head
from hengjian.notary.operations import append_many
from hengjian.notary.protected import kinds
from hengjian.notary.publication import published_size
from tests.unit.notary.town import DAY, reachable

pytestmark = pytest.mark.django_db


@pytest.fixture
def command(database: str, root: Path, tmp_path: Path) -> Callable[..., list[str]]:
    where = "&".join(f"{key}={value}" for key, value in reachable().items())
    os.environ["PYTHONPATH"] = str(root)
    environment = {"DATABASE_URL": f"postgresql:///{database}?{where}", "HENGJIAN_DATA": str(tmp_path)}

    def build(*words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "hengjian", "notary", *words],
            env=os.environ | environment,
            cwd=root,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    return build


def done(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def append(since: int, count: int) -> None:
    with transaction.atomic():
        append_many("test.note", [(str(since + at), b"x", None) for at in range(count)], DAY)


def until(check: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 40
    while not check():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_made_run_interrupted_and_ended(command, tmp_path: Path) -> None:
    code, _out, err = done(command("once"))
    assert code == 2
    assert "notary.no_key" in err
    code, out, err = done(command("init", "--origin", "log.example.test/here"))
    assert code == 0, err
    assert "log.example.test/here+" in out
    running = command("run", "--interval", "0.2")
    folder = Folder(tmp_path / "notary")
    forms = sum(one.nightly for one in kinds())  # kept as soon as the log runs
    append(0, 5)
    until(lambda: published_size(folder) == forms + 5)
    with connection.cursor() as cursor:  # as when the database is restarted
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE application_name LIKE 'hengjian notary%%' AND datname = current_database()"
        )
        assert cursor.fetchall() == [(True,)]
    append(5, 7)
    until(lambda: published_size(folder) == forms + 12)
    running.send_signal(signal.SIGTERM)
    code, _out, err = done(running)
    assert code == 0, err
    assert "Traceback" not in err
    assert Head.objects.order_by("-size").first().size == forms + 12
    code, out, err = done(command("status"))
    assert (code, str(forms + 12) in out) == (0, True), err


def test_interval_keeps_to_its_range(command) -> None:
    code, _out, err = done(command("run", "--interval", "0.1"))
    assert code == 2
    assert "0.2" in err
