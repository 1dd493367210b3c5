"""When a duty is due: pure arithmetic on given times.

A duty runs every so often, or once a day from an hour of Shanghai on. What failed or was interrupted is
tried again after a pause that doubles; what ran late because nobody was there runs once, not many times.
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from hengjian.terms.calendar import SHANGHAI

FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=1)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Timing:
    """Either ``every`` so often, or daily ``at`` an hour (clock of Shanghai)."""

    every: timedelta | None = None
    at: time | None = None

    def __post_init__(self) -> None:
        if (self.every is None) == (self.at is None):
            raise ValueError("either every or at")

    def due(self, last: datetime | None, failures: int, now: datetime) -> datetime:
        """From when on the duty is due, after it began last and failed so often since it was last done."""
        if failures and last is not None:
            pause: timedelta = FIRST_PAUSE * 2 ** min(failures - 1, 10)
            return last + min(pause, LONGEST_PAUSE)
        if self.every is not None:
            return now if last is None else last + self.every
        return self._daily(last, now)

    def _daily(self, last: datetime | None, now: datetime) -> datetime:
        """The hour that has struck and was not served yet, else the next one."""
        if self.at is None:
            raise AssertionError("daily duties have an hour")
        here = now.astimezone(SHANGHAI)
        struck = datetime.combine(here.date(), self.at, SHANGHAI)
        if struck > here:
            struck -= DAY
        return struck if last is None or last < struck else struck + DAY
