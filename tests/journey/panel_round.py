"""A panel's round in a real browser; every step is a function that other journeys can go on from.

The round is about town Y's leading group (synthetic). The county's leaders, who are its superiors, come in by
a roster file. Days: self-assessment on day 0, marking on days 1 to 3, the end on day 4.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.journey.conftest import Site

TOWN, COUNTY = "990103001", "990103"
CHIEF = "D1030011"
TEAM = tuple(f"D103001{n}" for n in range(1, 7))
LEADERS = ("XJ01", "XJ02", "XJ03")
DEPARTMENT = ("ZZ-01", "ZZ-02")
STAFF = tuple(f"GZ-{n:02}" for n in range(1, 7))
GRID = tuple(f"WG-{n:02}" for n in range(1, 6))
INSTITUTIONS = ("JG-01", "JG-02")
EXPIRED, RECUSED, CARELESS = "JG-01", "GZ-01", "WG-01"
TITLE = "云岫镇领导班子 2026 年上半年评价（合成数据）"


def county_leaders(site: Site, folder: Path) -> None:
    """Three leaders of the county, by a roster file: the town's superiors."""
    folder.mkdir(parents=True, exist_ok=True)
    titles = ("县委书记", "县委副书记、县长", "县委副书记")
    posts = ["岗位代码,岗位名称,机构代码,岗位类别,层级,职级,面向群众,一岗一人,设立日"]
    people, tenures = ["干部编号,姓名"], ["干部编号,岗位代码,任职日"]
    for code, title in zip(LEADERS, titles, strict=True):
        category = "党政正职" if "书记、" in title or title == "县委书记" else "副职"
        posts.append(f"{code}P,{title},{COUNTY},{category},县级,县处级正职,否,是,2015-01-01")
        people.append(f"{code},合成{title}")
        tenures.append(f"{code},{code}P,2023-01-01")
    for name, lines in (("岗位", posts), ("干部", people), ("任职", tenures)):
        (folder / f"{name}.csv").write_text("\n".join(lines), encoding="utf-8-sig")
    site.run("roster", "import", str(folder), "--by", "考核办（演示）")


def enrol(office: Any, codes: tuple[str, ...], kind: str, unit: str, name: str = "") -> None:
    """Put raters who are not officials on the list."""
    office.open("/panels/outsiders/")
    office.page.fill("#id_codes", " ".join(codes))
    office.page.select_option("#id_kind", kind)
    office.page.fill("#id_organisation", unit)
    office.page.fill("#id_name", name)
    office.page.fill("#id_since", "2026-01-01")
    office.page.click("main button[type=submit]")
    office.page.wait_for_selector(".hj-notice-good")


def prepare(office: Any) -> None:
    """List everybody from outside, and two ties: one that keeps a rater away, one that does not."""
    enrol(office, DEPARTMENT, "department", COUNTY)
    enrol(office, STAFF, "staff", TOWN)
    enrol(office, GRID, "grid_worker", TOWN)
    for at, code in enumerate(INSTITUTIONS, start=1):
        enrol(office, (code,), "institution", COUNTY, f"合成评估院{at}")
    tie(office, LEADERS[2], TEAM[1], "relative", "本人申报")
    tie(office, LEADERS[1], CHIEF, "hometown", "干部档案")


def tie(office: Any, one: str, other: str, kind: str, source: str) -> None:
    """Record a tie."""
    office.open("/panels/ties/")
    office.page.fill("#id_one", one)
    office.page.fill("#id_other", other)
    office.page.select_option("#id_kind", kind)
    office.page.fill("#id_since", "2020-01-01")
    office.page.fill("#id_source", source)
    office.page.click("main button[type=submit]")
    office.page.wait_for_selector(".hj-notice-good")


def open_round(
    office: Any, today: date, period: str = "2026-H1", town: str = TOWN, title: str = TITLE
) -> str:
    """Open the round and draw up its rolls; its address."""
    office.open("/panels/new/")
    days = {"self_by": 0, "opens_on": 1, "closes_on": 3}
    office.page.fill("#id_title", title)
    office.page.fill("#id_period", period)
    office.page.fill("#id_organisations", town)
    for name, after in days.items():
        office.page.fill(f"#id_{name}", (today + timedelta(days=after)).isoformat())
    office.page.click("main button[type=submit]")
    office.page.wait_for_url(re.compile(r"/panels/[0-9a-f-]{36}/$"))
    office.page.click("button:has-text('拟定名单')")
    office.page.wait_for_selector(".hj-notice-good")
    return str(office.page.url).removeprefix(office.site.address)


def rolls(visitor: Any, address: str) -> dict[str, str]:
    """The rolls' addresses by the number of the official, without a purpose of looking."""
    visitor.open(address)
    rows = visitor.page.locator("section[aria-labelledby=rolls-title] tbody th a")
    found = {}
    for at in range(rows.count()):
        link = rows.nth(at)
        found[link.inner_text()] = link.get_attribute("href")
    return found


def sign(leader: Any, address: str, note: str = "") -> None:
    """Look at a roll and sign it."""
    leader.open(address)
    leader.page.fill("#id_sign_note", note)
    leader.page.click("button[value=sign]")
    leader.page.wait_for_selector("text=名单已签署")


