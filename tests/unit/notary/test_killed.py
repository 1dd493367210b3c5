"""kill -9 of the sequencer under load: nothing lost, nothing doubled, nothing forked.

HENGJIAN_NOTARY_KILLS sets how many kills (30 by default); ``python -m tests.long.notary_kills`` does 1,000.
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection

from hengjian.notary import guard, publication, queries
from hengjian.notary.models import Commitment, Head, Pending, Receipt, Signature
from hengjian.proof import notes
from hengjian.proof.checkpoints import Checkpoint
from tests.unit.notary.test_turns import whole
from tests.unit.notary.town import Town, reachable

KILLS = int(os.environ.get("HENGJIAN_NOTARY_KILLS", "30"))
pytestmark = pytest.mark.django_db


class Zygote:
    """The forking process, from the side of the test."""

    def __init__(self, town: Town, root: Path) -> None:
        where = "&".join(f"{key}={value}" for key, value in reachable().items())
        environment = os.environ | {
            "DATABASE_URL": f"postgresql:///{connection.settings_dict['NAME']}?{where}",
            "PYTHONPATH": os.pathsep.join([str(root), os.environ.get("PYTHONPATH", "")]),
        }
        command = [sys.executable, "-m", "tests.unit.notary.zygote", str(town.folder.root)]
        self.process = subprocess.Popen(
            command, env=environment, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def ask(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()

    def line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()


@pytest.fixture
def zygote(town: Town, root: Path) -> Iterator[Zygote]:
    made = Zygote(town, root)
    yield made
    made.process.communicate(timeout=20)


def seen_outside(town: Town) -> dict[int, bytes]:
    """What others hold: the published checkpoint and the witnesses' states."""
    found = {}
    note = publication.published(town.folder)
    if note is not None:
        opened = notes.opened(note, [notes.verifier(town.setup.signers[0].vkey)])
        served = Checkpoint.parse(opened.text)
        found[served.size] = served.root
    for office in town.offices:
        for held in office.folder.store().known().values():
            if held is not None:
                kept = Checkpoint.parse(notes.parse(held.note).text)
                found[kept.size] = kept.root
    return found


def test_kills_lose_double_and_fork_nothing(town: Town, zygote: Zygote, tmp_path: Path) -> None:
    note = tmp_path / "committed"
    zygote.ask(f"load {note}")
    zygote.line()
    draw = random.Random()
    seed = draw.randrange(2**32)
    draw.seed(seed)
    print(f"seed {seed}, {KILLS} kills")  # noqa: T201
    outside: dict[int, bytes] = {}
    for _kill in range(KILLS):
        zygote.ask("run")
        child = int(zygote.line())
        if draw.random() < 0.8:
            assert zygote.line() == "up", seed
        time.sleep(draw.uniform(0.0, 0.3))
        os.kill(child, signal.SIGKILL)
        ended = zygote.line()
        ended = zygote.line() if ended == "up" else ended
        assert ended == f"ended {-signal.SIGKILL}", seed  # it did not stop by itself
        for size, root in seen_outside(town).items():
            assert outside.setdefault(size, root) == root, seed
    zygote.ask("stop")
    assert zygote.line() == "ended 0"
    zygote.ask("drain")
    assert zygote.line().isdigit()
    assert zygote.line() == "up"
    assert zygote.line() == "ended 0"

    committed = note.read_text().split("\n")[:-1]
    assert len(committed) > 10 * KILLS
    stored = [f"{kind} {key}" for kind, key in Commitment.objects.values_list("kind", "key")]
    assert sorted(stored) == sorted(committed)  # nothing lost before the log
    assert not Pending.objects.exists()
    places = sorted(Receipt.objects.values_list("first", "count"))
    ends = [first + count for first, count in places]
    assert [first for first, _count in places] == [0, *ends[:-1]]  # no gap, no overlap
    last = Head.objects.order_by("-size").first()
    assert last.size == ends[-1] == len(committed)
    whole(town)  # every entry is served once, in its place, under the signed root
    sizes = set(Head.objects.values_list("size", flat=True))
    for size, root in outside.items():
        assert size in sizes
        assert guard.root_at(size) == root, seed  # what anybody ever held is a beginning of this log
    assert len(outside) > KILLS / 3
    assert Signature.objects.filter(witness="").values("head").distinct().count() > KILLS / 3
    sample = draw.choice(committed).split()
    assert queries.proof_of(*sample) is not None
