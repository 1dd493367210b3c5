"""The limit of requests holds over all processes of the console: each sees what the others let in."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.own_database import empty_copy, own_database

MOST = 40
CHILD = """
import sys
import django
django.setup()
from django.db import connection
connection.settings_dict["NAME"] = sys.argv[1]
from hengjian.console.api.guard import TooOften, Window
window, taken = Window(int(sys.argv[2])), 0
print("ready", flush=True)
sys.stdin.readline()
for _ in range(int(sys.argv[2])):
    try:
        window.check("approvals")
        taken += 1
    except TooOften:
        pass
print(taken)
"""


@pytest.fixture
def database(db: None) -> Iterator[str]:
    with empty_copy("limit") as template, own_database(template, "limit") as name:
        yield name


def _child(name: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, name, str(MOST)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": str(Path.cwd())},
    )  # fmt: skip


def test_two_processes_at_once_let_in_no_more_than_one_would(database: str) -> None:
    children = [_child(database) for _ in range(2)]
    for one in children:
        assert one.stdout.readline() == "ready\n"
    for one in children:
        one.stdin.write("go\n")
        one.stdin.flush()
    taken = [int(one.communicate(timeout=60)[0]) for one in children]
    assert sum(taken) == MOST
    assert min(taken) > 0  # both were at it


def test_another_system_has_a_limit_of_its_own_and_a_minute_lets_in_again(db: None) -> None:
    from hengjian.console.api import guard

    clock = [1_000.0]
    window = guard.Window(2, lambda: clock[0])
    window.check("a")
    window.check("b")
    clock[0] += 30
    window.check("a")
    with pytest.raises(guard.TooOften):
        window.check("a")
    window.check("b")
    clock[0] += 30.5  # the first has gone, the second counts still
    window.check("a")
    with pytest.raises(guard.TooOften):
        window.check("a")
