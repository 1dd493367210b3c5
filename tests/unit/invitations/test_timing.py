"""Quiet hours are kept, and what is due still goes out in time."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from hengjian.ratings.invitations.timing import Hours
from hengjian.terms.calendar import SHANGHAI

HOURS = Hours(21, 8, timedelta(hours=24))
MOMENTS = st.datetimes(datetime(2025, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))


@given(MOMENTS)
def test_due_outside_quiet_hours_and_within_a_day(admitted: datetime) -> None:
    due = HOURS.due(admitted)
    assert admitted <= due < HOURS.deadline(admitted) == admitted + timedelta(hours=24)
    assert 8 <= due.astimezone(SHANGHAI).hour < 21
    assert due == admitted or due.astimezone(SHANGHAI).time().isoformat() == "08:00:00"


@given(MOMENTS, st.integers(0, 23), st.integers(0, 23))
def test_any_quiet_hours_of_a_policy(admitted: datetime, start: int, end: int) -> None:
    hours = Hours(start, end, timedelta(hours=24))
    due = hours.due(admitted)
    assert admitted <= due <= hours.deadline(admitted)
    assert not hours.quiet(due)


@given(MOMENTS)
def test_tries_grow_apart_and_end(admitted: datetime) -> None:
    deadline, at = HOURS.deadline(admitted), HOURS.due(admitted)
    tries, pauses = 1, []
    while (following := HOURS.again(tries, at, deadline)) is not None:
        assert at < following < deadline
        assert not HOURS.quiet(following)
        pauses.append(following - at)
        at, tries = following, tries + 1
    assert 3 < tries < 20
    assert pauses[:3] >= [timedelta(minutes=5)] * 3


def test_the_evening_waits_for_the_morning() -> None:
    def here(*parts: int) -> datetime:
        return datetime(*parts, tzinfo=SHANGHAI)

    assert HOURS.due(here(2026, 6, 20, 20, 59)) == here(2026, 6, 20, 20, 59)
    assert HOURS.due(here(2026, 6, 20, 21, 0)) == here(2026, 6, 21, 8, 0)
    assert HOURS.due(here(2026, 6, 21, 3, 0)) == here(2026, 6, 21, 8, 0)
    assert HOURS.due(here(2026, 6, 21, 8, 0)) == here(2026, 6, 21, 8, 0)
    assert HOURS.again(1, here(2026, 6, 21, 20, 58), here(2026, 6, 21, 23, 0)) is None
