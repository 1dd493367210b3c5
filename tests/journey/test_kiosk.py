"""The rating page in a real browser, over both processes: rated, receipt, lost lines, frames."""

import json
import re
import secrets
import threading
import uuid
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.journey.kiosk_town import (
    PLATFORM,
    beside_a_browser,
    closing,
    keys,
    phone,
    phone_with,
    rater,
    running,
    template,
    town,
)  # fmt: skip
from tests.journey.raters import Rater

__all__ = ["beside_a_browser", "closing", "keys", "phone", "rater", "running", "template", "town"]

WEIGHT = 100_000  # bytes over the wire, from opening to the receipt
STATIC = Path(__file__).resolve().parents[2] / "hengjian" / "kiosk" / "static" / "kiosk"


def test_from_link_to_receipt(town: Any, rater: Rater) -> None:
    secret = town.link()
    rater.open(secret)
    assert "云溪镇" in rater.told()
    assert rater.page.url == f"{town.issue.address}/r"  # the secret has left the address
    rater.picture("rate")
    assert rater.faults() == []
    rater.rate(8, "quick", "unclear", comment="办得快，只是材料没讲清")
    assert "8 分 · 满意" in rater.told()
    rater.page.wait_for_selector("#key:not([hidden])", state="attached")
    rater.page.click("summary:has-text('为什么查不到')")
    assert "3 家见证单位联署" in rater.told()
    rater.picture("rate-filled")
    assert rater.faults() == []
    code = rater.submit()
    rater.picture("rate-done")
    assert rater.faults() == []
    assert rater.page.evaluate("JSON.stringify(localStorage)") == "{}"
    rater.page.click("#to-receipt")
    rater.wait_for("已计入有效评价")
    assert rater.page.input_value("#code-input") == code
    assert rater.page.url == f"{town.cast.address}/receipt"
    rater.page.fill("#answer", "后来讲清楚了，谢谢")
    rater.page.click("button:has-text('提交说明')")
    rater.wait_for("我的补充")
    rater.page.click("summary:has-text('修改评价')")
    rater.rate(9, "quick")
    rater.page.click("button:has-text('提交修改')")
    rater.wait_for("已修改。")
    rater.picture("receipt-open")
    assert rater.faults() == []
    town.night()
    rater.page.goto(f"{town.cast.address}/receipt#{code}")
    rater.page.reload()
    rater.page.fill("#code-input", code.lower().replace("-", " "))
    rater.page.click("button:has-text('查看')")
    rater.page.wait_for_selector("#proof")
    assert "3 家见证单位的联署" in rater.page.inner_text("#proof")
    rater.picture("receipt")
    assert rater.faults() == []


def test_no_request_tells_who_asks(town: Any, phone: Rater) -> None:
    secret = town.link()
    phone.open(secret)
    phone.rate(6)
    code = phone.submit()
    assert {path.split("?")[0] for path in phone.paths()} >= {"issue/open", "issue/token", "cast/ballot"}
    for request in phone.asked:
        headers = request.all_headers()
        assert not {"cookie", "referer"} & set(headers), request.url
        assert secret not in request.url
        assert code not in request.url
        if "/cast/" in request.url:
            assert secret not in (request.post_data or "")
            assert code not in (request.post_data or "")  # its digest only
    assert phone.context.cookies() == []


def test_all_of_it_weighs_less_than_a_hundred_kilobytes(town: Any, phone: Rater) -> None:
    session, weighed = phone.context.new_cdp_session(phone.page), []
    session.send("Network.enable")
    session.on("Network.loadingFinished", lambda one: weighed.append(one["encodedDataLength"]))
    phone.open(town.link())
    phone.rate(7, "kind")
    phone.submit()
    phone.page.click("#to-receipt")
    phone.wait_for("已计入有效评价")
    assert len(weighed) > 10
    assert sum(weighed) < WEIGHT, weighed


@pytest.mark.parametrize("language", ["zh", "en"])
def test_both_languages_large_type_and_darkness(town: Any, chromium: Any, language: str) -> None:
    with phone_with(town, chromium, color_scheme="dark") as one:
        one.open(town.link())
        if language == "en":
            one.page.click("#other")
        one.page.click("#large")
        one.rate(2, "slow")
        one.page.check("#named-yes")
        one.page.click("#report summary")
        words = {"zh": ("2 分 · 非常不满意", "提交评价"), "en": ("2 of 10 · Very dissatisfied", "Submit")}
        assert all(part in one.told() for part in words[language])
        chinese = re.compile(r"[\u4e00-\u9fff]")
        assert bool(chinese.search(one.page.inner_text("form"))) == (language == "zh")
        assert one.page.get_attribute("html", "lang") == {"zh": "zh-CN", "en": "en"}[language]
        assert one.page.evaluate("getComputedStyle(document.documentElement).fontSize") == "24px"
        one.picture(f"rate-large-{language}")
        assert one.faults() == []


