"""One navigation by nine words: only what opens, the current part marked, its pages below it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from console.conftest import ROLES, SEED
from hengjian.console.navigation import owner

Browser = Callable[[str], Client]
WORDS = ["本周要办", "考核周期", "干部", "评价", "核查", "结果", "制度", "存证", "设置"]
LINK = re.compile(r'<a href="([^"]+)"(?: aria-current="(\w+)")?>([^<]+)</a>')


def menu(client: Client, url: str = "/") -> list[tuple[str, str, str]]:
    """Address, mark and words of every entry, in the order of the page."""
    text = client.get(url).content.decode()
    return LINK.findall(text.split('class="hj-nav"')[1].split("</nav>")[0])


def words(client: Client) -> list[str]:
    return [text for _url, _mark, text in menu(client) if text in WORDS]


@pytest.mark.parametrize("person", ROLES)
def test_everything_that_is_offered_opens(signed_in: Browser, city: str, person: str) -> None:
    client, seen = signed_in(person), set()
    for word_url, _mark, _word in menu(client):
        for url, _current, _text in menu(client, client.get(word_url, follow=True).request["PATH_INFO"]):
            if url not in seen:
                seen.add(url)
                assert client.get(url, follow=True).status_code == 200, url
    assert len(seen) >= 2


def test_the_office_finds_the_nine_words_in_their_order(signed_in: Browser, city: str) -> None:
    assert words(signed_in("office")) == WORDS


def test_whoever_may_nothing_finds_what_is_the_own(signed_in: Browser, city: str) -> None:
    assert words(signed_in("nobody")) == ["本周要办", "设置"]
    assert words(signed_in("official")) == ["本周要办", "评价", "核查", "结果", "制度", "设置"]
    assert words(signed_in("protector")) == ["本周要办", "核查", "制度", "设置"]


@pytest.mark.parametrize(
    ("url", "part", "page"),
    [
        ("/quarantine/", "核查", "待核记录"),
        (f"/cycles/{SEED}/ranking/", "结果", "排名"),
        (f"/cycles/{SEED}/", "考核周期", "周期"),
        ("/officials/units/", "干部", "机构"),
        ("/imports/", "考核周期", "模板与导入"),
        ("/account/", "设置", "我的账号"),
        ("/policies/seed/", "制度", ""),
    ],
)
def test_the_part_of_the_reader_is_marked_and_shows_its_pages(
    signed_in: Browser, city: str, url: str, part: str, page: str
) -> None:
    entries = menu(signed_in("office"), url)
    marked = [text for _url, mark, text in entries if mark]
    assert marked == ([part, page] if page else [part])
    below = [text for _url, _mark, text in entries if text not in WORDS]
    assert (page in below) if page else below == []


def test_only_the_page_itself_is_marked_as_the_page(signed_in: Browser, city: str) -> None:
    office = signed_in("office")
    assert ("/officials/units/", "page", "机构") in menu(office, "/officials/units/")
    assert ("/cycles/", "true", "周期") in menu(office, f"/cycles/{SEED}/")
    assert ("/policies/", "page", "制度") in menu(office, "/policies/")
    assert ("/policies/", "true", "制度") in menu(office, "/policies/seed/")


def test_every_page_belongs_to_an_entry_that_exists(signed_in: Browser, city: str) -> None:
    from hengjian.console.urls import urlpatterns

    names = {one.name for one in urlpatterns}
    alone = {"sign", "filters"}  # the way in and out, and what only comes back to its list
    assert {owner(str(name)) for name in names} - names == alone


def test_the_words_are_english_for_an_english_reader(signed_in: Browser, city: str, people: Any) -> None:
    client = Client(headers={"accept-language": "en"})
    client.force_login(people["office"])
    found = [text for _url, _mark, text in menu(client)]
    assert all(text.isascii() for text in found)
    assert [text for text in found if text in {"This week", "Officials", "Ratings", "Settings"}] == [
        "This week", "Officials", "Ratings", "Settings",
    ]  # fmt: skip
