"""Notices to platforms: what happens is told without a name, and the pages that look after it."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from console.conftest import NOW, OPEN, PASSWORD
from hengjian.exchange.models import Happening, Kind, Push, PushSecret, Subscription

ADDRESS = "https://platform.example/in"


@pytest.fixture
def security(people: Any) -> Any:
    from hengjian.access import operations
    from hengjian.access.roles import Role

    user = operations.create_user("security", "安全管理员甲", now=NOW, password=PASSWORD)
    operations.grant(user, Role.SECURITY, on=date(2026, 1, 1), by=None, reason="测试")
    return user


@pytest.fixture
def subscribed(people: Any, security: Any, settings: Any) -> Subscription:
    """The office's platform wants everything."""
    from hengjian.exchange.subscriptions import Wanted, approve, draw
    from hengjian.ratings.invitations.secrets_file import room_secret

    now = timezone.now()
    wanted = Wanted("市平台", ADDRESS, Kind.values, now.date() + timedelta(90))
    made = approve(people["office"], wanted, named=(), by=security, now=now)
    draw(made, room_secret(settings.DATA), by=people["office"], now=now)
    return made


def told() -> list[tuple[str, str]]:
    return list(Happening.objects.order_by("at", "kind").values_list("kind", "subject"))


def test_a_cycle_is_told_step_by_step_and_nobody_is_named(subscribed: Any, tmp_path: Path) -> None:
    from hengjian.cycles import operations
    from hengjian.cycles.transitions import Audit
    from hengjian.exchange.signing import body_of
    from hengjian.roster.models import Official, Post

    def audit(by: str, hours: int) -> Audit:
        return Audit(by, NOW + timedelta(days=240, hours=hours), "算错了单位")

    operations.freeze(OPEN, audit("office", 1))
    operations.unfreeze(OPEN, audit("office", 2))
    operations.freeze(OPEN, audit("office", 3))
    operations.score(OPEN, audit("office", 4))
    operations.review(OPEN, audit("leader", 5))
    operations.publish(OPEN, audit("office", 6), tmp_path)
    operations.open_correction(OPEN, "fix-2026-h1", audit("office", 7))
    operations.freeze("fix-2026-h1", audit("office", 8))
    operations.score("fix-2026-h1", audit("office", 9))
    operations.review("fix-2026-h1", audit("leader", 10))
    operations.publish("fix-2026-h1", audit("office", 11), tmp_path)
    # what is scored, opened and taken back is the office's own business
    assert [one for one in told() if one[1] == OPEN] == [
        ("cycle.frozen", OPEN), ("cycle.frozen", OPEN), ("cycle.reviewed", OPEN), ("cycle.published", OPEN),
        ("cycle.corrected", OPEN),
    ]  # fmt: skip
    assert [kind for kind, one in told() if one == "fix-2026-h1"] == [
        "cycle.frozen", "cycle.reviewed", "cycle.published"
    ]  # fmt: skip
    said = " ".join(body_of(one).decode() for one in Happening.objects.all())
    words = {word for row in Official.objects.values_list("name", "code") for word in row}
    words |= set(Post.objects.values_list("title", flat=True)) | {"甲office", "office", "leader"}
    assert len(words) > 200
    assert [word for word in words if word in said] == []


def test_a_cycle_that_is_not_frozen_in_the_end_is_not_told(subscribed: Any) -> None:
    from hengjian.cycles import operations
    from hengjian.cycles.transitions import Audit
    from hengjian.terms.errors import Refused

    with pytest.raises(Refused):
        operations.publish(OPEN, Audit("office", NOW, ""), Path("/nowhere"))
    assert told() == []


def test_rows_for_the_quarantine_are_told_once_a_batch_and_good_ones_not(subscribed: Any) -> None:
    from decimal import Decimal

    from hengjian.evidence.feeds.folder import direct_feed
    from hengjian.evidence.operations import admit
    from hengjian.evidence.records import MetricDraft
    from hengjian.roster.models import Organisation

    known = Organisation.objects.filter(until=None).first().code  # type: ignore[union-attr]
    feed = direct_feed("metric", "statistics", "统计")

    def hand_in(*organisations: str) -> None:
        rows = [MetricDraft(one, "grain_output", "2026-H1", Decimal(7), "万吨") for one in organisations]
        admit(rows, feed, by="t", now=timezone.now())

    hand_in(known)
    assert told() == []
    hand_in("NOWHERE", "NEVER")
    assert told() == [("quarantine.waiting", "statistics")]


