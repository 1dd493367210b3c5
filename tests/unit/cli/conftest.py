"""A database of a test's own, where what is committed can never go."""

from collections.abc import Iterator

import pytest

from tests.own_database import empty_copy, own_database


@pytest.fixture(scope="session")
def template(django_db_setup: None, django_db_blocker) -> Iterator[str]:
    """A migrated, empty database to copy."""
    with django_db_blocker.unblock(), empty_copy("cli") as name:
        yield name


@pytest.fixture
def database(template: str, db: None) -> Iterator[str]:
    """A database of this test's own."""
    with own_database(template, "cli") as name:
        yield name
