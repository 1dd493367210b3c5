"""Kill -9 in the middle of an import leaves the whole batch or nothing."""

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
from django.db import connection

from tests.unit.evidence.conftest import HEAD, HOTLINE

ROWS = 4_000
CHILD = """
import sys
from datetime import UTC, datetime
from pathlib import Path
import django
django.setup()
from hengjian.evidence.feeds import reading
from hengjian.evidence.feeds.folder import feed_from_text
from hengjian.evidence.operations import Rules, import_file
from hengjian.terms.calendar import WorkCalendar
reading.CHUNK = 200
feed = feed_from_text(Path(sys.argv[1]).read_text(encoding="utf-8").replace("hotline", sys.argv[3]), "x")
print("begin", flush=True)
import_file(feed, Path(sys.argv[2]), by="t", now=datetime(2026, 7, 10, tzinfo=UTC),
            rules=Rules(WorkCalendar(years=frozenset({2026})), {}))
print("done", flush=True)
"""
SEED = """
import django
django.setup()
from tests.unit.evidence.conftest import organisations
organisations()
"""


@pytest.fixture
def own_database(db: None, root: Path):
    """A database of this test's own, because what is committed there can never be removed."""
    given = connection.settings_dict
    name = f"kill_{os.getpid()}"
    where = {
        "host": given["HOST"],
        "port": given["PORT"] or None,
        "user": given["USER"],
        "password": given["PASSWORD"] or None,
    }
    where = {key: value for key, value in where.items() if value}
    with psycopg.connect(dbname="postgres", autocommit=True, **where) as admin:
        admin.execute(f"CREATE DATABASE {name}")
        target = psycopg.conninfo.make_conninfo(dbname=name, **where)
        parts = {**where, "dbname": name}
        query = "&".join(f"{key}={value}" for key, value in parts.items() if key != "dbname")
        environment = os.environ | {
            "DATABASE_URL": f"postgresql:///{name}?{query}",
            "DJANGO_SETTINGS_MODULE": os.environ["DJANGO_SETTINGS_MODULE"],
            "PYTHONPATH": os.pathsep.join([str(root), os.environ.get("PYTHONPATH", "")]),
        }
        try:
            django = [sys.executable, "-m", "django", "migrate", "--verbosity=0"]
            subprocess.run(django, env=environment, cwd=root, check=True)
            subprocess.run([sys.executable, "-c", SEED], env=environment, cwd=root, check=True)
            yield target, environment
        finally:
            admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def test_kill_leaves_the_whole_batch_or_nothing(own_database, tmp_path: Path, root: Path) -> None:
    target, environment = own_database
    feed, file = tmp_path / "feed.yaml", tmp_path / "in.csv"
    feed.write_text(HOTLINE, encoding="utf-8")
    rest = "云溪镇,办结,2026-06-01 09:00:00,2026-06-03 09:00:00,咨询,是,,2026-06-05 18:00:00,x"
    lines = [f"{'' if i % 50 == 0 else i},{rest}" for i in range(ROWS)]
    file.write_text("\n".join([HEAD, *lines]), encoding="utf-8")

    def start(code: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", CHILD, str(feed), str(file), code]
        child = subprocess.Popen(command, env=environment, cwd=root, stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None
        assert child.stdout.readline() == "begin\n"
        return child

    begun = time.perf_counter()
    whole = start("whole")
    begun = time.perf_counter()
    assert whole.communicate()[0] == "done\n"
    lasts = time.perf_counter() - begun

    points = random.Random(20261122)
    states = []
    with psycopg.connect(target, autocommit=True) as reader:
        for attempt in range(5):
            code = f"try{attempt}"
            child = start(code)
            time.sleep(lasts * points.uniform(0.0, 1.05))
            child.kill()
            child.communicate()
            count = "SELECT (SELECT count(*) FROM evidence_batch WHERE feed = %(f)s), "
            count += "(SELECT count(*) FROM evidence_case WHERE feed = %(f)s), "
            count += "(SELECT count(*) FROM evidence_quarantined WHERE feed = %(f)s)"
            states.append(reader.execute(count, {"f": code}).fetchone())
        full = reader.execute(count, {"f": "whole"}).fetchone()
    assert full is not None
    assert full[0] == 1
    assert full[1] == ROWS - ROWS // 50
    assert set(states) <= {(0, 0, 0), full}
    assert (0, 0, 0) in states
