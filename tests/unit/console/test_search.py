"""The search: what is found, by whom, and that nothing outside the scopes is told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from console.conftest import NOW, PASSWORD, SEED

Browser = Callable[[str], Client]


def asked(client: Client, text: str) -> str:
    """The main part of the answer, without the words of the search themselves."""
    answer = client.post("/search/", {"q": text})
    assert (answer.status_code, answer["Location"]) == (302, "/search/")
    page = client.get("/search/").content.decode()
    return page.split("</h1>")[1].split("</p>", 1)[1]


def name_of(seat: str) -> str:
    from hengjian.roster.models import Official

    return Official.objects.get(code=seat.split("@", maxsplit=1)[0]).name


@pytest.fixture
def county(people: Any) -> Any:
    """An auditor of a county in which the official of the tests does not sit."""
    from hengjian.access import operations
    from hengjian.access.roles import Role
    from hengjian.roster.models import Organisation

    made = operations.create_user("county", "甲county", now=NOW, password=PASSWORD)
    home = Organisation.objects.filter(level="county").exclude(code="990103").order_by("code")[0]
    scope = operations.Scope(organisation=home.path.strip("/"))
    operations.grant(made, Role.AUDITOR, on=date(2026, 1, 1), by=None, reason="测试", scope=scope)
    client = Client(headers={"accept-language": "zh-CN"})
    client.force_login(made)
    return client


def test_a_name_leads_to_nobody_before_a_purpose_is_chosen(signed_in: Browser, city: str) -> None:
    from hengjian.access.models import Ticket

    number, name = city.split("@", maxsplit=1)[0], name_of(city)
    for role in ("office", "leader", "auditor"):
        page = asked(signed_in(role), name)
        assert number not in page
        assert "请先选择查看目的" in page
        assert 'id="id_purpose"' in page
    assert not Ticket.objects.exists()


def test_with_a_purpose_the_ticket_names_whom_the_name_found(signed_in: Browser, city: str) -> None:
    from hengjian.access.models import Ticket

    leader = signed_in("leader")
    leader.post("/purpose/", {"deed": "choose", "purpose": "petition", "next": "/search/"})
    asked(leader, name_of(city))
    ticket = Ticket.objects.latest("id")
    assert city.split("@", maxsplit=1)[0] in ticket.officials
    assert (ticket.shown, ticket.purpose) == ("roster", "petition")


def test_a_number_finds_the_person_masked(signed_in: Browser, city: str) -> None:
    number = city.split("@", maxsplit=1)[0]
    page = asked(signed_in("leader"), number)
    assert f'href="/officials/{number}/"' in page
    assert "党委书记" not in page
    office = asked(signed_in("office"), number.lower())
    assert "＊＊" in office
    assert name_of(city) not in office


def test_what_is_outside_the_scope_is_as_what_does_not_exist(county: Client, city: str) -> None:
    county.post("/purpose/", {"deed": "choose", "purpose": "audit", "next": "/"})
    nothing = asked(county, "D0000000")
    assert "没有找到" in nothing
    for text in (city.split("@", maxsplit=1)[0], name_of(city), "990103002", "丙县"):
        page = asked(county, text)
        assert 'class="hj-todo"' not in page, text
        assert "没有找到" in page


def test_units_cycles_and_refused_records_are_found_by_who_may_read_them(
    signed_in: Browser, city: str
) -> None:
    from hengjian.evidence.queries import quarantined

    waiting = quarantined(state="waiting").first().pk  # type: ignore[union-attr]
    office, other = signed_in("office"), signed_in("followup")
    for text, url in (
        ("990103002", "/officials/units/?q=990103002"),
        (SEED, f"/cycles/{SEED}/"),
        (f"#{waiting:02d}", f"/quarantine/{waiting}/"),
    ):
        assert f'href="{url}"' in asked(office, text), text
        assert f'href="{url}"' not in asked(other, text), text


def test_an_event_is_found_by_its_number_at_the_source(signed_in: Browser, city: str) -> None:
    from hengjian.evidence.models import Case

    case = Case.objects.filter(successor__isnull=True).first()
    assert case is not None
    page = asked(signed_in("auditor"), case.external_id)
    assert f"digest={case.digest}" in page
    assert case.organisation.name in page
    assert case.digest not in asked(signed_in("reviewer"), case.external_id)


def test_the_box_stands_where_there_is_something_to_find(signed_in: Browser, city: str) -> None:
    for role, there in (("office", True), ("followup", True), ("official", False), ("nobody", False)):
        assert ('role="search"' in signed_in(role).get("/").content.decode()) is there, role


def test_a_search_is_written_by_a_form_of_ours_and_stands_in_no_address(
    people: Any, signed_in: Browser, city: str
) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(people["office"])
    assert strict.post("/search/", {"q": "D1"}).status_code == 403
    assert "D1030011" not in asked(signed_in("office"), "")
    assert signed_in("office").get("/search/?q=D1030011").content.decode().count("D1030011") <= 2


def test_few_letters_and_long_ones_are_answered(signed_in: Browser, city: str) -> None:
    office = signed_in("office")
    assert "请至少写两个字" in asked(office, "王")
    assert "没有找到" in asked(office, "9" * 500)
    assert "&lt;b&gt;" in office.post("/search/", {"q": "<b>x"}, follow=True).content.decode()


def test_the_search_asks_as_often_for_many_as_for_one(signed_in: Browser, city: str) -> None:
    office, counts = signed_in("office"), []
    for text in ("D1030011", "D10"):
        asked(office, text)
        with CaptureQueriesContext(connection) as queries:
            page = office.get("/search/").content.decode()
        counts.append((len(queries), page.count('href="/officials/D')))
    assert counts[1][1] > counts[0][1] == 1
    assert counts[0][0] == counts[1][0] <= 40, counts
