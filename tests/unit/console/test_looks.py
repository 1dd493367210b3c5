"""Persons on pages: masked by grade until a purpose is chosen; every look a ticket; who may see the trail.

What is written here is never committed, so the database gives no name in clear, whatever the ticket
says: the pages must then show masked names and no error. Names in clear are in tests/journey.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from django.utils import timezone

from console.conftest import BEFORE, SEED

if TYPE_CHECKING:
    from hengjian.access.models import Ticket

Browser = Callable[[str], Client]

REPLY = {"deed": "choose", "purpose": "reply", "next": "/cycles/"}


def page(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200, url
    return answer.content.decode()


def written(**asked: Any) -> list[Ticket]:
    from hengjian.access.models import Ticket

    return list(Ticket.objects.filter(**asked).order_by("id"))


def names() -> set[str]:
    from hengjian.roster.models import Official

    return set(Official.objects.values_list("name", flat=True))


def pages(city: str) -> list[str]:
    return [
        f"/cycles/{SEED}/ranking/?group=",
        f"/cycles/{SEED}/seats/{city}/",
        f"/cycles/{SEED}/seats/{city}/workings/",
        f"/cycles/{SEED}/compare/?other={BEFORE}&seat={city}",
        f"/cycles/{SEED}/compare/?other={BEFORE}&all",
    ]


@pytest.mark.parametrize("person", ["office", "leader", "auditor"])
def test_without_a_purpose_no_page_shows_a_name(signed_in: Browser, city: str, person: str) -> None:
    client, official = signed_in(person), city.split("@", maxsplit=1)[0]
    for url in pages(city):
        text = page(client, url)
        assert [name for name in names() if name in text] == [], url
    sheet = page(client, pages(city)[1])
    assert ("＊＊" in sheet) is (person == "office")
    assert ("党委书记" in sheet) is (person == "office")
    assert (f"<h1>{official}</h1>" in sheet) is (person != "office")


def test_a_look_at_one_person_without_a_purpose_is_written_down_once(
    signed_in: Browser, city: str, people: dict[str, Any]
) -> None:
    client, official = signed_in("leader"), city.split("@", maxsplit=1)[0]
    for url in pages(city)[:3]:
        page(client, url)
    (only,) = written()
    assert (only.viewer, only.role, only.officials) == (people["leader"], "leader", [official])
    assert (only.purpose, only.shown, only.cycle) == ("masked", "sheet", SEED)


def test_a_purpose_once_chosen_serves_each_page_and_each_look_is_a_ticket(
    signed_in: Browser, city: str
) -> None:
    client, official = signed_in("office"), city.split("@", maxsplit=1)[0]
    answer = client.post("/purpose/", {**REPLY, "note": "来信问询"})
    assert (answer.status_code, answer["Location"]) == (302, "/cycles/")
    page(client, f"/cycles/{SEED}/ranking/?group=ecological/township/principal")
    text = page(client, f"/cycles/{SEED}/seats/{city}/")
    page(client, f"/cycles/{SEED}/seats/{city}/workings/")
    page(client, f"/cycles/{SEED}/compare/?other={BEFORE}&seat={city}")
    found = written(purpose="reply")
    assert [ticket.shown for ticket in found] == ["ranking", "sheet", "comparison"]
    assert official in found[0].officials
    assert len(found[0].officials) > 1
    assert found[1].officials == [official]
    assert {ticket.note for ticket in found} == {"来信问询"}
    code = found[1].code
    assert f"{code[:5]}-{code[5:]}" in text, "a copy of the page leads back to the look"
    assert "答复本人或单位询问" in text


def test_a_purpose_ends_by_the_button_and_by_time(signed_in: Browser, city: str) -> None:
    from hengjian.console.people import KEY

    client, url = signed_in("office"), f"/cycles/{SEED}/ranking/"
    client.post("/purpose/", REPLY)
    assert "结束查看" in page(client, url)
    client.post("/purpose/", {"deed": "end"})
    assert "个人信息已遮蔽" in page(client, url)
    client.post("/purpose/", REPLY)
    session = client.session
    session[KEY] = {**session[KEY], "until": (timezone.now() - timedelta(seconds=1)).isoformat()}
    session.save()
    assert "个人信息已遮蔽" in page(client, url)
    assert len(written(purpose="reply")) == 1


def test_the_minutes_are_those_of_the_policy(signed_in: Browser) -> None:
    from hengjian.console import laws
    from hengjian.console.people import KEY
    from hengjian.console.rights import today

    (given,) = {
        policy.parameters[laws.LOOK_MINUTES].value
        for policy in laws.all_policies(today())
        if laws.LOOK_MINUTES in policy.parameters
    }
    assert laws.look_minutes(today()) == given == 15
    client = signed_in("office")
    client.post("/purpose/", REPLY)
    assert client.session[KEY]["minutes"] == given


@pytest.mark.parametrize(
    ("person", "words", "said"),
    [
        ("office", {"purpose": ""}, "没有选择查看目的"),
        ("office", {"purpose": "own"}, "没有选择查看目的"),
        ("office", {"purpose": "masked"}, "没有选择查看目的"),
        ("office", {"purpose": "other"}, "要写明目的"),
        ("auditor", {"seal": "yes"}, "封存要写明依据和理由"),
        ("auditor", {"seal": "yes", "clause": "条款", "reason": "理由", "until": "soon"}, "封存的截止日"),
    ],
)
def test_a_bad_purpose_is_said_on_the_page_and_opens_nothing(
    signed_in: Browser, person: str, words: dict[str, str], said: str
) -> None:
    client = signed_in(person)
    assert client.post("/purpose/", {**REPLY, **words}).status_code == 302
    text = page(client, f"/cycles/{SEED}/ranking/")
    assert said in text
    assert "个人信息已遮蔽" in text


@pytest.mark.parametrize(("person", "words"), [("official", {}), ("nobody", {}), ("office", {"seal": "yes"})])
def test_who_may_not_look_or_seal_is_refused(signed_in: Browser, person: str, words: dict[str, str]) -> None:
    assert signed_in(person).post("/purpose/", {**REPLY, **words}).status_code == 403


def test_a_purpose_is_chosen_by_a_form_of_our_own_and_leads_nowhere_else(people: object) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(people["office"])  # type: ignore[index]
    assert strict.post("/purpose/", REPLY).status_code == 403
    plain = Client()
    plain.force_login(people["office"])  # type: ignore[index]
    assert plain.get("/purpose/").status_code == 405
    for evil in ("https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)"):
        assert plain.post("/purpose/", {**REPLY, "next": evil})["Location"] == "/"


def test_the_own_sheet_asks_for_no_purpose_and_is_on_the_trail(signed_in: Browser, city: str) -> None:
    client, official = signed_in("official"), city.split("@", maxsplit=1)[0]
    text = page(client, f"/cycles/{SEED}/seats/{city}/")
    assert "查看目的" not in text
    assert "党委书记" in text
    page(client, f"/cycles/{SEED}/seats/{city}/workings/")
    assert [(one.purpose, one.officials, one.role) for one in written()] == [("own", [official], "official")]


def test_the_official_sees_who_looked_and_only_auditors_see_a_sealed_look(
    signed_in: Browser, city: str
) -> None:
    office, auditor = signed_in("office"), signed_in("auditor")
    office.post("/purpose/", REPLY)
    page(office, f"/cycles/{SEED}/seats/{city}/")
    until = timezone.localdate() + timedelta(days=20)
    seal = {"seal": "yes", "clause": "监督执纪工作规则", "reason": "初步核实", "until": until.isoformat()}
    auditor.post("/purpose/", {**REPLY, "purpose": "audit", **seal})
    page(auditor, f"/cycles/{SEED}/seats/{city}/")
    hidden, told = written(purpose="audit")[0], written(purpose="reply")[0]
    text = page(signed_in("official"), "/looks/")
    assert "甲office" in text
    assert "考核办" in text
    assert "答复本人或单位询问" in text
    assert f"{timezone.localdate():%Y-%m-%d}" in text
    assert not re.search(r"\d{2}:\d{2}", text.split("<tbody>")[1]), "the day, not the hour"
    assert "甲auditor" not in text
    assert "初步核实" not in text
    whole = page(auditor, "/trail/")
    assert "甲auditor" in whole
    assert "初步核实" in whole
    half = page(auditor, f"/trail/?code={hidden.code[:5]}-{hidden.code[5:]}".lower())
    assert hidden.code[5:] in half
    assert told.code[5:] not in half


def test_the_trail_shows_numbers_and_never_names(signed_in: Browser, city: str) -> None:
    client, official = signed_in("auditor"), city.split("@", maxsplit=1)[0]
    client.post("/purpose/", {**REPLY, "purpose": "audit"})
    page(client, f"/cycles/{SEED}/ranking/?group=")
    for query in ("", f"?person={official}", "?viewer=auditor", "?purpose=audit"):
        text = page(client, f"/trail/{query}")
        assert "AUDIT" not in text
        assert [name for name in names() if name in text] == []
    assert "没有符合条件的记录" in page(client, "/trail/?person=nobody")
