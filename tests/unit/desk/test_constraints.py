"""The database refuses what the desk must not hold."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import transaction
from django.db.utils import IntegrityError

from hengjian.access.models import User
from hengjian.desk import operations, queries
from hengjian.desk.models import About, KeptFilter, Mention, NoticesRead, Remark

NOW = datetime(2026, 5, 1, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def user() -> User:
    from hengjian.access.operations import create_user

    return create_user("office", "考核办", now=NOW)


def refused(constraint: str, make: Any, **fields: Any) -> None:
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        make(**fields)


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("filter_listing_known", {"listing": "elsewhere"}),
        ("filter_says_something", {"name": ""}),
        ("filter_says_something", {"query": ""}),
    ],
)
def test_a_filter_is_of_a_list_and_says_something(user: User, name: str, wrong: dict[str, str]) -> None:
    sound = {"user": user, "listing": "trail", "name": "甲", "query": "a=1", "at": NOW}
    refused(name, KeptFilter.objects.create, **{**sound, **wrong})
    KeptFilter.objects.create(**sound)
    refused("filter_name_once", KeptFilter.objects.create, **sound)


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("remark_about_known", {"about": "contest"}),
        ("remark_says_something", {"text": ""}),
        ("remark_says_something", {"key": ""}),
    ],
)
def test_a_remark_is_about_something_and_says_something(user: User, name: str, wrong: dict[str, str]) -> None:
    sound = {"about": About.QUARANTINE, "key": "1", "text": "已核对", "by": user, "at": NOW}
    refused(name, Remark.objects.create, **{**sound, **wrong})
    made = Remark.objects.create(**sound)
    Mention.objects.create(remark=made, user=user)
    refused("mention_once", Mention.objects.create, remark=made, user=user)


def test_what_is_read_is_a_place_in_the_list(user: User) -> None:
    refused("notices_read_up_to", NoticesRead.objects.create, user=user, up_to=-1)


def test_a_notice_stays_new_until_it_is_read(user: User) -> None:
    from hengjian.access.operations import create_user

    other = create_user("other", "乙", now=NOW)
    for n in range(3):
        operations.remark(About.FOLLOWUP, str(n), "请看 @other。", by=user, now=NOW)
    assert queries.unread(other) == 3
    operations.read_notices(other)
    assert queries.unread(other) == 0
    operations.remark(About.FOLLOWUP, "9", "@other, @other 再看", by=user, now=NOW)
    assert queries.unread(other) == 1
    assert [new for _one, new in queries.notices(other)] == [True, False, False, False]


def test_nobody_closed_and_not_more_than_some_are_mentioned(user: User) -> None:
    from hengjian.access.operations import create_user

    names = [f"n{n}" for n in range(operations.MOST_MENTIONS + 2)]
    for name in names:
        create_user(name, name, now=NOW)
    User.objects.filter(username="n0").update(is_active=False)
    operations.remark(About.QUARANTINE, "1", " ".join(f"@{name}" for name in names), by=user, now=NOW)
    told = set(Mention.objects.values_list("user__username", flat=True))
    assert told == set(names[1 : operations.MOST_MENTIONS])
