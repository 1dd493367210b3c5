"""An account goes with the tenure that it was made for, and not before the person's rights are over."""

import datetime as dt

import pytest
from roster_sample import NOW, WORDS, sample

from hengjian.access.models import User
from hengjian.access.operations import Scope, create_user, grant
from hengjian.access.roles import Role
from hengjian.roster.jobs import close_accounts_of_the_gone
from hengjian.roster.operations import import_workbook

LAST = dt.date(2026, 2, 14)  # A001 left P1
DAYS = 180


@pytest.fixture
def accounts(db, book):
    rows = sample()
    rows["任职"] = [row for row in rows["任职"] if row[:2] != ["A001", "P3"]]
    import_workbook(book(rows), by="office", now=NOW, words=WORDS)
    for name, official in (("gone", "A001"), ("here", "A002"), ("unknown", "A999")):
        user = create_user(name, name, now=NOW)
        grant(user, Role.OFFICIAL, on=dt.date(2026, 1, 1), by=None, reason="本人", scope=Scope("", official))
    both = create_user("both", "both", now=NOW)
    for role, scope in ((Role.OFFICIAL, Scope("", "A001")), (Role.FOLLOWUP, Scope())):
        grant(both, role, on=dt.date(2026, 1, 1), by=None, reason="本人", scope=scope)


def still_open() -> set[str]:
    return set(User.objects.filter(is_active=True).values_list("username", flat=True))


@pytest.mark.usefixtures("accounts")
def test_an_account_closes_when_the_terms_of_appeal_are_over_and_only_then() -> None:
    last_day = LAST + dt.timedelta(days=DAYS)
    assert close_accounts_of_the_gone(last_day, NOW, DAYS) == 0
    assert close_accounts_of_the_gone(last_day + dt.timedelta(days=1), NOW, DAYS) == 1
    assert still_open() == {"here", "unknown", "both"}
    assert close_accounts_of_the_gone(last_day + dt.timedelta(days=2), NOW, DAYS) == 0
