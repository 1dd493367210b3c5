"""Two requests that race are never both stored, and a kill between store and answer loses nothing."""

import signal
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hengjian.proof import notes
from hengjian.proof.cosignatures import Ed25519Cosigner
from hengjian.witness.folder import Folder
from hengjian.witness.judgement import Witness
from hengjian.witness.records import Store
from hengjian.witness.restored import checkpoint_of
from tests.unit.witness.conftest import SERVE
from tests.unit.witness.log import ORIGIN, Log

RUNNERS, ROUNDS = 12, 6
Ask = Callable[[bytes], tuple[int, bytes]]


class Own:
    """A witness with its own connections, as another process has."""

    def __init__(self, store: Store, log: Log) -> None:
        keys = {ORIGIN: [notes.verifier(log.signer.vkey)]}
        self.witness = Witness([Ed25519Cosigner("w", b"w" * 32)], keys, store)

    def __call__(self, body: bytes) -> tuple[int, bytes]:
        answer = self.witness.add_checkpoint(body, 1_700_000_000)
        return answer.status, answer.body

    def close(self) -> None:
        self.witness.store.close()


def race(log: Log, asks: list[Ask]) -> list[tuple[int, int]]:
    """Each runner adds a size of its own to the size it believes in; the steps that were cosigned."""
    steps: list[tuple[int, int]] = []
    gate = threading.Barrier(len(asks), timeout=20)

    def runner(number: int) -> None:
        old = 0
        for _ in range(ROUNDS):
            gate.wait()
            new = old + 1 + number
            status, told = asks[number](log.request(old, new))
            assert status in {200, 409}
            if status == 200:
                steps.append((old, new))
            gate.wait()
            old = new if status == 200 else int(told)
        if isinstance(own := asks[number], Own):
            own.close()

    with ThreadPoolExecutor(len(asks)) as pool:
        for done in [pool.submit(runner, n) for n in range(len(asks))]:
            done.result()
    return sorted(steps)


def is_one_history(steps: list[tuple[int, int]]) -> bool:
    """Every step begins where the one before ended."""
    ends = [0, *(new for _, new in steps)]
    return [old for old, _ in steps] == ends[:-1]


def test_racing_requests_in_either_store(new_store: Callable[[], Store], log: Log) -> None:
    store = new_store()
    store.create("owner")
    store.watch(ORIGIN)
    steps = race(log, [Own(new_store(), log) for _ in range(RUNNERS)])
    held = store.known()[ORIGIN]
    assert len(steps) >= ROUNDS
    assert is_one_history(steps)
    assert held is not None
    assert checkpoint_of(held.note).size == steps[-1][1]
    conflicts = [each.count for each in store.refusals() if each.reason == "conflict"]
    store.close()
    assert sum(conflicts) == RUNNERS * ROUNDS - len(steps)


def test_racing_requests_over_http_to_two_processes(folder: Path, log: Log, serve) -> None:
    server = serve(folder, "--workers", "2")
    steps = race(log, [lambda body: server.add(body)[:2]] * RUNNERS)
    assert len(steps) >= ROUNDS
    assert is_one_history(steps)


KILLED = """
import os
from hengjian.witness import sqlite
exchange = sqlite.SqliteStore.exchange
def stored_then_killed(self, origin, decide):
    ruling = exchange(self, origin, decide)
    if ruling.held is not None:
        os.kill(os.getpid(), 9)
    return ruling
sqlite.SqliteStore.exchange = stored_then_killed
"""


def test_a_kill_between_store_and_answer(folder: Path, log: Log, serve) -> None:
    first = serve(folder, program=KILLED + SERVE)
    with pytest.raises(OSError):  # no answer came
        first.add(log.request(0, 7))
    held = Folder(folder).witness().store.known()[ORIGIN]
    assert held is not None
    assert checkpoint_of(held.note).size == 7
    again = serve(folder)
    assert again.add(log.request(0, 7))[:2] == (409, b"7\n")
    assert again.add(log.request(7, 7))[0] == 200
    again.process.send_signal(signal.SIGKILL)
    again.process.wait()
    assert serve(folder).add(log.request(7, 8))[0] == 200
