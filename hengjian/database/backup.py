"""A backup: one file with the database, its roles, and everything else that the data folder keeps.

Files are read before the database, so that the published log in a backup is never ahead of the
database in it: the log's guard would take that for a fork. Attachments are read before and after it:
one that came meanwhile has its row in the dump, one that was destroyed meanwhile too. The manifest
comes last and names the digest of every part: a backup that was cut short has none.

Trusted like the data folder itself: it holds keys and personal data. Who changes it is found out only by
the log (``hengjian verify``, the nightly reconciliation), since he can mend the manifest too.
"""

import hashlib
import io
import json
import os
import re
import sqlite3
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import psycopg

from hengjian.database.binaries import wheel_programs
from hengjian.database.folder import ATTACHMENTS, Layout
from hengjian.terms.errors import Refused

FORMAT = "hengjian-backup/1"
MANIFEST, ROLES, DUMP, FILES = "manifest.json", "roles.json", "database.dump", "files/"
OWN_ROLES = r"hengjian\_%"
DRAFT = re.compile(r"^\..+\.\d+$|\.new$|-wal$|-shm$")
BLOCK = 1 << 20

Told = Callable[[str, int], None]


@dataclass(frozen=True)
class Manifest:
    """What a backup holds: when it was made, size and digest of every part, and the folders' modes."""

    at: str
    server: int
    parts: dict[str, tuple[int, str]]
    folders: dict[str, int] = field(default_factory=dict)

    def encode(self) -> bytes:
        """As it stands in the backup."""
        return json.dumps({"format": FORMAT, **self.__dict__}, indent=1).encode()

    @property
    def size(self) -> int:
        """Bytes of all parts."""
        return sum(size for size, _digest in self.parts.values())


class Hashed(io.RawIOBase):
    """A reader that hashes what passes through it, up to ``size`` bytes: a file may grow meanwhile."""

    def __init__(self, source: IO[bytes], size: int) -> None:
        self._source, self._left, self._hash = source, size, hashlib.sha256()

    def readable(self) -> bool:
        """It is."""
        return True

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        wanted = self._left if size < 0 else min(size, self._left)
        block = self._source.read(wanted)
        self._left -= len(block)
        self._hash.update(block)
        return block

    @property
    def digest(self) -> str:
        """Of all that was read."""
        return self._hash.hexdigest()


def write_backup(folder: Path, url: str, target: Path, now: datetime, told: Told) -> Manifest:
    """Write a backup to a file that nobody else can read; it appears whole or not at all.

    ``told`` hears of each part and its bytes. Raises: Refused when the target exists or has no room.
    """
    if target.exists():
        raise Refused(
            "备份文件已存在，不会覆盖", where=str(target), do="请换一个文件名", code="backup.exists"
        )
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with (
            os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file,
            tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as archive,
        ):
            manifest = _fill(archive, Layout(folder), url, target, now, told)
        _settle(draft, target)
    except psycopg.OperationalError as fault:
        raise Refused(
            "数据库连不上，没有备份", do="请核对 DATABASE_URL 或数据目录", code="backup.no_database"
        ) from fault
    except OSError as fault:
        raise Refused(
            f"备份写不成（{fault.strerror or fault}）",
            where=str(target),
            do="请核对目录、权限和剩余空间；没有留下半个文件",
            code="backup.write",
        ) from fault
    finally:
        draft.unlink(missing_ok=True)
    return manifest


def _settle(draft: Path, target: Path) -> None:
    with draft.open("rb") as file:
        os.fsync(file.fileno())
    target.hardlink_to(draft)  # never over another


