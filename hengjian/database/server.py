"""The embedded server as a program sees it: start or join, use, leave."""

import fcntl
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

import psycopg
from psycopg import sql

from hengjian.database import keeper
from hengjian.database.binaries import programs_for
from hengjian.database.cluster import DATABASE, ROLE, make_cluster, start_failure, write_access
from hengjian.database.folder import Layout, check_reachable, give, make_folder, server_account
from hengjian.terms.errors import Refused

PATIENCE = 90.0  # seconds for a server to start, recovery after a crash included
GRACE = 2.0  # seconds without a keeper, after which none is coming
LARGEST_LOG = 5_000_000  # bytes, after which the log is begun anew and one older kept
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "max_connections": "100",
}


class EmbeddedServer:
    """A PostgreSQL of a data folder's own, shared by the programs that use the folder."""

    def __init__(self, folder: Path, settings: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self.settings = {**SETTINGS, **(settings or {})}
        self._layout: Layout | None = None
        self._share: int | None = None

    @property
    def layout(self) -> Layout:
        """The paths in the data folder."""
        if self._layout is None:
            self._layout = make_folder(self.folder)
        return self._layout

    @property
    def url(self) -> str:
        """The address of the database, for any client of PostgreSQL."""
        return self._url(DATABASE)

    def _url(self, database: str) -> str:
        return f"postgresql:///{database}?host={quote(str(self.layout.sockets))}&user={ROLE}"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start the server, or join the one that another program has started."""
        for path in (self.layout.start_lock, self.layout.users_lock, self.layout.keeper_lock):
            os.close(_open(path))
        with _held(self.layout.start_lock):
            self._share = _wait_for(self.layout.users_lock, fcntl.LOCK_SH)
            try:
                if not (_is_held(self.layout.keeper_lock) and self._becomes_ready()):
                    self._launch_and_wait()  # there is no keeper, or it was on its way out
            except BaseException:
                self._let_go()
                raise

    def stop(self) -> None:
        """Leave; when no other program uses the server, wait until it has gone down in order."""
        if self._share is None:
            return
        self._let_go()
        until = time.monotonic() + PATIENCE
        while _is_held(self.layout.keeper_lock) and time.monotonic() < until:
            time.sleep(0.05)
            if not _is_held(self.layout.users_lock):
                return  # the keeper did not come by it: others go on using the server

    def _let_go(self) -> None:
        if self._share is not None:
            os.close(self._share)
            self._share = None

    def _launch(self) -> int:
        """Start a keeper, which starts the server; give the log's size before."""
        account = server_account(self.layout, os.environ)
        check_reachable(self.layout, account)
        try:
            programs = programs_for(self.layout, account)
        except OSError as fault:
            raise start_failure(self.layout, f"error: {fault}") from fault
        make_cluster(self.layout, programs, account)
        write_access(self.layout, account)
        give(self.layout.sockets, account)
        settings = {**self.settings, "unix_socket_directories": str(self.layout.sockets)}
        command = [str(programs / "postgres"), "-D", str(self.layout.cluster)]
        command += [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        order = {
            "command": command,
            "cluster": str(self.layout.cluster),
            "sockets": str(self.layout.sockets),
            "keeper_lock": str(self.layout.keeper_lock),
            "users_lock": str(self.layout.users_lock),
            "uid": account.pw_uid,
            "gid": account.pw_gid,
        }
        return self._run_keeper(order)

    def _run_keeper(self, order: dict[str, object]) -> int:
        if self._log_size() > LARGEST_LOG:
            self.layout.log.replace(self.layout.log.with_name("db.log.1"))
        began = self._log_size()
        log = os.open(self.layout.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            subprocess.run(
                [sys.executable, "-I", "-S", keeper.__file__, json.dumps(order)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                check=True,
                cwd="/",
                env={"LC_ALL": "C.UTF-8", "PATH": os.defpath},
            )
        finally:
            os.close(log)
        return began

    def _log_size(self) -> int:
        return self.layout.log.stat().st_size if self.layout.log.exists() else 0

    def _launch_and_wait(self) -> None:
        began = self._launch()
        if not self._becomes_ready():
            with self.layout.log.open("rb") as log:
                log.seek(began)
                raise start_failure(self.layout, log.read().decode("utf-8", "replace"))

    def _becomes_ready(self) -> bool:
        """Wait for the server for as long as there is a keeper; whether it answers."""
        until = time.monotonic() + PATIENCE
        gone_since = time.monotonic()
        while time.monotonic() < until and time.monotonic() - gone_since < GRACE:
            if self._is_ready():
                return True
            if _is_held(self.layout.keeper_lock):
                gone_since = time.monotonic()
            time.sleep(0.02)
        return False

    def _is_ready(self) -> bool:
        try:
            with psycopg.connect(self._url("postgres"), autocommit=True, connect_timeout=5) as link:
                known = link.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
                if known.fetchone() is None:
                    link.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
        except psycopg.OperationalError as fault:
            if keeper_refuses(str(fault)):
                raise start_failure(self.layout, f"error: {fault}") from fault
            return False
        return True


def keeper_refuses(said: str) -> bool:
    """Whether waiting longer is of no use."""
    return "Peer authentication failed" in said or "No space left" in said


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _is_held(path: Path) -> bool:
    """Whether somebody holds this lock for himself alone. Lookers do not disturb each other."""
    handle = keeper.hold(str(path), fcntl.LOCK_SH | fcntl.LOCK_NB)
    if handle is None:
        return True
    os.close(handle)
    return False


def _wait_for(path: Path, mode: int) -> int:
    until = time.monotonic() + PATIENCE
    while (handle := keeper.hold(str(path), mode | fcntl.LOCK_NB)) is None:
        if time.monotonic() > until:
            raise Refused(
                "另一个程序正在启动或停止数据库，等得太久",
                where=str(path),
                do="请稍后再试",
                code="database.busy",
            )
        time.sleep(0.02)
    return handle


@contextmanager
def _held(path: Path) -> Iterator[None]:
    handle = _wait_for(path, fcntl.LOCK_EX)
    try:
        yield
    finally:
        os.close(handle)
