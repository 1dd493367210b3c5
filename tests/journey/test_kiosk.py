"""The rating page in a real browser, over both processes: rated, receipt, lost lines, frames."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.journey.conftest import AXE, AXE_RUN, RULES
from tests.unit.kiosk.conftest import closing, keys, running, template, town

__all__ = ["closing", "keys", "running", "template", "town"]

CODE = re.compile(r"^([2-9A-HJ-NP-Z]{5}-){3}[2-9A-HJ-NP-Z]{5}$")


@pytest.fixture(scope="module", autouse=True)
def beside_a_browser() -> Iterator[None]:
    """Playwright's loop runs in this thread; Django takes that for code that must not wait."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    yield
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


class Rater:
    """A person with a phone or at a desk."""

    def __init__(self, town: Any, chromium: Any, width: int = 360, **more: Any) -> None:
        self.town, self.width = town, width
        given = {"viewport": {"width": width, "height": 780}, "locale": "zh-CN", **more}
        self.context = chromium.new_context(**given)
        self.page = self.context.new_page()
        self.page.set_default_timeout(15_000)
        self.asked: list[Any] = []
        self.complaints: list[str] = []
        self.page.on("request", lambda request: self.asked.append(request))  # noqa: PLW0108 (a method of a list takes no mark)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._heard)

    def _heard(self, message: Any) -> None:
        if message.type == "error" and "status of 4" not in message.text:
            self.complaints.append(message.text)

    def open(self, secret: str = "", assisted: str = "") -> None:
        self.page.goto(f"{self.town.issue.address}/r{f'#{assisted}{secret}' if secret else ''}")
        self.page.wait_for_load_state("networkidle")

    def rate(self, mark: int, *tags: str, comment: str = "") -> None:
        self.page.check(f"#mark-{mark}", force=True)
        for tag in tags:
            self.page.check(f"#tag-{tag}", force=True)
        if comment:
            self.page.fill("#comment", comment)

    def submit(self) -> str:
        self.page.click("button[type=submit]")
        self.page.wait_for_selector("#code")
        code = self.page.inner_text("#code")
        assert CODE.match(code)
        return code

    def faults(self) -> list[str]:
        import json

        session = self.context.new_cdp_session(self.page)
        session.send("Runtime.evaluate", {"expression": AXE.read_text() + ";1"})
        run = AXE_RUN % json.dumps(RULES)
        found = session.send(
            "Runtime.evaluate", {"expression": run, "awaitPromise": True, "returnByValue": True}
        )
        over = self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        wide = [f"{over} px wider than the window"] if over > 0 else []
        return [*json.loads(found["result"]["value"]), *wide, *self.complaints]

    def picture(self, name: str) -> None:
        if folder := os.environ.get("HENGJIAN_SCREENSHOTS", ""):
            Path(folder).mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=str(Path(folder) / f"{name}-{self.width}.png"), full_page=True)

    def close(self) -> None:
        self.context.close()


@pytest.fixture(params=[360, 1440], ids=["phone", "desk"])
def rater(request: pytest.FixtureRequest, town: Any, chromium: Any) -> Iterator[Rater]:
    one = Rater(town, chromium, request.param)
    yield one
    one.close()


@pytest.fixture
def phone(town: Any, chromium: Any) -> Iterator[Rater]:
    one = Rater(town, chromium)
    yield one
    one.close()


def test_from_link_to_receipt(town: Any, rater: Rater) -> None:
    rater.open(town.link())
    assert "云溪镇" in rater.page.inner_text("#main")
    rater.picture("rate")
    assert rater.faults() == []
    rater.rate(8, "quick", "unclear", comment="办得快，只是材料没讲清")
    rater.page.wait_for_selector("#key:not([hidden])", state="attached")
    rater.picture("rate-filled")
    assert rater.faults() == []
    code = rater.submit()
    rater.picture("rate-done")
    assert rater.faults() == []
    rater.page.click("#to-receipt")
    rater.page.wait_for_selector("#replies")
    assert rater.page.input_value("#code-input") == code
    rater.picture("receipt")
    assert rater.faults() == []
