"""A worker that starts reads the newest results before the first reader asks; only where it serves."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hengjian.console import warming
from hengjian.cycles import certainty, comparing, storing

KEPT = (storing._snapshot, storing._sheet, storing._workings, certainty._rows, comparing._changes)
SEED = "demo-seed-2026-h1"


@pytest.fixture
def cold() -> None:
    for one in KEPT:
        one.cache_clear()


def test_what_the_first_reader_needs_is_there(people: Any, cold: None) -> None:
    warming.warm()
    assert [one.cache_info().currsize for one in KEPT[:4]] == [4, 4, 4, 2]  # the old policy has no intervals
    assert comparing._changes.cache_info().currsize == 1
    before = [one.cache_info().misses for one in KEPT]
    with CaptureQueriesContext(connection) as asked:
        warming.warm()
    assert [one.cache_info().misses for one in KEPT] == before, "nothing is worked out twice"
    assert len(asked) < 60


def test_commands_and_tests_are_not_warmed(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[str] = []
    monkeypatch.setattr(threading.Thread, "start", lambda self: started.append(self.name))
    monkeypatch.delenv(warming.SERVED, raising=False)
    warming.begin()
    assert not started
    monkeypatch.setenv(warming.SERVED, "1")
    warming.begin()
    assert started == ["warming"]
