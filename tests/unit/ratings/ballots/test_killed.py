"""Killed at any point (-9) under load, the process or the server: every ballot that was answered is there,
none is there twice. ``python -m tests.long.ballot_kills`` does it for as long as one likes.
"""

import fcntl
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import psycopg
import pytest
from django.db import connection

from hengjian.database import EmbeddedServer
from hengjian.database.binaries import wheel_programs
from hengjian.database.keeper import LIVED, TRIES
from hengjian.notary.models import Commitment
from hengjian.ratings.ballots.models import Ballot
from tests.unit.ratings.ballots.making import night_after

ROUNDS = int(os.environ.get("HENGJIAN_BALLOT_KILLS", "4"))
SERVER_KILLS = int(os.environ.get("HENGJIAN_BALLOT_KILLS", "3"))
EACH = 300  # ballots between two kills of the server, more than are answered in that time
HELD = 4_096  # bytes of answers that wait to be read: then the load pauses
CHILD = """
import asyncio, secrets, sys, time
from datetime import date
import django
django.setup()
from django.db import OperationalError, connection
if sys.argv[1]:
    connection.settings_dict["NAME"] = sys.argv[1]
from hengjian.policy import folder
from hengjian.proof.blind_keys import SecretKey
from hengjian.ratings.ballots.box import BallotBox
from hengjian.ratings.ballots.errors import Busy
from hengjian.ratings.ballots.rules import rules_of
from tests.unit.ratings.ballots.making import DAY, accept, night_after, said, token_of

rules = rules_of(folder.load(folder.shipped()["seed"]).in_force(DAY))
issuer = SecretKey.generated(bits=2048)
accept(issuer, official=sys.argv[2])
count = int(sys.argv[3])
tokens = [token_of(issuer) for _ in range(count)]
connection.close()

async def sender(box, number):
    for token in tokens[number::40]:
        try:
            await box.cast(token, said(), DAY)
        except Busy:
            continue  # told to come again: it may stand or not
        print(token.digest, flush=True)

async def run():
    box = BallotBox(lambda _day: rules)
    print("go", flush=True)
    await asyncio.gather(*(sender(box, number) for number in range(40)))
    await box.close()
    print("done", flush=True)

asyncio.run(run())
until = time.monotonic() + 60
while True:
    try:
        connection.ensure_connection()
        break
    except OperationalError:  # a server killed last of all is still coming back
        if time.monotonic() > until:
            raise
        time.sleep(0.1)
print(night_after(), flush=True)
"""


def _killed_after(answers: int, name: str) -> list[str]:
    """What a child answered before it was killed."""
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, connection.settings_dict["NAME"], name, "400"],
        stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(Path.cwd())}, text=True,
    )  # fmt: skip
    with child:
        assert child.stdout.readline() == "go\n"
        lines = [child.stdout.readline() for _ in range(answers)]
        child.send_signal(signal.SIGKILL)
        lines += list(child.stdout)
        return [line.strip() for line in lines if line.endswith("\n")]


def test_what_was_answered_is_there_once(committed) -> None:
    answered, cut = [], 0
    for turn in range(ROUNDS):
        lines = _killed_after(random.randint(1, 200), f"G{turn + 1}")
        cut += "done" not in lines
        answered += [line for line in lines if line != "done"]
    assert cut, "no child was killed in the middle"
    assert answered, "nothing was answered before the kills"
    assert night_after() >= len(answered)
    held = list(Ballot.objects.values_list("token", flat=True))
    assert set(answered) <= set(held)
    assert len(held) == len(set(held))
    leaves = Commitment.objects.filter(kind="ballots.ballot").values_list("key", flat=True)
    assert sorted(leaves) == sorted(str(one) for one in Ballot.objects.values_list("id", flat=True))


# -- the server is killed ------------------------------------------------------------------------


@pytest.fixture
def server(db):
    """A server of this test's own, with our tables and roles, empty."""
    folder = Path(tempfile.mkdtemp(prefix="hengjian-kills-"))
    folder.chmod(0o711)
    given, programs = connection.settings_dict, wheel_programs()
    here = ["-h", given["HOST"], "-U", given["USER"], "-p", str(given["PORT"] or 5432)]
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolname FROM pg_roles WHERE rolname LIKE 'hengjian\\_%'")
        roles = [name for (name,) in cursor.fetchall()]
        cursor.execute("SELECT current_database()")
        (database,) = cursor.fetchone()
    schema = subprocess.run(
        [programs / "pg_dump", "--schema-only", *here, database], capture_output=True, check=True
    ).stdout
    made = EmbeddedServer(folder)
    with made:
        with psycopg.connect(made.url, autocommit=True) as link:
            for name in roles:
                link.execute(f"CREATE ROLE {name}")
        ours = [programs / "psql", "-q", "-v", "ON_ERROR_STOP=1", made.url]
        subprocess.run(ours, input=schema, check=True, stdout=subprocess.DEVNULL)
        yield made
    shutil.rmtree(folder)


def _postmaster(made: EmbeddedServer) -> int:
    return int((made.folder / "db" / "postmaster.pid").read_text(encoding="ascii").split()[0])


def test_a_server_killed_under_load_loses_nothing_that_was_answered(server) -> None:
    count = EACH * SERVER_KILLS
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, "", "G1", str(count)], stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": str(Path.cwd()), "DATABASE_URL": server.url},
    )  # fmt: skip
    fcntl.fcntl(child.stdout, fcntl.F_SETPIPE_SZ, HELD)
    overdue = threading.Timer(60 + 20 * SERVER_KILLS, child.kill)
    overdue.start()
    answered: list[str] = []
    with child:
        assert child.stdout.readline() == "go\n"
        for turn in range(SERVER_KILLS):
            _after(server).close()  # the one before has come back
            if turn >= TRIES - 1:
                time.sleep(LIVED)  # the keeper gives a server up that dies young too often
            answered += [child.stdout.readline().strip() for _ in range(random.randint(20, 150))]
            os.kill(_postmaster(server), signal.SIGKILL)
        answered += [line.strip() for line in child.stdout]
    overdue.cancel()
    night = int(answered.pop())
    assert answered.pop() == "done"
    with _after(server) as link:
        held = [row[0] for row in link.execute("SELECT token FROM ballots_ballot")]
        leaves = link.execute("SELECT count(*) FROM notary_commitment WHERE kind = 'ballots.ballot'")
        assert (leaves.fetchone(), len(held)) == ((night,), night)
    assert len(answered) > count // 3
    assert set(answered) <= set(held)
    assert len(held) == len(set(held)) <= count


def _after(made: EmbeddedServer) -> psycopg.Connection:
    until = time.monotonic() + 60
    while True:
        try:
            return psycopg.connect(made.url)
        except psycopg.OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)
