"""Putting a backup back: checked whole before anything is written, and then whole or not at all."""

import hashlib
import json
import os
import shutil
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from hengjian.database.backup import BLOCK, DUMP, FILES, FORMAT, MANIFEST, ROLES, Manifest, Told, run_program
from hengjian.database.folder import make_folder
from hengjian.database.server import EmbeddedServer
from hengjian.terms.errors import Refused

BESIDE = ".database"  # where the database's parts wait in the draft of the folder


def check_backup(path: Path) -> Manifest:
    """Read a backup from end to end and hold every part against the manifest.

    Raises: Refused, naming the part that is damaged, missing or one too many.
    """
    try:
        text, found = _parts(path)
    except (tarfile.TarError, OSError, EOFError) as fault:
        raise _damaged(path, f"读不下去：{fault}") from fault
    manifest = _manifest(path, text)
    names = found.keys() | manifest.parts.keys()
    differing = sorted(name for name in names if found.get(name) != manifest.parts.get(name))
    if differing:
        raise _damaged(path, "与清单不符：" + "、".join(differing[:5]))
    if not {ROLES, DUMP} <= found.keys():
        raise _damaged(path, "没有数据库")
    return manifest


def _parts(path: Path) -> tuple[bytes, dict[str, tuple[int, str]]]:
    """The manifest's text, and size and digest of everything else."""
    text, found = b"", {}
    with tarfile.open(path, "r:") as archive:
        for member in archive:
            if member.name == MANIFEST and member.isreg():
                text = _content(archive, member)
            else:
                found[member.name] = _seen(archive, member)
    return text, found


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = archive.extractfile(member)
    return file.read() if file else b""


def _seen(archive: tarfile.TarFile, member: tarfile.TarInfo) -> tuple[int, str]:
    """Size and digest of a part; of anything but a plain file none, so that it never fits."""
    file = archive.extractfile(member) if member.isreg() else None
    if file is None:
        return -1, ""
    digest = hashlib.sha256()
    while block := file.read(BLOCK):
        digest.update(block)
    return member.size, digest.hexdigest()


def _manifest(path: Path, text: bytes) -> Manifest:
    try:
        raw: dict[str, Any] = json.loads(text)
        parts = {str(name): (int(size), str(digest)) for name, (size, digest) in raw["parts"].items()}
        known = raw["format"] == FORMAT
        folders = {str(name): int(mode) for name, mode in raw["folders"].items()}
        made = Manifest(str(raw["at"]), int(raw["server"]), parts, folders)
    except (ValueError, KeyError, TypeError, AttributeError) as fault:
        raise _damaged(path, "没有清单，可能没有写完") from fault
    if not known:
        raise _damaged(path, f"不认识的格式 {raw['format']}")
    return made


def restore_backup(path: Path, folder: Path, environ: Mapping[str, str], told: Told) -> Manifest:
    """Put a backup back into an empty place: the data folder, and the database of ``DATABASE_URL`` if given.

    Raises: Refused when the backup is damaged or the place is not empty; then nothing has changed.
    """
    manifest = check_backup(path)
    if folder.exists() and any(folder.iterdir()):
        raise Refused(
            "数据目录不是空的，不会覆盖",
            where=str(folder),
            do="请先把它改名保存，或用 HENGJIAN_DATA 另指一个空目录",
            code="restore.not_empty",
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = folder.with_name(f"{folder.name}.restoring-{os.getpid()}")
    try:
        make_folder(draft)
        _extract(path, draft, told)
        for name, mode in manifest.folders.items():
            if (inside := (draft / name).resolve()).is_relative_to(draft.resolve()):
                inside.chmod(mode & 0o777)
        with _database(environ, draft) as url:
            _load(url, draft)
        shutil.rmtree(draft / BESIDE)
        if folder.exists():
            folder.rmdir()
        draft.rename(folder)
    except tarfile.TarError as fault:  # a name that leads out of the folder
        raise _damaged(path, str(fault)) from fault
    except OSError as fault:
        raise Refused(
            f"恢复不成（{fault.strerror or fault}）",
            where=str(folder),
            do="请核对权限和剩余空间，再试一次",
            code="restore.write",
        ) from fault
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return manifest


def _extract(path: Path, draft: Path, told: Told) -> None:
    with tarfile.open(path, "r:") as archive:
        for member in archive:
            if member.name == MANIFEST:
                continue
            own = member.name.startswith(FILES)
            member.name = member.name.removeprefix(FILES) if own else f"{BESIDE}/{member.name}"
            archive.extract(member, draft, filter="data")
            (draft / member.name).chmod(member.mode & 0o777)
            told(member.name, member.size)


@contextmanager
def _database(environ: Mapping[str, str], draft: Path) -> Iterator[str]:
    if given := environ.get("DATABASE_URL"):
        yield given
        return
    with EmbeddedServer(draft) as server:
        yield server.url


def _load(url: str, draft: Path) -> None:
    with psycopg.connect(url) as link:
        taken = link.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
        if taken and taken[0]:
            raise Refused(
                f"数据库不是空的（{taken[0]} 张表），不会覆盖",
                do="请新建一个空库，把 DATABASE_URL 指向它",
                code="restore.not_empty",
            )
        _make_roles(link, json.loads((draft / BESIDE / ROLES).read_text(encoding="utf-8")))
    words = ("--no-owner", "--single-transaction", "--exit-on-error", "--dbname", url)
    run_program("pg_restore", *words, str(draft / BESIDE / DUMP))


def _make_roles(link: "psycopg.Connection[Any]", stored: Mapping[str, list[dict[str, Any]]]) -> None:
    """The roles that are missing. A login gets no password: `hengjian kiosk logins` sets it anew."""
    here = {name for (name,) in link.execute("SELECT rolname FROM pg_roles")}
    for one in stored["roles"]:
        if one["name"] not in here:
            kind = f"{'LOGIN' if one['login'] else 'NOLOGIN'} {'INHERIT' if one['inherit'] else 'NOINHERIT'}"
            link.execute(sql.SQL(f"CREATE ROLE {{}} {kind}").format(sql.Identifier(one["name"])))
    for one in stored["members"]:
        member = sql.Identifier(one["member"]) if one["member"] else sql.SQL("CURRENT_USER")
        link.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(one["role"]), member))


def _damaged(path: Path, why: str) -> Refused:
    return Refused(
        f"备份不完整：{why}", where=str(path), do="请换一份备份；什么也没有改动", code="restore.damaged"
    )
