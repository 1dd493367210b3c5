"""Where the database is: given by the environment, or an embedded server that is started."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from hengjian.database.server import EmbeddedServer
from hengjian.terms.errors import Refused

CONNECT = "10"  # seconds for a server to answer; libpq waits for ever, and with it whoever asks us


@contextmanager
def database_url(environ: Mapping[str, str], folder: Path) -> Iterator[str]:
    """Give the address of the database for as long as the block runs.

    ``DATABASE_URL`` wins, and then nothing is started; else the embedded server of the data folder
    is started or joined.
    """
    if given := environ.get("DATABASE_URL"):
        yield given
        return
    with EmbeddedServer(folder) as server:
        yield server.url


def django_database(url: str) -> dict[str, Any]:
    """Turn an address into an entry of Django's DATABASES."""
    try:
        parts: dict[str, Any] = {k: v for k, v in conninfo_to_dict(url).items() if v is not None}
    except ProgrammingError as fault:
        raise Refused(
            "DATABASE_URL 不是 PostgreSQL 地址",
            do="请写成 postgresql://用户:口令@主机:5432/库名",
            code="database.url",
        ) from fault
    parts.setdefault("connect_timeout", CONNECT)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.pop("dbname", "hengjian"),
        "USER": parts.pop("user", ""),
        "PASSWORD": parts.pop("password", ""),
        "HOST": parts.pop("host", ""),
        "PORT": str(parts.pop("port", "")),
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": parts,
    }
