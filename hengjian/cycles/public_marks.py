"""The marks of a cycle from both doors: files of the panel, and releases of any-time ratings.

Where a seat has both for one stratum the release counts and the file's marks stand back, whichever is
better or larger: an invitation's token proves one ballot for one person concerned, a file of counted marks
proves nothing of the kind, and the same person may stand behind both (docs/decisions/0017).
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from hengjian.cycles import storing
from hengjian.cycles.keeping import kept
from hengjian.cycles.models import Cycle
from hengjian.notary.recording import day_of
from hengjian.policy.policy import Policy
from hengjian.ratings.ballots import queries as ballots
from hengjian.ratings.panels import queries as panels
from hengjian.ratings.panels.marks import MarkSet
from hengjian.scoring.snapshot import Marks, Released, Seat
from hengjian.terms.period import Period

KEPT = 4  # open cycles whose marks are counted once, until one comes in


def marks_of(
    period: Period, cut_off: datetime, seats: Sequence[Seat], policy: Policy, *, counted: bool = False
) -> tuple[tuple[Marks, ...], tuple[Released, ...]]:
    """All marks that count, and which of them were released; ``counted``: the panel's without their values.

    Clause: SPEC B1, SPEC B2, NORMS X10
    """
    released = {_place(one): one for one in ballots.released_for(period, cut_off, seats, policy)}
    cast = tuple(ballots.marks_for(period, cut_off, seats, policy))
    elsewhere = {place: one.count for place, one in released.items()}
    read = _counted if counted else panels.mark_sets
    imported = tuple(panels.marks_for(period, cut_off, seats, policy, elsewhere, read))
    twice = panels.given_overall(period, cut_off, seats)
    told = tuple(replace(one, instead=place in twice) for place, one in released.items())
    return (*imported, *cast), told


def _counted(period: Period, cut_off: datetime, places: list[str]) -> tuple[MarkSet, ...]:
    return _counted_at(period.text, cut_off, tuple(places), panels.newest())


@kept(KEPT)
def _counted_at(
    period: str, cut_off: datetime, places: tuple[str, ...], _newest: tuple[int, str]
) -> tuple[MarkSet, ...]:
    return tuple(panels.counted_sets(Period(period), cut_off, places))


def whole_from(cycle_id: str) -> date | None:
    """The day from which the public's marks of this cycle are whole, when its cut-off lies before it.

    A freeze before it is allowed, and told: a batch that comes out later does not weigh.
    Clause: NORMS X10, NORMS L5
    """
    cycle = Cycle.objects.get(pk=cycle_id)
    policy, _files = storing.policy_now(cycle.policy, cycle.on)
    day = ballots.whole_from(Period(cycle.period), policy)
    return day if day is not None and day_of(cycle.cut_off) < day else None


def _place(one: Released) -> tuple[str, str, str]:
    return one.seat, one.group, one.stratum
