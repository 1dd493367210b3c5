"""Working days: a calendar of days off and make-up days, and clocks that run on it."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from hengjian.terms.errors import Refused

SHANGHAI = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True)
class WorkCalendar:
    """Days off and make-up working days of the years for which a notice was issued.

    Clause: NORMS X51
    A working-day clock that leaves the known years is refused, not guessed.
    """

    off: frozenset[date] = field(default_factory=frozenset)
    make_up: frozenset[date] = field(default_factory=frozenset)
    years: frozenset[int] = field(default_factory=frozenset)

    def is_working(self, day: date) -> bool:
        """Whether offices work on this day.

        Clause: NORMS X51
        Raises: Refused when no holiday notice is known for the year.
        """
        if day.year not in self.years:
            raise Refused(
                f"没有 {day.year} 年的节假日安排，不能按工作日计算期限",
                do="请在制度包 calendar 中补充国务院办公厅该年的放假通知",
                code="calendar.year_unknown",
            )
        return day in self.make_up or (day.weekday() < 5 and day not in self.off)

    def add_working_days(self, start: datetime, days: int) -> datetime:
        """The end of the last working day of the term; the day of the event does not count.

        Clause: NORMS X51
        Returns: 23:59:59 in Asia/Shanghai of that day, as an aware instant.
        """
        day = start.astimezone(SHANGHAI).date()
        left = days
        while left > 0:
            day += timedelta(days=1)
            left -= self.is_working(day)
        return datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=SHANGHAI)

    def add_calendar_days(self, start: datetime, days: int) -> datetime:
        """The end of the n-th calendar day after the event.

        Clause: NORMS X51
        """
        day = start.astimezone(SHANGHAI).date() + timedelta(days=days)
        return datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=SHANGHAI)
