"""Kill -9 at random points of import, freeze, score and publish: the old state or the new one.

HENGJIAN_KILLS sets how many kills (12 by default).
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
from django.db import connection

KILLS = int(os.environ.get("HENGJIAN_KILLS", "12"))
BEFORE = {"freeze": "open", "score": "frozen", "review": "scored", "publish": "reviewed"}
AFTER = {"freeze": "frozen", "score": "scored", "review": "reviewed", "publish": "published"}
ORDER = ["open", "frozen", "scored", "reviewed", "published"]
DEEDS = ("import", "freeze", "score", "publish")


class Zygote:
    """The process that forks, from the side of the test."""

    def __init__(self, environment: dict[str, str], root: Path, folder: Path) -> None:
        self.environment, self.root = environment, root
        command = [sys.executable, "-m", "tests.unit.cycles.zygote", str(folder)]
        self.process = subprocess.Popen(
            command, env=environment, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def _ask(self, deed: str, number: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{deed} {number}\n")
        self.process.stdin.flush()

    def _line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def do(
        self, deed: str, number: str, kill_after: float | None = None, statement: int = 0
    ) -> tuple[bool, float]:
        """Do a deed, perhaps killed; returns whether it ended by itself and how long it took."""
        begun = time.perf_counter()
        self._ask(deed, f"{number} {statement}" if statement else number)
        child = int(self._line())
        if kill_after is not None:
            time.sleep(kill_after)
            with suppress(ProcessLookupError):  # it was quicker
                os.kill(child, signal.SIGKILL)
        ended = self._line()
        assert ended in {"ended 0", f"ended {int(signal.SIGKILL)}"}, (deed, ended)
        return ended == "ended 0", time.perf_counter() - begun

    def look(self, number: str) -> dict:
        self._ask("look", number)
        seen = json.loads(self._line())
        assert self._line() == "ended 0"
        return seen


@pytest.fixture
def zygote(db: None, root: Path, tmp_path: Path) -> Iterator[Zygote]:
    """A database of this test's own: what is committed in it can never be removed."""
    given, name = connection.settings_dict, f"killed_{os.getpid()}"
    parts = {
        "host": given["HOST"],
        "port": given["PORT"],
        "user": given["USER"],
        "password": given["PASSWORD"],
    }
    where = {key: str(value) for key, value in parts.items() if value}
    with psycopg.connect(dbname="postgres", autocommit=True, **where) as admin:
        admin.execute(f"CREATE DATABASE {name}")
        query = "&".join(f"{key}={value}" for key, value in where.items())
        environment = os.environ | {
            "DATABASE_URL": f"postgresql:///{name}?{query}",
            "DJANGO_SETTINGS_MODULE": os.environ["DJANGO_SETTINGS_MODULE"],
            "PYTHONPATH": os.pathsep.join([str(root), os.environ.get("PYTHONPATH", "")]),
        }
        made = None
        try:
            migrate = [sys.executable, "-m", "django", "migrate", "--verbosity=0"]
            subprocess.run(migrate, env=environment, cwd=root, check=True)
            made = Zygote(environment, root, tmp_path)
            made.do("build", "-")
            yield made
        finally:
            if made is not None:
                made.process.kill()
                made.process.communicate()
            admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def whole(seen: dict) -> None:
    """State, audit trail, stored rows and files belong together."""
    at = ORDER.index(seen["state"])
    assert seen["trail"] == ORDER[: at + 1]
    assert seen["snapshots"] == int(at >= ORDER.index("frozen"))
    assert seen["sheets"] == int(at >= ORDER.index("scored"))
    assert seen["published"] is (True if seen["state"] == "published" else None)
    assert seen["bundles_whole"]
    assert (seen["batches"], seen["records"]) in {(0, 0), (1, 400)}


def test_old_state_or_new_state(zygote: Zygote) -> None:
    took: dict[str, float] = {}
    zygote.do("open", "calm")
    for deed in ("import", "freeze", "score", "review", "publish"):
        ended, took[deed] = zygote.do(deed, "calm")
        assert ended
    draw = random.Random()
    seed = draw.randrange(2**32)
    draw.seed(seed)
    print(f"seed {seed}, {KILLS} kills")  # noqa: T201
    cut_short = 0
    for at in range(KILLS):
        deed, number = DEEDS[at % len(DEEDS)], f"run-{at // len(DEEDS)}"
        if deed == "import":
            zygote.do("open", number)
        if deed == "publish":
            zygote.do("review", number)
        ended, _time = zygote.do(deed, number, draw.uniform(0.0, 1.1 * took[deed]))
        cut_short += not ended
        seen = zygote.look(number)
        whole(seen)
        if deed == "import":
            if not seen["batches"]:
                assert zygote.do(deed, number)[0]
            assert zygote.look(number)["records"] == 400
            continue
        assert seen["state"] in {BEFORE[deed], AFTER[deed]}, seed
        if seen["state"] == BEFORE[deed]:
            assert zygote.do(deed, number)[0]  # it can be done again
        seen = zygote.look(number)
        whole(seen)
        assert seen["state"] == AFTER[deed]
    assert cut_short > 0  # else nothing was tested


@pytest.mark.parametrize("deed", DEEDS)
def test_killed_after_each_statement(zygote: Zygote, deed: str) -> None:
    """Not by chance: after the first statement, the second ... until it lives to the end."""
    assert zygote.do("open", "steps")[0]
    for before in ("freeze", "score", "review"):
        if deed != "import" and ORDER.index(BEFORE[deed]) > ORDER.index(BEFORE[before]):
            assert zygote.do(before, "steps")[0]
    old = zygote.look("steps")
    for statement in range(1, 200):
        ended, _time = zygote.do(deed, "steps", statement=statement)
        seen = zygote.look("steps")
        whole(seen)
        if ended:
            break
        assert seen == old, statement  # only the COMMIT, which is no statement here, makes it new
    assert statement > 3
    assert seen != old
