"""What runs by the clock: settle, deliver, list, forget."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime

from django.db import transaction

from hengjian.notary.recording import day_of
from hengjian.ratings.invitations.delivery import Post, deliver_due, settle
from hengjian.ratings.invitations.issuing import destroy_keys
from hengjian.ratings.invitations.models import Contact


def run(now: datetime, limit: int, post: Post, clock: Callable[[], datetime] | None = None) -> Counter[str]:
    """One round: what was left open is settled, what is due is sent, what has served is forgotten.

    Clause: SPEC B2
    """
    said = settle(now, post)
    said += deliver_due(now, limit, post, clock)
    forget(now)
    destroy_keys(now)
    return said


def forget(now: datetime) -> int:
    """Remove what is left of contacts whose link no longer serves.

    Clause: NORMS L8
    """
    with transaction.atomic():
        served = Contact.objects.filter(next_at__isnull=True, invitation__expires_on__lt=day_of(now))
        return served.delete()[0]
