"""How many ballots there are: by unit as far as releases go, in tens; by key once a half-year is whole.

A live count would tell on which day a ballot came, so nothing here moves between two releases, and what the
audit reads never moves again.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from django.db.models import Count, Q, Sum

from hengjian.notary.recording import day_of
from hengjian.ratings.ballots.models import Ballot, How, Release
from hengjian.ratings.ballots.queries import releases_at
from hengjian.ratings.ballots.releases import held, mean_of, ripe, valid
from hengjian.ratings.ballots.rules import Rules
from hengjian.terms.calendar import SHANGHAI
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


@dataclass(frozen=True)
class Spent:
    """The tokens that one key's ballots have spent in a whole half-year, and what became of the ballots.

    ``cast`` = ``counted`` + ``excluded``; amendments are versions, not ballots. ``left``: counted, and in no
    release. ``repeats``: the last release's count and mean come out again.
    """

    key: str
    official: str
    post: str
    cast: int
    assisted: int
    counted: int
    excluded: int
    released: int | None
    left: int
    repeats: bool


def spent(period: Period, today: date, rules: Rules) -> list[Spent]:
    """For the audit, by key, as of the day from which the half-year is whole; nothing before that day.

    Clause: SPEC B2, NORMS L5
    """
    end = rules.whole_from(period)
    if today < end:
        return []
    moment = datetime.combine(end, time.max, SHANGHAI)
    latest = releases_at(period.text, moment)
    again, left = _again(latest, rules), _left(period, rules, end, latest)
    counted = dict(valid(end).filter(key__period=period.text).values_list("key").annotate(n=Count("id")))
    found = []
    for row in _cast(period, end):
        seat, key = (row["key__official"], row["key__post"]), row["key"]
        release = latest.get(seat)
        found.append(
            Spent(
                key, *seat, row["cast"], row["assisted"], counted.get(key, 0), row["excluded"],
                release.count if release else None, left[key],
                release is None or again.get(seat) == (release.count, release.mean),
            )
        )  # fmt: skip
    return found


def _cast(period: Period, end: date) -> Iterable[Any]:
    rows = Ballot.objects.filter(key__period=period.text, on__lt=end, supersedes=None)
    return rows.values("key", "key__official", "key__post").order_by("key__official", "key__post").annotate(
        cast=Count("id"),
        assisted=Count("id", filter=Q(how=How.ASSISTED)),
        excluded=Count("id", filter=Q(exclusion__on__lt=end)),
    )  # fmt: skip


def _again(latest: Mapping[tuple[str, str], Release], rules: Rules) -> dict[tuple[str, str], tuple[int, Any]]:
    """Count and mean of each last release, from the ballots."""
    by_day: dict[date, list[Release]] = defaultdict(list)
    for release in latest.values():
        by_day[day_of(release.at)].append(release)
    found = {}
    for day, releases in by_day.items():
        named = {one.due.official for one in releases}
        rows = ripe(day, rules.hold).filter(key__period=releases[0].due.period, key__official__in=named)
        sums = rows.values_list("key__official", "key__post").annotate(n=Count("id"), sum=Sum("mark"))
        for official, post, n, total in sums:
            if (official, post) in latest and day_of(latest[official, post].at) == day:
                found[official, post] = (n, mean_of(total, n, rules.decimals))
    return found


def _left(
    period: Period, rules: Rules, end: date, latest: Mapping[tuple[str, str], Release]
) -> Mapping[str, int]:
    """Ballots that count and came too late for the last release, by key."""
    rows = held(rules.hold).filter(key__period=period.text, supersedes=None, on__lt=end)
    rows = rows.exclude(exclusion__on__lt=end)
    found: dict[str, int] = defaultdict(int)
    by_day = rows.values_list("key", "key__official", "key__post", "counts_from").annotate(n=Count("id"))
    for key, official, post, on, n in by_day:
        release = latest.get((official, post))
        if release is None or on >= day_of(release.at):
            found[key] += n
    return found
