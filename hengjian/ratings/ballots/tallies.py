"""How many ballots the releases count, coarsely by unit: a live count would tell on which day one came."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count

from hengjian.notary.recording import day_of
from hengjian.ratings.ballots.queries import releases_at
from hengjian.ratings.ballots.releases import held
from hengjian.ratings.ballots.rules import Rules
from hengjian.terms.period import Period

TENS = 10


@dataclass(frozen=True)
class Received:
    """Ballots of a half-year as far as releases go, rounded down to tens; None without a release."""

    answered: int | None
    valid: int | None


def received(
    period: Period, moment: datetime, rules: Rules, unit_of: Mapping[tuple[str, str], str]
) -> dict[str, Received]:
    """By unit, as of each post's latest release; ``unit_of``: units by codes of official and post.

    Clause: NORMS L5, NORMS L6
    """
    latest = releases_at(period.text, moment)
    until = {seat: day_of(release.at) for seat, release in latest.items()}
    answered = _answered(period, rules, until)
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for seat, release in latest.items():
        unit = unit_of.get(seat, "")
        sums[unit][0] += answered[seat]
        sums[unit][1] += release.count
    return {unit: Received(*(number // TENS * TENS for number in found)) for unit, found in sums.items()}


def _answered(
    period: Period, rules: Rules, until: Mapping[tuple[str, str], date]
) -> Mapping[tuple[str, str], int]:
    """Ballots of the days that each seat's release counts, the excluded too; amendments are no ballots."""
    rows = held(rules.hold).filter(key__period=period.text, supersedes=None)
    found: dict[tuple[str, str], int] = defaultdict(int)
    by_day = rows.values_list("key__official", "key__post", "counts_from").annotate(n=Count("id"))
    for official, post, on, n in by_day:
        if (official, post) in until and on < until[official, post]:
            found[official, post] += n
    return found
