"""A rater with a browser, for the journeys through the rating page."""

import json
import os
import re
from pathlib import Path
from typing import Any

from tests.journey.conftest import AXE, AXE_RUN, RULES

CODE = re.compile(r"^([2-9A-HJ-NP-Z]{5}-){3}[2-9A-HJ-NP-Z]{5}$")


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

    def told(self) -> str:
        """What the page says to the rater now."""
        return str(self.page.inner_text("#main"))

    def wait_for(self, words: str) -> None:
        self.page.wait_for_function("words => document.body.innerText.includes(words)", arg=words)

    def paths(self) -> list[str]:
        """What was asked for, without the origin."""
        return [one.url.split("/", 3)[3] for one in self.asked if one.url.startswith("http")]
