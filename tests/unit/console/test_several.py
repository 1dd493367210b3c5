"""Several refused rows at once: a preview that keeps nothing, then all of it for one reason."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

Browser = Callable[[str], Client]
URL = "/quarantine/several/"


@pytest.fixture
def waiting(people: Any, city: str) -> list[int]:
    from hengjian.evidence.queries import quarantined

    found = [row.pk for row in quarantined(state="waiting")[:3]]
    assert len(found) == 3
    return found


def states(numbers: list[int]) -> set[str]:
    from hengjian.evidence.queries import quarantined_row

    return {quarantined_row(number).state for number in numbers}  # type: ignore[union-attr]


def decisions() -> int:
    from hengjian.evidence.models import QuarantineDecision

    return QuarantineDecision.objects.count()


def test_the_list_offers_it_to_whoever_decides(signed_in: Browser, waiting: list[int]) -> None:
    office, leader = signed_in("office"), signed_in("leader")
    page = office.get("/quarantine/").content.decode()
    assert page.count('name="number"') >= 3
    assert "批量不予接收" in page
    assert 'name="number"' not in leader.get("/quarantine/").content.decode()
    assert 'name="number"' not in office.get("/quarantine/?state=dismissed").content.decode()


@pytest.mark.parametrize("deed", ["readmit", "dismiss"])
def test_a_preview_decides_nothing(signed_in: Browser, waiting: list[int], deed: str) -> None:
    from hengjian.evidence.models import Batch, Case, Metric

    before = decisions(), Batch.objects.count(), Metric.objects.count(), Case.objects.count()
    answer = signed_in("office").post(URL, {"deed": deed, "number": waiting})
    assert answer.status_code == 200
    text = answer.content.decode()
    assert "还没有办理" in text
    assert text.count('name="number"') == 3
    assert (decisions(), Batch.objects.count(), Metric.objects.count(), Case.objects.count()) == before
    assert states(waiting) == {"waiting"}


def test_a_preview_says_of_each_row_what_is_still_wrong(signed_in: Browser, waiting: list[int]) -> None:
    text = signed_in("office").post(URL, {"deed": "readmit", "number": waiting}).content.decode()
    assert text.count("仍不符合") == 3
    assert "没有一条可以接收" in text
    assert 'name="confirm"' not in text


def test_what_was_mended_comes_in_and_the_rest_waits(
    signed_in: Browser, waiting: list[int], monkeypatch: Any
) -> None:
    from hengjian.evidence import operations
    from hengjian.evidence.operations import Readmission

    office, asked = signed_in("office"), []

    def one_is_mended(numbers: Any, **_more: Any) -> Readmission:
        asked.append(list(numbers))
        return Readmission([waiting[0]], dict.fromkeys(waiting[1:], ()), [])

    monkeypatch.setattr(operations, "readmit", one_is_mended)
    preview = office.post(URL, {"deed": "readmit", "number": waiting}).content.decode()
    assert "3 条中有 1 条现在符合要求" in preview
    form = {"deed": "readmit", "number": waiting, "confirm": "yes", "reason": "对照表已补"}
    told = office.post(URL, form, follow=True).content.decode()
    assert "已重新接收 1 条；仍不符合的 2 条" in told
    assert asked == [waiting, waiting]


def test_all_are_dismissed_for_one_reason_each_with_its_decision(
    signed_in: Browser, waiting: list[int]
) -> None:
    from hengjian.evidence.models import QuarantineDecision

    form = {"deed": "dismiss", "number": waiting, "confirm": "yes"}
    office = signed_in("office")
    assert office.post(URL, {**form, "reason": " "}).status_code == 422
    assert states(waiting) == {"waiting"}
    told = office.post(URL, {**form, "reason": "重复报送"}, follow=True).content.decode()
    assert "3 条已决定不予接收" in told
    made = QuarantineDecision.objects.filter(quarantined__in=waiting)
    assert {(one.by, one.reason, one.outcome) for one in made} == {("office", "重复报送", "dismissed")}
    assert made.count() == 3


def test_what_is_decided_or_unknown_is_left_out_and_said(signed_in: Browser, waiting: list[int]) -> None:
    office = signed_in("office")
    office.post(URL, {"deed": "dismiss", "number": waiting[:1], "confirm": "yes", "reason": "重复"})
    text = office.post(URL, {"deed": "dismiss", "number": [*waiting, 10**9]}).content.decode()
    assert "选中的 2 条已经处理或不在您的范围内" in text
    assert office.post(URL, {"deed": "dismiss", "number": waiting[:1]}).status_code == 302
    assert office.post(URL, {"deed": "dismiss"}).status_code == 302


def test_only_who_may_decide_does(people: Any, signed_in: Browser, waiting: list[int]) -> None:
    form = {"deed": "dismiss", "number": waiting, "confirm": "yes", "reason": "试"}
    for role in ("leader", "auditor", "official", "nobody"):
        assert signed_in(role).post(URL, form).status_code == 403
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(people["office"])
    assert strict.post(URL, form).status_code == 403
    assert states(waiting) == {"waiting"}
    assert signed_in("office").post(URL, {**form, "deed": "burn"}).status_code >= 400
