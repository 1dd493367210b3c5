"""The pages on any-time ratings: figures as released, small numbers hidden, sheets printed, duties told."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

Browser = Callable[[str], Client]
HALF = "2026-H1"


def page(signed_in: Browser, where: str, who: str = "office") -> str:
    answer = signed_in(who).get(where)
    assert answer.status_code == 200, answer.content[:300]
    return answer.content.decode()


def test_the_funnel_tells_what_was_asked_and_what_came_back(signed_in: Browser) -> None:
    from hengjian.demo.ratings import rated

    text = page(signed_in, f"/ratings/?half={HALF}")
    for one in rated():
        assert one.member.town.name in text
        assert one.member.name not in text
    assert "按渠道" in text
    assert "窗口二维码" in text
    assert "≥ 30" in text  # 34 ballots, told in tens
    assert "领取凭证的共 102 人" in text
    assert text.split("按单位")[1].count(">34<") == 3  # tokens, by unit; ballots only in tens
    assert f'<option value="{HALF}" selected>' in page(signed_in, "/ratings/")  # the newest with events


def test_an_empty_half_year_says_how_to_begin(signed_in: Browser) -> None:
    assert "这半年还没有服务事项" in page(signed_in, "/ratings/?half=2025-H2")
    assert signed_in("office").get("/ratings/?half=1999-H1").status_code == 404


def test_results_show_n_raw_shrunk_and_interval_or_that_it_is_not_enough(signed_in: Browser) -> None:
    from hengjian.demo.ratings import rated

    text = page(signed_in, f"/ratings/units/?half={HALF}")
    assert "已公布 3 个岗位，尚不足 105 个" in text
    assert "新增不足 40 票的，不公布，也不计分" in text
    spec = json.loads(text.split('id="units-data" type="application/json">')[1].split("</script>")[0])
    assert {span["name"] for span in spec["spans"]} == {one.member.title for one in rated()}
    for span in spec["spans"]:
        assert span["low"] < span["at"] < span["high"]
    # 34 marks with mean 7.9 and 15 of the prior 75
    points = 34 / 49 * (7.9 - 1) / 9 * 100 + 15 / 49 * 75
    assert f"{points:.2f}" in text
    assert "尚不足" in text
    assert not any(one.member.name in text for one in rated())
    only = page(signed_in, f"/ratings/units/?half={HALF}&county=990101")
    assert "已公布 1 个岗位，尚不足 35 个" in only


def test_channels_tell_systems_and_failures(signed_in: Browser) -> None:
    from hengjian.ratings.invitations.models import Attempt, Delivery, Invitation

    text = page(signed_in, "/ratings/channels/")
    assert "审批系统（合成数据）" in text
    now = datetime.now(UTC)
    attempt = Attempt.objects.create(invitation=Invitation.objects.first(), secret_hash="a" * 64, at=now)
    Delivery.objects.create(attempt=attempt, sent=False, code="smtp.connect", at=now)
    text = page(signed_in, "/ratings/channels/")
    assert "smtp.connect × 1" in text
    assert "不通" in text


def test_sheets_are_printed_by_the_office_only(signed_in: Browser, settings) -> None:
    from hengjian.ratings.invitations.models import Attempt, Invitation

    (settings.DATA / "invitations").mkdir(parents=True, exist_ok=True)
    (settings.DATA / "invitations" / "channels.yaml").write_text(
        "base: https://rate.test\n", encoding="utf-8"
    )
    assert signed_in("leader").get("/ratings/sheets/").status_code == 403
    assert "没有要在窗口交付的邀请" in page(signed_in, "/ratings/sheets/")  # all have expired meanwhile
    fresh = _fresh()
    text = page(signed_in, "/ratings/sheets/")
    assert str(fresh.pk) in text
    answer = signed_in("office").post("/ratings/sheets/", {"invitation": [str(fresh.pk)]})
    assert answer.status_code == 200
    assert answer.content.startswith(b"%PDF")
    assert answer["Cache-Control"] == "no-store"
    assert Attempt.objects.get(invitation=fresh).by == "office"
    for wrong in ([], [str(Invitation.objects.exclude(pk=fresh.pk).first().pk)]):
        assert signed_in("office").post("/ratings/sheets/", {"invitation": wrong}).status_code == 422
    assert signed_in("office").post("/ratings/sheets/", {"invitation": ["x"]}).status_code == 404


def _fresh():
    from hengjian.ratings.invitations.models import Invitation, ServiceEvent

    old = Invitation.objects.filter(channel="printed", opening__isnull=True).first()
    event = ServiceEvent.objects.get(pk=old.event_id)
    event.pk, event.external, event._state.adding = None, "fresh", True
    event.save(force_insert=True)
    now = datetime.now(UTC)
    return Invitation.objects.create(
        event=event, key=old.key, person_key="f" * 64, channel="printed", offered_at=now,
        deadline=now + timedelta(days=1), expires_on=(now + timedelta(days=9)).date(),
    )  # fmt: skip


def test_duties_tell_when_they_ran_and_what_failed(signed_in: Browser) -> None:
    from hengjian.clockwork.duties import DUTIES
    from hengjian.clockwork.models import Outcome
    from hengjian.clockwork.operations import begin, end

    text = page(signed_in, "/ratings/duties/")
    assert text.count("从未运行") == len(DUTIES)
    now = datetime.now(UTC)
    end(begin("deliver", "t", now), Outcome.DONE, now)
    end(begin("deliver", "t", now), Outcome.FAILED, now, fault="invitations.channels")
    text = page(signed_in, "/ratings/duties/")
    assert "invitations.channels" in text
    assert "连续 1 次" in text


@pytest.mark.parametrize("where", ["", "units/", "channels/", "duties/", "sheets/"])
def test_in_english(signed_in: Browser, where: str) -> None:
    client = signed_in("office")
    client.cookies["django_language"] = "en"
    assert "Rate any time" in client.get(f"/ratings/{where}").content.decode()


def test_the_published_sheet_counts_the_releases(signed_in: Browser) -> None:
    """Three posts of the demonstration; the office's old sheet holds them too and stands back."""
    from hengjian.cycles.queries import cycle_of
    from hengjian.cycles.storing import newest_snapshot, snapshot_of
    from hengjian.demo.ratings import POSTS, rated

    assert signed_in("office") is not None
    held = snapshot_of(newest_snapshot(cycle_of("demo-seed-2026-h1")))
    assert {one.seat.split("@")[1] for one in held.releases} == set(POSTS)
    assert all(one.instead and one.count == len(rated()[0].marks) for one in held.releases)
    for one in held.releases:
        found = [m for m in held.marks if (m.seat, m.group, m.stratum) == (one.seat, "public", "masses")]
        assert [set(m.marks) for m in found] == [{one.mean}]
    before = snapshot_of(newest_snapshot(cycle_of("demo-before-2026-h1")))
    assert before.releases == ()  # the old policy knows no strata: its sheet counts
