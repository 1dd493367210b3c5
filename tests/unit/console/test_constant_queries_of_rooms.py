"""The rooms' lists, which show all they have: they ask the database as often for many rows as for few."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from hengjian.console.views import compare, followups, public

Browser = Callable[[str], Client]
SEED = "demo-seed-2026-h1"
TOWNS = tuple(f"990103{n:03}" for n in range(1, 7))
ROW = re.compile(r"<tr\b")
FEW, MANY = 5, 100


def asked(client: Client, url: str) -> tuple[int, int]:
    """Queries and rows of a page; the first look is not counted, since it fills what is kept."""
    client.get(url)
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(url)
    assert answer.status_code == 200, url
    return len(queries), len(ROW.findall(answer.content.decode()))


def same(few: tuple[int, int], many: tuple[int, int], most: int) -> None:
    assert many[1] > few[1] >= 2, "the page has too few rows to tell"
    assert few[0] == many[0] <= most, (few, many)


# --- panels ---------------------------------------------------------------------------------------
def a_round(number: int, towns: tuple[str, ...] = TOWNS[:1]) -> Any:
    from hengjian.policy import folder
    from hengjian.ratings.panels import rolls
    from hengjian.ratings.panels.operations import Office

    office = Office("office", timezone.now(), folder.load(folder.shipped()["seed"]), b"salt")
    today = timezone.localdate()
    days = (today, today + timedelta(days=1), today + timedelta(days=3))
    half = f"{today.year}-H{1 if today.month <= 6 else 2}"
    return rolls.open_round(rolls.RoundPlan(half, f"第{number}轮（合成数据）", towns, *days), office), office


def enrol(town: str, count: int, office: Any) -> None:
    from hengjian.ratings.panels import rolls

    rolls.enrol(
        [rolls.OutsiderDraft(f"WG{town}-{n}", "grid_worker", town, date(2022, 1, 1)) for n in range(count)],
        office,
    )


def test_rounds(signed_in: Browser) -> None:
    seen = []
    for count in (FEW, MANY - FEW):
        for number in range(count):
            a_round(number)
        seen.append(asked(signed_in("office"), "/panels/"))
    same(*seen, most=10)


def test_a_round_with_the_rolls_of_a_county(signed_in: Browser) -> None:
    from hengjian.ratings.panels import rolls

    seen = []
    for towns in (TOWNS[:1], TOWNS):
        held, office = a_round(0, towns)
        rolls.draw_up(held, office)
        seen.append(asked(signed_in("office"), f"/panels/{held.pk}/"))
    same(*seen, most=20)


def test_a_roll_and_the_list_of_outsiders(signed_in: Browser) -> None:
    from hengjian.ratings.panels import rolls
    from hengjian.ratings.panels.models import Roll

    on_roll, listed = [], []
    for town, count in zip(TOWNS[:2], (FEW, MANY), strict=True):
        held, office = a_round(0, (town,))
        enrol(town, count, office)
        rolls.draw_up(held, office)
        roll = Roll.objects.filter(round=held).order_by("pk").first()
        on_roll.append(asked(signed_in("office"), f"/panels/rolls/{roll.pk}/"))
        listed.append(asked(signed_in("office"), "/panels/outsiders/"))
    same(*on_roll, most=25)
    same(*listed, most=10)


# --- what was said: cases, themes, flags ------------------------------------------------------------
def low_marks(members: Any) -> None:
    """Low ballots of these officials, and the cases and themes that come of them."""
    from hengjian.console import followup_desk as desk
    from hengjian.ratings.ballots.models import AcceptedKey, Ballot
    from hengjian.ratings.followups import jobs

    today = timezone.localdate()
    half = f"{today.year}-H{1 if today.month <= 6 else 2}"
    for one in members:
        key = AcceptedKey.objects.create(
            key_id=secrets.token_hex(32), spki=b"", variant="", official=one.official, post=one.post,
            period=half, on=today,
        )  # fmt: skip
        for mark in (1, 2, 3):
            Ballot.objects.create(
                key=key, token=secrets.token_hex(32), receipt=secrets.token_hex(32), mark=mark,
                tags=["rude"], how="self", comment="合成数据", on=today - timedelta(days=1),
            )  # fmt: skip
    jobs.open_cases(today, desk.rules(), desk.clocks())
    jobs.open_themes(today, desk.rules(), desk.clocks())


@pytest.mark.parametrize(
    ("role", "url", "most"),
    [("followup", "/followups/", 12), ("followup", "/followups/problems/", 12), ("followup", "/", 15),
     ("reviewer", "/contests/flags/", 12), ("office", "/followups/reminders/", 20)],
)  # fmt: skip
def test_cases_and_what_comes_of_them(
    role: str, url: str, most: int, signed_in: Browser, monkeypatch: Any
) -> None:
    from hengjian.demo.people import members

    monkeypatch.setattr(followups, "SIZE", 2 * MANY)
    client, seen = signed_in(role), []
    for some in (members()[:2], members()[2:36]):
        low_marks(some)
        seen.append(asked(client, url))
    if ROW.search(client.get(url).content.decode()) and seen[0][1] < seen[1][1]:
        same(*seen, most=most)
    assert seen[0][0] == seen[1][0] <= most, seen


# --- results and events -----------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("url", "view", "most"),
    [(f"/cycles/{SEED}/compare/?all", compare, 35), ("/ratings/units/?half=2026-H1", public, 30)],
    ids=["compare", "units"],
)
def test_pages_of_posts(url: str, view: Any, most: int, signed_in: Browser, monkeypatch: Any) -> None:
    seen = []
    for size in (FEW, MANY):
        monkeypatch.setattr(view, "SIZE", size)
        seen.append(asked(signed_in("office"), url))
    same(*seen, most=most)


def test_invitations_at_the_counter(signed_in: Browser, monkeypatch: Any, tmp_path: Any) -> None:
    from hengjian.demo import links
    from hengjian.policy import folder

    policy, seen = folder.load(folder.shipped()["seed"]), []
    for count in (FEW, MANY):
        monkeypatch.setattr(links, "PRINTED", count)
        links.refresh(tmp_path, policy, "office", timezone.now())
        seen.append(asked(signed_in("office"), "/ratings/sheets/"))
    same(*seen, most=15)
