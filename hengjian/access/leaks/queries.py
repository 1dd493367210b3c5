"""Leaks with their steps, and the look that the code on the copy leads to."""

from collections.abc import Sequence
from dataclasses import dataclass

from hengjian.access.leaks.models import Leak, LeakStep, LeakVerb
from hengjian.access.models import Ticket


@dataclass(frozen=True)
class LeakRow:
    """A leak as the pages show it."""

    leak: Leak
    steps: Sequence[LeakStep]
    look: Ticket | None

    @property
    def closed(self) -> bool:
        """Whether it is done."""
        return any(one.verb == LeakVerb.CLOSE for one in self.steps)

    @property
    def reported(self) -> bool:
        """Whether the authority was told, so that the clock stands still."""
        return any(one.verb == LeakVerb.REPORT for one in self.steps)

    @property
    def waits(self) -> bool:
        """Whether the report clock still runs."""
        return not (self.reported or self.closed)


def rows() -> list[LeakRow]:
    """All leaks, the newest first, with their steps and the look that the code leads to."""
    found = list(Leak.objects.order_by("-id").prefetch_related("steps"))
    codes = [one.code for one in found if one.code]
    looks = {one.code: one for one in Ticket.objects.filter(code__in=codes).select_related("viewer")}
    return [
        LeakRow(one, sorted(one.steps.all(), key=lambda step: step.number), looks.get(one.code))
        for one in found
    ]


def row(number: int) -> LeakRow | None:
    """One leak."""
    return next((one for one in rows() if one.leak.pk == number), None)


def codes_under_inquiry() -> list[str]:
    """Codes of looks that a leak which is not closed names: they are not destroyed."""
    open_ones = Leak.objects.exclude(steps__verb=LeakVerb.CLOSE).exclude(code="")
    return list(open_ones.values_list("code", flat=True))
