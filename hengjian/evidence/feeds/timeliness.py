"""Was a case handled in time? Instants are compared; deadlines are computed with the calendar."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Protocol
from zoneinfo import ZoneInfo

from hengjian.evidence.feeds.declaration import Clocks, DueRule, Verdict
from hengjian.terms.calendar import SHANGHAI, WorkCalendar


class Clocked(Protocol):
    """Anything with a case's times: a draft or a stored record."""

    @property
    def status(self) -> str: ...
    @property
    def due_at(self) -> datetime | None: ...
    @property
    def closed_at(self) -> datetime | None: ...


def verdict(case: Clocked, at: datetime) -> Verdict:
    """How a case stands at the cut-off.

    On time: closed at or before its due time. Overdue: closed later, or open past it.
    Pending (open, not yet due), without a deadline and withdrawn are not counted, and said so.
    """
    if case.status == "withdrawn":
        return "withdrawn"
    if case.due_at is None:
        return "no_deadline"
    ended = case.closed_at if case.closed_at is not None and case.closed_at <= at else None
    if ended is not None:
        return "on_time" if ended <= case.due_at else "overdue"
    return "overdue" if at > case.due_at else "pending"


@dataclass
class DueClock:
    """Computes due times by a feed's rules; the end of each term is worked out once per date."""

    clocks: Clocks
    zone: ZoneInfo
    calendar: WorkCalendar
    _ends: dict[tuple[date, DueRule], datetime] = field(default_factory=dict)

    def due(
        self, opened: datetime, kind: str, given: Iterable[datetime | None]
    ) -> tuple[datetime | None, str]:
        """The due time that holds, and its basis; ``given`` are the values of the rules' columns.

        Raises: Refused when working days are needed of a year without a holiday notice.
        """
        found: list[tuple[datetime, str]] = []
        for rule, value in zip(self.clocks.due, given, strict=True):
            if rule.kinds and kind not in rule.kinds:
                continue
            moment = value if rule.column else self._end(opened, rule)
            if moment is not None:
                found.append((moment, rule.basis))
                if self.clocks.choose == "first":
                    break
        return min(found, default=(None, ""))

    def _end(self, opened: datetime, rule: DueRule) -> datetime:
        day = opened.astimezone(self.zone).date()
        end = self._ends.get((day, rule))
        if end is None:
            noon = datetime.combine(day, time(12), tzinfo=SHANGHAI)
            add = (
                self.calendar.add_working_days if rule.count == "working" else self.calendar.add_calendar_days
            )
            last = add(noon, rule.days).date()
            end = datetime.combine(last, time(23, 59, 59), tzinfo=self.zone)
            self._ends[day, rule] = end
        return end

    def counted_on(self, opened: datetime, due: datetime | None, closed: datetime | None) -> date:
        """The local day that decides in which period a case counts.

        ``judged``: the day its judgement fell (closed or fell due, whichever came first), so that
        no case escapes between two periods and none counts twice.
        """
        moments = [m for m in (due, closed) if m is not None]
        judged = self.clocks.counted == "judged" and moments
        return (min(moments) if judged else opened).astimezone(self.zone).date()
