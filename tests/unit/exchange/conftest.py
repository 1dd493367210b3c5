"""An account that may read results, a security administrator, and how notices are sent in these tests."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

NOW = datetime(2026, 6, 20, 2, 0, tzinfo=UTC)


def accounts() -> tuple[Any, Any]:
    """The holder and the security administrator."""
    from hengjian.access import operations
    from hengjian.access.roles import Role

    made = []
    for name, role in (("office", Role.OFFICE), ("security", Role.SECURITY)):
        user = operations.create_user(name, f"甲{name}", now=NOW)
        operations.grant(user, role, on=date(2026, 1, 1), by=None, reason="测试")
        made.append(user)
    return made[0], made[1]


@pytest.fixture
def people(db: None) -> tuple[Any, Any]:
    return accounts()


@pytest.fixture
def sealer(tmp_path: Any) -> Any:
    from hengjian.ratings.invitations.secrets_file import room_secret

    return room_secret(tmp_path)


def subscribe(holder: Any, security: Any, sealer: Any, url: str, *kinds: str, **more: Any) -> tuple[Any, str]:
    """A subscription whose secret is drawn, and the secret."""
    from hengjian.exchange.models import Kind
    from hengjian.exchange.subscriptions import Wanted, approve, draw

    wanted = Wanted("市大数据平台", url, kinds or Kind.values, NOW.date() + timedelta(90))
    made = approve(holder, wanted, named=more.get("named", {"localhost"}), by=security, now=NOW)
    return made, draw(made, sealer, by=holder, now=NOW)


@pytest.fixture
def office(sealer: Any) -> Callable[..., Any]:
    """How to send at a moment: this machine stands on the list, a second is enough."""
    from hengjian.exchange.jobs import Office

    def made(now: datetime, named: Any = frozenset({"localhost"}), seconds: float = 1.0) -> Any:
        return Office(sealer, named, lambda: now, seconds)

    return made
