"""How many ballots the box holds, told coarsely: a live count would tell on which day somebody rated."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Q

from hengjian.ratings.ballots.models import Ballot
from hengjian.ratings.ballots.rules import Rules
from hengjian.terms.period import Period

TENS = 10


@dataclass(frozen=True)
class Received:
    """Ballots of a half-year, rounded down to tens; None below the least number of a release."""

    answered: int | None
    valid: int | None


def received(
    period: Period, on: date, rules: Rules, unit_of: Mapping[tuple[str, str], str]
) -> dict[str, Received]:
    """By unit, of the days before ``on``; ``unit_of``: units by codes of official and post.

    Clause: NORMS L5, NORMS L6
    """
    rows = (
        Ballot.objects.filter(key__period=period.text, supersedes=None, on__lt=on)
        .values_list("key__official", "key__post")
        .annotate(
            answered=Count("id"),
            valid=Count("id", filter=Q(exclusion__isnull=True) | Q(exclusion__on__gte=on)),
        )
    )
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for official, post, answered, counted in rows:
        unit = unit_of.get((official, post), "")
        sums[unit][0] += answered
        sums[unit][1] += counted
    return {unit: Received(*(_coarse(n, rules.least) for n in found)) for unit, found in sums.items()}


def _coarse(number: int, least: int) -> int | None:
    return None if number < least else number // TENS * TENS
