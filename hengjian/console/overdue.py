"""What is past its deadline and was not done one level below: told on the home page of the level above.

Follow-up staff and reviewers → the assessment office → whoever reviews results. Each level is told after
the days of the policy, of how many and since when, never of what.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from hengjian.console import laws
from hengjian.console.rights import Rights, today
from hengjian.cycles.queries import list_cycles
from hengjian.evidence.queries import waiting_since
from hengjian.ratings.followups.queries import overdue as followups
from hengjian.ratings.panels import progress

DAYS = "work.escalate_days"
UNFINISHED = {"open", "frozen", "scored"}  # steps of the office


@dataclass(frozen=True)
class Late:
    """So many of one kind that nobody did in time, whose they are, and since when they are due."""

    kind: str
    whose: str
    count: int
    first: date
    days: int


def days() -> int | None:
    """After how many days the level above is told; None where no policy in force says so."""
    given = [one.parameters[DAYS].value for one in laws.all_policies(today()) if DAYS in one.parameters]
    return min((one for one in given if isinstance(one, int)), default=None)


def concerns(may: Rights) -> bool:
    """Whether this person answers for the work of others: the office, and whoever reviews results."""
    return may.manage or may.review


def late(may: Rights) -> list[Late]:
    """What this person has to see to, the oldest first."""
    wait, on = days(), today()
    if wait is None or not concerns(may):
        return []
    # to the office after one term, to its superiors after two; of the office's own work after one
    below = on - timedelta(days=wait if may.manage else 2 * wait)
    found = list(_of_staff(below))
    if may.review:
        found += _of_office(on - timedelta(days=wait))
    made = [
        Late(kind, whose, n, first, (on - first).days) for kind, whose, n, first in found if n and first
    ]  # fmt: skip
    return sorted(made, key=lambda one: (one.first, one.kind))


Counted = Iterator[tuple[str, str, int, date | None]]


def _of_staff(before: date) -> Counted:
    cases, contests = followups.cases(before), followups.contests(before)
    yield _("低分回访"), _("回访专员"), cases.count, cases.first
    yield _("评价异议"), _("复核专员"), contests.count, contests.first


def _of_office(before: date) -> Counted:
    ends = [one.round.closes_on for one in progress.work(today()) if one.round.closes_on < before]
    yield _("评价轮次到期未结束"), _("考核办"), len(ends), min(ends, default=None)
    cuts = [
        day
        for row in list_cycles()
        if row.state in UNFINISHED and (day := timezone.localdate(row.cut_off)) < before
    ]
    yield _("数据截止后未完成计分"), _("考核办"), len(cuts), min(cuts, default=None)
    count, first = waiting_since(before)
    yield _("待核记录未处理"), _("考核办"), count, first
