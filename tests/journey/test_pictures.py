"""Pictures in a real browser: drawn, read by keyboard, in the dark, on paper, in English, with axe clean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.journey.conftest import Site, Visitor

SEED, WANG = "demo-seed-2026-h1", "D1030011@P1030011"
SHEET = f"/cycles/{SEED}/seats/{WANG}/"
CITY = f"/cycles/{SEED}/dashboard/"
INKED = """() => [...document.querySelectorAll('[data-chart]')].map(box => {
    const one = box.querySelector('canvas');
    if (!one) { return box.dataset.chart + ': no canvas'; }
    const held = one.getContext('2d').getImageData(0, 0, one.width, one.height).data;
    return new Set(new Uint32Array(held.buffer)).size > 3 ? 'drawn' : box.dataset.chart + ': blank';
})"""
DARKEST = """() => {
    const one = document.querySelector('[data-chart="groups-data"] canvas');
    const held = one.getContext('2d').getImageData(0, 0, one.width, one.height).data;
    let dark = 765;
    for (let at = 0; at < held.length; at += 4) {
        if (held[at + 3] > 250) { dark = Math.min(dark, held[at] + held[at + 1] + held[at + 2]); }
    }
    return dark;
}"""


def drawn(visitor: Visitor, least: int) -> None:
    """Every picture of the page has ink on it, and its table."""
    found = visitor.page.evaluate(INKED)
    assert len(found) >= least
    assert set(found) == {"drawn"}, found


def test_an_official_reads_the_pictures_of_his_sheet_with_the_keyboard(visitor: Visitor) -> None:
    visitor.sign_in("demo-wang")
    visitor.open(SHEET)
    drawn(visitor, 3)
    radar = visitor.page.locator('[data-chart="radar-data"]')
    radar.focus()
    visitor.page.keyboard.press("ArrowRight")
    reading = visitor.page.locator("#radar-reading")
    row = visitor.page.locator("#radar-table tbody tr").first
    name, points = (row.locator("th, td").nth(at).text_content() for at in (0, 1))
    assert reading.inner_text().startswith(f"{name} · 得分 {points}")
    visitor.page.keyboard.press("End")
    assert not reading.inner_text().startswith(str(name))
    assert visitor.faults() == []
    assert "与可比组中位相比" in visitor.page.inner_text("#radar-finding")
    visitor.picture("sheet-pictures")


def test_the_office_sees_city_county_and_township_on_dashboards(visitor: Visitor) -> None:
    visitor.sign_in("demo-office")
    visitor.open(CITY)
    drawn(visitor, 5)
    visitor.picture("dashboard-city")
    assert visitor.faults() == []
    visitor.page.click(".hj-heat thead a >> text=岫川县")
    visitor.page.wait_for_url("**area=990103*")
    visitor.page.wait_for_load_state("networkidle")
    drawn(visitor, 5)
    visitor.page.select_option("#id_map", index=1)
    visitor.page.locator("#id_map").locator("xpath=ancestor::form").locator("button").click()
    visitor.page.wait_for_load_state("networkidle")
    drawn(visitor, 5)
    visitor.picture("dashboard-county")
    assert visitor.faults() == []
    visitor.page.click(".hj-heat thead a >> text=云岫镇")
    visitor.page.wait_for_url("**area=990103001*")
    visitor.page.wait_for_load_state("networkidle")
    visitor.picture("dashboard-township")
    assert "云岫镇 · 结果看板" in visitor.page.inner_text("h1")
    assert visitor.faults() == []


def test_pictures_are_legible_in_the_dark_on_paper_and_in_english(site: Site, chromium: Any) -> None:
    from tests.journey.conftest import Visitor

    visitor = Visitor(site, chromium, 1440, color_scheme="dark", reduced_motion="reduce")
    visitor.sign_in("demo-office")
    visitor.open(CITY)
    drawn(visitor, 5)
    visitor.picture("dashboard-city-dark")
    assert visitor.faults() == []
    assert visitor.page.evaluate(DARKEST) > 60, "nothing black on a dark ground"
    visitor.page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert visitor.page.evaluate(DARKEST) == 0, "on paper the letters are black"
    visitor.page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert visitor.page.evaluate(DARKEST) > 60
    visitor.page.click("button:has-text('English')")
    visitor.open(CITY)
    visitor.picture("dashboard-city-english")
    assert visitor.faults() == []
    assert "Results dashboard" in visitor.page.inner_text("h1")
    visitor.close()
