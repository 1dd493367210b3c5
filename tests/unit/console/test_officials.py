"""The list of officials: who may see whom and where, on which day; a look is on the trail."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.test import Client

from console.conftest import NOW, PASSWORD

Browser = Callable[[str], Client]
TOWN = "990103002"


def text(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200, url
    return answer.content.decode()


def numbers(client: Client, url: str) -> set[str]:
    return set(re.findall(r'href="/officials/(D\w+)/"', text(client, url)))


def path(code: str) -> str:
    from hengjian.roster.models import Organisation

    return Organisation.objects.get(code=code).path


@pytest.fixture
def county(people: Any) -> Client:
    """An auditor of the first county alone."""
    from hengjian.access import operations
    from hengjian.access.roles import Role
    from hengjian.roster.models import Level, Organisation

    home = Organisation.objects.filter(level=Level.COUNTY).order_by("code")[0]
    made = operations.create_user("county", "甲county", now=NOW, password=PASSWORD)
    scope = operations.Scope(organisation=home.path.strip("/"))
    operations.grant(made, Role.AUDITOR, on=date(2026, 1, 1), by=None, reason="测试", scope=scope)
    client = Client(headers={"accept-language": "zh-CN"})
    client.force_login(made)
    client.home = home  # type: ignore[attr-defined]
    return client


def of(under: str) -> set[str]:
    from hengjian.roster.models import Tenure

    found = Tenure.objects.filter(post__organisation__path__startswith=under)
    return set(found.values_list("official__code", flat=True))


def test_the_office_sees_units_and_masked_names(signed_in: Browser, city: str) -> None:
    page = text(signed_in("office"), f"/officials/?unit={TOWN}")
    assert "＊＊" in page
    assert 'id="id_unit"' in page
    found = numbers(signed_in("office"), f"/officials/?unit={TOWN}")
    assert found
    assert found <= of(path(TOWN))


def test_without_a_purpose_a_leader_cannot_ask_where_somebody_sits(signed_in: Browser, city: str) -> None:
    leader = signed_in("leader")
    assert numbers(leader, "/officials/") == numbers(leader, f"/officials/?unit={TOWN}")
    assert 'id="id_unit"' not in text(leader, "/officials/")
    leader.post("/purpose/", {"deed": "choose", "purpose": "review", "next": "/"})
    found = numbers(leader, f"/officials/?unit={TOWN}")
    assert found
    assert found <= of(path(TOWN))


def test_who_is_seen_is_on_the_trail(signed_in: Browser, city: str) -> None:
    from hengjian.access.models import Ticket

    leader = signed_in("leader")
    leader.post("/purpose/", {"deed": "choose", "purpose": "review", "next": "/"})
    found = numbers(leader, f"/officials/?unit={TOWN}")
    ticket = Ticket.objects.latest("id")
    assert set(ticket.officials) == found
    assert ticket.shown == "roster"


def test_a_county_reader_finds_the_own_county_and_nobody_else(county: Any, city: str) -> None:
    inside = of(county.home.path)
    assert numbers(county, "/officials/?page=1") <= inside
    outside = sorted(of("/") - inside)
    assert numbers(county, f"/officials/?number={outside[0]}") == set()
    assert county.get(f"/officials/{outside[0]}/").status_code == 404
    assert county.get("/officials/D0000000/").status_code == 404
    assert county.get(f"/officials/{sorted(inside)[0]}/").status_code == 200
    units = text(county, "/officials/units/")
    assert county.home.name in units
    assert "990102" not in units.replace(county.home.code, "")


def test_the_list_is_of_the_day_asked_for(signed_in: Browser, city: str) -> None:
    from hengjian.roster.models import Tenure

    office, first = signed_in("office"), Tenure.objects.order_by("since")[0].since
    assert numbers(office, "/officials/")
    assert numbers(office, f"/officials/?on={first.replace(year=first.year - 50)}") == set()
    assert text(office, "/officials/?on=nonsense").count("<tr>") > 1


def test_filters_narrow_the_list(signed_in: Browser, city: str) -> None:
    office = signed_in("office")
    whole = numbers(office, f"/officials/?number={city.split('@', maxsplit=1)[0]}")
    assert whole == {city.split("@", maxsplit=1)[0]}
    assert numbers(office, "/officials/?level=city&category=principal&zone=ecological") == set()


def test_a_person_s_page_leads_to_the_results(signed_in: Browser, city: str) -> None:
    official = city.split("@", maxsplit=1)[0]
    assert f"/seats/{city}/" in text(signed_in("leader"), f"/officials/{official}/")
    assert f"/seats/{city}/" in text(signed_in("official"), "/results/own/")
