"""The store in SQL, as SQLite and PostgreSQL have it in common.

Trusted? For memory, not for honesty: every checkpoint in it carries the log's signature and ours, and both
are checked at start, so that its attacker cannot invent a checkpoint. He can put an older one back (or the
whole store: a restored backup), and then the witness would cosign a second history from there on. That is
why a restored store must be declared (`hengjian witness catch-up`). What it survives: kill -9 and power
failure at any moment, because nothing is answered before the commit is on disk; it does not survive the
loss of the disk, unless PostgreSQL replicates synchronously.
"""

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from hengjian.terms.errors import Refused, Tampered
from hengjian.witness.records import Fork, Held, Refusals, Ruling

MOST_FORKS = 100  # proofs kept for a log: one suffices, and a log's owner can sign any number
TABLES = (
    "CREATE TABLE witness_owner (one INTEGER PRIMARY KEY CHECK (one = 1), keys TEXT NOT NULL)",
    "CREATE TABLE witness_log (origin TEXT PRIMARY KEY, note {bytes}, at BIGINT)",
    """CREATE TABLE witness_refusal (
        origin TEXT, reason TEXT, count BIGINT NOT NULL, last BIGINT NOT NULL, PRIMARY KEY (origin, reason)
    )""",
    """CREATE TABLE witness_fork (
        origin TEXT, size BIGINT, root {bytes}, cosigned {bytes} NOT NULL, refused {bytes} NOT NULL,
        at BIGINT NOT NULL, PRIMARY KEY (origin, size, root)
    )""",
)


class Tables(ABC):
    """A store in four tables; each thread has a connection of its own."""

    begin: str
    bytes_type: str
    for_update: str

    def __init__(self) -> None:
        self._local = threading.local()

    @abstractmethod
    def connect(self) -> Any:
        """Open a connection in autocommit mode whose commits are on disk when they return."""

    @abstractmethod
    def has_tables(self) -> bool:
        """Whether the store was made."""

    @abstractmethod
    def relaxed(self) -> AbstractContextManager[None]:
        """A transaction whose commit need not wait for the disk."""

    def execute(self, text: str, values: Sequence[object] = ()) -> Any:
        """Run one statement, values by ``?``."""
        return self.connection.execute(text, tuple(values))

    @property
    def connection(self) -> Any:
        """This thread's connection."""
        if getattr(self._local, "connection", None) is None:
            self._local.connection = self.connect()
        return self._local.connection

    def close(self) -> None:
        """Let go of this thread's connection."""
        connection, self._local.connection = getattr(self._local, "connection", None), None
        if connection is not None:
            connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; a connection that fails is dropped, and the next request opens another."""
        try:
            self.execute(self.begin)
            yield
            self.execute("COMMIT")
        except BaseException:
            self._give_up()
            raise

    def _give_up(self) -> None:
        try:
            self.execute("ROLLBACK")
        except Exception:  # noqa: BLE001 - whatever is wrong with it, the connection is not used again
            self.close()

    def create(self, owner: str) -> None:
        """Make the tables, for this witness only."""
        if self.has_tables():
            raise Refused(
                "存储里已经有一个见证人的记录", do="请另选一个空的库或文件", code="witness.store_taken"
            )
        with self.transaction():
            for table in TABLES:
                self.execute(table.format(bytes=self.bytes_type))
            self.execute("INSERT INTO witness_owner VALUES (1, ?)", [owner])

    def owner(self) -> str:
        """The keys of the witness that the store was made for; refused where there is no store."""
        row = self.execute("SELECT keys FROM witness_owner").fetchone() if self.has_tables() else None
        if row is None:
            raise Tampered(
                "见证人的存储不见了",
                do="没有记忆的见证人会为分叉签名。请找回存储，或用新密钥重新建立见证人",
                code="witness.store_missing",
            )
        return str(row[0])

    def watch(self, origin: str) -> None:
        """Make room for a log; what is known of it stays."""
        with self.transaction():
            self.execute(
                "INSERT INTO witness_log (origin) VALUES (?) ON CONFLICT (origin) DO NOTHING", [origin]
            )

    def known(self) -> dict[str, Held | None]:
        """Every log with the last checkpoint cosigned."""
        rows = self.execute("SELECT origin, note, at FROM witness_log ORDER BY origin").fetchall()
        return {origin: _held(note, at) for origin, note, at in rows}

    def exchange(self, origin: str, decide: Callable[[Held | None], Ruling]) -> Ruling:
        """Show ``decide`` what is held, keep what it rules, and return only when that is on disk."""
        with self.transaction():
            row = self.execute(
                f"SELECT note, at FROM witness_log WHERE origin = ?{self.for_update}",  # noqa: S608
                [origin],
            ).fetchone()
            if row is None:
                raise row_missing(origin)
            ruling = decide(_held(*row))
            if ruling.held is not None:
                self._keep(origin, ruling.held)
            if ruling.fork is not None:
                self._keep_fork(ruling.fork)
        return ruling

    def _keep(self, origin: str, held: Held) -> None:
        self.execute("UPDATE witness_log SET note = ?, at = ? WHERE origin = ?", [held.note, held.at, origin])

    def _keep_fork(self, fork: Fork) -> None:
        kept = self.execute("SELECT count(*) FROM witness_fork WHERE origin = ?", [fork.origin]).fetchone()[0]
        if kept < MOST_FORKS:
            self.execute(
                "INSERT INTO witness_fork VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                [fork.origin, fork.size, fork.root, fork.cosigned, fork.refused, fork.at],
            )

    def count(self, origin: str, reason: str, at: int) -> None:
        """Count a refusal; a power failure may lose the last few counts, never a checkpoint."""
        with self.relaxed():
            self.execute(
                "INSERT INTO witness_refusal VALUES (?, ?, 1, ?) ON CONFLICT (origin, reason)"
                " DO UPDATE SET count = witness_refusal.count + 1, last = excluded.last",
                [origin, reason, at],
            )

    def refusals(self) -> list[Refusals]:
        """All counts."""
        rows = self.execute(
            "SELECT origin, reason, count, last FROM witness_refusal ORDER BY origin, reason"
        ).fetchall()
        return [Refusals(*row) for row in rows]

    def forks(self) -> list[Fork]:
        """All proofs of a fork."""
        rows = self.execute(
            "SELECT origin, size, root, cosigned, refused, at FROM witness_fork ORDER BY at, origin, size"
        ).fetchall()
        return [Fork(o, size, bytes(root), bytes(a), bytes(b), at) for o, size, root, a, b, at in rows]


def row_missing(origin: str) -> Tampered:
    """A log that is cosigned has no row any more: whoever took it out opens the way to a fork."""
    return Tampered(
        "存储里没有这份日志的记录",
        where=origin,
        do="记录被删过。请找回存储；在查清之前不要再签",
        code="witness.row_missing",
    )


def _held(note: Any, at: Any) -> Held | None:
    return None if note is None else Held(bytes(note), int(at))
