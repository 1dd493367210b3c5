"""`hengjian serve` ends whole: after kill -9 neither a worker nor the database goes on."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hengjian.database.keeper import working_in


@pytest.fixture
def folder() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="hengjian-serve-"))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path, ignore_errors=True)


def eventually(holds: Callable[[], bool], seconds: float) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if holds():
            return True
        time.sleep(0.1)
    return False


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5) as page:
            return "衡鉴" in page.read().decode()
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return [int(child) for task in tasks for child in (task / "children").read_text(encoding="ascii").split()]


def runs(pid: int) -> bool:
    """A zombie whose new parent has not looked yet does not run."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_nothing_goes_on_after_serve_has_ended(folder: Path, root: Path, number: signal.Signals) -> None:
    port = free_port()
    environ = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"}
    serve = subprocess.Popen(
        [sys.executable, "-m", "hengjian", "serve", "--port", str(port)],
        cwd=root,
        env={**environ, "HENGJIAN_DATA": str(folder)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}/"
    assert eventually(lambda: answers(address), 90)
    workers = children(serve.pid)
    assert len(workers) >= 2
    assert working_in(folder / "db")
    serve.send_signal(number)
    serve.wait(30)
    assert eventually(lambda: not any(runs(worker) for worker in workers), 20)
    assert eventually(lambda: not working_in(folder / "db"), 20)
    assert not answers(address)