def test_every_word_stands_in_both_languages() -> None:
    words = (STATIC / "words.js").read_text(encoding="utf-8")
    named = set(re.findall(r"^  (\w+): \[", words, re.MULTILINE))
    code = "".join(
        path.read_text(encoding="utf-8")
        for path in (*STATIC.glob("*.js"), *STATIC.parents[1].joinpath("pages").glob("*.html"))
        if path.name != "words.js"
    )
    said = set(re.findall(r"""["'](\w+)["']""", code))
    assert named - said == set()  # none that nobody says
    for name in re.findall(r"""(?:\bt|message)\(\s*"(\w+)\"""", code) + re.findall(r'data-t="(\w+)"', code):
        assert name in named, name


def test_reading_aloud_says_the_form(town: Any, chromium: Any) -> None:
    script = (
        """window.spoken = []; speechSynthesis.speak = (one) => window.spoken.push([one.lang, one.text]);"""
    )
    with phone_with(town, chromium, script) as one:
        one.open(town.link())
        one.page.click("#aloud")
        ((lang, text),) = one.page.evaluate("window.spoken")
        assert lang == "zh-CN"
        assert "您打几分" in text
        assert one.page.inner_text("#aloud") == "停止朗读"
        one.page.click("#aloud")
        assert one.page.inner_text("#aloud") == "朗读"


def test_by_the_keyboard_alone(town: Any, phone: Rater) -> None:
    phone.open(town.link())
    press = phone.page.keyboard.press
    for _ in range(4):
        press("Tab")
    press("Space")
    for _ in range(6):
        press("ArrowRight")
    assert "7 分" in phone.told()
    press("Tab")
    press("Space")
    assert phone.page.is_checked("#tag-quick")
    for _ in range(40):
        if phone.page.evaluate("document.activeElement.type === 'submit'"):
            break
        press("Tab")
    press("Enter")
    phone.page.wait_for_selector("#code")
    assert phone.page.evaluate("document.activeElement.tagName") == "H2"


# -- lines that break ----------------------------------------------------------------------------


def test_a_draft_survives_a_lost_line_and_a_closed_page(town: Any, phone: Rater) -> None:
    phone.open(town.link())
    phone.rate(4, "slow", comment="等了很久")
    phone.context.set_offline(True)
    phone.page.click("button[type=submit]")
    phone.wait_for("网络不通")
    phone.context.set_offline(False)
    phone.page.close()
    phone.page = phone.context.new_page()
    phone.open()  # without the link: what was typed is still there
    assert "已恢复上次没有提交的内容" in phone.told()
    assert phone.page.input_value("#comment") == "等了很久"
    assert phone.page.is_checked("#mark-4")
    phone.submit()


@pytest.mark.parametrize("lost", ["issue/token", "cast/ballot"])
def test_an_answer_that_is_lost_is_not_a_second_ballot(town: Any, phone: Rater, lost: str) -> None:
    from hengjian.ratings.ballots.models import Arrival

    before, losses = Arrival.objects.count(), iter([True])

    def lose(route: Any) -> None:
        if next(losses, False):
            route.fetch()  # it arrives
            route.abort()  # and its answer does not
        else:
            route.continue_()

    phone.page.route(f"**/{lost}", lose)
    phone.open(town.link())
    phone.rate(8)
    if lost == "cast/ballot":
        phone.page.click("button[type=submit]")
        phone.wait_for("网络不通")
    code = phone.submit()
    assert Arrival.objects.count() == before + 1
    assert town.cast.post("/cast/receipt", code=code).status == 200
    assert ("没有重复计票" in phone.told()) == (lost == "cast/ballot")


def test_wiping_a_shared_device(town: Any, phone: Rater) -> None:
    phone.open(town.link())
    phone.rate(5, comment="公用电脑")
    phone.page.on("dialog", lambda dialog: dialog.accept())
    phone.page.click("#wipe")
    phone.wait_for("已清除")
    assert phone.page.evaluate("localStorage.length") == 0
    phone.open()
    assert "请用收到的完整链接" in phone.told()


