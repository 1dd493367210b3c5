"""The shipped policy and a key to what is sealed. Models are imported late: Django is not set up yet."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

import pytest

from hengjian.policy import folder
from hengjian.proof.blind_keys import SecretKey
from hengjian.ratings.ballots.rules import Rules, rules_of
from tests.own_database import empty_copy

if TYPE_CHECKING:
    from hengjian.ratings.followups.boxes import Key
    from hengjian.ratings.followups.clocks import Clocks


@pytest.fixture(scope="session")
def policy():
    return folder.load(folder.shipped()["seed"]).in_force(date(2026, 3, 5))


@pytest.fixture(scope="session")
def rules(policy) -> Rules:
    return rules_of(policy)


@pytest.fixture(scope="session")
def clocks(policy) -> Clocks:
    from hengjian.ratings.followups.clocks import clocks_of

    return clocks_of(policy)


@pytest.fixture(scope="session")
def key(tmp_path_factory) -> Key:
    from hengjian.ratings.followups.boxes import key_of

    return key_of(tmp_path_factory.mktemp("followups"))


@pytest.fixture(scope="session")
def issuer() -> SecretKey:
    return SecretKey.generated(bits=2048)


@pytest.fixture(scope="session")
def template(django_db_setup: None, django_db_blocker) -> Iterator[str]:
    """A migrated, empty database to copy."""
    with django_db_blocker.unblock(), empty_copy("followups") as name:
        yield name
