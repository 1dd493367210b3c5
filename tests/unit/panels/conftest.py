"""Two officials on their posts, and the shipped policy."""

from datetime import UTC, date, datetime

import pytest

from hengjian.policy import folder
from hengjian.policy.folder import PolicyFolder

NOW = datetime(2026, 7, 10, 4, 0, tzinfo=UTC)
DAY = date(2026, 6, 20)


@pytest.fixture(scope="session")
def seed() -> PolicyFolder:
    return folder.load(folder.shipped()["seed"])


@pytest.fixture
def posts(db: None) -> None:
    from hengjian.roster.models import Official, Organisation, Post, Tenure

    home = Organisation.objects.create(
        code="330100", name="云溪镇", short_name="云溪镇", level="township", path="/330100/",
        since=date(2020, 1, 1),
    )  # fmt: skip
    for official, post in (("G1", "S1"), ("G2", "S2")):
        person = Official.objects.create(code=official, name=official, sort_key=official)
        held = Post.objects.create(
            code=post, title=post, organisation=home, category="principal", level="township",
            public_facing=True, single_holder=True, since=date(2020, 1, 1),
        )  # fmt: skip
        Tenure.objects.create(official=person, post=held, single_holder=True, since=date(2024, 1, 1))


@pytest.fixture
def office(posts: None, seed: PolicyFolder):
    from hengjian.ratings.panels.operations import Office

    return Office("考核办", NOW, seed, b"salt of the tests")
