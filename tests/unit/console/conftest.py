"""Accounts of every role, signed in."""

from collections.abc import Callable
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from hengjian.access import operations
from hengjian.access.models import User
from hengjian.access.operations import Scope
from hengjian.access.roles import Role

NOW = datetime(2026, 1, 2, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
PASSWORD = "a long password for tests"
OFFICIAL = "1"

People = dict[str, User]


@pytest.fixture
def people(db: None, settings: object) -> People:
    """One account of each role, and one that holds none."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # type: ignore[attr-defined]
    made = {}
    for name in ("office", "leader", "auditor", "official", "nobody"):
        user = operations.create_user(name, f"甲{name}", now=NOW, password=PASSWORD)
        if name != "nobody":
            role = Role(name)
            scope = Scope(official_id=OFFICIAL) if role is Role.OFFICIAL else Scope()
            operations.grant(user, role, on=date(2026, 1, 1), by=None, reason="测试", scope=scope)
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
