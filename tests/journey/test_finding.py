"""Finding one's way: the nine words, the search, the list of officials, the calendar, several at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.journey.conftest import Site, Visitor

WORDS = ["本周要办", "考核周期", "干部", "评价", "核查", "结果", "制度", "存证", "设置"]
WIDE = 1440


def menu(visitor: Visitor, below: str = "") -> list[str]:
    found = visitor.page.locator(f"nav[aria-label='主导航'] > ul > li {below}> a").all_inner_texts()
    return [str(one) for one in found]


def test_the_office_finds_everything_under_nine_words(visitor: Visitor) -> None:
    page = visitor.page
    visitor.sign_in("demo-office")
    assert menu(visitor) == WORDS
    for word in WORDS:
        page.click(f"nav[aria-label='主导航'] > ul > li > a:text-is('{word}')")
        page.wait_for_load_state("networkidle")
        assert page.locator("nav > ul > li > a[aria-current]").all_inner_texts() == [word]
        assert visitor.faults() == [], word
        if word in {"核查", "评价"}:
            visitor.picture(f"menu-{word}")
    page.click("nav a:text-is('核查')")
    page.wait_for_load_state("networkidle")
    assert menu(visitor, "ul > li ") == ["待核记录", "回访办理"]
    box = page.locator("nav[aria-label='主导航']").bounding_box()
    assert box is not None
    assert visitor.width == WIDE or box["height"] < 180, "three lines of words and one of pages at most"


def test_a_person_is_found_by_name_for_a_purpose_only(visitor: Visitor) -> None:
    page = visitor.page
    visitor.sign_in("demo-leader")
    page.keyboard.press("Control+k")
    assert page.evaluate("document.activeElement.id") == "search"
    page.keyboard.type("王某")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search/")
    assert "请先选择查看目的" in page.inner_text("main")
    assert "D1030011" not in page.inner_text("main")
    visitor.picture("search-asks-a-purpose")
    assert visitor.faults() == []
    visitor.choose("petition")
    assert "王某" in page.inner_text("main .hj-todo")
    assert page.inner_text("#ticket").startswith("查询编号")
    assert "王" not in page.url
    visitor.picture("search")
    assert visitor.faults() == []
    page.click("main .hj-todo a:has-text('王某')")
    page.wait_for_url("**/officials/D1030011/")
    assert "党委书记" in page.inner_text("main")
    visitor.picture("official")
    assert visitor.faults() == []
    page.click("main a:has-text('2026年上半年考核·改革后')")
    page.wait_for_url("**/seats/**")
    assert page.inner_text("h1") == "王某"
    visitor.open("/officials/?unit=990103002")
    visitor.picture("officials")
    assert visitor.faults() == []
    visitor.open("/officials/units/")
    visitor.picture("units")
    assert visitor.faults() == []


def test_the_calendar_shows_the_month_and_gives_a_file(visitor: Visitor) -> None:
    page = visitor.page
    visitor.sign_in("demo-office")
    page.click("nav a:text-is('期限日历')")
    page.wait_for_url("**/calendar/")
    page.click("main a:text-is('上个月')")
    page.wait_for_url("**month=**")
    visitor.open("/calendar/?month=2026-10")
    assert page.locator(".hj-month .hj-tag:text-is('休')").count() >= 5
    visitor.picture("calendar")
    assert visitor.faults() == []
    with page.expect_download() as file:
        page.click("main a:has-text('.ics')")
    assert file.value.suggested_filename == "hengjian.ics"


def test_several_refused_rows_are_kept_out_after_a_preview(site: Site, chromium: Any) -> None:
    from tests.journey.conftest import Visitor

    for width in (WIDE, 360):
        visitor = Visitor(site, chromium, width)
        page = visitor.page
        visitor.sign_in("demo-office")
        visitor.open("/quarantine/")
        rows = page.locator("input[name=number]")
        before = rows.count()
        assert before > 2
        rows.nth(0).check()
        page.click("button:has-text('批量不予接收')")
        page.wait_for_url("**/several/")
        assert "还没有办理" in page.inner_text("main")
        visitor.picture("several")
        assert visitor.faults() == []
        page.fill("#id_reason", "重复报送（演示）")
        page.click("button:has-text('确认不予接收')")
        page.wait_for_url("**/quarantine/")
        assert "1 条已决定不予接收" in page.inner_text("[role=status]")
        assert rows.count() == before - 1
        page.check("[data-check-all]")
        assert page.locator("input[name=number]:checked").count() == before - 1
        visitor.picture("quarantine-several")
        assert visitor.faults() == []
        visitor.close()


@pytest.mark.parametrize("language", ["English"])
def test_the_same_in_english_and_dark(site: Site, chromium: Any, language: str) -> None:
    from tests.journey.conftest import Visitor

    for width in (WIDE, 360):
        visitor = Visitor(site, chromium, width, color_scheme="dark")
        visitor.sign_in("demo-office")
        visitor.page.click(f"button:has-text('{language}')")
        visitor.page.wait_for_selector("html[lang=en]")
        for path in ("/officials/", "/officials/units/", "/calendar/", "/quarantine/"):
            visitor.open(path)
            assert visitor.faults() == [], path
        visitor.open("/calendar/")
        visitor.picture("calendar-english-dark")
        visitor.close()


def test_a_filter_is_kept_and_a_remark_tells_whom_it_mentions(site: Site, chromium: Any) -> None:
    from tests.journey.conftest import Visitor

    for width in (WIDE, 360):
        office, other = Visitor(site, chromium, width), Visitor(site, chromium, width)
        page = office.page
        office.sign_in("demo-office")
        office.open("/quarantine/")
        page.select_option("#id_kind", "case")
        page.wait_for_url("**kind=case**")
        page.click("summary:has-text('保存当前筛选')")
        page.fill("#filter-name", f"办件 {width}")
        page.click("#kept button:text-is('保存')")
        page.wait_for_selector(f"#kept a:text-is('办件 {width}')")
        office.picture("filters")
        assert office.faults() == []
        office.open("/quarantine/")
        page.click(f"#kept a:text-is('办件 {width}')")
        page.wait_for_url("**kind=case**")
        page.click("tbody tr:first-child th a")
        page.fill("#remark-text", "请 @demo-leader 过目（演示）")
        page.click("button:text-is('记下意见')")
        page.wait_for_selector("[role=status]:has-text('办理意见已记下')")
        office.picture("remarks")
        assert office.faults() == []
        other.sign_in("demo-leader")
        other.page.click(".hj-new")
        other.page.wait_for_url("**/notices/")
        assert "过目" not in other.page.inner_text("main")
        other.picture("notices")
        assert other.faults() == []
        other.page.click("button:has-text('全部标为已读')")
        other.page.wait_for_load_state("networkidle")
        assert other.page.locator(".hj-new").count() == 0
        other.open("/overdue/")
        other.picture("overdue")
        assert other.faults() == []
        office.close()
        other.close()
