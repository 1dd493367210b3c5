"""A backup of the demonstration city: the machine is lost, another has everything again (SPEC F3)."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from hengjian.database import EmbeddedServer
from hengjian.database.backup import write_backup
from hengjian.terms.errors import Refused
from tests.unit.demo.conftest import HENGJIAN, Demo

TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
RIGHTS = """SELECT json_agg(r ORDER BY r) FROM (SELECT grantee || table_name || privilege_type r
    FROM information_schema.role_table_grants WHERE grantee LIKE 'hengjian\\_%') x"""


@dataclass(frozen=True)
class Kept:
    """A backup, and where the tests may put things."""

    file: Path
    room: Path

    def restored(self, name: str) -> tuple["subprocess.CompletedProcess[str]", Path]:
        return run(self.room / name, "restore", str(self.file)), self.room / name


def run(data: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    taken = {"DATABASE_URL", "DJANGO_SETTINGS_MODULE"}
    environment = {k: v for k, v in os.environ.items() if k not in taken} | {"HENGJIAN_DATA": str(data)}
    return subprocess.run([*HENGJIAN, *words], env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def kept(demo: Demo) -> Iterator[Kept]:
    room = Path(tempfile.mkdtemp(prefix="hengjian-backup-"))
    room.chmod(0o711)
    try:
        done = demo.run("backup", str(room / "city.backup"))
        assert done.returncode == 0, done.stderr
        yield Kept(room / "city.backup", room)
    finally:
        shutil.rmtree(room, ignore_errors=True)


def held(data: Path) -> dict[str, object]:
    """Every table's rows and every right of our roles."""
    with EmbeddedServer(data) as server, psycopg.connect(server.url) as link:
        names = [str(name) for (name,) in link.execute(TABLES)]
        rows = "SELECT count(*), md5(string_agg(md5(t::text), '' ORDER BY md5(t::text))) FROM {} t"
        contents = {n: link.execute(SQL(rows).format(Identifier(n))).fetchone() for n in names}
        return {**contents, "rights": link.execute(RIGHTS).fetchone()}


def test_nothing_is_missing_on_the_new_machine(demo: Demo, kept: Kept) -> None:
    done, data = kept.restored("new")
    assert done.returncode == 0, done.stderr
    assert held(data) == held(demo.folder)
    for old in [p for room in ("notary", "bundles", "demo") for p in (demo.folder / room).rglob("*")]:
        new = data / old.relative_to(demo.folder)
        assert new.stat().st_mode == old.stat().st_mode, old
        if old.is_file() and old.suffix != ".sqlite":  # of those a copy that stands still is kept
            assert new.read_bytes() == old.read_bytes(), old
    verified = run(data, "verify", *[str(path) for path in sorted((data / "bundles").glob("*.hjb"))[:1]])
    assert verified.returncode == 0, verified.stdout + verified.stderr
    stands = re.search(r"存证日志停在 (\d+) 条", done.stdout)
    assert stands
    assert int(stands[1]) > 0


def test_a_backup_is_its_owners_alone(kept: Kept) -> None:
    assert kept.file.stat().st_mode & 0o077 == 0


def test_a_backup_is_never_written_over(demo: Demo, kept: Kept) -> None:
    before = kept.file.read_bytes()
    done = demo.run("backup", str(kept.file))
    assert done.returncode == 2
    assert "已存在" in done.stderr
    assert kept.file.read_bytes() == before


def test_nothing_is_put_back_over_anything(kept: Kept) -> None:
    data = kept.room / "taken"
    data.mkdir()
    (data / "precious").write_text("一")
    done = run(data, "restore", str(kept.file))
    assert done.returncode == 2
    assert "不是空的" in done.stderr
    assert [path.name for path in data.iterdir()] == ["precious"]


@pytest.mark.parametrize("share", [0.0, 0.3, 0.97])
def test_a_backup_cut_short_is_refused(kept: Kept, share: float) -> None:
    whole = kept.file.read_bytes()
    short = kept.room / "short.backup"
    short.write_bytes(whole[: int(len(whole) * share)])
    done = run(kept.room / "none", "restore", str(short))
    assert done.returncode == 2, done.stderr
    assert not (kept.room / "none").exists()


def test_a_changed_byte_is_named_by_its_part(kept: Kept) -> None:
    with tarfile.open(kept.file) as archive:
        place = archive.getmember("files/notary/trust").offset_data
    changed = bytearray(kept.file.read_bytes())
    changed[place] ^= 1
    (kept.room / "changed.backup").write_bytes(changed)
    done = run(kept.room / "none", "restore", "--check", str(kept.room / "changed.backup"))
    assert done.returncode == 2
    assert "files/notary/trust" in done.stderr


def test_a_name_that_leaves_the_folder_is_refused(kept: Kept) -> None:
    """Whoever can write a backup can write its manifest: the way out must be shut at extraction too."""
    evil = kept.room / "evil.backup"
    bad = b"x"
    with tarfile.open(kept.file) as source, tarfile.open(evil, "w") as target:
        for member in source:
            file = source.extractfile(member)
            assert file is not None
            content = file.read()
            if member.name == "manifest.json":
                raw = json.loads(content)
                raw["parts"]["files/../../out"] = [1, hashlib.sha256(bad).hexdigest()]
                content = json.dumps(raw).encode()
                extra = tarfile.TarInfo("files/../../out")
                extra.size = 1
                target.addfile(extra, BytesIO(bad))
                member.size = len(content)
            target.addfile(member, BytesIO(content))
    done = run(kept.room / "deep" / "none", "restore", str(evil))
    assert done.returncode == 2, done.stderr
    assert not list(kept.room.rglob("out"))


def test_no_room_leaves_no_half(demo: Demo, tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(small)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("no right to mount a small disk here")
    try:
        done = demo.run("backup", str(small / "city.backup"))
        assert done.returncode == 2, done.stderr
        assert not list(small.iterdir())
    finally:
        subprocess.run(["umount", str(small)], check=True)


def test_an_unreachable_database_is_refused(tmp_path: Path) -> None:
    from datetime import UTC, datetime

    with pytest.raises(Refused):
        write_backup(
            tmp_path, "postgresql:///none?host=/nowhere", tmp_path / "b", datetime(2026, 1, 1, tzinfo=UTC),
            lambda _part, _size: None,
        )  # fmt: skip
    assert not list(tmp_path.iterdir())
