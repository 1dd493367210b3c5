"""A backup holds the bytes of attachments, also of those that come meanwhile; a restore brings them back."""

import os
from pathlib import Path

import psycopg
from psycopg.conninfo import make_conninfo

from hengjian.database.backup import DUMP, ROLES, write_backup
from hengjian.database.restoring import check_backup, restore_backup
from hengjian.desk import attaching, shelf
from hengjian.desk.models import About, Version
from tests.own_database import reachable
from tests.unit.desk.conftest import NOW, PDF, png


def test_what_comes_while_a_backup_is_made_is_in_it_and_comes_back(
    database: str, data: Path, tmp_path: Path, settings
) -> None:
    from hengjian.access.operations import create_user

    user = create_user("office", "考核办", now=NOW)

    def send(data: bytes) -> Version:
        return attaching.attach(About.QUARANTINE, "1", "材料", "a.pdf", data, by=user, now=NOW)

    made, told = [send(PDF)], []

    def hear(part: str, _size: int) -> None:
        told.append(part)
        if part == ROLES:  # the files are read, the dump is not begun
            made.append(send(png()))

    target = tmp_path / "city.backup"
    write_backup(data, make_conninfo(dbname=database, **reachable()), target, NOW, hear)
    names = [f"files/attachments/{one.digest[:2]}/{one.digest}" for one in made]
    assert told.index(names[0]) < told.index(DUMP) < told.index(names[1])
    assert set(names) <= set(check_backup(target).parts)
    name, new = f"desk_back_{os.getpid()}", tmp_path / "new"
    with psycopg.connect(dbname="postgres", autocommit=True, **reachable()) as admin:
        admin.execute(f"CREATE DATABASE {name}")
        try:
            url = make_conninfo(dbname=name, **reachable())
            restore_backup(target, new, {"DATABASE_URL": url}, lambda _part, _size: None)
            with psycopg.connect(url) as link:
                rows = link.execute("SELECT digest FROM desk_version ORDER BY id").fetchall()
        finally:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    assert [digest for (digest,) in rows] == [one.digest for one in made]
    settings.DATA = new
    assert [shelf.take(one) for one in made] == [PDF, png()]
    for one in made:
        path = new / "attachments" / one.digest[:2] / one.digest
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.parent.stat().st_mode & 0o077 == 0