def test_the_pages_approve_draw_change_watch_and_end(people: Any, security: Any, signed_in: Any) -> None:
    from hengjian.exchange.outbox import announce

    admin, holder = Client(), signed_in("auditor")
    admin.force_login(security)
    said = {"account": "auditor", "title": "市平台", "kinds": ["cycle.published"], "url": ADDRESS,
            "until": (timezone.localdate() + timedelta(30)).isoformat()}  # fmt: skip
    assert holder.get("/pushes/").status_code == 403
    assert holder.post("/pushes/", said).status_code == 403
    for wrong in ({"url": "http://platform.example/"}, {"url": "https://10.0.0.1/"}, {"kinds": ["all"]},
                  {"kinds": []}, {"until": "明天"}, {"title": " "}, {"account": "security"},
                  {"account": "none"}, {"url": "https://a@b/"}):  # fmt: skip
        assert admin.post("/pushes/", said | wrong).status_code == 422, wrong
    assert not Subscription.objects.exists()
    assert admin.post("/pushes/", said).status_code == 302
    made = Subscription.objects.get()
    assert "1 个推送订阅待领取密钥" in holder.get("/").content.decode()
    assert admin.post("/pushes/own/", {"subscription": made.pk}).status_code == 403
    secret = holder.post("/pushes/own/", {"subscription": made.pk}).context["secret"]
    assert secret.startswith("whsec_")
    assert "待领取" not in holder.get("/").content.decode()
    for page in (holder.get("/pushes/own/"), admin.get("/pushes/")):
        assert secret not in page.content.decode()
    changed = holder.post("/pushes/own/", {"subscription": made.pk}).context["secret"]
    assert changed != secret
    for kept in PushSecret.objects.all():
        assert secret[6:20] not in str(vars(kept))
        assert secret.encode().hex() not in kept.sealed

    announce(Kind.PUBLISHED, "2026-h1", timezone.now())
    push = Push.objects.get()
    assert "2026-h1" in admin.get("/pushes/").content.decode()
    assert holder.post("/pushes/", {"deed": "stop", "push": push.pk}).status_code == 403
    assert admin.post("/pushes/", {"deed": "again", "push": push.pk}).status_code == 422
    assert admin.post("/pushes/", {"deed": "stop", "push": push.pk}).status_code == 302
    assert "人工停止" in admin.get("/pushes/").content.decode()
    assert admin.post("/pushes/", {"deed": "again", "push": push.pk}).status_code == 302
    push.refresh_from_db()
    assert (push.state, push.tries) == ("waiting", 0)
    assert "没有送达" not in admin.get("/").content.decode()
    Push.objects.update(state="failed", next_at=None, code="http.500")
    assert "1 条推送没有送达" in admin.get("/").content.decode()
    assert "没有送达" not in holder.get("/").content.decode()
    assert "HTTP 500" in admin.get("/pushes/").content.decode()
    assert admin.post("/pushes/", {"deed": "again", "push": push.pk}).status_code == 302
    assert admin.post("/pushes/", {"deed": "stop", "push": "9" * 18}).status_code == 404
    assert admin.post("/pushes/", {"deed": "stop", "push": "x"}).status_code == 404
    assert admin.post("/pushes/", {"deed": "end", "subscription": made.pk, "reason": ""}).status_code == 422
    assert admin.post("/pushes/", {"deed": "end", "subscription": made.pk, "reason": "停"}).status_code == 302
    push.refresh_from_db()
    assert (push.state, push.code) == ("stopped", "push.ended")
    assert admin.post("/pushes/", {"deed": "again", "push": push.pk}).status_code == 422
    assert holder.post("/pushes/own/", {"subscription": made.pk}).status_code == 422


def test_another_ones_subscription_is_not_shown_and_not_touched(subscribed: Any, signed_in: Any) -> None:
    stranger = signed_in("auditor")
    assert ADDRESS not in stranger.get("/pushes/own/").content.decode()
    assert ADDRESS in signed_in("office").get("/pushes/own/").content.decode()
    assert stranger.post("/pushes/own/", {"subscription": subscribed.pk}).status_code == 403
    ended = {"subscription": subscribed.pk, "deed": "end", "reason": "试"}
    assert stranger.post("/pushes/own/", ended).status_code == 403
    assert not hasattr(Subscription.objects.get(), "ending")
