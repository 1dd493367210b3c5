"""From what is due to the report through the pages: two people, holds, requests; leaks with their clock."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from hengjian.access.models import SignIn
from hengjian.access.operations import create_user, grant
from hengjian.access.roles import Role
from hengjian.policy import folder
from hengjian.retention.classes import BY_NAME
from hengjian.retention.jobs import nightly
from hengjian.retention.models import Approval, Hold, Listing, Request
from hengjian.retention.terms import terms_of

Browser = Callable[[str], Client]


@pytest.fixture
def administrator(people, settings) -> Browser:
    """A browser of an account with a role that the folder's people do not have."""

    def made(role: str) -> Client:
        user = create_user(role, f"甲{role}", now=timezone.now(), password="a long password for tests")
        grant(user, Role(role), on=timezone.localdate(), by=None, reason="测试")
        client = Client()
        assert client.login(username=role, password="a long password for tests")
        return client

    return made


@pytest.fixture
def old_sign_ins(people) -> None:
    old = timezone.now() - timedelta(days=4 * 366)
    SignIn.objects.bulk_create(
        SignIn(
            user=people["office"], method="password", started_at=old, seen_at=old, ended_at=old,
            ended_why="left",
        )
        for _ in range(3)
    )  # fmt: skip


def terms():
    return terms_of(folder.load(folder.shipped()["seed"]).in_force(timezone.localdate()), tuple(BY_NAME))


def text(answer) -> str:
    return answer.content.decode()


def test_from_what_is_due_to_the_report(administrator, old_sign_ins) -> None:
    security, audit = administrator("security"), administrator("audit")
    nightly(terms(), timezone.now())
    assert "1 类数据保存期满" in text(security.get("/"))
    assert "拟定清单：登录记录" in text(security.get("/retention/"))
    assert "拟定清单：登录记录" not in text(audit.get("/retention/"))
    answer = security.post("/retention/", {"deed": "list", "class": "sign_ins"})
    made = Listing.objects.get()
    assert answer["Location"] == f"/retention/{made.pk}/"
    assert (made.units, made.term) == (3, 36)
    page = text(security.get(f"/retention/{made.pk}/"))
    assert made.digest in page
    assert "同意销毁" not in page
    assert "1 份销毁清单等待审批" in text(audit.get("/"))
    said = {"deed": "agree", "digest": made.digest, "reason": "期满"}
    assert security.post(f"/retention/{made.pk}/", said).status_code == 403
    assert not Approval.objects.exists()
    assert audit.post(f"/retention/{made.pk}/", said).status_code == 302
    assert nightly(terms(), timezone.now()) == 1
    assert SignIn.objects.filter(ended_at__lt=timezone.now() - timedelta(days=1000)).count() == 0
    assert "已依规销毁 3 个对象" in text(audit.get(f"/retention/{made.pk}/"))
    exported = audit.get("/retention/?export=xlsx")
    assert exported["Content-Type"].endswith("spreadsheetml.sheet")


def test_a_refusal_says_why_and_changes_nothing(signed_in, administrator, old_sign_ins) -> None:
    assert signed_in("office").post("/retention/", {"deed": "list", "class": "sign_ins"}).status_code == 403
    security = administrator("security")
    assert security.post("/retention/", {"deed": "list", "class": "looks"}).status_code == 422
    assert security.post("/retention/", {"deed": "burn"}).status_code == 404
    assert not Listing.objects.exists()
    assert security.get("/retention/999/").status_code == 404


def test_the_auditor_holds_back_and_the_office_answers_requests(signed_in) -> None:
    auditor, office = signed_in("auditor"), signed_in("office")
    said = {"deed": "hold", "class": "", "official": "D1", "clause": "监察法", "reason": "调查"}
    assert office.post("/retention/", said).status_code == 403
    assert auditor.post("/retention/", said).status_code == 302
    end = {"deed": "end-hold", "hold": str(Hold.objects.get().pk), "reason": "结案"}
    assert auditor.post("/retention/", end).status_code == 302
    asked = {"deed": "ask", "asks": "erase", "reference": "来件7", "official": ""}
    assert office.post("/retention/", asked).status_code == 302
    assert "1 件个人信息请求待答复" in text(office.get("/"))
    answer = {"deed": "answer", "request": str(Request.objects.get().pk), "granted": "no", "reason": ""}
    assert office.post("/retention/", answer).status_code == 422
    assert office.post("/retention/", answer | {"reason": "保存期未满"}).status_code == 302
    assert "不予办理" in text(auditor.get("/retention/"))


def test_a_leak_is_recorded_and_dealt_with_by_the_security_administrator(signed_in, administrator) -> None:
    assert signed_in("office").get("/leaks/").status_code == 403
    security, audit = administrator("security"), administrator("audit")
    early = timezone.localtime(timezone.now() - timedelta(hours=9)).strftime("%Y-%m-%dT%H:%M")
    said = {"source": "print", "code": "", "found_at": early, "what": "群内出现截图"}
    assert audit.post("/leaks/", said).status_code == 403
    assert security.post("/leaks/", said | {"code": "ZZZZZ-ZZZZZ"}).status_code == 422
    assert security.post("/leaks/", said | {"found_at": "昨天"}).status_code == 422
    page = security.post("/leaks/", said)["Location"]
    assert "报告期限已过" in text(security.get(page))
    assert "1 起泄露事件待报告" in text(security.get("/"))
    assert security.post(page, {"verb": "close", "text": "完"}).status_code == 422
    for verb in ("contain", "assess", "report", "close"):
        assert security.post(page, {"verb": verb, "text": "已办"}).status_code == 302
    assert "已办结" in text(audit.get("/leaks/"))
    assert "待报告" not in text(security.get("/"))
