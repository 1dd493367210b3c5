"""What happened goes into the outbox in the transaction in which it happened; the worker takes it from there.

Clause: SPEC F4
"""

from datetime import datetime

from hengjian.exchange.models import Happening, Kind, Push, Subscription
from hengjian.notary.recording import day_of


def announce(kind: Kind, subject: str, now: datetime) -> None:
    """Put one notice for each living subscription to its kind into the outbox; nothing where there is none.

    Call it inside the transaction that writes what happened: they stand or fall together.
    """
    living = Subscription.objects.filter(
        kinds__contains=[kind.value], ending__isnull=True, until__gte=day_of(now), secrets__isnull=False
    )
    found = list(living.distinct().values_list("pk", flat=True))
    if not found:
        return
    happening = Happening.objects.create(kind=kind, subject=subject, at=now)
    Push.objects.bulk_create(Push(happening=happening, subscription_id=one, next_at=now) for one in found)
