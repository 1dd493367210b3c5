"""The demonstration city, built once for this folder inside one transaction; accounts of every role.

Each test runs in a savepoint of that transaction, so nothing of it is left for other folders.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

if TYPE_CHECKING:
    from hengjian.access.models import User

    People = dict[str, User]

NOW = datetime(2026, 1, 2, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
PASSWORD = "a long password for tests"
ROLES = ("office", "leader", "auditor", "official", "followup", "reviewer", "protector", "nobody")
SEED, BEFORE, OPEN = "demo-seed-2026-h1", "demo-before-2026-h1", "open-2026-h1"


@pytest.fixture(scope="package")
def city(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The demonstration city and one more cycle that is still open; the seat of town Y's secretary."""
    from django.db import transaction

    from hengjian.demo import operations as demo

    folder: Path = tmp_path_factory.mktemp("city")
    with django_db_blocker.unblock(), transaction.atomic():
        demo.build(folder / "files", folder / "bundles", b"0" * 32, lambda _zh, _en: None)
        _open_cycle()
        yield demo.seat_of_wang()
        transaction.set_rollback(True)


def _open_cycle() -> None:
    from hengjian.cycles.operations import NewCycle, open_cycle
    from hengjian.cycles.transitions import Audit

    day = date(2026, 6, 30)
    new = NewCycle(
        id=OPEN, title="试办", period="2026-H1", policy="seed", on=day,
        cut_off=datetime(2026, 7, 9, 18, tzinfo=NOW.tzinfo), levels=("township",), synthetic=True,
    )  # fmt: skip
    open_cycle(new, Audit("office", NOW, "测试"))


@pytest.fixture
def people(city: str, db: None, settings: Any, tmp_path: Path) -> People:
    """One account of each role, and one that holds none; the official is town Y's secretary."""
    from hengjian.access import operations
    from hengjian.access.operations import Scope
    from hengjian.access.roles import Role

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.DATA = tmp_path
    made = {}
    for name in ROLES:
        user = operations.create_user(name, f"甲{name}", now=NOW, password=PASSWORD)
        if name != "nobody":
            scope = Scope(official_id=city.split("@", maxsplit=1)[0] if name == "official" else "")
            operations.grant(user, Role(name), on=date(2026, 1, 1), by=None, reason="测试", scope=scope)
        made[name] = user
    return made


@pytest.fixture
def signed_in(people: People) -> Callable[[str], Client]:
    """A browser in which this person is signed in; Chinese is the language."""

    def browser(name: str) -> Client:
        client = Client(headers={"accept-language": "zh-CN"})
        client.force_login(people[name])
        return client

    return browser
