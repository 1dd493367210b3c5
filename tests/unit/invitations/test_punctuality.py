"""Which source hands its events over late is told by source and unit, by days: events carry no hour."""

from datetime import timedelta

import pytest

from hengjian.ratings.invitations import operations
from hengjian.ratings.invitations.punctuality import punctuality
from hengjian.roster.models import Organisation
from tests.unit.invitations.conftest import DAY

pytestmark = pytest.mark.django_db


@pytest.fixture
def told(office, draft, seed):
    """Two events of today, one of yesterday, three of two days ago, one of seven, two that are too old."""
    ages = (0, 0, 1, 2, 2, 2, 7, 8, 9)
    drafts = [
        draft(n, channel="printed", on=DAY - timedelta(days=age), person=f"p{n}")
        for n, age in enumerate(ages)
    ]
    receipt = operations.admit_events(drafts, office, source="接口")
    assert (receipt.admitted, receipt.refused) == (7, 2)
    return lambda **more: punctuality(DAY - timedelta(days=30), DAY, seed.in_force(DAY), **more)


def test_late_is_what_came_after_the_next_day(told) -> None:
    (one,) = told()
    assert (one.events, one.on_time, one.late, one.longest, one.too_old) == (7, 3, 4, 7, 2)
    assert one.behind == 6


def test_by_units_of_the_scope(told) -> None:
    """A scope is a path from the top, as a grant says it."""
    assert told(scopes=()) == told(scopes=("33010",)) == []
    path = Organisation.objects.get(code="330100").path.strip("/")
    (one,) = told(scopes=(path,))
    assert (one.late, one.too_old) == (4, 2)


def test_other_days_are_left_out(told, seed) -> None:
    (one,) = punctuality(DAY - timedelta(days=2), DAY - timedelta(days=1), seed.in_force(DAY))
    assert (one.events, one.late) == (4, 3)
    assert punctuality(DAY + timedelta(days=9), DAY + timedelta(days=10), seed.in_force(DAY)) == []
