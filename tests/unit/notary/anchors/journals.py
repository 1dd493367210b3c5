"""Journals for tests of sending: one in memory, one in a file that survives a kill."""

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from hengjian.notary.anchors.sending import Attempt
from hengjian.notary.anchors.values import Found, Signed


class FileJournal:
    """SQLite, each write committed before it returns."""

    def __init__(self, path: Path | str = ":memory:") -> None:
        self.path = path
        self.kept = self._open() if path == ":memory:" else None

    def _open(self) -> sqlite3.Connection:
        link = sqlite3.connect(self.path, isolation_level=None)
        link.execute(
            "CREATE TABLE IF NOT EXISTS attempt"
            " (size INT, at TEXT, nonce INT, price INT, hash TEXT, raw BLOB)"
        )
        link.execute("CREATE TABLE IF NOT EXISTS receipt (size INT PRIMARY KEY, block INT, hash TEXT)")
        return link

    def _do(self, statement: str, values: Sequence[object] = ()) -> list[tuple]:
        link = self.kept or self._open()
        rows = link.execute(statement, values).fetchall()
        if link is not self.kept:
            link.close()
        return rows

    def attempts(self, size: int) -> Sequence[Attempt]:
        rows = self._do("SELECT * FROM attempt WHERE size = ? ORDER BY rowid", [size])
        return [Attempt(Signed(r[2], r[3], r[4], r[5]), datetime.fromisoformat(r[1])) for r in rows]

    def attempted(self, size: int, signed: Signed, at: datetime) -> None:
        values = [size, at.isoformat(), signed.nonce, signed.price, signed.hash, signed.raw]
        self._do("INSERT INTO attempt VALUES (?, ?, ?, ?, ?, ?)", values)

    def settled(self, size: int, found: Found, at: datetime) -> None:
        self._do("INSERT INTO receipt VALUES (?, ?, ?)", [size, found.block, found.transaction])

    def sizes(self) -> list[int]:
        return [row[0] for row in self._do("SELECT size FROM receipt ORDER BY size")]
