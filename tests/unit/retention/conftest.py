"""People with their roles, terms, looks and refused records that are old enough."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest

AT = datetime(2031, 3, 6, 1, 0, tzinfo=UTC)
ON = date(2031, 3, 6)


@pytest.fixture
def act() -> Callable:
    """Somebody with a role, acting at a time."""
    from hengjian.access.models import User
    from hengjian.access.operations import create_user, grant
    from hengjian.access.roles import Role
    from hengjian.retention.operations import Act

    def made(role: str, name: str = "", now: datetime = AT) -> Act:
        name = name or role
        user = User.objects.filter(username=name).first()
        if user is None:
            user = create_user(name, f"某{name}", now=AT - timedelta(days=3000))
            grant(user, Role(role), on=date(2025, 1, 1), by=None, reason="试")
        return Act(user, now)

    return made


@pytest.fixture
def terms() -> dict:
    """A month for every class that is destroyed by list."""
    from hengjian.retention.classes import CLASSES
    from hengjian.retention.terms import Term

    return {one.name: Term(1, "个人信息保护法 第十九条", "试") for one in CLASSES}
