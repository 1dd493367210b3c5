"""The store in a PostgreSQL database that the witness's office runs already.

Trusted? As `tables` says; its attacker is that database's administrator. Survives kill -9 and power failure
(synchronous_commit is set on for every session, whatever the server's default), and with a synchronous
standby also the loss of a disk.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg

from hengjian.witness.tables import Tables

PATIENCE = "20s"


class PostgresStore(Tables):
    """A store in a database; requests about one log take turns by its row lock."""

    begin = "BEGIN"
    bytes_type = "BYTEA"
    for_update = " FOR UPDATE"

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url

    def connect(self) -> psycopg.Connection[Any]:
        """Open a session whose commits are on disk when they return."""
        connection = psycopg.connect(self.url, autocommit=True, connect_timeout=10)
        connection.execute("SELECT set_config('lock_timeout', %s, false)", [PATIENCE])
        connection.execute("SET synchronous_commit = on")
        connection.execute("SET default_transaction_isolation = 'read committed'")
        return connection

    def execute(self, text: str, values: Sequence[object] = ()) -> Any:
        """Run one statement, values by ``?``."""
        return self.connection.execute(text.replace("?", "%s"), tuple(values))

    def has_tables(self) -> bool:
        """Whether the database was made a store."""
        return bool(self.execute("SELECT to_regclass('witness_log') IS NOT NULL").fetchone()[0])

    @contextmanager
    def relaxed(self) -> Iterator[None]:
        """A transaction whose commit does not wait for the disk."""
        with self.transaction():
            self.execute("SET LOCAL synchronous_commit = off")
            yield

    def damage(self) -> str:
        """Whether the server would lose what it has confirmed."""
        fsync = self.execute("SHOW fsync").fetchone()[0]
        pages = self.execute("SHOW full_page_writes").fetchone()[0]
        return "" if (fsync, pages) == ("on", "on") else f"fsync={fsync}, full_page_writes={pages}"
