"""A panel set up, signed and marked, by account and link: one expired, one recused, one careless.

Everybody takes time to read and judge but the careless one, who gives tens at once: one lead.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.journey import calibrated_round as result
from tests.journey import panel_round as steps
from tests.journey.conftest import Site, Visitor

AT_A_DESK = (steps.TEAM[2], steps.STAFF[2])  # with the keyboard alone
SECONDS = (90, 105, 120, 150, 180)  # that one after the other takes for a sheet; the careless one takes none


@pytest.fixture
def site_in_time(site: Site) -> Iterator[Site]:
    """The site, with its clock put back to today afterwards."""
    yield site
    site.move_clock(0)


def looked_at(visitor: Visitor, name: str) -> None:
    """A picture, and nothing that axe or the browser complains of."""
    visitor.picture(name)
    assert visitor.faults() == [], name


def rater(site: Site, chromium: Any, link: str, width: int = 360) -> Visitor:
    """Somebody with a phone, or at a desk, who opens a link; the pages' clock can be moved on."""
    one = Visitor(site, chromium, width)
    one.page.clock.install()
    steps.enter(one, link)
    return one


def consider(one: Visitor, at: int) -> None:
    """Let the page see that time is taken before the sheet is handed in."""
    one.page.clock.run_for(SECONDS[at % len(SECONDS)] * 1000)


def test_a_round_from_drawing_up_to_its_marks(site_in_time: Site, chromium: Any, tmp_path: Path) -> None:
    site = site_in_time
    office, leader = Visitor(site, chromium, 1440), Visitor(site, chromium, 1440)
    # day 0: set up, signed, assessed by the official
    steps.county_leaders(site, tmp_path / "roster")
    office.sign_in("demo-office")
    steps.prepare(office)
    office.open("/panels/ties/")
    looked_at(office, "panel-ties")
    address = steps.open_round(office, datetime.now(ZoneInfo("Asia/Shanghai")).date())
    looked_at(office, "panel-round-drawn")
    leader.sign_in("demo-leader")
    rolls = list(steps.rolls(leader, address).values())
    assert len(rolls) == 6
    office.open(rolls[0])
    looked_at(office, "panel-roll")
    for roll in rolls:
        steps.sign(leader, roll)
    chief = Visitor(site, chromium, 360)
    chief.sign_in("demo-wang")
    steps.open_sheet(chief, "本人自评")
    looked_at(chief, "form-self")
    steps.assess_oneself(chief)
    # day 1: links, marks
    links = steps.links(office, address) | steps.links(office, address, (*steps.LEADERS, *steps.TEAM[1:]))
    looked_at(office, "panel-links")
    site.move_clock(1)
    mark(site, chromium, links)
    # day 3: the links of those who waited still serve; the round's end ends them
    site.move_clock(4)
    late = Visitor(site, chromium, 360)
    steps.enter(late, links[steps.EXPIRED])
    assert "过期" in late.page.inner_text("[role=alert]")
    looked_at(late, "form-expired")
    office.sign_in("demo-office")
    office.open(address)
    looked_at(office, "panel-progress")
    assert "人数少，不显示" not in row(office, "同级互评")
    office.open(f"{address}close/")
    looked_at(office, "panel-close")
    office.page.click(".btn-seal")
    office.page.wait_for_selector("text=本轮评价已经结束")
    looked_at(office, "panel-closed")
    assert "个打分" in office.page.inner_text(".hj-notice-good >> nth=0")
    in_the_dark(site, chromium, (address, rolls[0]))
    calibrated_and_published(site, office, leader, tmp_path)


def in_the_dark(site: Site, chromium: Any, addresses: tuple[str, str]) -> None:
    """The office's pages on a phone, dark, in both languages."""
    phone = Visitor(site, chromium, 360, color_scheme="dark")
    phone.sign_in("demo-office")
    pages = ("/panels/", "/panels/new/", "/panels/outsiders/", "/panels/ties/", *addresses,
             f"{addresses[0]}links/", f"{addresses[0]}third-party/", "/form/receipt/")  # fmt: skip
    for at, page in enumerate(pages):
        phone.open(page)
        looked_at(phone, f"panel-dark-{at}")
    phone.page.click("button:has-text('English')")
    for at, page in enumerate(pages[:2] + addresses):
        phone.open(page)
        looked_at(phone, f"panel-english-{at}")
    phone.close()


def calibrated_and_published(site: Site, office: Visitor, leader: Visitor, folder: Path) -> None:
    """The round's marks go through calibration, the committee and the freeze into a result that verifies."""
    result.open_cycle(site, days=5)
    office.open(result.PAGE)
    looked_at(office, "calibration-live")
    result.before_the_committee(office)
    looked_at(office, "calibration-edited")
    leader.sign_in("demo-leader")
    bundle = result.to_a_result(office, leader, folder)
    result.shown(office)
    for name, path in (
        ("calibration", result.PAGE),
        ("sheet-calibrated", f"/cycles/{result.CYCLE}/seats/{result.SEAT}/"),
    ):
        office.open(path)
        looked_at(office, name)
    result.verified(site, bundle)


def row(visitor: Visitor, group: str) -> str:
    """A group's line of the progress."""
    return str(visitor.page.inner_text(f"section[aria-labelledby=progress-title] tr:has-text('{group}')"))


def mark(site: Site, chromium: Any, links: dict[str, str]) -> None:
    """Superiors and the department sign; peers, staff and grid workers do not; all about the chief."""
    for at, code in enumerate((*steps.LEADERS, *steps.DEPARTMENT)):
        one = rater(site, chromium, links[code])
        steps.open_sheet(one, "党委书记")
        if at == 0:
            looked_at(one, "form-signed")
        steps.fill(one, 8 + at % 2)
        consider(one, at)
        steps.hand_in(one)
        one.close()
    for at, code in enumerate((*steps.TEAM[1:], *steps.STAFF[1:], *steps.GRID)):
        one = rater(site, chromium, links[code], 1440 if code in AT_A_DESK else 360)
        if code == steps.TEAM[1]:
            looked_at(one, "form-tasks")
        steps.open_sheet(one, "党委书记")
        if code != steps.CARELESS:
            consider(one, at)
        if code in AT_A_DESK:
            looked_at(one, "form-anonymous")
            steps.hand_in_by_keys(one, 7)
            one.close()
            continue
        steps.fill(one, 10 if code == steps.CARELESS else 7)
        if code == steps.TEAM[1]:
            looked_at(one, "form-anonymous")
            steps.receipt_once(one, looked_at)
        else:
            steps.hand_in(one)
        one.close()
    away = rater(site, chromium, links[steps.RECUSED])
    steps.open_sheet(away, "党委书记")
    away.page.click("text=申请回避")
    away.page.fill("#id_reason", "与本人有个案利害关系")
    away.page.click(".btn-seal")
    away.page.wait_for_selector("text=已回避")
    away.close()
