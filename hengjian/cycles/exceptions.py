"""What persons add to the facts of an open cycle: an indicator that does not apply, points with a clause.

The reads for whoever adds them; the writes are ``operations.mark_not_applicable``,
``operations.adjust`` and ``operations.withdraw``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from hengjian.cycles import collect, queries, storing, wording
from hengjian.cycles.models import Cycle, Withdrawal
from hengjian.roster.queries import organisations_on
from hengjian.scoring.snapshot import Seat
from hengjian.terms.period import Period


@dataclass(frozen=True)
class SeatChoice:
    """A seat to choose: its post and unit, not who holds it."""

    id: str
    title: str
    unit: str


@dataclass(frozen=True)
class CardLine:
    """A line of a seat's scorecard; ``weight`` in points."""

    code: str
    name: str
    weight: float


@dataclass(frozen=True)
class Added:
    """One thing that was added; ``points`` None: ``what`` does not apply. ``number`` among its like."""

    number: int
    seat: SeatChoice
    what: str
    points: float | None
    reason: str
    author: str
    on: date
    withdrawal: Withdrawal | None

    @property
    def kind(self) -> str:
        """As :func:`operations.withdraw` calls it."""
        return "not-applicable" if self.points is None else "adjust"


def seats_like(cycle_id: str, text: str, most: int) -> list[SeatChoice]:
    """The cycle's seats whose post, unit or number holds the text."""
    cycle = queries.cycle_of(cycle_id)
    choices = _choices(cycle, collect.seats_of(cycle))
    return [one for one in choices.values() if text in one.title or text in one.unit or text == one.id][:most]


def seat_choice(cycle_id: str, seat: str) -> SeatChoice:
    """One seat of the cycle. Refused when there is none."""
    cycle = queries.cycle_of(cycle_id)
    return _choices(cycle, [collect.check_seat(cycle, seat)])[seat]


def card_of(cycle_id: str, seat: str) -> list[CardLine]:
    """The seat's scorecard without what does not apply to it. Refused when there is no such seat."""
    cycle = queries.cycle_of(cycle_id)
    held = collect.check_seat(cycle, seat)
    policy, _files = storing.policy_now(cycle.policy, cycle.on)
    apart = set(cycle.not_applicable.standing().filter(seat=seat).values_list("indicator", flat=True))
    lines = policy.scorecard(held.zone, held.category, held.county).lines
    names = policy.indicators
    return [
        CardLine(line.indicator, wording.either(names[line.indicator].name, names[line.indicator].name_en),
                 float(line.weight))
        for line in lines if line.indicator not in apart
    ]  # fmt: skip


def added_to(cycle_id: str) -> list[Added]:
    """Everything that was added, with what was withdrawn of it, in order of days."""
    cycle = queries.cycle_of(cycle_id)
    policy, _files = storing.policy_now(cycle.policy, cycle.on)
    choices = _choices(cycle, collect.seats_of(cycle))

    def seat_of(code: str) -> SeatChoice:
        return choices.get(code, SeatChoice(code, code, ""))

    def name_of(code: str) -> str:
        held = policy.indicators.get(code)
        return wording.either(held.name, held.name_en) if held else code

    apart = [
        Added(one.pk, seat_of(one.seat), name_of(one.indicator), None, one.reason, one.author, one.on,
              getattr(one, "withdrawal", None))
        for one in cycle.not_applicable.select_related("withdrawal")
    ]  # fmt: skip
    points = [
        Added(one.pk, seat_of(one.seat), one.clause, float(one.points), one.reason, one.author, one.on,
              getattr(one, "withdrawal", None))
        for one in cycle.adjustments.select_related("withdrawal")
    ]  # fmt: skip
    return sorted([*apart, *points], key=lambda one: (one.on, one.seat.id))


def _choices(cycle: Cycle, seats: Sequence[Seat]) -> dict[str, SeatChoice]:
    units = {one.code: one.short_name for one in organisations_on(Period(cycle.period).end)}
    return {
        seat.id: SeatChoice(seat.id, seat.title, units.get(seat.organisation, seat.organisation))
        for seat in seats
    }
