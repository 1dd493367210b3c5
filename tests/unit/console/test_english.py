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
    known = {catalogue.key(message) for message in catalogue.read()}
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
     "/policies/compare/?old=before&new=seed", f"/cycles/{SEED}/seats/%s/workings/", "/no-such-page/",
     "/panels/", "/panels/new/", "/panels/outsiders/", "/panels/ties/", "/form/", "/form/receipt/"],
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


@pytest.mark.parametrize(
    "path", [f"/cycles/{SEED}/calibration/", f"/cycles/{SEED}/seats/%s/certainty/", "/policies/seed/what-if/"]
)
def test_an_english_page_about_persons_says_in_chinese_only_what_the_roster_says(
    signed_in: Callable[[str], Client], city: str, path: str
) -> None:
    """Names (masked), posts, organisations and titles of cycles are data and stay as they are."""
    from hengjian.cycles import queries

    facts = queries.facts(SEED)[0]
    data = {seat.title for seat in facts.seats} | {unit.name for unit in facts.units}
    data |= {row.title for row in queries.list_cycles()} | {"甲office"}
    client = signed_in("office")
    client.cookies["django_language"] = "en"
    page = Reading()
    page.feed(client.get(path.replace("%s", city)).content.decode())
    known = re.compile(
        "|".join([*sorted(map(re.escape, data), key=len, reverse=True), "[\u4e00-\u9fff]＊＊"])
    )
    assert {text for text in page.unmarked if CHINESE.search(known.sub("", text))} == set()
