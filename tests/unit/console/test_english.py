"""English is complete: every message that readers see is translated, and none waits for confirmation."""

import re
from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from django.test import Client

from console.conftest import SEED
from hengjian.console import catalogue

CHINESE = re.compile(r"[\u4e00-\u9fff]")
QUOTED = re.compile("“[^”]*”")  # what stands in a file or on a button may be quoted as it is
PLACES = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}")


def test_the_catalogue_holds_exactly_what_is_said() -> None:
    known = {message.id if isinstance(message.id, str) else message.id[0] for message in catalogue.read()}
    said = {message[0] for message in catalogue.said()}
    missing = sorted(said - known)
    assert not missing, f"run: python -m hengjian.console.catalogue, then translate {missing[:5]}"


def test_every_message_has_an_english_text_and_none_is_fuzzy() -> None:
    assert catalogue.untranslated(catalogue.read()) == []


def test_a_translation_is_english_and_fills_in_the_same_values() -> None:
    for message in catalogue.read():
        if not message.id:
            continue
        one = message.id if isinstance(message.id, str) else message.id[0]
        texts = [message.string] if isinstance(message.string, str) else message.string
        for text in texts:
            assert not CHINESE.search(QUOTED.sub("", text)), text
            assert sorted(PLACES.findall(text)) == sorted(PLACES.findall(one)), one


class Reading(HTMLParser):
    """Gathers the Chinese of a page that is not marked as Chinese."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[tuple[str, bool]] = [("", False)]
        self.unmarked: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        marked, held = self.open[-1][1], dict(attrs)
        if held.get("lang"):
            marked = str(held["lang"]).startswith("zh")
        if tag not in {"meta", "link", "input", "br", "img"}:
            self.open.append((tag, marked))
        for name in ("aria-label", "title", "placeholder"):
            self._read(held.get(name) or "", marked=marked)

    def handle_endtag(self, tag: str) -> None:
        while self.open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        self._read(data.strip(), marked=self.open[-1][1])

    def _read(self, text: str, *, marked: bool) -> None:
        if CHINESE.search(text) and not marked:
            self.unmarked.add(text)


@pytest.mark.parametrize(
    "path",
    ["/open-cycle/", "/policies/", "/policies/seed/", "/policies/before/", "/policies/seed/scorecards/",
     "/policies/seed/panel/", "/policies/before/panel/", "/policies/seed/parameters/",
     "/policies/compare/?old=before&new=seed", f"/cycles/{SEED}/seats/%s/workings/", "/no-such-page/"],
)  # fmt: skip
def test_an_english_page_without_names_of_people_says_nothing_in_chinese_that_is_not_marked(
    signed_in: Callable[[str], Client], city: str, path: str
) -> None:
    client = signed_in("office")
    client.cookies["django_language"] = "en"
    page = Reading()
    page.feed(client.get(path.replace("%s", city)).content.decode())
    shown = {text for text in page.unmarked if "甲office" not in text}
    assert shown == set(), "the name of who is signed in, and nothing else"
