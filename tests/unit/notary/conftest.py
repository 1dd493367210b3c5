"""Kinds that only these tests log; a database of a test's own; a log with three witnesses.

Models are imported late: this file is read before Django is set up.
"""

import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from django.db import connection, connections

if TYPE_CHECKING:
    from tests.unit.notary.town import Town

_numbers = count()


@pytest.fixture(autouse=True)
def kinds() -> Iterator[None]:
    """A plain kind and a shuffled one, for the time of a test."""
    from hengjian.notary import protected

    before = dict(protected._KINDS)
    protected.protect(protected.Protected("test.note"), protected.Protected("test.ballot", shuffled=True))
    yield
    protected._KINDS.clear()
    protected._KINDS.update(before)


@pytest.fixture(scope="session")
def template(django_db_setup: None, django_db_blocker) -> Iterator[str]:
    """A migrated, empty database to copy."""
    from tests.unit.notary.town import reachable

    with django_db_blocker.unblock():
        base, name = connection.settings_dict["NAME"], f"notary_template_{os.getpid()}"
        connection.close()
        with psycopg.connect(dbname="postgres", autocommit=True, **reachable()) as admin:
            admin.execute(f"CREATE DATABASE {name} TEMPLATE {base}")
        yield name
        with psycopg.connect(dbname="postgres", autocommit=True, **reachable()) as admin:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def database(template: str, db: None) -> Iterator[str]:
    """A database of this test's own: what is committed there can never be removed."""
    from tests.unit.notary.town import reachable

    name = f"notary_{os.getpid()}_{next(_numbers)}"
    before = connections["default"]
    own = before.copy()
    own.settings_dict = before.settings_dict | {"NAME": name}
    with psycopg.connect(dbname="postgres", autocommit=True, **reachable()) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        connections["default"] = own
        try:
            yield name
        finally:
            own.close()
            connections["default"] = before
            admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.fixture
def town(database: str, tmp_path: Path) -> "Iterator[Town]":
    """A log with three witnesses."""
    from tests.unit.notary.town import town_in

    made = town_in(tmp_path)
    yield made
    for office in made.offices:
        office.shut()
