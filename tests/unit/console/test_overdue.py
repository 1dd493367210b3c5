"""What is overdue one level below is told to the level above, after the policy's days, as a count."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

Browser = Callable[[str], Client]


def contest(city: str, late: int) -> None:
    """A contest that was due so many days ago."""
    from hengjian.ratings.ballots.models import Due, Release
    from hengjian.ratings.followups.models import Contest

    official, post = city.split("@")
    today = timezone.localdate()
    half = f"{today.year}-H{1 if today.month <= 6 else 2}"
    due = Due.objects.create(
        official=official, post=post, period=half, number=7, found_on=today, release_on=today
    )
    release = Release.objects.create(due=due, at=timezone.now(), count=30, mean=8, tags={})
    Contest.objects.create(
        pk=uuid.uuid4(), release=release, official=official, post=post, period=half, ground="mistaken",
        statement="不是本单位办理", by="official", at=timezone.now(), due_on=today - timedelta(days=late),
    )  # fmt: skip


def told(client: Client) -> bool:
    return "评价异议" in client.get("/overdue/").content.decode().split("<main")[1]


@pytest.fixture
def term(people: Any, city: str) -> int:
    from hengjian.console import overdue

    found = overdue.days()
    assert found == 2
    return found


@pytest.mark.parametrize(("over", "office", "leader"), [(0, 0, 0), (1, 1, 0), (2, 1, 0), (3, 1, 1)])
def test_the_office_is_told_after_one_term_and_the_leader_after_two(
    signed_in: Browser, city: str, term: int, over: int, office: int, leader: int
) -> None:
    contest(city, {0: term, 1: term + 1, 2: 2 * term, 3: 2 * term + 1}[over])
    assert told(signed_in("office")) is bool(office)
    assert told(signed_in("leader")) is bool(leader)


def test_the_home_page_says_how_many_whose_and_how_long(signed_in: Browser, city: str, term: int) -> None:
    contest(city, 9)
    page = signed_in("office").get("/").content.decode()
    assert "1 件评价异议逾期未办" in page
    assert "由复核专员办理，已超期 9 天" in page
    assert 'href="/overdue/"' in page
    assert "不是本单位办理" not in page + signed_in("office").get("/overdue/").content.decode()


def test_the_office_s_own_delay_goes_to_whoever_reviews(
    signed_in: Browser, city: str, term: int, monkeypatch: Any
) -> None:
    from hengjian.console import overdue

    later = timezone.localdate() + timedelta(days=400)
    monkeypatch.setattr(overdue, "today", lambda: later)
    monkeypatch.setattr(overdue, "days", lambda: term)
    leader = signed_in("leader").get("/overdue/").content.decode()
    assert "数据截止后未完成计分" in leader
    assert "待核记录未处理" in leader
    assert "待核记录未处理" not in signed_in("office").get("/overdue/").content.decode()


def test_without_a_number_in_the_policy_nobody_is_told(
    signed_in: Browser, city: str, monkeypatch: Any
) -> None:
    from hengjian.console import overdue

    contest(city, 99)
    monkeypatch.setattr(overdue, "days", lambda: None)
    page = signed_in("office").get("/overdue/").content.decode()
    assert "生效的制度没有规定" in page
    assert "逾期未办" not in signed_in("office").get("/").content.decode()


@pytest.mark.parametrize("role", ["auditor", "followup", "reviewer", "official", "nobody"])
def test_nobody_else_sees_it(signed_in: Browser, city: str, role: str) -> None:
    contest(city, 99)
    client = signed_in(role)
    assert client.get("/overdue/").status_code == 403
    assert "逾期未办" not in client.get("/").content.decode()
