"""Kinds that only these tests log; a database of a test's own; a log with three witnesses.

Models are imported late: this file is read before Django is set up.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.own_database import empty_copy, own_database

if TYPE_CHECKING:
    from tests.unit.notary.town import Town


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
    with django_db_blocker.unblock(), empty_copy("notary") as name:
        yield name


@pytest.fixture
def database(template: str, db: None) -> Iterator[str]:
    """A database of this test's own."""
    with own_database(template, "notary") as name:
        yield name


@pytest.fixture
def town(database: str, tmp_path: Path) -> "Iterator[Town]":
    """A log with three witnesses."""
    from tests.unit.notary.town import town_in

    made = town_in(tmp_path)
    yield made
    for office in made.offices:
        office.shut()
