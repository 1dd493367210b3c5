"""Put a database back as a backup has it, in place; what stands now is kept aside until that is whole."""

import tarfile
import tempfile
from pathlib import Path

import psycopg

from hengjian.database.backup import DUMP, run_program
from hengjian.database.restoring import check_backup

ASIDE = "hengjian_failed_upgrade"


def put_back(source: Path, url: str) -> None:
    """Restore the database's part of a backup over the database it was made of; nobody else may be in it.

    Crash points: killed before the end, the old schema stands aside under ASIDE and the backup is untouched;
    run again, or restore the backup into an empty place.
    Raises: Refused when the backup is damaged; the database as it was found stands again.
    """
    check_backup(source)
    with tempfile.TemporaryDirectory(prefix=".hengjian-", dir=source.parent) as beside:
        with tarfile.open(source, "r:") as archive:
            archive.extract(DUMP, beside, filter="data")
        _swap(url, Path(beside) / DUMP)


def _swap(url: str, dump: Path) -> None:
    with psycopg.connect(url, autocommit=True) as link:
        with link.transaction():
            link.execute(f"DROP SCHEMA IF EXISTS {ASIDE} CASCADE")
            link.execute(f"ALTER SCHEMA public RENAME TO {ASIDE}")
            link.execute("CREATE SCHEMA public")
            link.execute("GRANT USAGE ON SCHEMA public TO PUBLIC")
        try:
            run_program(
                "pg_restore",
                "--no-owner",
                "--single-transaction",
                "--exit-on-error",
                "--dbname",
                url,
                str(dump),
            )
        except BaseException:
            with link.transaction():
                link.execute("DROP SCHEMA public CASCADE")
                link.execute(f"ALTER SCHEMA {ASIDE} RENAME TO public")
            raise
        link.execute(f"DROP SCHEMA {ASIDE} CASCADE")
