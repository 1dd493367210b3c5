"""Kept filters, remarks with mentions, notices: the own, within rights, without content."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.utils import Error
from django.test import Client

from console.conftest import SEED
from hengjian.desk import operations
from hengjian.desk.models import Mention, Remark
from hengjian.terms.errors import Refused

Browser = Callable[[str], Client]
KEEP = {"listing": "quarantine", "name": "缺单位", "query": "state=waiting&code=unknown&page=3"}


@pytest.fixture
def number(people: Any, city: str) -> int:
    from hengjian.evidence.queries import quarantined

    return int(quarantined(state="waiting").first().pk)  # type: ignore[union-attr]


@pytest.fixture
def inspector(people: Any) -> Any:
    from datetime import date

    from console.conftest import NOW
    from hengjian.access import operations as access
    from hengjian.access.roles import Role

    made = access.create_user("inspector", "甲inspector", now=NOW)
    access.grant(made, Role.INSPECTOR, on=date(2026, 1, 1), by=None, reason="测试")
    return made


def page(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200, url
    return answer.content.decode().split("<main")[1]


# --- filters ----------------------------------------------------------------------------------
def test_a_filter_is_kept_used_and_thrown_away(signed_in: Browser, city: str) -> None:
    office = signed_in("office")
    assert "保存当前筛选" not in page(office, "/quarantine/")
    assert "保存当前筛选" in page(office, "/quarantine/?state=waiting")
    kept = office.post("/filters/keep/", KEEP)
    assert kept["Location"] == "/quarantine/?state=waiting&code=unknown"
    listed = page(office, "/quarantine/")
    assert 'href="/quarantine/?state=waiting&amp;code=unknown" lang="zh-Hans">缺单位</a>' in listed
    assert "缺单位" not in page(office, "/officials/")
    throw = listed.split('action="/filters/')[1].split('"')[0]
    assert office.post(f"/filters/{throw}").status_code == 302
    assert "缺单位" not in page(office, "/quarantine/")


def test_a_filter_of_the_ranking_leads_to_the_newest_result(signed_in: Browser, city: str) -> None:
    office, group = signed_in("office"), "group=ecological%2Ftownship%2Fprincipal"
    office.post("/filters/keep/", {"listing": "ranking", "name": "生态乡镇正职", "query": group})
    shown = page(office, f"/cycles/{SEED}/ranking/")
    assert f'href="/results/ranking/?{group}" lang="zh-Hans">生态乡镇正职</a>' in shown
    led = office.get(f"/results/ranking/?{group}")
    assert led["Location"].endswith(f"/ranking/?{group}")


def test_a_filter_is_its_account_s_alone(signed_in: Browser, city: str, people: Any) -> None:
    from hengjian.desk.models import KeptFilter

    signed_in("office").post("/filters/keep/", KEEP)
    made = KeptFilter.objects.get()
    assert "缺单位" not in page(signed_in("leader"), "/quarantine/")
    assert signed_in("leader").post(f"/filters/{made.pk}/throw-away/").status_code == 404
    assert KeptFilter.objects.exists()


def test_the_same_name_means_the_newer_filter_and_there_are_not_too_many(
    signed_in: Browser, city: str
) -> None:
    from hengjian.desk.models import KeptFilter

    office = signed_in("office")
    for n in range(operations.MOST_FILTERS):
        office.post("/filters/keep/", KEEP | {"name": f"筛选 {n}"})
    office.post("/filters/keep/", KEEP | {"name": "筛选 0", "query": "state=dismissed"})
    assert KeptFilter.objects.get(name="筛选 0").query == "state=dismissed"
    told = office.post("/filters/keep/", KEEP | {"name": "再来"}, follow=True).content.decode()
    assert "常用筛选已满" in told
    assert KeptFilter.objects.count() == operations.MOST_FILTERS


@pytest.mark.parametrize(
    "wrong", [{"name": " "}, {"query": ""}, {"query": "page=2"}, {"query": "q=" + "长" * 200}]
)
def test_nothing_without_a_name_or_a_filter_is_kept(
    signed_in: Browser, city: str, wrong: dict[str, str]
) -> None:
    from hengjian.desk.models import KeptFilter

    signed_in("office").post("/filters/keep/", KEEP | wrong)
    assert not KeptFilter.objects.exists()


def test_a_filter_leads_nowhere_but_to_its_list(signed_in: Browser, city: str) -> None:
    office = signed_in("office")
    assert office.post("/filters/keep/", KEEP | {"listing": "elsewhere"}).status_code == 404
    answer = office.post("/filters/keep/", KEEP | {"query": "//evil.example/?x=<script>"})
    assert answer["Location"].startswith("/quarantine/?")
    assert "<script>" not in page(office, "/quarantine/")


# --- remarks and notices ------------------------------------------------------------------------
def test_a_remark_tells_whom_it_mentions_without_its_content(
    signed_in: Browser, people: Any, inspector: Any, number: int
) -> None:
    office, url = signed_in("office"), f"/remarks/quarantine/{number}/"
    text = "请 @inspector 核对原件，@nobody-here 和 @office 不用。"
    assert office.post(url, {"text": text})["Location"] == f"/quarantine/{number}/#remarks-title"
    assert "请 @inspector 核对原件" in page(office, f"/quarantine/{number}/")
    assert [one.user.username for one in Mention.objects.all()] == ["inspector"]
    other = Client(headers={"accept-language": "zh-CN"})
    other.force_login(inspector)
    assert ">通知 1</a>" in other.get("/").content.decode()
    notice = page(other, "/notices/")
    assert "甲office 在一件待核记录中提到您" in notice
    assert "原件" not in notice
    assert f'href="/quarantine/{number}/"' in notice
    other.post("/notices/")
    assert ">通知 1</a>" not in other.get("/").content.decode()
    assert "已读" in page(other, "/notices/")
    assert "没有通知" in page(office, "/notices/")


def test_whoever_only_reads_writes_no_remark(signed_in: Browser, number: int) -> None:
    url = f"/remarks/quarantine/{number}/"
    for role in ("leader", "auditor", "official", "followup", "nobody"):
        assert signed_in(role).post(url, {"text": "试"}).status_code == 403
    assert "写一条意见" not in page(signed_in("leader"), f"/quarantine/{number}/")
    assert not Remark.objects.exists()


@pytest.mark.parametrize("place", ["quarantine/999999999", "quarantine/x", "contest/1", "followup/1"])
def test_there_is_no_remark_about_what_is_not_there(signed_in: Browser, city: str, place: str) -> None:
    assert signed_in("office").post(f"/remarks/{place}/", {"text": "试"}).status_code in {403, 404}
    assert not Remark.objects.exists()


def test_a_remark_says_something_and_stays(people: Any, signed_in: Browser, number: int) -> None:
    from console.conftest import NOW

    office, url = signed_in("office"), f"/remarks/quarantine/{number}/"
    for text in ("", "  ", "长" * 1_001):
        office.post(url, {"text": text})
    assert not Remark.objects.exists()
    with pytest.raises(Refused):
        operations.remark("quarantine", "1", "", by=people["office"], now=NOW)  # type: ignore[arg-type]
    office.post(url, {"text": "<b>一</b>"})
    assert "&lt;b&gt;一" in page(office, f"/quarantine/{number}/")
    for verb in ("UPDATE desk_remark SET text = 'x'", "DELETE FROM desk_remark"):
        with pytest.raises(Error, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(verb)


def test_remarks_are_leaves_of_the_log(signed_in: Browser, number: int, inspector: Any) -> None:
    from hengjian.notary.models import Commitment

    signed_in("office").post(f"/remarks/quarantine/{number}/", {"text": "请 @inspector 看"})
    kinds = Commitment.objects.filter(kind__startswith="desk.").values_list("kind", flat=True)
    assert sorted(kinds) == ["desk.mention", "desk.remark"]


def test_every_write_needs_our_own_form(people: Any, number: int) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(people["office"])
    for url, form in (
        ("/filters/keep/", KEEP),
        (f"/remarks/quarantine/{number}/", {"text": "试"}),
        ("/notices/", {}),
    ):
        assert strict.post(url, form).status_code == 403
