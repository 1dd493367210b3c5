"""The home page of each role: what waits, by when, and the page where it is done."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

Browser = Callable[[str], Client]
CLOCK = timezone.localdate


@pytest.fixture
def waiting(people: Any, city: str) -> dict[str, Any]:
    """A round with an unsigned roll, over since yesterday; a sealed report; a contest; a case by a mark."""

    from hengjian.ratings.ballots.models import Due, Release
    from hengjian.ratings.followups.models import Contest
    from hengjian.ratings.panels.models import Roll, Round
    from hengjian.roster.models import Official, Post

    official, post = city.split("@")
    today = CLOCK()
    held = Round.objects.create(
        period="2026-H1", title="测试轮次", organisations=["x"], policy="seed", policy_digest="a" * 64,
        self_by=today - timedelta(days=9), opens_on=today - timedelta(days=8),
        closes_on=today - timedelta(days=1), by="office", at=timezone.now(),
    )  # fmt: skip
    Roll.objects.create(
        round=held, official=Official.objects.get(code=official), post=Post.objects.get(code=post),
        by="office", at=timezone.now(),
    )  # fmt: skip
    half = f"{today.year}-H{1 if today.month <= 6 else 2}"
    due = Due.objects.create(
        official=official, post=post, period=half, number=7, found_on=today, release_on=today
    )
    release = Release.objects.create(due=due, at=timezone.now(), count=30, mean=8, tags={})
    ends = today + timedelta(days=2)
    Contest.objects.create(
        pk=uuid.uuid4(), release=release, official=official, post=post, period=half, ground="mistaken",
        statement="不是本单位办理", by="official", at=timezone.now(), due_on=ends,
    )  # fmt: skip
    return {"round": held, "ends": ends}


def home(client: Client) -> str:
    answer = client.get("/")
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_leader_sees_the_roll_to_sign_with_its_day_and_its_page(
    signed_in: Browser, waiting: dict[str, Any]
) -> None:
    text, held = home(signed_in("leader")), waiting["round"]
    assert "1 份评价团名单等待签署" in text
    assert f"期限 {held.opens_on}" in text
    assert f'href="/panels/{held.pk}/"' in text
    assert "请结束本轮评价" not in text


def test_the_office_sees_the_round_that_is_over(signed_in: Browser, waiting: dict[str, Any]) -> None:
    text = home(signed_in("office"))
    assert "评价已到截止日，请结束本轮评价" in text
    assert "等待签署" not in text


def test_a_reviewer_sees_the_contest_and_its_deadline(signed_in: Browser, waiting: dict[str, Any]) -> None:
    text = home(signed_in("reviewer"))
    assert "1 件评价异议等待复核" in text
    assert f"期限 {waiting['ends']}" in text
    assert 'href="/contests/"' in text


def test_the_official_is_told_what_may_still_be_contested(
    signed_in: Browser, waiting: dict[str, Any]
) -> None:
    text = home(signed_in("official"))
    assert "第 7 批评价已公布，如有异议可以提出" in text
    assert "等待复核" not in text


@pytest.mark.parametrize("role", ["nobody", "auditor", "followup"])
def test_what_is_another_s_is_not_shown(role: str, signed_in: Browser, waiting: dict[str, Any]) -> None:
    text = home(signed_in(role))
    for other in ("等待签署", "请结束本轮评价", "等待复核", "如有异议可以提出"):
        assert other not in text


def test_the_first_deadline_stands_first(signed_in: Browser, waiting: dict[str, Any]) -> None:
    text = home(signed_in("office"))
    assert text.index("请结束本轮评价") < text.index("试办")


def test_nothing_waits_twice(signed_in: Browser, waiting: dict[str, Any]) -> None:
    for person in ("office", "leader", "reviewer", "protector", "official"):
        text = home(signed_in(person)).split('<ul class="hj-todo">')[-1].split("</ul>")[0]
        tasks = ["".join(one.split()) for one in text.split("<li")[1:]]
        assert len(tasks) == len(set(tasks)), person


def test_the_page_says_until_when_working_days_are_known(signed_in: Browser, city: str) -> None:
    from hengjian.console import followup_desk

    year = followup_desk.known_until()
    assert year in followup_desk.policy(CLOCK()).calendar().years
    assert f"现有安排到 {year} 年底" in home(signed_in("office"))


def _half() -> str:
    day = CLOCK() - timedelta(days=5)
    return f"{day.year}-H{1 if day.month <= 6 else 2}"


def _late_event() -> None:
    from hengjian.ratings.invitations.models import EventBatch, ServiceEvent

    within = ServiceEvent.objects.filter(organisation__path__contains="/990101")
    old = within.select_related("batch").order_by("pk")[0]
    batch = EventBatch.objects.get(pk=old.batch_id)
    batch.pk, batch.at, batch._state.adding = uuid.uuid4(), timezone.now(), True
    batch.save(force_insert=True)
    old.pk, old.external, old.batch, old._state.adding = uuid.uuid4(), "late", batch, True
    old.on = CLOCK() - timedelta(days=5)
    old.save(force_insert=True)


@pytest.mark.parametrize(("unit", "reminded"), [("", True), ("9901/990101", True), ("9901/990103", False)])
def test_a_feeds_owner_is_reminded_of_events_of_the_own_units_that_came_late(
    signed_in: Browser, people: Any, unit: str, reminded: bool
) -> None:
    from datetime import date

    from hengjian.access import operations
    from hengjian.access.operations import Scope
    from hengjian.access.roles import Role

    scope = Scope(organisation=unit)
    operations.grant(people["nobody"], Role.FEED, on=date(2026, 1, 1), by=None, reason="测试", scope=scope)
    client = signed_in("nobody")
    assert "迟报" not in home(client)
    _late_event()
    text = home(client)
    assert ("审批系统（合成数据） 迟报 1 件事项" in text) is reminded
    page = client.get("/ratings/sources/?half=" + _half())
    assert page.status_code == 200
    assert ("审批系统（合成数据）" in page.content.decode()) is reminded


def test_the_funnel_tells_late_events_by_source(signed_in: Browser) -> None:
    _late_event()
    text = signed_in("office").get("/ratings/?half=" + _half()).content.decode()
    row = text.split("各来源报送是否及时")[1].split("</tbody>")[0].split("<tbody>")[1]
    assert "审批系统（合成数据）" in row
    assert '<span class="hj-tag hj-tag-warn">1</span>' in row
