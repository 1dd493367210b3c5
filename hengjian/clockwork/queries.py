"""How duties went."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from hengjian.clockwork.models import Outcome, Run

BAD = (Outcome.FAILED, Outcome.LOST)


@dataclass(frozen=True)
class Health:
    """A duty's last run, its last good one, and how often it failed since."""

    duty: str
    last: Run | None
    done: Run | None
    failures: int

    @property
    def began(self) -> datetime | None:
        """When it began last."""
        return None if self.last is None else self.last.began_at


def health(duty: str) -> Health:
    """How a duty goes."""
    runs = Run.objects.filter(duty=duty).order_by("-began_at", "-id")
    done = runs.filter(outcome__in=(Outcome.DONE, Outcome.IDLE)).first()
    bad = runs.filter(outcome__in=BAD)
    if done is not None:
        bad = bad.filter(began_at__gte=done.began_at)
    return Health(duty, runs.first(), done, bad.count())


def healths(duties: Iterable[str]) -> list[Health]:
    """How these duties go, in their order."""
    return [health(duty) for duty in duties]


def failures(limit: int = 20) -> list[Run]:
    """The latest runs that failed or were lost, the newest first."""
    return list(Run.objects.filter(outcome__in=BAD).order_by("-began_at")[:limit])
