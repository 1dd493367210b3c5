"""Whoever reads the results of one county reads that county's rows, on every page and in every export."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from html import unescape
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client

from hengjian.access import operations
from hengjian.access.operations import Scope
from hengjian.access.roles import Role
from hengjian.console.views import compare

Browser = Callable[[str], Client]
SEED, BEFORE, OPEN = "demo-seed-2026-h1", "demo-before-2026-h1", "open-2026-h1"
HERE, THERE = "990103", "990102"
COUNTY = Scope(organisation=f"9901/{HERE}")
OWN, OTHER = "D1030011@P1030011", "D1020011@P1020011"  # two party secretaries
SEATS = re.compile(r"/seats/(D\d+@P\d+|D\d+%40P\d+)/")


@pytest.fixture
def county(people: Any) -> Client:
    """Signed in as an auditor of the mountain county; Chinese is the language."""
    operations.grant(
        people["nobody"], Role.AUDITOR, on=date(2026, 1, 1), by=None, reason="测试", scope=COUNTY
    )
    client = Client(headers={"accept-language": "zh-CN"})
    client.force_login(people["nobody"])
    return client


def page(client: Client, url: str, status: int = 200) -> str:
    answer = client.get(url)
    assert answer.status_code == status, (url, answer.status_code)
    return answer.content.decode()


def seats_on(text: str) -> set[str]:
    return {found.replace("%40", "@") for found in SEATS.findall(text)}


def is_here(seat: str) -> bool:
    return seat.startswith(f"D{HERE[-3:]}")


def test_the_ranking_has_the_countys_rows_only(county: Client, signed_in: Browser) -> None:
    for chosen in ("", "?group="):
        whole = seats_on(page(signed_in("auditor"), f"/cycles/{SEED}/ranking/{chosen}"))
        mine = seats_on(page(county, f"/cycles/{SEED}/ranking/{chosen}"))
        assert mine, chosen
        assert all(is_here(seat) for seat in mine), mine
    assert not all(is_here(seat) for seat in whole), "the city has other rows to hide"
    assert len(mine) == 36


def test_ranks_stay_those_of_the_whole_group(county: Client, signed_in: Browser) -> None:
    sheet, own = f"/cycles/{SEED}/seats/{OWN}/", signed_in("auditor")
    shown = re.compile(r'<dd[^>]*>.*?</dd>|<b class="hj-rank">.*?</b>', re.DOTALL)
    assert shown.findall(page(county, sheet)) == shown.findall(page(own, sheet))


def test_the_groups_offered_are_those_with_a_row_of_the_county(county: Client, signed_in: Browser) -> None:
    options = re.compile(r'<option value="([^"]+)"')
    mine = set(options.findall(page(county, f"/cycles/{SEED}/ranking/")))
    whole = set(options.findall(page(signed_in("auditor"), f"/cycles/{SEED}/ranking/")))
    assert mine < whole
    strange = next(one for one in whole - mine if "farming" in one)
    assert seats_on(page(county, f"/cycles/{SEED}/ranking/?group={quote(strange)}", 404)) == set()


LINK = re.compile(r'<a[^>]*\bhref="(/[^"#]*)"')
ASIDE = re.compile(r"^/(static|manual|account|mfa|kiosk|imports/template)/|export=|/bundle/|/paper")


@pytest.mark.parametrize("role", [Role.OFFICE, Role.AUDITOR])
def test_no_page_offers_what_would_be_refused(people: Any, role: Role) -> None:
    """Everything that a page of the county's people links to opens for them."""
    operations.grant(people["nobody"], role, on=date(2026, 1, 1), by=None, reason="测试", scope=COUNTY)
    client = Client(headers={"accept-language": "zh-CN"})
    client.force_login(people["nobody"])
    wait, seen, refused = ["/"], {"/"}, []
    while wait and len(seen) < 220:
        url = wait.pop(0)
        answer = client.get(url)
        if answer.status_code >= 400:
            refused.append((url, answer.status_code))
        if answer.status_code != 200 or "html" not in answer["Content-Type"]:
            continue
        links = [unescape(one) for one in LINK.findall(answer.content.decode())]
        kinds = {re.sub(r"[DP]?\d{3,}(@P\d+)?|[0-9a-f-]{32,}", "#", one) for one in seen}
        for link in links:
            kind = re.sub(r"[DP]?\d{3,}(@P\d+)?|[0-9a-f-]{32,}", "#", link)
            if link not in seen and kind not in kinds and not ASIDE.search(link):
                kinds.add(kind)
                seen.add(link)
                wait.append(link)
    assert not refused
    assert len(seen) > 60


