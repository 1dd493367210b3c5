"""On time, overdue, pending: by the legal or promised time, in working or calendar days."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from hengjian.evidence.feeds.declaration import Clocks, DueRule
from hengjian.evidence.feeds.timeliness import DueClock, verdict
from hengjian.terms.calendar import SHANGHAI, WorkCalendar
from hengjian.terms.errors import Refused

DUE = datetime(2026, 6, 10, 9, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@dataclass
class Held:
    status: str = "open"
    due_at: datetime | None = DUE
    closed_at: datetime | None = None


@pytest.mark.parametrize(
    ("case", "at", "says"),
    [
        (Held("closed", DUE, DUE), DUE, "on_time"),
        (Held("closed", DUE, DUE + SECOND), DUE + 2 * SECOND, "overdue"),
        (Held(), DUE, "pending"),
        (Held(), DUE + SECOND, "overdue"),
        (Held(due_at=None), DUE, "no_deadline"),
        (Held("withdrawn"), DUE + SECOND, "withdrawn"),
        # closed later than the cut-off: at the cut-off it was still open
        (Held("closed", DUE, DUE + SECOND), DUE, "pending"),
        (Held("closed", DUE, DUE + 5 * SECOND), DUE + SECOND, "overdue"),
    ],
)
def test_verdict(case: Held, at: datetime, says: str) -> None:
    assert verdict(case, at) == says


def clock(*rules: DueRule, choose: str = "first", counted: str = "judged", zone: str = "Asia/Shanghai"):
    calendar = WorkCalendar(
        off=frozenset({date(2026, 6, 19)}), make_up=frozenset({date(2026, 6, 28)}), years=frozenset({2026})
    )
    return DueClock(Clocks(rules, choose=choose, counted=counted), ZoneInfo(zone), calendar)  # type: ignore[arg-type]


LEGAL = DueRule("legal", column="法定")
PROMISED = DueRule("promised", column="承诺")
FIVE = DueRule("calculated", days=5, count="working")
OPENED = datetime(2026, 6, 17, 15, 0, tzinfo=SHANGHAI)


def test_the_first_rule_that_knows_holds_unless_the_earliest_is_asked_for() -> None:
    late, early = DUE + timedelta(days=30), DUE
    assert clock(LEGAL, PROMISED).due(OPENED, "", [late, early]) == (late, "legal")
    assert clock(LEGAL, PROMISED, choose="earliest").due(OPENED, "", [late, early]) == (early, "promised")
    assert clock(LEGAL, PROMISED).due(OPENED, "", [None, early]) == (early, "promised")
    assert clock(LEGAL).due(OPENED, "", [None]) == (None, "")


def test_working_days_skip_holidays_and_count_make_up_days() -> None:
    due, basis = clock(FIVE).due(OPENED, "", [None])
    # 18, (19 holiday, 20-21 weekend), 22, 23, 24, 25
    assert due == datetime(2026, 6, 25, 23, 59, 59, tzinfo=SHANGHAI)
    assert basis == "calculated"
    seven, _ = clock(DueRule("calculated", days=7, count="working")).due(OPENED, "", [None])
    assert seven == datetime(2026, 6, 28, 23, 59, 59, tzinfo=SHANGHAI)


def test_calendar_days_of_the_petition_rule_end_with_the_local_day() -> None:
    sixty = DueRule("legal", days=60, count="calendar")
    due, _ = clock(sixty, zone="America/New_York").due(OPENED, "", [None])
    assert due == datetime(2026, 8, 16, 23, 59, 59, tzinfo=ZoneInfo("America/New_York"))


def test_a_rule_for_some_kinds_does_not_touch_the_others() -> None:
    rule = DueRule("legal", days=15, kinds=frozenset({"信访"}))
    assert clock(rule).due(OPENED, "咨询", [None]) == (None, "")
    assert clock(rule).due(OPENED, "信访", [None])[1] == "legal"


def test_a_year_without_a_notice_is_refused_not_guessed() -> None:
    with pytest.raises(Refused) as found:
        clock(FIVE).due(datetime(2027, 1, 4, tzinfo=SHANGHAI), "", [None])
    assert found.value.code == "calendar.year_unknown"


def test_a_case_counts_once_on_the_day_its_judgement_fell() -> None:
    due, closed = DUE, DUE + timedelta(days=40)
    assert clock().counted_on(OPENED, due, closed) == date(2026, 6, 10)
    assert clock().counted_on(OPENED, due, due - timedelta(days=2)) == date(2026, 6, 8)
    assert clock().counted_on(OPENED, None, None) == date(2026, 6, 17)
    assert clock(counted="opened").counted_on(OPENED, due, closed) == date(2026, 6, 17)
    # one minute before midnight in UTC is the next day in Shanghai
    late = datetime(2026, 6, 30, 16, 30, tzinfo=UTC)
    assert clock().counted_on(OPENED, late, None) == date(2026, 7, 1)
