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
from django.db import connection

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


@pytest.fixture
def database(django_db_setup: None, django_db_blocker) -> Iterator[str]:
    """A database of this test's own: what is committed there can never be removed."""
    from tests.unit.notary.town import reachable

    with django_db_blocker.unblock():
        base, name = connection.settings_dict["NAME"], f"notary_{os.getpid()}_{next(_numbers)}"
        connection.close()
        with psycopg.connect(dbname="postgres", autocommit=True, **reachable()) as admin:
            admin.execute(f"CREATE DATABASE {name} TEMPLATE {base}")
            connection.settings_dict["NAME"] = name
            try:
                yield name
            finally:
                connection.close()
                connection.settings_dict["NAME"] = base
                admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.fixture
def town(database: str, tmp_path: Path) -> "Iterator[Town]":
    """A log with three witnesses."""
    from tests.unit.notary.town import town_in

    made = town_in(tmp_path)
    yield made
    for office in made.offices:
        office.shut()
