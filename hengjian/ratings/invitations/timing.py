"""When an invitation goes out: pure arithmetic on given times.

Quiet hours last less than a day and a deadline comes a day after admission, so that an allowed minute
always lies between the two.
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from hengjian.policy.policy import Policy
from hengjian.terms.calendar import SHANGHAI

FIRST_PAUSE = timedelta(minutes=5)
LONGEST_PAUSE = timedelta(hours=2)


@dataclass(frozen=True)
class Hours:
    """The hours of the policy: quiet from, quiet until (clock of Shanghai), push within.

    Clause: NORMS X14
    Policy: ratings.quiet_from, ratings.quiet_until, ratings.push_hours
    """

    quiet_from: int
    quiet_until: int
    push: timedelta

    @classmethod
    def of(cls, rules: Policy) -> "Hours":
        """Read from the policy in force."""
        number = rules.number
        return cls(
            int(number("ratings.quiet_from")),
            int(number("ratings.quiet_until")),
            timedelta(hours=number("ratings.push_hours")),
        )

    def quiet(self, at: datetime) -> bool:
        """Whether nobody is disturbed at this minute."""
        hour, start, end = at.astimezone(SHANGHAI).hour, self.quiet_from, self.quiet_until
        return start <= hour < end if start <= end else hour >= start or hour < end

    def allowed(self, at: datetime) -> datetime:
        """The first minute from this one on at which something may be sent.

        Clause: NORMS X14
        """
        if not self.quiet(at):
            return at
        here = at.astimezone(SHANGHAI)
        morning = datetime.combine(here.date(), time(self.quiet_until), SHANGHAI)
        return (morning if morning > here else morning + timedelta(days=1)).astimezone(at.tzinfo)

    def deadline(self, admitted: datetime) -> datetime:
        """Until when the invitation is sent, or listed as failed.

        Clause: SPEC B2
        """
        return admitted + self.push

    def due(self, admitted: datetime) -> datetime:
        """When the invitation is sent first: at once, or in the morning, and always before the deadline.

        Clause: NORMS X14
        """
        return min(self.allowed(admitted), self.deadline(admitted))

    def again(self, tries: int, at: datetime, deadline: datetime) -> datetime | None:
        """When a delivery that failed so many times is tried again; none when the time is over.

        Clause: NORMS X14
        """
        pause = min(FIRST_PAUSE * 2 ** min(tries - 1, 20), LONGEST_PAUSE)
        next_time = self.allowed(at + pause)
        return next_time if next_time < deadline else None
