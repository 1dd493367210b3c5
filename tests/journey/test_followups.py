"""Low marks, contests, flags and reports in a real browser, by five people of different offices."""

from __future__ import annotations

import subprocess
import sys
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from tests.journey.conftest import ROOT, Visitor

if TYPE_CHECKING:
    from tests.journey.conftest import Site

PAGES = {
    "demo-followup": {
        "followups": "/followups/", "followups-problems": "/followups/problems/",
        "followups-reminders": "/followups/reminders/", "followups-case": "/followups/ first",
    },
    "demo-reviewer": {
        "contests": "/contests/", "contests-flags": "/contests/flags/",
        "contests-flag": "/contests/flags/ first",
    },
    "demo-wang": {"contests-own": "/contests/"},
    "demo-protector": {"reports": "/reports/", "reports-report": "/reports/ first"},
    "demo-office": {"reminders-organisation": "/followups/reminders/"},
}  # fmt: skip


@pytest.fixture(scope="module")
def rated(site: Site) -> Site:
    """The served city, after three days of ratings."""
    today = datetime.now(ZoneInfo("Asia/Shanghai")).date().isoformat()
    ended = subprocess.run(
        [sys.executable, "-m", "tests.journey.low_marks", today], cwd=ROOT, capture_output=True, text=True,
        env=site.env, timeout=300, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    return site


@pytest.fixture
def person(rated: Site, chromium: Any) -> Any:
    """Somebody at a desk."""
    opened: list[Visitor] = []

    def come(name: str, width: int = 1440, **more: Any) -> Visitor:
        one = Visitor(rated, chromium, width, **more)
        opened.append(one)
        one.sign_in(name)
        return one

    yield come
    for one in opened:
        one.close()


def open_page(one: Visitor, path: str) -> None:
    """Open a page, or the first entry of a list."""
    address, _space, first = path.partition(" ")
    assert one.open(address).status == 200, path
    if first:
        one.page.click("table tbody th a >> nth=0")
        one.page.wait_for_load_state("networkidle")


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize(
    ("language", "width", "scheme"),
    [("zh-hans", 1440, "light"), ("zh-hans", 360, "light"), ("en", 360, "dark")],
)
def test_every_page_is_accessible_fits_the_window_and_asks_nothing_outside(
    person: Any, name: str, width: int, language: str, scheme: str
) -> None:
    one = person(name, width, color_scheme=scheme)
    if language == "en":
        one.page.click("button:has-text('English')")
        one.page.wait_for_selector("html[lang=en]")
    found = {}
    for picture, path in PAGES[name].items():
        open_page(one, path)
        one.picture(picture if language == "zh-hans" else f"{picture}-en")
        found[picture] = one.faults()
    assert {picture: faults for picture, faults in found.items() if faults} == {}


def submit(one: Visitor, deed: str, **fields: str) -> None:
    """Fill the form of a deed and send it."""
    form = one.page.locator(f"form:has(button[value={deed}])")
    for name, value in fields.items():
        field = form.locator(f"[name={name}]")
        if field.evaluate("one => one.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)
    form.locator(f"button[value={deed}]").click()
    one.page.wait_for_load_state("networkidle")


def test_a_low_mark_is_assigned_called_back_answered_and_closed(person: Any) -> None:
    first, second = person("demo-followup"), person("demo-followup-2", 360)
    first.open("/followups/?kind=low_mark")
    row = first.page.locator("tbody tr", has_text="可以回访")
    row.locator("th a").click()
    first.page.wait_for_load_state("networkidle")
    address = first.page.url.removeprefix(first.site.address)
    shown = first.page.inner_text("main")
    assert "〔电话〕" in shown
    assert "13800000000" not in shown
    submit(first, "assign", handler="demo-followup", reason="由甲承办")
    submit(first, "open_contact", why="call_back")
    assert "13800000000" in first.page.inner_text("main")
    first.picture("followups-contact")
    first.open(address)
    submit(first, "call", reason="电话回访：愿意再来一次")
    submit(first, "answer", reason="已补办并上门致歉；材料清单已更正（合成数据）")
    assert "等待答复人以外的专员审核" in first.page.inner_text("main")
    second.open(address)
    submit(second, "close", reason="已核实，属实")
    assert "已办结" in second.page.inner_text("main")
    second.picture("followups-closed")
    assert first.faults() + second.faults() == []


def test_an_official_contests_and_two_reviewers_decide_each_alone(person: Any) -> None:
    wang = person("demo-wang")
    wang.open("/contests/")
    assert "态度差" in wang.page.inner_text("main")  # told with the release
    submit(wang, "file", ground="flooded", reason="同一天集中评价，意见文字相同（合成数据）")
    assert "复核中" in wang.page.inner_text("main")
    for n, name in enumerate(("demo-reviewer", "demo-reviewer-2")):
        one = person(name, (1440, 360)[n])
        one.open("/contests/")
        one.page.click("tbody th a >> nth=0")
        one.page.wait_for_load_state("networkidle")
        for at in range(2):
            one.page.check(f"input[name=ballot] >> nth={at}")
        one.page.fill("#id_reason", f"只有{n}知道的理由")
        if n == 0:
            one.picture("contests-decide")
        one.page.click("main button[type=submit]")
        one.page.wait_for_load_state("networkidle")
        shown = one.page.inner_text("main")
        assert ("只有0知道的理由" in shown) == (n == 0 or "已不计入" in shown)
        assert one.faults() == []
    one.picture("contests-decided")
    wang.open("/contests/")
    assert "支持：有评价不再计入" not in wang.page.inner_text("main")


def test_a_report_is_read_protected_filed_and_suspended_by_a_leader(person: Any) -> None:
    handler, leader = person("demo-protector"), person("demo-leader", 360)
    handler.open("/reports/")
    handler.page.click("tbody th a:has-text('打击报复') >> nth=0")
    handler.page.wait_for_load_state("networkidle")
    address = handler.page.url.removeprefix(handler.site.address)
    assert leader.open(address).status == 403
    submit(handler, "open", why="protect")
    assert "停了我家的低保" in handler.page.inner_text("main")
    handler.picture("reports-opened")
    handler.open(address)
    for deed in ("protect", "check", "file"):
        handler.page.select_option("#id_deed", deed)
        handler.page.fill("#id_reason", "按程序办理（合成数据）")
        handler.page.click("form:has(#id_deed) button")
        handler.page.wait_for_load_state("networkidle")
    assert leader.open(address).status == 200
    leader.page.select_option("#id_deed", "suspend")
    leader.page.fill("#id_clause", "公职人员政务处分法第五十二条")
    leader.page.fill("#id_reason", "立案后不宜继续履职（合成数据）")
    leader.picture("reports-decide")
    leader.page.click("form:has(#id_deed) button")
    leader.page.wait_for_load_state("networkidle")
    assert "已停职" in leader.page.inner_text("main")
    assert leader.faults() == []


def test_a_report_of_inducement_is_checked_on_a_phone(person: Any) -> None:
    handler = person("demo-protector", 360)
    handler.open("/reports/")
    handler.page.click("tbody th a:has-text('诱导') >> nth=0")
    handler.page.wait_for_load_state("networkidle")
    address = handler.page.url.removeprefix(handler.site.address)
    for deed, state in (("check", "初步核实"), ("dismiss", "查无实据")):
        handler.open(address)
        handler.page.select_option("#id_deed", deed)
        handler.page.fill("#id_reason", "按程序核查（合成数据）")
        handler.page.click("form:has(#id_deed) button")
        handler.page.wait_for_load_state("networkidle")
        assert state in handler.page.inner_text("main")
        assert handler.faults() == []


def test_the_keyboard_alone_files_a_step(person: Any) -> None:
    one = person("demo-followup")
    one.open("/followups/?kind=theme")
    one.page.focus("tbody th a >> nth=0")
    one.page.keyboard.press("Enter")
    one.page.wait_for_load_state("networkidle")
    one.page.focus("#id_handler")
    one.page.keyboard.press("Tab")
    one.page.keyboard.type("由甲承办")
    one.page.keyboard.press("Tab")
    one.page.keyboard.press("Enter")
    one.page.wait_for_load_state("networkidle")
    assert "已分派" in one.page.inner_text("main")