def test_exports_hold_the_countys_rows_only(county: Client, signed_in: Browser) -> None:
    url = f"/cycles/{SEED}/ranking/?group=&export=csv"
    whole, mine = page(signed_in("auditor"), url), page(county, url)
    assert f"D{THERE[-3:]}" in whole
    assert f"D{HERE[-3:]}" in mine
    assert f"D{THERE[-3:]}" not in mine
    assert f"D{THERE[-3:]}" not in page(county, f"/cycles/{SEED}/compare/?all&export=csv")


@pytest.mark.parametrize(
    "part", ["", "certainty/", "workings/", "records/{digest}/", "records/{digest}/proof/"]
)
def test_forged_seats_of_another_county_are_refused(county: Client, signed_in: Browser, part: str) -> None:
    from hengjian.cycles import queries
    from hengjian.scoring.workings import flat

    tree = queries.working_tree(SEED, OTHER)
    digest = next(record for step in flat(tree) for record in step.records)
    url = f"/cycles/{SEED}/seats/{OTHER}/{part.format(digest=digest)}"
    assert signed_in("auditor").get(url).status_code == (
        404 if "proof" in part else 200
    )  # no log stands here
    assert "稷安镇" not in page(county, url, 403)
    assert page(county, f"/cycles/{SEED}/seats/{OWN}/{part if 'records' not in part else ''}")


def test_a_seat_that_nobody_has_is_not_found(county: Client) -> None:
    page(county, f"/cycles/{SEED}/seats/D9990011@P9990011/", 404)


def test_near_others_on_the_page_of_certainty_are_the_countys(county: Client, signed_in: Browser) -> None:
    url = f"/cycles/{SEED}/seats/{OWN}/certainty/"
    assert all(is_here(seat) for seat in seats_on(page(county, url)))


def test_the_comparison_has_the_countys_rows_only(
    county: Client, signed_in: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compare, "SIZE", 200)
    url = f"/cycles/{SEED}/compare/?all"
    codes = re.compile(r"D10\d{5}")
    assert len(set(codes.findall(page(signed_in("auditor"), url)))) == 108
    mine = set(codes.findall(page(county, url)))
    assert len(mine) == 36
    assert all(is_here(code) for code in mine)
    page(county, f"/cycles/{SEED}/compare/?seat={OTHER}", 403)
    assert page(county, f"/cycles/{SEED}/compare/?seat={OWN}")


def test_the_dashboard_is_the_countys_own(county: Client) -> None:
    shown = page(county, f"/cycles/{SEED}/dashboard/")
    assert "云岫镇" in shown
    assert "稷安镇" not in shown
    for area in (THERE, "990102001"):
        page(county, f"/cycles/{SEED}/dashboard/?area={area}", 403)
    assert county.get("/results/").status_code == 302


def test_published_ratings_are_of_the_countys_posts(county: Client, signed_in: Browser) -> None:
    whole = page(signed_in("auditor"), "/ratings/units/?half=2026-H1")
    mine = page(county, "/ratings/units/?half=2026-H1")
    codes = re.compile(r"D10\d{5}")
    assert {one[1:4] for one in codes.findall(whole)} >= {"101", "102"}
    assert {one[1:4] for one in codes.findall(mine)} == {"103"}
    assert set(codes.findall(page(county, f"/ratings/units/?half=2026-H1&county={THERE}"))) == set()


def test_the_cycles_page_does_not_name_what_is_missing_elsewhere(county: Client) -> None:
    shown = page(county, f"/cycles/{SEED}/")
    assert "还缺什么" not in shown
    assert "查看排名" in shown
    assert f"/cycles/{SEED}/calibration/" not in shown
    assert page(county, "/cycles/")
    assert page(county, f"/cycles/{OPEN}/ranking/")


@pytest.mark.parametrize(
    "url",
    [f"/cycles/{SEED}/missing/", f"/cycles/{SEED}/bundle/", f"/cycles/{SEED}/verify/",
     f"/cycles/{SEED}/calibration/", f"/cycles/{SEED}/papers/", "/policies/seed/what-if/", "/ratings/",
     "/ratings/channels/", "/ratings/duties/", "/trail/", "/notary/", "/panels/"],
)  # fmt: skip
def test_what_is_of_the_whole_city_is_refused(county: Client, url: str) -> None:
    page(county, url, 403)


def test_every_link_that_a_county_reader_is_offered_opens(county: Client) -> None:
    start = ("/", "/cycles/", f"/cycles/{SEED}/", f"/cycles/{SEED}/ranking/", f"/cycles/{SEED}/seats/{OWN}/",
             f"/cycles/{SEED}/dashboard/", f"/cycles/{SEED}/compare/", "/ratings/units/")  # fmt: skip
    links = {one for url in start for one in re.findall(r'<a[^>]*\bhref="(/[^"#?]*)', page(county, url))}
    kinds = {re.sub(r"D\d+(@|%40)P\d+", "seat", one): one for one in sorted(links)}
    assert len(kinds) >= 8
    for url in kinds.values():
        assert county.get(url).status_code not in {403, 404, 500}, url
