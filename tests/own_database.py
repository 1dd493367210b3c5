"""A database of a test's own, copied from a migrated, empty one: what is committed in it can never go."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

import psycopg
from django.db import connection, connections

_numbers = count()


def reachable() -> dict[str, str]:
    """How libpq reaches the server of these tests."""
    given = connections["default"].settings_dict
    parts = {"host": given["HOST"], "port": given["PORT"], "user": given["USER"]}
    parts["password"] = given["PASSWORD"]
    return {key: str(value) for key, value in parts.items() if value}


@contextmanager
def empty_copy(prefix: str) -> Iterator[str]:
    """A migrated, empty database to copy."""
    base, name = connection.settings_dict["NAME"], f"{prefix}_template_{os.getpid()}"
    connection.close()
    with psycopg.connect(dbname="postgres", autocommit=True, **reachable()) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE {base}")
    yield name
    with psycopg.connect(dbname="postgres", autocommit=True, **reachable()) as admin:
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def own_database(template: str, prefix: str) -> Iterator[str]:
    """The program's database for the time of a test, for all its threads."""
    name = f"{prefix}_{os.getpid()}_{next(_numbers)}"
    before = connections["default"]
    base, own = before.settings_dict["NAME"], before.copy()
    own.settings_dict = before.settings_dict | {"NAME": name}
    with psycopg.connect(dbname="postgres", autocommit=True, **reachable()) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        connections["default"] = own
        before.settings_dict["NAME"] = name  # other threads make their links from it
        try:
            yield name
        finally:
            own.close()
            before.settings_dict["NAME"] = base
            connections["default"] = before
            admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
