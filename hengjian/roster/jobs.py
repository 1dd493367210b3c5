"""Jobs of the roster: an account goes with the tenure that it was made for."""

from datetime import date, datetime, timedelta

from django.db.models import Exists, OuterRef, Q

from hengjian.access.models import Grant, User
from hengjian.access.operations import close_user
from hengjian.access.roles import Role
from hengjian.roster.models import Tenure


def close_accounts_of_the_gone(on: date, now: datetime, after: int) -> int:
    """Close the accounts that serve only officials whose last tenure ended more than ``after`` days ago.

    An account that holds another role too stays: who ends that role decides.

    Clause: SPEC T-I8
    """
    held = Grant.objects.filter(
        Q(ends_on__isnull=True) | Q(ends_on__gt=on),
        Q(revocation__isnull=True) | Q(revocation__on__gt=on),
        user_id=OuterRef("pk"),
    )
    own, other = held.filter(role=Role.OFFICIAL), held.exclude(role=Role.OFFICIAL)
    closed = 0
    for user in User.objects.filter(Exists(own), ~Exists(other), is_active=True):
        officials = list(
            Grant.objects.filter(user=user, role=Role.OFFICIAL).values_list("official_id", flat=True)
        )
        if _all_gone(officials, on - timedelta(days=after)):
            close_user(user, now=now)
            closed += 1
    return closed


def _all_gone(officials: list[str], before: date) -> bool:
    """Whether these have held posts, and none since that day."""
    tenures = Tenure.objects.filter(official__code__in=officials)
    still = tenures.filter(Q(until__isnull=True) | Q(until__gte=before))
    return tenures.exists() and not still.exists()
