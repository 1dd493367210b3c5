"""Two officials on their posts, the shipped policy, a secret, and a few issuer keys made once."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from hengjian.policy import folder
from hengjian.policy.folder import PolicyFolder
from hengjian.proof.blind_keys import SecretKey
from tests.own_database import empty_copy, own_database, reachable

__all__ = ["reachable"]
NOW = datetime(2026, 6, 20, 2, 0, tzinfo=UTC)  # 10:00 in Shanghai
DAY = date(2026, 6, 20)


@pytest.fixture(scope="session")
def template(django_db_setup: None, django_db_blocker) -> Iterator[str]:
    """A migrated, empty database to copy."""
    with django_db_blocker.unblock(), empty_copy("invitations") as name:
        yield name


@pytest.fixture
def database(template: str, db: None) -> Iterator[str]:
    """A database of this test's own."""
    with own_database(template, "invitations") as name:
        yield name


@pytest.fixture(scope="session")
def seed() -> PolicyFolder:
    return folder.load(folder.shipped()["seed"])


@pytest.fixture(scope="session")
def keys() -> list[SecretKey]:
    return [SecretKey.generated(bits=2048) for _ in range(4)]  # as the real ones, only quicker made


@pytest.fixture
def room():
    from hengjian.ratings.invitations.secrets_file import RoomSecret

    return RoomSecret(b"a secret for tests only, 32 byte")


@pytest.fixture
def people(db: None) -> None:
    from tests import sample_day

    sample_day.people()


@pytest.fixture
def office(people: None, seed: PolicyFolder, keys: list[SecretKey], room):
    from hengjian.ratings.invitations.operations import Office

    pool = iter(keys)
    return Office("审批系统", NOW, seed, room, frozenset({"approvals", "visits"}), lambda: next(pool))


@pytest.fixture
def draft():
    from hengjian.ratings.invitations.sheet import EventDraft

    def _draft(number: int = 1, **changed):
        given = EventDraft(
            "approvals", f"A-{number}", "approval", DAY, "330100", "G1", "S1", "email",
            address=f"Person{number}@example.test", person=f"person {number}",
        )  # fmt: skip
        return replace(given, **changed)

    return _draft


@pytest.fixture
def post(seed: PolicyFolder, room):
    """Makes what a delivery needs, from channels."""
    from hengjian.ratings.invitations.delivery import Post
    from hengjian.ratings.invitations.timing import Hours

    hours = Hours.of(seed.in_force(DAY))
    return lambda at_once=50, **channels: Post("https://rate.test", channels, hours, room, at_once)
