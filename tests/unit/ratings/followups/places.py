"""A city, a county, a town with its secretary G1 on post S1; people of every unit; ballots put in the box."""

from datetime import UTC, date, datetime

from hengjian.access.models import User
from hengjian.access.operations import Scope, create_user, grant
from hengjian.access.roles import Role
from hengjian.ratings.ballots.models import AcceptedKey, Ballot
from hengjian.ratings.followups.models import Case
from hengjian.ratings.followups.operations.cases import Act
from hengjian.roster.models import Official, Organisation, Post, Tenure
from tests.unit.ratings.ballots.test_releases import ballot

DAY = date(2026, 3, 5)  # a Thursday
HALF = "2026-H1"
SINCE = date(2025, 1, 1)
CITY, COUNTY, TOWN, OTHER = "", "c/a", "c/a/t", "c/b"


def at(day: date, hour: int = 10) -> datetime:
    """A moment of a day, by the clock of Shanghai."""
    return datetime(day.year, day.month, day.day, hour - 8, tzinfo=UTC)


def town() -> None:
    """The organisations, posts and two officials: G1 in the town, G2 in the county's office."""
    path, above = "/", None
    for code, level in (("c", "city"), ("a", "county"), ("t", "township")):
        path += f"{code}/"
        above = Organisation.objects.create(
            code=code, name=f"{code}单位", short_name=f"{code}单位", level=level, parent=above, path=path,
            since=SINCE,
        )  # fmt: skip
        post = Post.objects.create(
            code={"c": "S0", "a": "S2", "t": "S1"}[code], title="党委书记", organisation=above, category="x",
            level=level, public_facing=True, single_holder=True, since=SINCE,
        )  # fmt: skip
        official = Official.objects.create(code=f"G{post.code[1]}", name=f"王{code}", sort_key=code)
        Tenure.objects.create(official=official, post=post, single_holder=True, since=SINCE)


def person(name: str, role: Role, unit: str = CITY, official: str = "") -> User:
    """An account with one role."""
    user = create_user(name, name, now=at(DAY))
    scope = Scope(organisation=unit, official_id=official)
    grant(user, role, on=SINCE, by=None, reason="按文件", scope=scope)
    return user


def key_of_town() -> AcceptedKey:
    """The key of G1's half-year."""
    return AcceptedKey.objects.create(
        key_id="1" * 64, spki=b"", variant="", official="G1", post="S1", period=HALF, on=SINCE
    )


def put(key: AcceptedKey, mark: int, on: date = DAY, **more) -> Ballot:
    """A ballot in the box."""
    made = ballot(key, mark, on, **more)
    made.save(force_insert=True)
    return made


def act(by: User, reason: str = "已核实", on: date = DAY, hour: int = 10) -> Act:
    """What a person does."""
    return Act(by, reason, at(on, hour))


def only_case() -> str:
    """The number of the only case."""
    return str(Case.objects.get().pk)
