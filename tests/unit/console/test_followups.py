"""The pages about ratings: a low mark through its case, a contest, a sealed report; who sees, who acts."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone

Browser = Callable[[str], Client]
TOMORROW = timedelta(days=1)


@pytest.fixture
def ratings(people: Any, city: str) -> dict[str, Any]:
    """Three low ballots of town Y's secretary, one of them with a name; a second person of each role."""
    from django.conf import settings

    from hengjian.access import operations
    from hengjian.access.roles import Role
    from hengjian.console import followup_desk as desk
    from hengjian.ratings.ballots.models import AcceptedKey, Ballot, Due, Release
    from hengjian.ratings.followups import jobs
    from hengjian.ratings.followups.boxes import key_of
    from hengjian.ratings.followups.models import Left, Sealed

    official, post = city.split("@")
    today = timezone.localdate()
    half = f"{today.year}-H{1 if today.month <= 6 else 2}"
    key = AcceptedKey.objects.create(
        key_id="a" * 64, spki=b"", variant="", official=official, post=post, period=half, on=today
    )
    made = [
        Ballot.objects.create(
            key=key, token=secrets.token_hex(32), receipt=secrets.token_hex(32), mark=mark, tags=["rude"],
            comment="让我跑了五趟，电话13800000000", how="self", on=today - TOMORROW,
        )
        for mark in (1, 2, 3)
    ]  # fmt: skip
    lock = key_of(settings.DATA).lock
    number = uuid.uuid4()
    inside = '{"contact": {"name": "李某", "reach": "13800000000"}}'
    Sealed.objects.create(
        pk=number, left=Left.CONTACT, ballot=made[0].pk, box=lock.shut(inside, str(number)), on=today
    )
    now = datetime(today.year, today.month, today.day, 3, tzinfo=ZoneInfo("Asia/Shanghai"))
    jobs.open_cases(today, desk.rules(), desk.clocks())
    jobs.open_themes(today, desk.rules(), desk.clocks())
    due = Due.objects.create(
        official=official, post=post, period=half, number=1, found_on=today, release_on=today
    )
    release = Release.objects.create(due=due, at=now, count=30, mean=8, tags={})
    for name, role in (("followup2", Role.FOLLOWUP), ("reviewer2", Role.REVIEWER), ("leader2", Role.LEADER)):
        user = operations.create_user(name, f"乙{name}", now=now, password="a long password for tests")
        operations.grant(user, role, on=date(2026, 1, 1), by=None, reason="测试")
        people[name] = user
    return {"ballots": made, "release": release, "case": case_of(made[0]), "official": official}


def case_of(ballot: Any) -> str:
    from hengjian.ratings.followups.models import Case

    return str(Case.objects.get(ballot=ballot).pk)


def page(client: Client, url: str, status: int = 200) -> str:
    answer = client.get(url)
    assert answer.status_code == status
    return answer.content.decode()


def post(client: Client, url: str, status: int = 302, **data: Any) -> str:
    answer = client.post(url, data)
    assert answer.status_code == status, answer.content.decode()[:3000]
    return answer.content.decode()


def test_the_list_shows_deadlines_and_no_person(signed_in: Browser, ratings: Any) -> None:
    shown = page(signed_in("followup"), "/followups/")
    assert shown.count("低分回访（") == 3
    assert "同类问题：态度差" in shown
    assert "期限内" in shown or "待定" in shown
    assert ratings["official"] not in shown
    only = page(signed_in("followup"), "/followups/?kind=theme")
    assert "低分回访（" not in only
    assert "没有符合条件" in page(signed_in("followup"), "/followups/?state=closed")


def test_a_case_from_assigned_to_closed_on_its_page(signed_in: Browser, ratings: Any) -> None:
    url = f"/followups/{ratings['case']}/"
    one, two = signed_in("followup"), signed_in("followup2")
    shown = page(one, url)
    assert "跑了五趟，电话〔电话〕" in shown
    assert "13800000000" not in shown
    post(two, url, deed="assign", handler="followup", reason="由甲承办")
    assert "不是本单的承办人" in post(two, url, 403, deed="answer", reason="x")
    post(one, url, deed="call", reason="电话回访")
    post(one, url, deed="answer", reason="已补办并致歉")
    assert "答复人不能审核" in post(one, url, 403, deed="close", reason="x")
    assert "等待答复人以外的专员审核" in page(one, url)
    post(two, url, deed="return", reason="未说明原因")
    post(one, url, deed="answer", reason="清单有误，已更正")
    post(two, url, deed="close", reason="属实")
    shown = page(two, url)
    for words in ("由甲承办", "未说明原因", "清单有误，已更正", "已办结", "办理单位"):
        assert words in shown
    assert "不能" in post(two, url, 422, deed="close", reason="再办结")


def test_the_contact_opens_for_the_handler_once_asked_and_is_written_down(
    signed_in: Browser, ratings: Any
) -> None:
    from hengjian.ratings.followups.models import Look

    url = f"/followups/{ratings['case']}/"
    one, two = signed_in("followup"), signed_in("followup2")
    post(two, url, deed="assign", handler="followup", reason="由甲承办")
    assert "13800000000" not in page(one, url)
    assert "只有办理中的承办人" in post(two, url, 403, deed="open_contact", why="call_back")
    assert "没有选择查看目的" in post(one, url, 422, deed="open_contact", why="")
    assert not Look.objects.exists()
    answer = one.post(url, {"deed": "open_contact", "why": "call_back"})
    assert answer.status_code == 200
    assert "13800000000" in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    assert Look.objects.get().by == "followup"


