"""The store in one SQLite file beside the keys.

Trusted? As `tables` says. Its attacker is whoever can write the witness's folder. Survives kill -9 and power
failure (write-ahead log, synchronous=FULL: a commit returns when it is on disk), not the loss of the disk.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hengjian.terms.errors import Tampered
from hengjian.witness.tables import Tables

PATIENCE = 20.0  # seconds that a request waits for others


class SqliteStore(Tables):
    """A store in a file."""

    begin = "BEGIN IMMEDIATE"  # takes the write lock before anything is read
    bytes_type = "BLOB"
    for_update = ""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path

    def create(self, owner: str) -> None:
        """Make the file, for this account only, and the tables."""
        self.path.touch(mode=0o600, exist_ok=True)
        super().create(owner)

    def connect(self) -> sqlite3.Connection:
        """Open the file; never make one, for an empty store would forget what was cosigned."""
        connection = sqlite3.connect(
            f"{self.path.absolute().as_uri()}?mode=rw", uri=True, timeout=PATIENCE, isolation_level=None
        )
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
        except sqlite3.DatabaseError as fault:
            connection.close()
            raise _damaged(self.path, fault) from fault
        return connection

    def has_tables(self) -> bool:
        """Whether the file is there and was made a store."""
        if not self.path.exists():
            return False
        found = self.execute(
            "SELECT count(*) FROM sqlite_master WHERE name LIKE 'witness_%' AND type = 'table'"
        )
        return bool(found.fetchone()[0])

    @contextmanager
    def relaxed(self) -> Iterator[None]:
        """A transaction whose commit does not wait for the disk; the write-ahead log keeps it whole."""
        self.execute("PRAGMA synchronous = NORMAL")
        try:
            with self.transaction():
                yield
        finally:
            self.execute("PRAGMA synchronous = FULL")

    def damage(self) -> str:
        """SQLite's own check of every page; a file that is not there is told by `owner`."""
        if not self.path.exists():
            return ""
        try:
            found = [str(row[0]) for row in self.execute("PRAGMA integrity_check")]
        except sqlite3.DatabaseError as fault:
            return str(fault)
        return "" if found == ["ok"] else "；".join(found[:5])


def _damaged(path: Path, fault: Exception) -> Tampered:
    return Tampered(
        f"见证人的存储已损坏：{fault}",
        where=str(path),
        do="请从最近的备份恢复，再用 hengjian witness catch-up 声明",
        code="witness.store_damaged",
    )
