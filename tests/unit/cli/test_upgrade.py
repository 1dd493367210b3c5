"""``hengjian upgrade``: from the previous commit's database; put back when a check fails.

The long one runs the demonstration city by an earlier commit's own code (half a minute of CPU): whether real
data of yesterday's program go through today's migrations and still verify can be seen no other way.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from django.db import connection

from hengjian.cli import upgrade
from hengjian.database.putting_back import put_back
from hengjian.terms.errors import Refused

NOW = datetime(2026, 6, 20, tzinfo=UTC)
MIGRATIONS = ":(glob)hengjian/**/migrations/*.py"


def run(tree: Path, data: Path, *words: str) -> subprocess.CompletedProcess[str]:
    known = {key: value for key, value in os.environ.items() if key not in {"DATABASE_URL", "PYTHONPATH"}}
    return subprocess.run(
        [sys.executable, "-m", "hengjian", *words], cwd=tree, capture_output=True, text=True, check=False,
        timeout=600, env=known | {"HENGJIAN_DATA": str(data)},
    )  # fmt: skip


@pytest.fixture
def data() -> Iterator[Path]:
    """A data folder that root's server, which runs as another account, can come into."""
    made = Path(tempfile.mkdtemp(prefix="hengjian-upgrade-"))
    made.chmod(0o711)
    yield made / "data"
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture
def earlier(root: Path, tmp_path: Path) -> Path:
    """The tree as it was before the last change to the database; skipped where there is no history."""

    def git(*words: str) -> str:
        done = subprocess.run(["git", "-C", str(root), *words], capture_output=True, text=True, check=False)
        return done.stdout.strip() if done.returncode == 0 else ""

    changed = git("log", "-1", "--format=%h", "--", MIGRATIONS)
    before = git("rev-parse", "--verify", f"{changed}^") if changed else ""
    if not before:
        pytest.skip("不是 git 克隆或没有历史 · no git history")
    tree = tmp_path / "earlier"
    tree.mkdir()
    packed = subprocess.run(["git", "-C", str(root), "archive", before], capture_output=True, check=True)
    subprocess.run(["tar", "-x", "-C", str(tree)], input=packed.stdout, check=True)
    return tree


def test_the_previous_commits_city_is_upgraded_and_verifies(
    earlier: Path, root: Path, data: Path, tmp_path: Path
) -> None:
    made = run(earlier, data, "demo")
    assert made.returncode == 0, made.stderr
    bundle = next((data / "bundles").glob("demo-seed-2026-h1*.hjb"))
    backup = tmp_path / "before.backup"
    done = run(root, data, "upgrade", "--backup", str(backup))
    assert done.returncode == 0, done.stderr
    assert "核对通过" in done.stdout
    assert backup.stat().st_mode & 0o777 == 0o600
    cycle = bundle.name.rsplit("-", 1)[0]
    trust = str(data / "notary" / "trust")
    for words in ((str(bundle), "--trust", trust), (cycle,)):
        said = run(root, data, "verify", *words)
        assert said.returncode == 0, said.stdout + said.stderr
    again = run(root, data, "upgrade")
    assert "已是最新" in again.stdout
    checked = run(root, data, "notary", "reconcile")
    assert checked.returncode == 0, checked.stdout + checked.stderr


# -- refusals and putting back ---------------------------------------------------------------


def sql(text: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(text)


@pytest.mark.django_db
def test_a_newer_database_is_refused() -> None:
    sql("INSERT INTO django_migrations (app, name, applied) VALUES ('cycles', '9999_later', now())")
    with pytest.raises(Refused, match="9999_later") as refused:
        upgrade.check_may()
    assert refused.value.code == "upgrade.newer"


def test_while_others_are_in_the_database_it_is_refused(database: str) -> None:
    sql("DELETE FROM django_migrations WHERE app = 'clockwork' AND name = (SELECT max(name)"
        " FROM django_migrations WHERE app = 'clockwork')")  # fmt: skip
    assert upgrade.check_may()
    with psycopg.connect(**_link()), pytest.raises(Refused, match="1 个连接") as refused:
        upgrade.check_may()
    assert refused.value.code == "upgrade.in_use"


def _link() -> dict[str, str]:
    given = connection.get_connection_params()
    return {key: given[key] for key in ("host", "port", "dbname", "user", "password") if given.get(key)}


def _url() -> str:
    return psycopg.conninfo.make_conninfo(**_link())


def test_a_failed_check_puts_back_every_table_and_guard(database: str, tmp_path: Path, monkeypatch) -> None:
    from hengjian.access.models import User
    from hengjian.database.backup import write_backup
    from hengjian.database.declared import guards

    User.objects.create(username="kept", display_name="甲", password="!", created_at=NOW)
    connection.close()
    backup = tmp_path / "b.backup"
    (tmp_path / "data").mkdir()
    write_backup(tmp_path / "data", _url(), backup, NOW, lambda *_: None)

    def spoil(*, quietly_allowed: bool) -> int:
        sql("DROP TRIGGER access_grant_rows_stay ON access_grant; CREATE TABLE half (a int);"
            "UPDATE access_user SET username = 'spoilt'")  # fmt: skip
        return 1

    monkeypatch.setattr(upgrade, "bring_up_to_date", spoil)
    with pytest.raises(Refused, match="已恢复原样") as refused:
        upgrade._migrate_or_put_back(tmp_path / "data", backup, _url())
    assert refused.value.code == "upgrade.put_back"
    assert list(User.objects.values_list("username", flat=True)) == ["kept"]
    found = guards(connection)
    assert not [*found.missing, *found.idle, *found.changed, *found.open, *found.wide]
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('half'), to_regnamespace('hengjian_failed_upgrade')")
        assert cursor.fetchone() == (None, None)


def test_a_damaged_backup_leaves_the_database_as_found(database: str, tmp_path: Path) -> None:
    from hengjian.access.models import User

    User.objects.create(username="kept", display_name="甲", password="!", created_at=NOW)
    connection.close()
    (tmp_path / "b.backup").write_bytes(b"nothing")
    with pytest.raises(Refused):
        put_back(tmp_path / "b.backup", _url())
    assert User.objects.count() == 1
