"""From a closed panel's round to a published result: committee, edit, freeze, score, verification."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from tests.journey.conftest import Site, Visitor

CYCLE, SEAT = "2026-h1-team", "D1030011@P1030011"
PAGE = f"/cycles/{CYCLE}/calibration/"
EDIT = {"points": "0.5", "clause": "SPEC F7", "reason": "审议：防汛期间连续在岗，见会议纪要（合成）"}


def open_cycle(site: Site, days: int) -> None:
    """A cycle of the half-year that takes in what came until after the round's end."""
    cut_off = datetime.now(ZoneInfo("Asia/Shanghai")).date() + timedelta(days=days)
    site.run("cycle", "open", CYCLE, "--period", "2026-H1", "--policy", "seed", "--title",
             "衡川市2026年上半年考核·班子评价（合成数据）", "--on", "2026-06-30", "--cut-off",
             cut_off.isoformat(), "--level", "township", "--synthetic", "--by", "demo-office")  # fmt: skip


def before_the_committee(office: Visitor) -> None:
    """What would be frozen now; an edit without a reason is refused, one with a reason stands."""
    office.open(PAGE)
    text = office.page.inner_text("main")
    assert "尚未冻结" in text
    assert "同级互评" in text
    for name, value in EDIT.items():
        office.page.fill(f"#id_{name}", "　" if name == "reason" else value)
    office.page.select_option("#id_seat", SEAT)
    office.page.click("main form.hj-form button[type=submit]")
    assert office.page.inner_text("[role=alert]")
    assert office.page.input_value("#id_clause") == EDIT["clause"]
    office.page.fill("#id_reason", EDIT["reason"])
    office.page.click("main form.hj-form button[type=submit]")
    office.page.wait_for_selector(".hj-notice-good")
    assert EDIT["reason"] in office.page.inner_text("main")


def step(who: Visitor, verb: str) -> None:
    """Take one step of the cycle by its page."""
    who.open(f"/cycles/{CYCLE}/do/{verb}/")
    if who.page.locator("#id_reason").count():
        who.page.fill("#id_reason", "已核对校准、缺项和修改理由，同意公布。")
    if who.page.locator("#id_sure").count():
        who.page.check("#id_sure")
    who.page.click("main form button[type=submit]")
    who.page.wait_for_url(f"**/cycles/{CYCLE}/")
    who.page.wait_for_load_state("networkidle")


def to_a_result(office: Visitor, leader: Visitor, folder: Path) -> Path:
    """Frozen and scored by the office, reviewed by a leader, published; the bundle as a stranger gets it."""
    for who, verb in ((office, "freeze"), (office, "score"), (leader, "review"), (office, "publish")):
        step(who, verb)
    with office.page.expect_download() as waiting:
        office.page.click("a:has-text('下载结果包')")
    download: Any = waiting.value
    path = folder / unquote(download.suggested_filename)
    download.save_as(path)
    return path


def only_the_careless(office: Visitor) -> None:
    """One sheet of twenty was filled in at once: it alone is a lead, about the official and no rater."""
    rows = office.page.locator("section[aria-labelledby=leads-title] tbody tr", has_text="打分过快")
    assert rows.count() == 1, rows.all_text_contents()
    _seat, raters, evidence, _rate = rows.locator("td").all_text_contents()  # the table may be folded
    assert raters == "—"
    taken, usual = (
        float(re.search(rf"{what}\D*([\d.]+)", evidence)[1])  # type: ignore[index]
        for what in ("每项用时（秒）", "通常用时")
    )
    assert taken < usual / 3, evidence


def shown(office: Visitor) -> None:
    """Calibration with its leads, the sheet with four marks and a sentence, how sure the rank is."""
    office.open(PAGE)
    text = office.page.inner_text("main")
    assert "线索很弱" in text
    only_the_careless(office)
    assert "为何修改" in text
    assert "下载" not in text
    office.open(f"/cycles/{CYCLE}/seats/{SEAT}/")
    sheet = office.page.inner_text("section[aria-labelledby=calibrated-title]")
    for said in ("原始均分", "中位数", "截尾平均", "校准后", "量表有上限"):
        assert said in sheet
    office.open(f"/cycles/{CYCLE}/seats/{SEAT}/certainty/")
    assert "确为末位的可能" in office.page.inner_text("main")


def verified(site: Site, bundle: Path) -> None:
    """The bundle and the cycle's rows, refitted and recomputed."""
    for what in (str(bundle), CYCLE):
        told = site.run("verify", what)
        assert "校准重算" in told, told
