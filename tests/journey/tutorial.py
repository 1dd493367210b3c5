"""The tutorial read as a script: a browser does what its numbered steps say, in their own words.

A step is made of the phrases below and of explanations around them. Whatever stands in bold or as code in a
step must belong to a phrase, so that no step tells a reader to do what was not tried.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from tests.journey.conftest import Visitor

BOLD, CODE, SAID = r"\*\*([^*]+)\*\*", r"`([^`]+)`", r"“([^”]+)”"
PHRASES = {
    "zh": {
        "open": rf"打开 {CODE}",
        "go": rf"左侧点 {BOLD}",
        "press": rf"点 {BOLD}",
        "file": rf"{BOLD} 选文件 {CODE}",
        "choose": rf"{BOLD} 选 {CODE}",
        "fill": rf"{BOLD} 填 {CODE}",
        "tick": rf"勾选 {BOLD}",
        "when": rf"如果看到{SAID}",
        "see": rf"看到{SAID}",
        "gone": rf"不再有{SAID}",
        "lack": rf"没有 {BOLD}",
    },
    "en": {
        "open": rf"open {CODE}",
        "go": rf"at the left,? press {BOLD}",
        "press": rf"press {BOLD}",
        "file": rf"at {BOLD} choose the file {CODE}",
        "choose": rf"at {BOLD} choose {CODE}",
        "fill": rf"at {BOLD} write {CODE}",
        "tick": rf"tick {BOLD}",
        "when": rf"if you see {SAID}",
        "see": rf"you see {SAID}",
        "gone": rf"no more {SAID}",
        "lack": rf"there is no {BOLD}",
    },
}
PASSWORDS = {"zh": re.compile(r"(\S+) 的密码"), "en": re.compile(r"the password of (\S+)")}
TONIGHT = {"zh": re.compile("今天 (.+)"), "en": re.compile("today (.+)")}
STEP = re.compile(r"\d+\. ")
PICTURE = re.compile(r"\s*!\[[^\]]+\]\((?P<file>\.\./screenshots/first/(?P<name>[\w-]+)-(?:1440|360)\.png)\)")

PATIENT = 90_000  # the first ranking of a cycle takes a while on a machine that does much else


@dataclass(frozen=True)
class Deed:
    """One thing that a step tells to do: what kind, and its one or two words."""

    kind: str
    words: tuple[str, ...]


@dataclass(frozen=True)
class Step:
    """A numbered step, or a picture (``deeds`` is empty)."""

    text: str
    deeds: tuple[Deed, ...]
    picture: str = ""

    def tells(self, label: str) -> bool:
        """Whether the step has this button pressed."""
        return Deed("press", (label,)) in self.deeds


def steps(path: Path, language: str) -> list[Step]:
    """The steps and pictures of a tutorial, in order.

    Raises: AssertionError for bold or code in a step that belongs to no phrase.
    """
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if picture := PICTURE.match(line):
            found.append(Step(line, (), picture["name"]))
        elif STEP.match(line):
            found.append(Step(line, tuple(_deeds(line, language))))
    return found


def _deeds(line: str, language: str) -> Iterator[Deed]:
    """The phrases of a line, from left to right."""
    phrases = PHRASES[language]
    whole = re.compile("|".join(f"(?P<{kind}>{phrase})" for kind, phrase in phrases.items()), re.I)
    rest = line
    for hit in whole.finditer(line):
        kind = next(one for one in phrases if hit[one])
        yield Deed(kind, tuple(word for word in hit.groups() if word and word != hit[0]))
        rest = rest.replace(hit[0], "", 1)
    assert "**" not in rest, f"no phrase tells what to do: {rest}"
    assert "`" not in rest, f"no phrase tells what to do: {rest}"


def files(path: Path, folder: Path) -> None:
    """Write the files that the tutorial has its reader write: blocks of code with a file's name."""
    blocks = re.findall(r"^```\w+ (\S+)\n(.*?)^```", path.read_text(encoding="utf-8"), re.M | re.S)
    for name, content in blocks:
        (folder / name).write_text(content, encoding="utf-8")


class Reader:
    """A newcomer at the browser, who does what stands there and nothing else."""

    def __init__(self, visitor: Visitor, language: str, folder: Path) -> None:
        self.visitor, self.page, self.language, self.folder = visitor, visitor.page, language, folder
        self.page.set_default_timeout(PATIENT)
        self.skipped: list[Step] = []

    def follow(self, step: Step) -> None:
        """Do a step, or take the picture."""
        if step.picture:
            self._picture(step.picture)
        for deed in step.deeds:
            if deed.kind == "when" and deed.words[0] not in self.page.inner_text("main"):
                self.skipped.append(step)
                return
            getattr(self, f"_{deed.kind if deed.kind != 'when' else 'see'}")(*deed.words)
            self.page.wait_for_load_state("networkidle")
            self.page.locator(".htmx-request").first.wait_for(state="detached")

    def _picture(self, name: str) -> None:
        """What the window shows, when pictures are asked for."""
        if folder := os.environ.get("HENGJIAN_SCREENSHOTS", ""):
            self.page.evaluate("window.scrollTo(0, 0)")
            place = Path(folder) / "first" / f"{name}-{self.visitor.width}.png"
            place.parent.mkdir(parents=True, exist_ok=True)
            self.page.screenshot(
                path=str(place), caret="initial"
            )  # its own way to hide it is an inline style

    def _open(self, address: str) -> None:
        self.visitor.open(address.removeprefix("http://127.0.0.1:8000"))

    def _go(self, label: str) -> None:
        self.page.locator(".hj-nav").get_by_role("link", name=label, exact=True).first.click()

    def _press(self, label: str) -> None:
        """A button or link of the page, named exactly so or beginning so; else one of its head."""
        self._named(label).click()

    def _named(self, label: str) -> Any:
        ways = product(("main", "header"), ("button", "link"), (True, False))
        for place, kind, exact in ways:
            found = self.page.locator(place).get_by_role(kind, name=label, exact=exact)
            if found.count():
                return found.first
        raise AssertionError(f"nothing to press named {label}: {self.page.inner_text('main')}")

    def _field(self, label: str) -> Any:
        fields = self.page.locator("main :is(input, select, textarea):visible")
        exact = fields.and_(self.page.get_by_label(label, exact=True))
        return exact.first if exact.count() else fields.and_(self.page.get_by_label(label)).first

    def _fill(self, label: str, value: str) -> None:
        if secret := PASSWORDS[self.language].fullmatch(value):
            value = self.visitor.site.passwords[secret[1]]
        elif hour := TONIGHT[self.language].fullmatch(value):
            value = f"{datetime.now(ZoneInfo('Asia/Shanghai')):%Y-%m-%d}T{hour[1]}"
        self._field(label).fill(value)

    def _choose(self, label: str, option: str) -> None:
        field = self._field(label)
        (whole,) = [
            one for one in field.locator("option").all_inner_texts() if one.strip().startswith(option)
        ]
        field.select_option(label=whole)

    def _file(self, label: str, name: str) -> None:
        self._field(label).set_input_files(self.folder / name)

    def _tick(self, label: str) -> None:
        self._field(label).check()

    def _see(self, words: str) -> None:
        self.page.locator("main", has_text=words).wait_for()

    def _gone(self, words: str) -> None:
        assert words not in self.page.inner_text("main"), words

    def _lack(self, label: str) -> None:
        for kind in ("button", "link"):
            assert self.page.locator("main").get_by_role(kind, name=label, exact=True).count() == 0, label
