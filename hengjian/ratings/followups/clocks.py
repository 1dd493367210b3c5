"""The policy's numbers of this room, read once, and the deadlines that follow from them.

A day beyond the holiday notices that the policy holds is not guessed: it is None, the page says that it is
not fixed yet, and the nightly job fixes it when the notice has come.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from hengjian.notary.recording import day_of
from hengjian.policy.policy import Policy
from hengjian.ratings.followups.models import Contest, Left, ReportState
from hengjian.terms.calendar import SHANGHAI, WorkCalendar
from hengjian.terms.errors import Refused

# how long a report may stand in a state, by the number of the policy
LASTS = {
    ReportState.OPEN: "protect_days",
    ReportState.PROTECTED: "start_days",
    ReportState.CHECKING: "check_days",
    ReportState.FILED: "suspend_days",
    ReportState.SUSPENDED: "conclude_days",
    ReportState.KEPT: "conclude_days",
    ReportState.FOUND: "conclude_days",
    ReportState.UNFOUNDED: "clear_days",
    ReportState.CLEARED: "clear_days",
}


@dataclass(frozen=True)
class Clocks:
    """Numbers of days, and a few others, by name, and the calendar that working days run on."""

    calendar: WorkCalendar
    days: Mapping[str, int]

    def after(self, name: str, on: date) -> date | None:
        """The last day of the term that begins with the day after ``on``; None while it cannot be told.

        Clause: NORMS X51
        """
        try:
            start = datetime(on.year, on.month, on.day, 12, tzinfo=SHANGHAI)
            return self.calendar.add_working_days(start, self.days[name]).date()
        except Refused as fault:
            if fault.code != "calendar.year_unknown":
                raise
            return None

    def first(self, kind: str, on: date) -> date | None:
        """By when a new report has to be taken up.

        Clause: SPEC B4
        """
        retaliation = kind == Left.RETALIATION
        return self.after("protect_days" if retaliation else "start_days", on)

    def of_state(self, state: str, on: date) -> date | None:
        """By when a report has to leave the state it came into on a day; None for one that is done.

        Clause: SPEC B4
        """
        name = LASTS.get(ReportState(state))
        return self.after(name, on) if name else None


def decide_by(contest: Contest, clocks: Clocks) -> date | None:
    """By when a contest has to be decided, also one that was filed before it could be told.

    Clause: NORMS X51
    """
    return contest.due_on or clocks.after("contest_decide_days", day_of(contest.at))


NAMES = (
    "remind_days", "contact_keep_days", "contest_days", "contest_decide_days", "contests_half_year",
    "protect_days", "start_days", "check_days", "suspend_days", "conclude_days", "clear_days",
    "report_keep_days", "theme_tell_least",
)  # fmt: skip
RATINGS = {"answer_days": "bad_rating_days", "hold_days": "release_hold", "low_mark": "low_mark"}


def clocks_of(policy: Policy) -> Clocks:
    """The clocks of a policy in force.

    Clause: SPEC B4
    Raises: PolicyError when the policy lacks one.
    """
    days = {name: int(policy.number(f"followups.{name}")) for name in NAMES}
    for name, key in RATINGS.items():
        days[name] = int(policy.number(f"ratings.{key}"))
    return Clocks(policy.calendar(), days)
