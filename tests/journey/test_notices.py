"""A platform is told: approved by one, signed by another, sent by the worker, watched and ended."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from tests.unit.exchange.receiver import receiver

if TYPE_CHECKING:
    from tests.journey.conftest import Site, Visitor


@pytest.fixture(params=[1440, 360], ids=["desk", "phone"])
def width(request: pytest.FixtureRequest) -> int:
    return int(request.param)


def come(site: Site, chromium: Any, width: int, name: str) -> Visitor:
    from tests.journey.conftest import Visitor

    one = Visitor(site, chromium, width)
    one.sign_in(name)
    return one


def sent(who: Visitor, button: str) -> str:
    """Press a button; what the page then says."""
    who.page.click(button)
    who.page.wait_for_load_state("networkidle")
    return str(who.page.inner_text("main"))


def seen(who: Visitor, path: str, name: str) -> str:
    """The page's text, after axe found nothing and a picture."""
    who.open(path)
    who.picture(f"notices-{name}")
    assert who.faults() == [], name
    return str(who.page.inner_text("main"))


def test_from_approval_to_a_delivered_notice_that_names_nobody(site: Site, chromium: Any, width: int) -> None:
    cycle = f"2026-h1-notices-{width}"
    security, office = (come(site, chromium, width, f"demo-{name}") for name in ("security", "office"))
    with receiver(503) as platform:
        assert "还没有推送" in seen(security, "/pushes/", "empty") or width != 1440
        security.page.fill("#id_account", "demo-office")
        security.page.fill("#id_title", f"市大数据平台 {width}")
        security.page.fill(
            "#id_until", (datetime.now(ZoneInfo("Asia/Shanghai")) + timedelta(90)).date().isoformat()
        )
        security.page.check("input[name=kinds][value='cycle.frozen']")
        security.page.fill("#id_url", "http://127.0.0.1/in")
        assert "接收地址须为 https" in sent(security, "button:text-is('批准订阅')")
        assert security.faults() == []
        security.page.fill("#id_url", platform.url)
        security.page.fill("#id_account", "demo-office")
        assert "待领取密钥" in sent(security, "button:text-is('批准订阅')")

        office.open("/")
        assert "个推送订阅待领取密钥" in office.page.inner_text("main")
        office.open("/pushes/own/")
        sent(office, f"tr:has-text('市大数据平台 {width}') button:text-is('领取密钥')")
        office.picture("notices-secret")
        assert office.faults() == []
        secret = str(office.page.inner_text("[role=status] code"))
        assert secret not in seen(office, "/pushes/own/", "own")

        later = (datetime.now(ZoneInfo("Asia/Shanghai")) + timedelta(days=1)).date().isoformat()
        site.run("cycle", "open", cycle, "--period", "2026-H1", "--policy", "seed", "--title",
                 f"通知平台的一次考核 {width}（合成数据）", "--on", "2026-06-30", "--cut-off", later,
                 "--level", "township", "--synthetic", "--by", "demo-office")  # fmt: skip
        site.run("freeze", cycle, "--by", "demo-office", "--reason", "试推送，不等截止")
        site.run("worker", "--once", "pushes")
        assert platform.seen.wait(60)
        told = seen(security, "/pushes/", "waiting")
        assert cycle in told
        assert "HTTP 503" in told
        mine = f"section[aria-labelledby=sent-title] tr:has-text('{cycle}')"
        assert "人工停止" in sent(security, f"{mine} button:text-is('停止')")
        assert "已重新排队" in sent(security, f"{mine} button:text-is('重发')")
        platform.seen.clear()
        site.run("worker", "--once", "pushes")
        assert platform.seen.wait(60)
        assert "已送达" in seen(security, "/pushes/", "delivered")
        _path, headers, body = platform.came[-1]
        assert json.loads(body)["data"] == {"subject": cycle, "read": f"/api/v1/cycles/{cycle}"}
        text = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        wanted = hmac.new(base64.b64decode(secret[6:]), text, hashlib.sha256).digest()
        assert headers["webhook-signature"] == f"v1,{base64.b64encode(wanted).decode()}"
        assert len(set(platform.ids())) == 1

        row = f"section[aria-labelledby=all-title] tr:has-text('市大数据平台 {width}')"
        security.page.fill(f"{row} input[name=reason]", "平台停用")
        assert "已停用" in sent(security, f"{row} button:text-is('停用订阅')")
    for one in (security, office):
        one.close()
