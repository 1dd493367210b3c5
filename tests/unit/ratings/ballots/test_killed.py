"""Killed at any point (-9) under load: every ballot that was answered is there, none is there twice."""

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

from hengjian.notary.models import Commitment
from hengjian.ratings.ballots.models import Ballot
from tests.unit.ratings.ballots.making import night_after
from tests.unit.ratings.ballots.test_casting import _empty

ROUNDS = 4
CHILD = """
import asyncio, secrets, sys
from datetime import date
import django
django.setup()
from django.db import connection
connection.settings_dict["NAME"] = sys.argv[1]
from hengjian.policy import folder
from hengjian.proof.blind_keys import SecretKey
from hengjian.ratings.ballots.box import BallotBox
from hengjian.ratings.ballots.rules import rules_of
from tests.unit.ratings.ballots.making import DAY, accept, said, token_of

rules = rules_of(folder.load(folder.shipped()["seed"]).in_force(DAY))
issuer = SecretKey.generated(bits=2048)
accept(issuer, official=sys.argv[2])
tokens = [token_of(issuer) for _ in range(400)]
connection.close()

async def sender(box, number):
    for token in tokens[number::40]:
        await box.cast(token, said(), DAY)
        print(token.digest, flush=True)

async def run():
    box = BallotBox(lambda _day: rules)
    print("go", flush=True)
    await asyncio.gather(*(sender(box, number) for number in range(40)))
    print("done", flush=True)

asyncio.run(run())
"""


@pytest.fixture
def committed(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        yield
        _empty()
        connection.close()


def _killed_after(answers: int, name: str) -> list[str]:
    """What a child answered before it was killed."""
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, connection.settings_dict["NAME"], name],
        stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(Path.cwd())}, text=True,
    )  # fmt: skip
    with child:
        assert child.stdout.readline() == "go\n"
        lines = [child.stdout.readline() for _ in range(answers)]
        child.send_signal(signal.SIGKILL)
        lines += list(child.stdout)
        return [line.strip() for line in lines if line.endswith("\n")]


@pytest.mark.django_db
def test_nothing_is_there_before_the_load() -> None:
    assert not Ballot.objects.exists()


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
