"""The shipped policy and one issuing key."""

from datetime import date

import pytest

from hengjian.policy import folder
from hengjian.proof.blind_keys import SecretKey
from hengjian.ratings.ballots.rules import Rules, rules_of


@pytest.fixture(scope="session")
def policy():
    return folder.load(folder.shipped()["seed"]).in_force(date(2026, 3, 5))


@pytest.fixture(scope="session")
def rules(policy) -> Rules:
    return rules_of(policy)


@pytest.fixture(scope="session")
def issuer() -> SecretKey:
    return SecretKey.generated(bits=2048)