def test_a_hint_of_retaliation_is_handed_over_and_leaves_no_trace_on_the_case(
    signed_in: Browser, ratings: Any
) -> None:
    from hengjian.ratings.followups.models import Report, Step

    before = Step.objects.count()
    post(signed_in("followup"), f"/followups/{ratings['case']}/", deed="retaliation", reason="停了低保")
    assert Step.objects.count() == before
    number = str(Report.objects.get().pk)
    shown = page(signed_in("protector"), "/reports/")
    assert number in shown
    assert "停了低保" not in shown
    for nobody in ("followup", "office", "reviewer"):
        page(signed_in(nobody), f"/reports/{number}/", 403)


def test_a_report_from_protection_to_a_leaders_signed_decision(signed_in: Browser, ratings: Any) -> None:
    from hengjian.ratings.followups.models import Report

    post(signed_in("followup"), f"/followups/{ratings['case']}/", deed="retaliation", reason="停了低保")
    url = f"/reports/{Report.objects.get().pk}/"
    handler, leader = signed_in("protector"), signed_in("leader")
    assert "停了低保" in post(handler, url, 200, deed="open", why="check")
    page(leader, url, 403)
    for deed in ("protect", "check", "file"):
        post(handler, url, deed=deed, reason="按程序办理")
    assert "签署决定" in page(leader, url)
    assert "依据" in post(leader, url, 422, deed="suspend", reason="不宜继续履职", clause=" ")
    post(handler, url, 403, deed="suspend", reason="x", clause="第五十二条")
    post(leader, url, deed="suspend", reason="不宜继续履职", clause="政务处分法第五十二条")
    shown = page(handler, url)
    assert "已停职" in shown
    assert "政务处分法第五十二条" in shown
    assert "核实反映的事实" in shown  # who opened the text, and for what
    assert "没有这个步骤" in post(handler, url, 422, deed="x", reason="x")


def test_an_official_contests_a_release_and_two_reviewers_decide(signed_in: Browser, ratings: Any) -> None:
    from hengjian.ratings.ballots.models import Exclusion
    from hengjian.ratings.followups.models import Contest

    own = signed_in("official")
    shown = page(own, "/contests/")
    assert "第 1 批公布" in shown
    assert "态度差" not in shown  # the theme was found on the day of the release: not told yet
    post(
        own, "/contests/", deed="file", about=str(ratings["release"].pk), ground="mistaken", reason="不属本镇"
    )
    assert "随下一次公布告知" in page(own, "/contests/")
    url = f"/contests/contest/{Contest.objects.get().pk}/"
    page(own, url, 403)
    picked = str(ratings["ballots"][0].pk)
    one, two = signed_in("reviewer"), signed_in("reviewer2")
    assert page(one, url).count('name="ballot"') == 3
    assert "说明为空" in post(one, url, 422, ballot=picked, reason=" ")
    post(one, url, ballot=picked, reason="只有甲知道的理由")
    assert "只有甲知道的理由" not in page(two, url)
    post(two, url, ballot=picked, reason="属实")
    assert Exclusion.objects.get().ballot_id == ratings["ballots"][0].pk
    shown = page(two, url)
    assert "只有甲知道的理由" in shown
    assert "已不计入" in shown
    assert "支持：有评价不再计入" not in page(own, "/contests/")


def test_flags_are_decided_in_the_same_way(signed_in: Browser, ratings: Any) -> None:
    from hengjian.ratings.followups.models import Flag

    key = ratings["ballots"][0].key
    flag = Flag.objects.create(
        kind="run", official=key.official, post=key.post, period=key.period, key="k",
        ballots=[one.pk for one in ratings["ballots"][:2]], on=timezone.localdate(),
        figures={"count": 2, "of": 3, "chance": 1e-6},
    )  # fmt: skip
    one = signed_in("reviewer")
    assert "成批相同评价" in page(one, "/contests/flags/")
    url = f"/contests/flag/{flag.pk}/"
    assert "（当日共 3）" in page(one, url)
    post(one, url, reason="同一家庭先后办事，属正常")
    page(one, f"/contests/flags/{flag.pk}/", 404)
    page(one, f"/contests/contest/{flag.pk}/", 404)


def test_reminders_tell_the_organisation_of_posts_with_few_ratings(signed_in: Browser, ratings: Any) -> None:
    shown = page(signed_in("office"), "/followups/reminders/")
    assert "评价尚不足的岗位" in shown
    assert "期限提醒" not in shown
    staff = page(signed_in("followup"), "/followups/reminders/")
    assert "评价尚不足的岗位" not in staff
    assert "期限提醒" in staff


@pytest.mark.parametrize(
    "url", ["/followups/{0}/", "/contests/contest/{0}/", "/contests/x/{0}/", "/reports/{0}/"]
)
def test_what_does_not_exist_is_not_found(signed_in: Browser, ratings: Any, url: str) -> None:
    name = {"f": "followup", "c": "reviewer", "r": "protector"}[url[1]]
    page(signed_in(name), url.format(uuid.uuid4()), 404)


def test_writes_need_the_forms_token(people: Any, ratings: Any) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(people["followup"])
    assert client.post(f"/followups/{ratings['case']}/", {"deed": "assign"}).status_code == 403


def test_what_the_system_wrote_is_read_in_english_too(signed_in: Browser, ratings: Any) -> None:
    from django.utils import translation

    from hengjian.console.followup_desk import WRITTEN, system_said
    from hengjian.ratings.followups.models import Step

    assert set(Step.objects.filter(by="").values_list("reason", flat=True)) <= WRITTEN
    with translation.override("en"):
        assert all(system_said(one).isascii() for one in WRITTEN)
        assert system_said("由甲承办") == "由甲承办"
