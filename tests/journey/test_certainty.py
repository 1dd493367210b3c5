"""How sure a rank is, read in a real browser: the ranking, a sheet, what moves a rank, weights tried out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.journey.conftest import Site, Visitor

SEED, WANG = "demo-seed-2026-h1", "D1030011@P1030011"
SURE = f"/cycles/{SEED}/seats/{WANG}/certainty/"
TRY = f"/policies/seed/what-if/?cycle={SEED}&zone=ecological&category=principal"


def tried(visitor: Visitor) -> None:
    """Move ten points from one weight to another, and let it be worked out."""
    visitor.open(TRY)
    boxes = visitor.page.locator("main input[type=number]")
    held = [float(boxes.nth(at).input_value()) for at in range(boxes.count())]
    assert sum(held) == 100
    most, least = held.index(max(held)), held.index(min(held))
    boxes.nth(most).fill(f"{held[most] - 10:g}")
    boxes.nth(least).fill(f"{held[least] + 10:g}")
    boxes.nth(least).press("Enter")
    visitor.page.wait_for_selector("#tried-title")
    visitor.page.wait_for_load_state("networkidle")


def test_a_leader_sees_how_sure_a_rank_is_and_what_moves_it(visitor: Visitor) -> None:
    visitor.sign_in("demo-office")
    visitor.open(f"/cycles/{SEED}/ranking/?group=ecological/township/principal")
    visitor.choose("verify")
    interval = visitor.page.locator("td a", has_text="–").first
    assert "名次区间" in visitor.page.inner_text("#ranking")
    visitor.picture("ranking-intervals")
    interval.click()
    visitor.page.wait_for_url("**/certainty/")
    visitor.open(SURE)
    visitor.picture("certainty")
    text = visitor.page.inner_text("main")
    for said in ("确为末位的可能", "与谁分不出高下", "名次取决于什么", "对其最有利的权重", "任何人可以重算"):
        assert said in text
    assert visitor.faults() == []
    tried(visitor)
    visitor.picture("what-if")
    assert "人名次有变" in visitor.page.inner_text("[role=status]")
    assert visitor.faults() == []


def test_it_is_readable_in_the_dark_and_in_english(site: Site, chromium: Any) -> None:
    from tests.journey.conftest import Visitor

    visitor = Visitor(site, chromium, 1440, color_scheme="dark")
    visitor.sign_in("demo-office")
    visitor.open(SURE)
    visitor.picture("certainty-dark")
    assert visitor.faults() == []
    visitor.page.click("button:has-text('English')")
    visitor.open(SURE)
    visitor.picture("certainty-english")
    assert visitor.faults() == []
    tried(visitor)
    assert visitor.faults() == []
    visitor.close()
