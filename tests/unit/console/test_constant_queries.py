"""A list page asks the database as often for 100 rows as for 5."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from hengjian.console.views import accounts, looks, officials, quarantine, seats

Browser = Callable[[str], Client]
SEED = "demo-seed-2026-h1"
DAY = date(2026, 1, 1)
FEW = 5
ROW = re.compile(r"<tr\b")


@pytest.fixture
def many(people: Any, city: str) -> None:
    """100 looks at the official and 100 accounts with a role each."""
    from hengjian.access import operations
    from hengjian.access.models import Ticket
    from hengjian.access.roles import Role
    from hengjian.access.tickets import LETTERS

    official = city.split("@", maxsplit=1)[0]
    now = people["office"].created_at
    for number in range(100):
        made = operations.create_user(f"many{number}", f"丙{number}", now=now)
        operations.grant(made, Role.INSPECTOR, on=DAY, by=None, reason="测试")
        Ticket.objects.create(
            code="".join(secrets.choice(LETTERS) for _n in range(10)),
            key_digest=secrets.token_hex(32), viewer=made, role=Role.HEAD, officials=[official],
            purpose="masked", shown="sheet", minutes=10,
        )  # fmt: skip
    operations.grant(people["nobody"], Role.SECURITY, on=DAY, by=None, reason="测试")


PAGES = [
    ("office", f"/cycles/{SEED}/ranking/?group=", seats, 25),
    ("office", "/quarantine/?state=", quarantine, 20),
    ("office", "/officials/", officials, 20),
    ("auditor", "/officials/", officials, 20),
    ("office", "/officials/units/", officials, 15),
    ("official", "/looks/", looks, 15),
    ("auditor", "/trail/", looks, 15),
    ("nobody", "/accounts/", accounts, 15),
]


@pytest.mark.parametrize(("role", "url", "view", "most"), PAGES, ids=[f"{one[0]} {one[1]}" for one in PAGES])
def test_100_rows_take_the_queries_of_5(
    role: str, url: str, view: Any, most: int, signed_in: Browser, many: None, monkeypatch: Any
) -> None:
    client, seen = signed_in(role), {}
    client.get(url)
    for size in (FEW, 100):
        monkeypatch.setattr(view, "SIZE", size)
        with CaptureQueriesContext(connection) as asked:
            answer = client.get(url)
        assert answer.status_code == 200
        seen[size] = (len(asked), len(ROW.findall(answer.content.decode())))
    assert seen[100][1] > seen[FEW][1] >= 2, "the page has too few rows to tell"
    assert seen[FEW][0] == seen[100][0] <= most, seen
