"""What only the command line could do before: a correction, an indicator that does not apply, points."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from hengjian.cycles import queries
from hengjian.cycles.models import Adjustment, Cycle, NotApplicable

Browser = Callable[[str], Client]
SEED, OPEN, NEW = "demo-seed-2026-h1", "open-2026-h1", "demo-seed-2026-h1-c"
SEAT = "D1010011@P1010011"
WRITTEN = "%Y-%m-%dT%H:%M"


def form(**more: str) -> dict[str, str]:
    return {"id": NEW, "cut_off": timezone.localtime().strftime(WRITTEN), "reason": "云岫镇指标值有误"} | more


def text(answer: Any, status: int = 200) -> str:
    assert answer.status_code == status, answer.content.decode()[-2000:]
    return str(answer.content.decode())


# --- a correction -----------------------------------------------------------------------------------------
def test_a_published_result_is_corrected_by_a_new_cycle(signed_in: Browser) -> None:
    client = signed_in("office")
    before = queries.cycle_detail(SEED)
    assert f"/cycles/{SEED}/correct/" in text(client.get(f"/cycles/{SEED}/"))
    asked = text(client.get(f"/cycles/{SEED}/correct/"))
    assert "原结果一字不改" in asked
    assert f'value="{NEW}"' in asked
    answer = client.post(f"/cycles/{SEED}/correct/", form())
    assert (answer.status_code, answer["Location"]) == (302, f"/cycles/{NEW}/")
    made = Cycle.objects.get(pk=NEW)
    assert (made.supersedes_id, made.state, made.period) == (SEED, "open", "2026-H1")
    assert timezone.now() - made.cut_off < timedelta(minutes=1), "the minute that is written is now"
    assert queries.cycle_detail(SEED) == before
    assert queries.cycle_detail(NEW).audit[0].reason == "云岫镇指标值有误"
    assert "本周期更正并取代此前的结果" in text(client.get(f"/cycles/{NEW}/"))


def test_a_second_correction_waits_for_the_first(signed_in: Browser) -> None:
    client = signed_in("office")
    client.post(f"/cycles/{SEED}/correct/", form())
    told = text(client.post(f"/cycles/{SEED}/correct/", form(id="another-one")), 422)
    assert "已有更正周期" in told
    assert not Cycle.objects.filter(pk="another-one").exists()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [({"reason": " "}, "hj-field-error"), ({"id": "更正"}, "不能作周期编号"), ({"id": SEED}, "已有编号为"),
     ({"cut_off": "昨天"}, "hj-field-error")],
)  # fmt: skip
def test_a_correction_that_is_not_right_is_refused(
    signed_in: Browser, wrong: dict[str, str], words: str
) -> None:
    before = Cycle.objects.count()
    assert words in text(signed_in("office").post(f"/cycles/{SEED}/correct/", form(**wrong)), 422)
    assert Cycle.objects.count() == before


def test_an_open_cycle_has_nothing_to_correct(signed_in: Browser) -> None:
    client = signed_in("office")
    assert f"/cycles/{OPEN}/correct/" not in text(client.get(f"/cycles/{OPEN}/"))
    assert client.get(f"/cycles/{OPEN}/correct/").status_code == 404


@pytest.mark.parametrize("who", ["leader", "auditor", "official", "nobody"])
def test_only_the_office_does_either(signed_in: Browser, who: str) -> None:
    client = signed_in(who)
    assert client.post(f"/cycles/{SEED}/correct/", form()).status_code == 403
    assert client.post(f"/cycles/{OPEN}/add/?seat={SEAT}", {"deed": "apart"}).status_code == 403
    assert not Cycle.objects.filter(pk=NEW).exists()


def test_both_need_fresh_proof(signed_in: Browser) -> None:
    from console.test_entrance import make_stale

    client = signed_in("office")
    make_stale(client)
    for url, data in ((f"/cycles/{SEED}/correct/", form()), (f"/cycles/{OPEN}/add/?seat={SEAT}", APART)):
        assert client.post(url, data)["Location"].startswith("/account/confirm/")
    assert not Cycle.objects.filter(pk=NEW).exists()
    assert not NotApplicable.objects.filter(cycle=OPEN).exists()


# --- what is added ----------------------------------------------------------------------------------------
APART = {"deed": "apart", "indicator": "gep", "reason": "该镇没有生态产品核算任务"}
POINTS = {"deed": "points", "points": "-2", "clause": "SPEC F7", "reason": "迟报"}


def test_a_seat_is_found_by_its_post_or_unit(signed_in: Browser) -> None:
    client = signed_in("office")
    found = text(client.get(f"/cycles/{OPEN}/add/?find=党委书记"))
    assert f"?seat={SEAT.replace('@', '%40')}" in found
    assert "王某" not in found, "posts are chosen, not persons"
    assert "没有找到" in text(client.get(f"/cycles/{OPEN}/add/?find=没有这个镇"))
    assert client.get(f"/cycles/{OPEN}/add/?seat=D0@P0").status_code == 404


def test_an_indicator_that_does_not_apply_and_points(signed_in: Browser) -> None:
    client = signed_in("office")
    url = f"/cycles/{OPEN}/add/?seat={SEAT}"
    card = text(client.get(url))
    first = card.split('<option value="')[1].split('"')[0]
    assert client.post(url, APART | {"indicator": first}).status_code == 302
    assert client.post(url, POINTS).status_code == 302
    apart, points = NotApplicable.objects.get(cycle=OPEN), Adjustment.objects.get(cycle=OPEN)
    assert (apart.seat, apart.indicator, apart.author) == (SEAT, first, "office")
    assert (points.seat, points.points, points.clause) == (SEAT, -2, "SPEC F7")
    listed = text(client.get(f"/cycles/{OPEN}/add/"))
    for word in ("不适用", "该镇没有生态产品核算任务", "-2", "迟报"):
        assert word in listed
    assert f'<option value="{first}"' not in text(client.get(url)), "not twice"


@pytest.mark.parametrize(
    ("data", "words"),
    [(POINTS | {"points": "两分"}, "分值不是数字"), (POINTS | {"points": "nan"}, "加减分应在"),
     (POINTS | {"points": "101"}, "加减分应在"), (POINTS | {"clause": " "}, "依据条款"),
     (POINTS | {"clause": "条" * 61}, "不能超过 60 个字"),
     (POINTS | {"reason": ""}, "理由"), (APART | {"reason": " "}, "理由"),
     (APART | {"indicator": "none-such"}, "没有指标")],
)  # fmt: skip
def test_what_is_not_right_is_refused_and_stays_filled_in(
    signed_in: Browser, data: dict[str, str], words: str
) -> None:
    told = text(signed_in("office").post(f"/cycles/{OPEN}/add/?seat={SEAT}", data), 422)
    assert words in told
    assert not NotApplicable.objects.filter(cycle=OPEN).exists()
    assert not Adjustment.objects.filter(cycle=OPEN).exists()
    if data["deed"] == "points" and data["reason"]:
        assert data["reason"] in told


def test_what_was_added_in_error_is_taken_back_and_stays_readable(signed_in: Browser) -> None:
    client, url = signed_in("office"), f"/cycles/{OPEN}/add/"
    client.post(f"{url}?seat={SEAT}", POINTS)
    number = Adjustment.objects.get(cycle=OPEN).pk
    back = {"deed": "withdraw", "kind": "adjust", "number": str(number), "reason": "记错了镇"}
    assert "撤回这一项" in text(client.get(url))
    assert "理由" in text(client.post(url, back | {"reason": " "}), 422)
    assert client.post(url, back)["Location"] == f"{url}#added-title"
    shown = text(client.get(url))
    assert "撤回，不计入" in shown
    assert "记错了镇" in shown
    assert "撤回这一项" not in shown, "once"
    assert "已撤回" in text(client.post(url, back), 422)
    for odd in ({"kind": "seat"}, {"number": "x"}, {"number": "-1"}, {"number": "１"}):
        assert client.post(url, back | odd).status_code == 404
    assert signed_in("leader").post(url, back).status_code == 403


def test_a_frozen_cycle_takes_nothing_more(signed_in: Browser) -> None:
    client = signed_in("office")
    assert client.post(f"/cycles/{OPEN}/do/freeze/").status_code == 302
    assert "本周期已冻结" in text(client.get(f"/cycles/{OPEN}/add/"))
    told = text(client.post(f"/cycles/{OPEN}/add/?seat={SEAT}", POINTS), 422)
    assert "现为" in told
    assert not Adjustment.objects.filter(cycle=OPEN).exists()
