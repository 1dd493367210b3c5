"""Begin and end a run: one worker at a time for a duty, whoever dies.

The lock of a duty belongs to the worker's session with the server: it is free the moment the worker or the
server dies, so no lease has to run out. Crash points: killed while at work, the run stands as running with
its lock free; the next who takes the lock calls it lost. Killed between work and note, the duty is
done again: every duty looks at the state of things and can be.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from zlib import crc32

from django.db import connection, transaction

from hengjian.clockwork.models import Outcome, Run

_ROOM = 0x636C6F63  # "cloc"
KEPT = timedelta(days=90)


@contextmanager
def alone(duty: str) -> Iterator[bool]:
    """Whether this session holds the duty's lock; it lets go of it at the end."""
    key = [_ROOM, crc32(duty.encode()) - 2**31]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", key)
        held = bool(cursor.fetchone()[0])
    try:
        yield held
    finally:
        if held and connection.connection is not None and not connection.connection.closed:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", key)


def begin(duty: str, worker: str, now: datetime) -> Run:
    """Note that a run begins; call it inside of :func:`alone`. What stood as running was lost."""
    with transaction.atomic():
        Run.objects.filter(duty=duty, outcome=Outcome.RUNNING).update(outcome=Outcome.LOST, ended_at=now)
        Run.objects.filter(duty=duty, began_at__lt=now - KEPT).delete()
        return Run.objects.create(duty=duty, worker=worker[:80], began_at=now)


def end(
    run: Run, outcome: Outcome, now: datetime, said: dict[str, Any] | None = None, fault: str = ""
) -> None:
    """Note how a run went: counts and codes, no person; of marks no count either."""
    run.outcome, run.ended_at, run.said, run.fault = outcome, now, said or {}, fault[:200]
    run.save(update_fields=["outcome", "ended_at", "said", "fault"])
