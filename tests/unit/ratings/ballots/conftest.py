"""The shipped policy, one issuing key, and a database for tests that commit."""

from collections.abc import Iterator
from datetime import date

import pytest

from hengjian.policy import folder
from hengjian.proof.blind_keys import SecretKey
from hengjian.ratings.ballots.rules import Rules, rules_of
from tests.own_database import empty_copy, own_database


@pytest.fixture(scope="session")
def policy():
    return folder.load(folder.shipped()["seed"]).in_force(date(2026, 3, 5))


@pytest.fixture(scope="session")
def rules(policy) -> Rules:
    return rules_of(policy)


@pytest.fixture(scope="session")
def issuer() -> SecretKey:
    return SecretKey.generated(bits=2048)


@pytest.fixture(scope="session")
def template(django_db_setup: None, django_db_blocker) -> Iterator[str]:
    """A migrated, empty database to copy."""
    with django_db_blocker.unblock(), empty_copy("ballots") as name:
        yield name


@pytest.fixture
def committed(template: str, db: None) -> Iterator[str]:
    """A database of this test's own: what is committed in it goes with it."""
    with own_database(template, "ballots") as name:
        yield name