def _fill(
    archive: tarfile.TarFile, layout: Layout, url: str, target: Path, now: datetime, told: Told
) -> Manifest:
    parts: dict[str, tuple[int, str]] = {}

    def add(name: str, path: Path, mode: int = 0o600) -> None:
        with path.open("rb") as source:
            size = os.fstat(source.fileno()).st_size
            parts[name] = size, _add(archive, name, source, size, mode)
        told(name, size)

    with tempfile.TemporaryDirectory(prefix=".hengjian-", dir=target.parent) as beside:
        work = Path(beside)
        for path in _kept(layout, target):
            name = FILES + str(path.relative_to(layout.folder))
            add(name, _still(path, work), path.stat().st_mode & 0o777)
        with psycopg.connect(url, autocommit=True) as link:
            server = link.info.server_version
            (work / ROLES).write_text(json.dumps(_roles(link), indent=1), encoding="utf-8")
        add(ROLES, work / ROLES)
        _dump(url, work / DUMP)
        add(DUMP, work / DUMP)
        for path in sorted((layout.folder / ATTACHMENTS).glob("??/*")):
            name = FILES + str(path.relative_to(layout.folder))
            if name not in parts and path.is_file() and not DRAFT.search(path.name):
                add(name, path)
    manifest = Manifest(now.isoformat(timespec="seconds"), server, parts, _folders(layout, parts))
    _add(archive, MANIFEST, io.BytesIO(manifest.encode()), len(manifest.encode()), 0o600)
    return manifest


def _add(archive: tarfile.TarFile, name: str, source: IO[bytes], size: int, mode: int) -> str:
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, mode
    hashed = Hashed(source, size)
    archive.addfile(info, hashed)
    return hashed.digest


def _kept(layout: Layout, target: Path) -> Iterator[Path]:
    """The files of a data folder, without what is the server's, a lock, a draft, or the backup itself."""
    passed = {layout.cluster.name, layout.sockets.name, target.name, "db.new"}
    for path in sorted(layout.folder.rglob("*")):
        top = path.relative_to(layout.folder).parts[0]
        servers = top in passed or top.startswith(("db.", "postgresql-", ".hengjian-"))
        if path.is_file() and not path.is_symlink() and not servers and not DRAFT.search(path.name):
            yield path


def _folders(layout: Layout, parts: Iterable[str]) -> dict[str, int]:
    """The folders that hold kept files, and who may enter them."""
    files = [Path(name.removeprefix(FILES)) for name in parts if name.startswith(FILES)]
    names = {str(above) for file in files for above in file.parents if above.name}
    return {name: (layout.folder / name).stat().st_mode & 0o777 for name in sorted(names)}


def _still(path: Path, work: Path) -> Path:
    """The file, or of a SQLite database a copy that stands still."""
    if path.suffix != ".sqlite":
        return path
    copy = work / "still.sqlite"
    copy.unlink(missing_ok=True)
    source, target = sqlite3.connect(path), sqlite3.connect(copy)
    try:
        source.backup(target)
    finally:
        source.close()
        target.close()
    return copy


def _roles(link: "psycopg.Connection[Any]") -> dict[str, list[dict[str, Any]]]:
    """Our roles and who is in them; an empty member is whoever runs the program. No passwords."""
    roles = link.execute(
        "SELECT rolname, rolcanlogin, rolinherit FROM pg_roles WHERE rolname LIKE %s ORDER BY 1", [OWN_ROLES]
    ).fetchall()
    members = link.execute(
        """SELECT g.rolname, CASE WHEN m.rolname = current_user THEN '' ELSE m.rolname END,
                  coalesce((to_jsonb(a) ->> 'inherit_option')::boolean, true)
           FROM pg_auth_members a JOIN pg_roles g ON g.oid = a.roleid JOIN pg_roles m ON m.oid = a.member
           WHERE g.rolname LIKE %s AND (m.rolname = current_user OR m.rolname LIKE %s) ORDER BY 1, 2""",
        [OWN_ROLES, OWN_ROLES],
    ).fetchall()
    return {
        "roles": [{"name": n, "login": login, "inherit": inherit} for n, login, inherit in roles],
        "members": [{"role": r, "member": m, "inherit": inherit} for r, m, inherit in members],
    }


def _dump(url: str, to: Path) -> None:
    run_program("pg_dump", "--format=custom", "--no-owner", "--file", str(to), "--dbname", url)


def run_program(name: str, *words: str) -> None:
    """Run one of PostgreSQL's programs. Raises: Refused with what it said."""
    command = [str(wheel_programs() / name), *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        said = done.stderr.strip().splitlines()
        raise Refused(
            f"{name} 没有成功：{said[-1] if said else done.returncode}",
            do="请核对剩余空间和数据库；什么也没有改动",
            code="backup.program",
        )
