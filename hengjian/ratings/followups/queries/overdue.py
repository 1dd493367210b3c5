"""How much is overdue, for whoever answers for the work: counts and days, never which or about whom."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Min

from hengjian.ratings.followups.models import Case, Contest, State
from hengjian.ratings.followups.standing import standing_cases


@dataclass(frozen=True)
class Overdue:
    """How many were due before a day and are not done, and the first day of them."""

    count: int
    first: date | None


def cases(before: date) -> Overdue:
    """Follow-up cases that are not closed.

    Clause: NORMS L7
    """
    late = standing_cases(Case.objects.all()).exclude(state=State.CLOSED).filter(due_on__lt=before)
    return Overdue(**late.aggregate(count=Count("pk"), first=Min("due_on")))


def contests(before: date) -> Overdue:
    """Contests without a ruling.

    Clause: SPEC T-C15
    """
    late = Contest.objects.filter(ruling__isnull=True, due_on__lt=before)
    return Overdue(**late.aggregate(count=Count("pk"), first=Min("due_on")))
