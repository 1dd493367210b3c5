"""The office, a leader, an official and a stranger go through the console in a real browser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.journey.conftest import Site, Visitor

SEED, BEFORE, OPEN, WANG = "demo-seed-2026-h1", "demo-before-2026-h1", "2026-h1-trial", "D1030011@P1030011"
PAGES = {
    "home": "/",
    "cycles": "/cycles/",
    "cycle-open": f"/cycles/{OPEN}/",
    "cycle-published": f"/cycles/{SEED}/",
    "verify": f"/cycles/{SEED}/verify/",
    "cycle-missing": f"/cycles/{OPEN}/missing/",
    "open-cycle": "/open-cycle/",
    "freeze": f"/cycles/{OPEN}/do/freeze/",
    "ranking": f"/cycles/{SEED}/ranking/?group=ecological/township/principal",
    "ratings": "/ratings/?half=2026-H1",
    "ratings-units": "/ratings/units/?half=2026-H1",
    "ratings-sources": "/ratings/sources/?half=2026-H1",
    "ratings-channels": "/ratings/channels/",
    "ratings-sheets": "/ratings/sheets/",
    "ratings-assisted": "/ratings/assisted/",
    "ratings-duties": "/ratings/duties/",
    "ranking-across": f"/cycles/{SEED}/ranking/?group=",
    "score-sheet": f"/cycles/{SEED}/seats/{WANG}/",
    "workings": f"/cycles/{SEED}/seats/{WANG}/workings/",
    "compare-seat": f"/cycles/{SEED}/compare/?other={BEFORE}&seat={WANG}",
    "compare-all": f"/cycles/{SEED}/compare/?other={BEFORE}",
    "policies": "/policies/",
    "indicators": "/policies/seed/",
    "scorecard": "/policies/seed/scorecards/?zone=ecological&category=principal",
    "panel": "/policies/seed/panel/",
    "parameters": "/policies/seed/parameters/",
    "policies-compared": "/policies/compare/?old=before&new=seed",
    "officials": "/officials/?unit=990103002",
    "official": "/officials/D1030011/",
    "units": "/officials/units/",
    "quarantine": "/quarantine/",
    "quarantine-record": "/quarantine/1/",
}
AUDIT = {"trail": "/trail/", "ratings-audit": "/ratings/audit/?half=2026-H1"}
MISSING = {"not-found": "/cycles/no-such-cycle/"}


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_page_is_accessible_fits_the_window_and_asks_nothing_outside(
    visitor: Visitor, language: str
) -> None:
    visitor.sign_in("demo-office")
    if language == "en":
        visitor.page.click("button:has-text('English')")
        visitor.page.wait_for_selector("html[lang=en]")
    found = {}
    for name in ("score-sheet", "ranking"):
        visitor.open(PAGES[name])
        if language == "zh-hans":
            visitor.picture(f"{name}-masked")
        found[f"{name}-masked"] = visitor.faults()
    visitor.choose("verify")
    for name, path in PAGES.items():
        assert visitor.open(path).status == 200, path
        if language == "zh-hans":
            visitor.picture(name)
        found[name] = visitor.faults()
    assert visitor.open(MISSING["not-found"]).status == 404
    found["not-found"] = visitor.faults()
    assert {name: faults for name, faults in found.items() if faults} == {}


def test_dark_and_english_pages_are_accessible_too(site: Site, chromium: Any) -> None:
    from tests.journey.conftest import Visitor

    visitor = Visitor(site, chromium, 1440, color_scheme="dark")
    visitor.sign_in("demo-auditor")
    for name in ("home", "cycle-published", "score-sheet", "policies-compared", "trail", "ratings-audit"):
        visitor.open({**PAGES, **AUDIT}[name])
        if name == "score-sheet":
            visitor.picture("score-sheet-dark")
        assert visitor.faults() == [], name
    visitor.page.click("button:has-text('English')")
    visitor.open(PAGES["score-sheet"])
    visitor.picture("score-sheet-english")
    assert visitor.page.title().endswith("Hengjian")
    visitor.close()


def test_a_failed_sign_in_says_so_and_says_nothing_about_accounts(visitor: Visitor) -> None:
    visitor.open("/sign-in/")
    visitor.picture("sign-in")
    visitor.page.fill("#id_username", "nobody-here")
    visitor.page.fill("#id_password", "wrong")
    visitor.page.click("main button[type=submit]")
    assert "账号或密码不正确" in visitor.page.inner_text("[role=alert]")
    assert visitor.faults() == []


def test_every_figure_of_a_sheet_opens_down_to_a_record(visitor: Visitor) -> None:
    visitor.sign_in("demo-wang")
    visitor.page.click("main a:has-text('2026年上半年考核·改革后')")
    line = visitor.page.locator("tbody details", has_text="生态系统生产总值").first
    line.locator("summary").first.click()
    line.locator(".hj-tree").wait_for()
    closed = line.locator(".hj-tree details:not([open]) > summary:visible")
    while closed.count():
        closed.first.click()
    visitor.picture("score-sheet-opened")
    line.locator("a .hj-digest").first.click()
    visitor.page.wait_for_url("**/records/**")
    visitor.picture("record")
    assert "存证摘要" in visitor.page.inner_text("main")
    assert visitor.faults() == []


def test_an_official_finds_only_the_own_sheet(visitor: Visitor) -> None:
    visitor.sign_in("demo-wang")
    visitor.picture("home-official")
    menu = visitor.page.locator("nav").bounding_box()
    assert menu is not None
    low = visitor.width > 360 or menu["height"] < 140
    assert low, "two lines of words, one of pages: a short page must not stretch the menu"
    assert "王某" not in visitor.page.inner_text("main")
    offered = ["本周要办", "评价", "核查", "结果", "制度", "设置"]
    assert visitor.page.locator("nav > ul > li > a").all_inner_texts() == offered
    visitor.page.click("nav a:text-is('设置')")
    visitor.page.wait_for_url("**/account/")
    below = visitor.page.locator("nav ul ul a").all_inner_texts()
    assert below[:2] == ["我的账号", "谁看过我"]
    assert "账号与授权" not in below
    for path in (PAGES["ranking"], PAGES["cycles"], PAGES["quarantine"]):
        assert visitor.open(path).status == 403
    visitor.picture("not-permitted")
    assert visitor.faults() == []


@pytest.mark.parametrize("width", [1440, 360])
def test_a_name_shows_for_a_purpose_and_the_look_is_found_by_the_person_and_by_the_auditor(
    site: Site, chromium: Any, width: int
) -> None:
    from tests.journey.conftest import Visitor

    leader, wang, auditor = (Visitor(site, chromium, width) for _n in range(3))
    leader.sign_in("demo-leader")
    leader.open(PAGES["ranking"])
    masked = leader.page.inner_text("main")
    assert "D1030011" in masked
    assert "王某" not in masked
    assert "党委书记" not in masked
    leader.choose("petition")
    assert "王某" in leader.page.inner_text("#ranking")
    assert "党委书记" in leader.page.inner_text("#ranking")
    leader.page.click("#ranking a:has-text('王某')")
    leader.page.wait_for_url("**/seats/**")
    assert leader.page.inner_text("h1") == "王某"
    foot = leader.page.inner_text("#ticket")
    code = foot.split()[1]
    assert len(code) == 11, foot
    leader.page.emulate_media(media="print")
    assert leader.page.locator("#ticket").is_visible(), "the code stands on paper too"
    leader.page.emulate_media(media="screen")
    leader.page.click("button:has-text('结束查看')")
    leader.page.wait_for_selector("button:text-is('显示')")
    assert "王某" not in leader.page.inner_text("main")

    wang.sign_in("demo-wang")
    wang.page.click("nav a:text-is('设置')")
    wang.page.click("nav a:has-text('谁看过我')")
    wang.page.wait_for_url("**/looks/")
    row = wang.page.locator("tbody tr", has_text="办理信访举报").first
    assert "分管领导" in row.inner_text()
    wang.picture("looks")
    assert wang.faults() == []
    wang.page.click("nav a:has-text('本周要办')")
    wang.page.click("main a:has-text('2026年上半年考核·改革后')")
    wang.page.wait_for_url("**/seats/**")
    assert wang.page.inner_text("h1") == "王某", "the own name needs no purpose"
    assert wang.page.locator("#id_purpose").count() == 0

    auditor.sign_in("demo-auditor")
    auditor.page.click("nav a:text-is('存证')")
    auditor.page.click("nav a:has-text('查询留痕')")
    auditor.page.wait_for_url("**/trail/")
    auditor.picture("trail")
    auditor.page.fill("#id_code", code.lower())
    auditor.page.click("main button:has-text('查询')")
    auditor.page.wait_for_url("**code=**")
    assert auditor.page.locator("tbody tr").count() == 1
    assert "demo-leader" in auditor.page.inner_text("tbody tr")
    assert auditor.faults() == []
    for one in (leader, wang, auditor):
        one.close()


def test_a_sealed_look_is_hidden_from_the_person_and_stands_on_the_trail(site: Site, chromium: Any) -> None:
    from datetime import date, timedelta

    from tests.journey.conftest import Visitor

    auditor, wang = (Visitor(site, chromium, 1440) for _n in range(2))
    auditor.sign_in("demo-auditor")
    auditor.open(PAGES["score-sheet"])
    auditor.page.click("summary:has-text('封存')")
    auditor.page.check("input[name=seal]")
    auditor.page.fill("#id_clause", "监督执纪工作规则（演示）")
    auditor.page.fill("#id_reason", "初步核实（演示）")
    auditor.page.fill("#id_until", (date.today() + timedelta(days=30)).isoformat())
    auditor.picture("purpose-sealed")
    auditor.choose("audit")
    assert auditor.page.inner_text("h1") == "王某"
    assert "依规封存至" in auditor.page.inner_text(".hj-purpose")
    wang.sign_in("demo-wang")
    wang.open("/looks/")
    assert "审计监督" not in wang.page.inner_text("main")
    auditor.open("/trail/?purpose=audit")
    assert "初步核实（演示）" in auditor.page.inner_text("tbody")
    auditor.close()
    wang.close()


def test_the_keyboard_alone_leads_from_sign_in_to_a_working(site: Site, chromium: Any) -> None:
    from tests.journey.conftest import Visitor

    visitor = Visitor(site, chromium, 1440)
    page = visitor.page
    visitor.open("/sign-in/")
    page.keyboard.type("demo-auditor")
    page.keyboard.press("Tab")
    page.keyboard.type(site.passwords["demo-auditor"])
    page.keyboard.press("Enter")
    page.wait_for_url(f"{site.address}/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "hj-skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    visitor.open(PAGES["score-sheet"])
    for _step in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('tbody summary')"):
            break
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline != "none", "the focus must be seen"
    page.keyboard.press("Enter")
    page.locator("tbody details[open] .hj-tree").first.wait_for()
    visitor.close()


def test_the_office_opens_a_cycle_by_the_form_and_mends_what_is_marked(visitor: Visitor) -> None:
    page, new = visitor.page, f"2026-h1-form-{visitor.width}"
    visitor.sign_in("demo-office")
    visitor.open("/cycles/")
    page.click("main a:text-is('建立考核周期')")
    page.fill("#id_id", new)
    page.fill("#id_title", "衡川市2026年上半年考核·补办（合成数据）")
    page.fill("#id_period", "2026-H3")
    page.fill("#id_on", "2026-06-30")
    page.fill("#id_cut_off", "2026-07-09T18:00")
    page.check("text=乡镇级")
    page.check("#id_synthetic")
    page.click("main form button[type=submit]")
    assert "不是考核周期" in page.inner_text("#id_period_error")
    visitor.picture("open-cycle-refused")
    assert visitor.faults() == []
    page.fill("#id_period", "2026-H1")
    page.click("main form button[type=submit]")
    page.wait_for_url(f"**/cycles/{new}/")
    page.locator("#missing .hj-todo, #missing p:has-text('没有缺项')").first.wait_for()
    assert "已建立" in page.inner_text("[aria-current=step]")
    assert visitor.faults() == []


def test_the_office_freezes_scores_a_leader_reviews_and_it_is_published(site: Site, chromium: Any) -> None:
    from tests.journey.conftest import Visitor

    office, leader = Visitor(site, chromium, 1440), Visitor(site, chromium, 1440)
    office.sign_in("demo-office")
    leader.sign_in("demo-leader")
    for who, button, state in (
        (office, "冻结数据", "已冻结"),
        (office, "计分", "已计分"),
        (leader, "审核", "已审核"),
        (office, "公布", "已公布"),
    ):
        who.open(f"/cycles/{OPEN}/")
        who.page.click(f"main .hj-actions a:text-is('{button}')")
        if who.page.locator("#id_reason").count():
            who.page.fill("#id_reason", "已逐项核对缺项和可比组，同意公布。")
        if button == "公布":
            who.picture("publish")
        if who.page.locator("#id_sure").count():
            who.page.check("#id_sure")
        who.page.click("main form button[type=submit]")
        who.page.wait_for_url(f"{site.address}/cycles/{OPEN}/")
        assert state in who.page.inner_text("[aria-current=step]")
    with office.page.expect_download() as bundle:
        office.page.click("a:has-text('下载结果包')")
    assert bundle.value.suggested_filename.endswith(".hjb")
    office.close()
    leader.close()