def links(office: Any, address: str, raters: tuple[str, ...] = ()) -> dict[str, str]:
    """Hand out links; each by its rater's number, as the page shows it this once."""
    office.open(f"{address}links/")
    office.page.fill("#id_raters", " ".join(raters))
    office.page.click("button[value=issue]")
    office.page.wait_for_selector("#made-title")
    rows = office.page.locator("section[aria-labelledby=made-title] tbody tr")
    return {
        rows.nth(at).locator("th").inner_text(): rows.nth(at).locator("code").inner_text()
        for at in range(rows.count())
    }


def enter(rater: Any, link: str) -> None:
    """Open a link on this device."""
    rater.page.goto(link)
    rater.page.click("main button[type=submit]")
    rater.page.wait_for_load_state("networkidle")


def open_sheet(rater: Any, about: str = "") -> None:
    """Open the first sheet on the list that is about such a post."""
    rater.open("/form/tasks/")
    rows = rater.page.locator(".hj-todo li", has_text=about) if about else rater.page.locator(".hj-todo li")
    rows.locator("a.btn-primary").first.click()
    rater.page.wait_for_selector("#sheet")


def fill(rater: Any, value: int) -> None:
    """Give everything the same mark."""
    boxes = rater.page.locator(f".hj-scale input[value='{value}']")
    for at in range(boxes.count()):
        boxes.nth(at).check(force=True)


def hand_in(rater: Any) -> None:
    """Hand the sheet in, signed or anonymous, and wait until it is in."""
    rater.page.click("button[value=hand-in]")
    rater.page.wait_for_selector("text=已提交，谢谢。")


FOCUS = "[document.activeElement.name || '', document.activeElement.value || '']"
SEEN = """() => { const mark = document.activeElement.nextElementSibling;
    return getComputedStyle(mark || document.activeElement).outlineStyle }"""


def choose_by_keys(page: Any, name: str, value: int) -> None:
    """Go from step to step of one scale, from "do not know" down to the value."""
    for _mark in range(12):
        if page.evaluate(FOCUS) == [name, str(value)]:
            break
        page.keyboard.press("ArrowLeft")
    assert page.evaluate(FOCUS) == [name, str(value)]
    assert page.evaluate(SEEN) != "none", f"{name}: where one is must be seen"


def hand_in_by_keys(rater: Any, value: int) -> None:
    """Fill a sheet and hand it in with the keyboard alone."""
    page, given, name = rater.page, set(), ""
    for _step in range(200):
        page.keyboard.press("Tab")
        name = page.evaluate(FOCUS)[0]
        if name == "deed":
            break
        if name.startswith("mark-") and name not in given:
            given.add(name)
            choose_by_keys(page, name, value)
    assert len(given) == page.locator(".hj-scale").count()
    page.keyboard.press("Enter")
    page.wait_for_selector("text=已提交，谢谢。")


KEPT = """async () => {
  const found = [JSON.stringify(localStorage), JSON.stringify(sessionStorage), JSON.stringify(history.state),
                 document.cookie, location.href, window.name, JSON.stringify(await caches.keys())];
  for (const one of await indexedDB.databases()) found.push(one.name);
  return found.join(" ");
}"""


def with_receipt(rater: Any, receipt: str) -> None:
    """Ask in another window whether the sheet is in; the answer does not repeat the receipt."""
    other = rater.context.new_page()
    other.goto(f"{rater.site.address}/form/receipt/")
    other.fill("#id_receipt", receipt)
    other.click("main button[type=submit]")
    other.wait_for_selector("text=已经收到")
    assert receipt not in other.content()
    assert other.input_value("#id_receipt") == ""
    other.close()


def receipt_once(rater: Any, look: Callable[[Any, str], None]) -> None:
    """Hand an anonymous sheet in; its receipt is seen now, serves, and stands nowhere on the device later."""
    page = rater.page
    with page.expect_response("**/form/cast/") as waiting:
        hand_in(rater)
    whole = waiting.value.json()["receipt"]
    short = whole[:16]
    assert short in page.inner_text("#outcome")
    look(rater, "form-done")
    form = page.url
    kept = page.evaluate(KEPT)
    assert all(one not in kept for one in (short, whole))
    assert page.evaluate("Object.values(localStorage)") == ['{"sent":true}'], "neither answers nor token stay"
    page.reload()
    page.wait_for_selector("#outcome:has-text('已提交')")
    assert short not in page.content()
    with_receipt(rater, short)
    rater.open("/form/tasks/")
    met = False
    while page.go_back() and page.url != "about:blank":  # through all that the browser's own history holds
        page.wait_for_load_state("networkidle")
        if page.url == form:
            met = True
            page.wait_for_selector("#outcome:has-text('已提交')")
        assert short not in page.content(), page.url
        assert all(one not in page.evaluate(KEPT) for one in (short, whole))
    assert met


def assess_oneself(official: Any, value: int = 8) -> None:
    """The official's own assessment, with an account of the work."""
    open_sheet(official, "本人自评")
    fill(official, value)
    official.page.fill("#id_text", "抓了产业转型和班子建设，项目落地慢于计划，下半年集中攻坚。")
    hand_in(official)