def test_a_used_an_unknown_and_a_broken_link(town: Any, phone: Rater, chromium: Any) -> None:
    secret = town.link()
    phone.open(secret)
    phone.rate(10)
    phone.submit()
    phone.open(secret)
    phone.wait_for("这个链接已经评价过")
    assert phone.faults() == []
    with phone_with(town, chromium) as other:
        other.open("x" * 43)
        other.wait_for("没有这个评价链接")
        other.open("short")
        other.wait_for("请用收到的完整链接")


def _expired(town: Any) -> str:
    """A link like any other, whose window is over."""
    from hengjian.ratings.invitations.models import Attempt, Invitation
    from hengjian.ratings.invitations.secrets_file import hash_of

    attempt = Attempt.objects.select_related("invitation").get(secret_hash=hash_of(town.link()))
    old: Invitation = attempt.invitation
    old.pk, old.person_key, old._state.adding = uuid.uuid4(), secrets.token_hex(32), True
    old.expires_on -= timedelta(days=99)
    old.save(force_insert=True)
    secret = secrets.token_urlsafe(32)
    Attempt.objects.create(invitation=old, secret_hash=hash_of(secret), at=attempt.at)
    return secret


def test_an_expired_link_says_so_and_when_the_next_one_comes(town: Any, rater: Rater) -> None:
    rater.open(_expired(town))
    rater.wait_for("评价链接已过期。下次办事后会收到新的链接；不想再收到的，可在其中选择不再接收。")
    assert rater.page.locator("button[type=submit]").count() == 0
    rater.picture("rate-expired")
    assert rater.faults() == []


# -- phones, frames, people -----------------------------------------------------------------------


def test_a_phone_without_big_numbers_is_told_where_to_go(town: Any, chromium: Any) -> None:
    with phone_with(town, chromium, "delete window.BigInt;") as one:
        one.open(town.link())
        words = one.page.inner_text("#old")
        assert "12345" in words
        assert "too old" in words
        assert not one.page.is_visible("#app")
        one.picture("rate-old-phone")
        assert one.faults() == []


def test_only_the_citys_platform_may_show_it_in_a_frame(town: Any, phone: Rater) -> None:
    secret = town.link()

    class Platform(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = (
                f"<!doctype html><iframe width=340 height=700 src='{town.issue.address}/r#{secret}'></iframe>"
            )
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", PLATFORM), Platform)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        phone.page.goto(f"http://localhost:{PLATFORM}/")
        phone.page.wait_for_load_state("networkidle")
        assert not phone.page.frames[1].locator("#main").is_visible()
        phone.page.goto(f"http://127.0.0.1:{PLATFORM}/")
        frame = phone.page.frame_locator("iframe")
        frame.locator("#mark-9").check(force=True)
        frame.locator("button.main").click()
        frame.locator("#code").wait_for()
    finally:
        server.shutdown()
        server.server_close()


def test_assisted_entry_is_recorded_as_such(town: Any, phone: Rater) -> None:
    from hengjian.ratings.ballots.models import Arrival

    before = Arrival.objects.filter(how="assisted").count()
    phone.open(town.link(), assisted="a.")
    assert "代录" in phone.told()
    phone.rate(6)
    phone.picture("rate-assisted")
    assert phone.faults() == []
    phone.submit()
    assert Arrival.objects.filter(how="assisted").count() == before + 1


def test_a_named_rater_and_a_report(town: Any, phone: Rater) -> None:
    from hengjian.ratings.followups.boxes import key_of
    from hengjian.ratings.followups.models import DayBox

    phone.open(town.link())
    phone.rate(2, "rude")
    phone.page.check("#named-yes")
    phone.page.click("button[type=submit]")
    phone.wait_for("请填写电话")
    phone.page.fill("#contact-name", "老李")
    phone.page.fill("#contact-reach", "0571-8888")
    phone.page.click("#report summary")
    phone.page.check("#report-inducement")
    phone.page.fill("#report-text", "窗口人员看着我打分")
    phone.picture("rate-named")
    assert phone.faults() == []
    phone.page.click("#report button[type=submit]")
    phone.wait_for("举报已收到")
    phone.page.click("button.main")
    phone.wait_for("联系方式已加密留存")
    assert phone.faults() == []
    rows = {row.left: row for row in DayBox.objects.order_by("on")}
    contents = {
        left: json.loads(key_of(town.data).open(bytes(row.box), str(row.pk))) for left, row in rows.items()
    }
    assert contents["contact"]["contact"] == {"name": "老李", "reach": "0571-8888"}
    assert contents["inducement"]["text"] == "窗口人员看着我打分"
    assert rows["inducement"].ballot is None
    assert rows["inducement"].key == rows["contact"].key
