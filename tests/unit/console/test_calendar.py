"""The deadlines on a month's grid, as a list and as iCalendar: kinds and days, nothing about whom."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from hengjian.console.deadlines import Deadline, icalendar

Browser = Callable[[str], Client]
NOW = datetime(2026, 5, 1, 1, 2, 3, tzinfo=UTC)


@pytest.fixture
def due(people: Any, city: str) -> date:
    """A contest that is due in two days."""
    from hengjian.ratings.ballots.models import Due, Release
    from hengjian.ratings.followups.models import Contest

    official, post = city.split("@")
    today = timezone.localdate()
    half, ends = f"{today.year}-H{1 if today.month <= 6 else 2}", today + timedelta(days=2)
    batch = Due.objects.create(
        official=official, post=post, period=half, number=7, found_on=today, release_on=today
    )
    release = Release.objects.create(due=batch, at=timezone.now(), count=30, mean=8, tags={})
    for _n in range(2):
        Contest.objects.create(
            pk=uuid.uuid4(), release=release, official=official, post=post, period=half, ground="mistaken",
            statement="不是本单位办理", by=f"official{_n}", at=timezone.now(), due_on=ends,
        )  # fmt: skip
    return ends


def text(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200
    return answer.content.decode()


def events(client: Client) -> list[tuple[str, str]]:
    """Day and words of each event of the file, after its folded lines are joined again."""
    answer = client.get("/calendar/hengjian.ics")
    assert answer["Content-Type"].startswith("text/calendar")
    whole = answer.content.decode().replace("\r\n ", "")
    return re.findall(r"DTSTART;VALUE=DATE:(\d{8})\r\n.*?SUMMARY:(.*?)\r\n", whole, re.DOTALL)


def test_a_reviewer_sees_the_contests_of_a_day_as_one_count(signed_in: Browser, due: date) -> None:
    page = text(signed_in("reviewer"), f"/calendar/?month={due:%Y-%m}")
    assert f'id="day-{due}"' in page
    assert "评价异议复核期限</a>　2 件" in page
    assert f'href="#day-{due}"' in page


@pytest.mark.parametrize("role", ["nobody", "auditor", "followup", "official"])
def test_another_s_deadlines_are_not_told(signed_in: Browser, due: date, role: str) -> None:
    page = text(signed_in(role), f"/calendar/?month={due:%Y-%m}")
    assert "评价异议复核期限" not in page
    assert all("复核" not in summary for _day, summary in events(signed_in(role)))


def test_the_file_says_kinds_and_days_and_nothing_else(signed_in: Browser, due: date, city: str) -> None:
    found = events(signed_in("reviewer"))
    assert found == [(f"{due:%Y%m%d}", "评价异议复核期限")]
    whole = signed_in("reviewer").get("/calendar/hengjian.ics").content.decode()
    for secret in (*city.split("@"), "不是本单位办理", "official0", "http"):
        assert secret not in whole


def test_what_is_overdue_stands_first(signed_in: Browser, due: date, monkeypatch: Any) -> None:
    from hengjian.console.views import calendar

    monkeypatch.setattr(calendar, "today", lambda: due + timedelta(days=1))
    page = text(signed_in("reviewer"), "/calendar/")
    assert page.index("已过期限") < page.index("评价异议复核期限")
    assert events(signed_in("reviewer")) == []


def test_days_off_and_make_up_days_are_marked(signed_in: Browser, city: str) -> None:
    from hengjian.console.deadlines import work_calendar

    works = work_calendar()
    off = min(day for day in works.off if day.weekday() < 5)
    page = text(signed_in("office"), f"/calendar/?month={off:%Y-%m}")
    marks = sum(
        works.is_working(day) != (day.weekday() < 5)
        for day in (off.replace(day=n) for n in range(1, 29))
    )  # fmt: skip
    assert marks
    assert page.count(">休<") + page.count(">班<") >= marks


def test_a_year_without_a_notice_claims_nothing_about_its_days(signed_in: Browser, city: str) -> None:
    page = text(signed_in("office"), "/calendar/?month=2099-10")
    assert ">休<" not in page
    assert "hj-off" not in page
    for odd in ("2026-13", "x", "99999-01", "1-1"):
        text(signed_in("office"), f"/calendar/?month={odd}")


def test_the_file_is_folded_escaped_and_the_same_each_time() -> None:
    one = Deadline(date(2026, 5, 4), "很长的事项，" * 12 + "一;二,三\\四", 3, "/x/")
    made = icalendar([one], NOW)
    assert all(len(line.encode()) <= 75 for line in made.split("\r\n"))
    assert "一\\;二\\,三\\\\四" in made.replace("\r\n ", "")
    assert made.endswith("END:VCALENDAR\r\n")
    assert "DTSTAMP:20260501T010203Z" in made
    assert "DTEND;VALUE=DATE:20260505" in made
    assert made == icalendar([one], NOW)
    assert re.findall("UID:.*", made) != re.findall(
        "UID:.*", icalendar([Deadline(one.day, "别的", 3, "/x/")], NOW)
    )
