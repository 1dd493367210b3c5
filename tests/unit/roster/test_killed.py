"""Killed at any point (-9), an import has happened or it has not."""

import os
import random
import signal
import subprocess
import sys
import time

import psycopg
import pytest
from django.db import connection, transaction
from roster_sample import NOW, WORDS, forget, sample

from hengjian.roster.layout import Vocabulary, layout
from hengjian.roster.models import Change, ImportBatch, Official, Organisation, Post, Tenure
from hengjian.roster.operations import LOCK, import_workbook
from hengjian.roster.sheets.writing import csv_zip

MANY = 800
ROUNDS = 5
CHILD = """
import datetime as dt, sys
from pathlib import Path
import django
django.setup()
from django.db import connection
connection.settings_dict["NAME"] = sys.argv[2]
connection.ensure_connection()
from hengjian.roster.operations import import_workbook
print("go", flush=True)
import_workbook(Path(sys.argv[1]), by="child", now=dt.datetime.fromisoformat(sys.argv[3]))
print("done", flush=True)
"""


def large(path):
    """A file that adds many rows of each kind and ends one tenure that is on record."""
    day = "2020-01-01"
    numbers = range(MANY)
    rows = {
        "organisation": [
            {"code": f"X{n}", "name": f"合成单位{n}", "level": "county", "parent": "990101", "since": day}
            for n in numbers
        ],
        "post": [
            {"code": f"XP{n}", "title": "主任", "organisation": f"X{n}", "category": "middle", "since": day}
            for n in numbers
        ],
        "official": [{"code": f"XA{n}", "name": f"合成{n}"} for n in numbers],
        "tenure": [
            {"official": "A002", "post": "P2", "since": "2022-05-01", "until": "2026-06-30"},
            *({"official": f"XA{n}", "post": f"XP{n}", "since": day} for n in numbers),
        ],
    }
    sheets = layout(Vocabulary())
    path.write_bytes(csv_zip([(sheets[kind], lines) for kind, lines in rows.items()]))
    return path


def state():
    """What is on record once nobody imports any more."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        counts = [m.objects.count() for m in (Organisation, Post, Official, Tenure)]
        ended = Tenure.objects.filter(official__code="A002", until__isnull=False).count()
        return (*counts, ended, Change.objects.count(), ImportBatch.objects.count())


def start(path):
    name = connection.settings_dict["NAME"]
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(path), name, NOW.isoformat()],
        stdout=subprocess.PIPE, env=os.environ.copy(), text=True,
    )  # fmt: skip
    assert child.stdout.readline() == "go\n"
    return child


def begin_again(small):
    forget()
    import_workbook(small, by="office", now=NOW, words=WORDS)
    return state()


def run_whole(path):
    """Let a child import all of it; how long that took."""
    with start(path) as child:
        began = time.monotonic()
        assert child.stdout.readline() == "done\n"
        return time.monotonic() - began


@pytest.fixture
def committed(django_db_setup, django_db_blocker):
    """A database of this test's own: what is committed to an append-only table can never be removed."""
    with django_db_blocker.unblock():
        given = connection.settings_dict
        name, mine = given["NAME"], f"killed_{os.getpid()}"
        connection.close()
        where = {"host": given["HOST"], "port": given["PORT"], "user": given["USER"],
                 "password": given["PASSWORD"], "dbname": "postgres"}  # fmt: skip
        where = {key: value for key, value in where.items() if value}
        with psycopg.connect(autocommit=True, **where) as admin:
            admin.execute(f'CREATE DATABASE {mine} TEMPLATE "{name}"')
            given["NAME"] = mine
            try:
                yield
            finally:
                connection.close()
                given["NAME"] = name
                admin.execute(f"DROP DATABASE {mine} WITH (FORCE)")


@pytest.mark.usefixtures("committed")
def test_an_import_killed_at_random_points_leaves_the_old_state_or_the_new(book, tmp_path):
    path, small = large(tmp_path / "many.zip"), book(sample())
    old = begin_again(small)
    whole = run_whole(path)
    new = (4 + MANY, 3 + MANY, 3 + MANY, 4 + MANY, 1, 1, 2)
    assert state() == new
    found = []
    for turn in range(ROUNDS):
        begin_again(small)
        with start(path) as child:
            time.sleep(whole * (turn + random.random()) / ROUNDS)
            child.send_signal(signal.SIGKILL)
        found.append(state())
        assert found[-1] in {old, new}, f"half-imported after kill {turn}"
    assert old in found
    begin_again(small)
    run_whole(path)
    assert state() == new
