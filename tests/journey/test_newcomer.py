"""A newcomer with the tutorial in hand: from the sign-in to a published result, by the pages alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.journey import tutorial

if TYPE_CHECKING:
    from tests.journey.conftest import Site

ROOT = Path(__file__).resolve().parents[2]
PAGES = {
    "zh": ROOT / "docs/tutorial/first-assessment.zh-CN.md",
    "en": ROOT / "docs/tutorial/first-assessment.md",
}
FREEZE = {"zh": "冻结本周期的数据", "en": "Freeze this cycle's data"}
MINUTES_11 = 11 / 24 / 60


@pytest.mark.parametrize(("language", "width"), [("zh", 1440), ("en", 360)])
def test_the_tutorial_leads_to_a_published_result(
    site: Site, chromium: Any, tmp_path: Path, language: str, width: int
) -> None:
    from tests.journey.conftest import Visitor

    tutorial.files(PAGES[language], tmp_path)
    visitor = Visitor(site, chromium, width)
    reader = tutorial.Reader(visitor, language, tmp_path)
    try:
        for step in tutorial.steps(PAGES[language], language):
            if step.tells(FREEZE[language]):
                site.move_clock(MINUTES_11)  # longer than a proof of identity is fresh
            reader.follow(step)
        assert len(reader.skipped) == 1, [step.text for step in reader.skipped]  # asked once, at the freezing
        assert visitor.complaints == []
    finally:
        visitor.close()
        site.move_clock(0)


def test_both_languages_lead_the_same_way() -> None:
    """The same kinds of deeds in the same order, but for the button that changes the language."""
    ways = {one: [deed.kind for step in tutorial.steps(PAGES[one], one) for deed in step.deeds
                  if deed.words != ("English",)] for one in PAGES}  # fmt: skip
    for kind in ("open", "fill", "choose", "file", "tick", "when", "gone", "lack"):
        assert ways["zh"].count(kind) == ways["en"].count(kind), kind


def test_every_picture_of_the_tutorial_is_there() -> None:
    for language, path in PAGES.items():
        for step in tutorial.steps(path, language):
            found = tutorial.PICTURE.match(step.text) if step.picture else None
            assert found is None or (path.parent / found["file"]).exists(), step.text


def test_a_step_that_tells_what_no_browser_tried_is_refused(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("1. 双击 **冻结数据**。\n", encoding="utf-8")
    with pytest.raises(AssertionError, match="no phrase"):
        tutorial.steps(page, "zh")
