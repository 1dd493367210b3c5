"""Signing in, out, and the languages."""

from collections.abc import Callable

import pytest
from django.test import Client

from console.conftest import PASSWORD

Browser = Callable[[str], Client]


def page(client: Client, url: str) -> str:
    return client.get(url).content.decode()


@pytest.mark.parametrize("username", ["office", "no-such-account"])
def test_a_failure_says_the_same_whether_the_account_exists_or_not(people: object, username: str) -> None:
    client = Client(headers={"accept-language": "zh-CN"})
    answer = client.post("/sign-in/", {"username": username, "password": "wrong"})
    text = answer.content.decode().replace(f'value="{username}"', "")
    assert answer.status_code == 200
    assert "账号或密码不正确，或账号不可用" in text
    assert username not in text


def test_signing_in_leads_where_one_wanted_to_go_and_nowhere_outside(people: object) -> None:
    client = Client()
    form = {"username": "office", "password": PASSWORD}
    wanted = client.post("/sign-in/", {**form, "next": "/policies/"})
    assert (wanted.status_code, wanted["Location"]) == (302, "/policies/")
    elsewhere = Client().post("/sign-in/", {**form, "next": "https://example.org/"})
    assert elsewhere["Location"] == "/"


def test_signing_out_needs_a_post_and_ends_the_session(signed_in: Browser) -> None:
    client = signed_in("office")
    assert client.get("/sign-out/").status_code == 405
    assert client.post("/sign-out/").status_code == 302
    assert client.get("/policies/")["Location"].startswith("/sign-in/")


def test_the_language_is_chosen_by_the_reader_and_stays(signed_in: Browser) -> None:
    client = signed_in("office")
    assert "制度" in page(client, "/policies/")
    client.post("/i18n/setlang/", {"language": "en", "next": "/policies/"})
    text = page(client, "/policies/")
    assert '<html lang="en"' in text
    assert "Indicator" in text or "Policies" in text


def test_every_page_forbids_inline_script_and_framing(signed_in: Browser) -> None:
    answer = signed_in("office").get("/policies/")
    rules = dict(rule.split(" ", 1) for rule in answer["Content-Security-Policy"].split("; "))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == rules["style-src"] == "'self'"
    assert rules["frame-ancestors"] == "'none'"
    text = answer.content.decode()
    assert " style=" not in text
    assert "<style" not in text
    assert "onclick" not in text
    assert answer["Cache-Control"] == "private, no-store"


def test_a_page_that_is_not_there_says_what_to_do(signed_in: Browser) -> None:
    answer = signed_in("office").get("/policies/no-such-policy/")
    assert answer.status_code == 404
    assert "没有找到此页或此条记录" in answer.content.decode()
