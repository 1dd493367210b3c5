"""When figures come out: thirty first, then by batches, on days drawn by chance. The only maker of releases.

* A batch is due when enough marks have changed since the last release (new, amended, taken out) and enough
  days have passed. On its day it must still be so: where marks were taken out meanwhile, it waits.
* When it is found due, a delay is drawn and kept, once; asking again draws nothing.
* Each ballot counts from a day of its own on, up to ``release_hold`` days after it came: nobody outside
  knows in which batch it is. The day follows from the receipt's digest, a random number: nothing is stored.
* Towards the half-year's end no further batch comes out: all that is left waits for the last one, so that
  few marks stay without a batch and the last one is a large one.
* What comes in during the delay goes into the batch: nobody outside knows where it ends.
* A release counts the days before its own, so that it never follows single ballots within a day.

Crash points: one transaction; killed before its commit, no day was drawn and nothing came out.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db import connection, transaction
from django.db.models import (
    Count,
    DateField,
    Exists,
    ExpressionWrapper,
    F,
    Func,
    IntegerField,
    OuterRef,
    QuerySet,
)  # fmt: skip
from django.db.models.functions import Mod

from hengjian.notary.recording import day_of, notarise
from hengjian.ratings.ballots.levels import counted, shown_levels
from hengjian.ratings.ballots.models import Ballot, Due, Exclusion, Release, ReleaseLevels
from hengjian.ratings.ballots.rules import Rules
from hengjian.terms.period import Period

BAND = 10  # uses of a tag are told in tens
Seat = tuple[str, str, str]  # period, official, post
_SEAT = ("key__period", "key__official", "key__post")


@dataclass(frozen=True)
class _Last:
    number: int
    on: date


@dataclass
class _Standing:
    """Marks that count today, and how many differ from those of the last release."""

    count: int = 0
    changed: int = 0


def valid(before: date) -> QuerySet[Ballot]:
    """The ballots that count, of the days before a day: of each the last version, and none excluded.

    Clause: SPEC B2
    """
    later = Ballot.objects.filter(supersedes=OuterRef("pk"), on__lt=before)
    return Ballot.objects.filter(~Exists(later), ~Exists(_excluded(before)), on__lt=before)


def _excluded(before: date) -> QuerySet[Exclusion]:
    return Exclusion.objects.filter(
        ballot__receipt=OuterRef("receipt"), ballot__key=OuterRef("key"), on__lt=before
    )


def ripe(before: date, hold: int) -> QuerySet[Ballot]:
    """The ballots that a release of this day counts: valid, and held for their days.

    An amended ballot counts in its earlier version until the later one is ripe.
    Clause: NORMS L5
    """
    rows = held(hold).filter(counts_from__lt=before)
    later = rows.filter(supersedes=OuterRef("pk"))
    return rows.filter(~Exists(later), ~Exists(_excluded(before)))


def held(hold: int) -> QuerySet[Any]:
    """All ballots with the day from which each counts in releases."""
    day = F("on") + Mod(_Drawn("receipt"), hold + 1)
    return Ballot.objects.annotate(counts_from=ExpressionWrapper(day, output_field=DateField()))


class _Drawn(Func):
    """A number that is as random as the digest it is read from."""

    template = "('x' || left(%(expressions)s, 7))::bit(28)::int"
    output_field = IntegerField()


def release_due(now: datetime, rules: Rules, below: Callable[[int], int]) -> list[Release]:
    """Draw days for batches that became due and release those whose day has come.

    Clause: NORMS L5
    ``below``: a whole number from 0 to one less than its argument; give ``secrets.randbelow``.
    """
    today = day_of(now)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('hengjian.ballots.release'))")
        last, waiting = _last_releases(), _waiting()
        standing = _standing(today, rules.hold, last)
        found = [
            _drawn(seat, last.get(seat), today, today + timedelta(days=below(rules.delay + 1)))
            for seat, now_standing in standing.items()
            if seat not in waiting and _is_due(Period(seat[0]), last.get(seat), now_standing, today, rules)
        ]
        notarise(now, *Due.objects.bulk_create(found))
        waiting.update({_seat(due): due for due in found})
        come = [
            due for seat, due in waiting.items()
            if due.release_on <= today and _enough(last.get(seat), standing[seat], rules)
        ]  # fmt: skip
        return _released(come, now, rules)


def _standing(today: date, hold: int, last: Mapping[Seat, _Last]) -> dict[Seat, _Standing]:
    """What a ballot's rater changed counts once, whether it is new, amended or taken out."""
    found: dict[Seat, _Standing] = defaultdict(_Standing)
    rows = ripe(today, hold).values_list(*_SEAT, "counts_from").annotate(n=Count("id"))
    for period, official, post, counts_from, n in rows:
        seat = (period, official, post)
        found[seat].count += n
        found[seat].changed += n if seat not in last or counts_from >= last[seat].on else 0
    out = held(hold).filter(supersedes=None, exclusion__on__lt=today)
    for period, official, post, counts_from, on in out.values_list(*_SEAT, "counts_from", "exclusion__on"):
        seat = (period, official, post)
        found[seat].changed += seat in last and counts_from < last[seat].on <= on
    return found


def _last_releases() -> dict[Seat, _Last]:
    rows = Release.objects.select_related("due").order_by("due__number")
    return {_seat(r.due): _Last(r.due.number, day_of(r.at)) for r in rows}


def _waiting() -> dict[Seat, Due]:
    return {_seat(due): due for due in Due.objects.filter(release__isnull=True)}


def _is_due(period: Period, last: _Last | None, standing: _Standing, today: date, rules: Rules) -> bool:
    if last is not None and rules.waits_for_the_last(period, today):
        return False
    soon = last is not None and today < last.on + timedelta(days=rules.days)
    return not soon and _enough(last, standing, rules)


def _enough(last: _Last | None, standing: _Standing, rules: Rules) -> bool:
    """Whether figures of these marks may come out: enough of them, and enough that the last did not have."""
    return standing.count >= rules.least and (last is None or standing.changed >= rules.more)


def _drawn(seat: Seat, last: _Last | None, found: date, chosen: date) -> Due:
    period, official, post = seat
    return Due(
        period=period, official=official, post=post, number=last.number + 1 if last else 1,
        found_on=found, release_on=chosen,
    )  # fmt: skip


def _released(dues: list[Due], now: datetime, rules: Rules) -> list[Release]:
    if not dues:
        return []
    by_seat = {_seat(due): due for due in dues}
    marks: dict[Seat, list[int]] = defaultdict(list)
    tags: dict[Seat, Counter[str]] = defaultdict(Counter)
    rows = ripe(day_of(now), rules.hold).filter(
        key__official__in={official for _period, official, _post in by_seat}
    )
    for period, official, post, mark, chosen in rows.values_list(*_SEAT, "mark", "tags").iterator(10_000):
        seat = (period, official, post)
        if seat in by_seat:
            marks[seat].append(mark)
            tags[seat].update(chosen)
    made = Release.objects.bulk_create(
        Release(
            due=due, at=now, count=len(marks[seat]), mean=rounded(marks[seat], rules.decimals),
            tags=shown_tags(tags[seat], rules.tag_least),
        )
        for seat, due in by_seat.items()
    )  # fmt: skip
    levels = ReleaseLevels.objects.bulk_create(
        ReleaseLevels(release=one, cells=shown_levels(counted(marks[_seat(one.due)], rules.levels)))
        for one in made
    )
    notarise(now, *made, *levels)
    return made


def rounded(marks: list[int], decimals: int) -> Decimal:
    """The mean, half up.

    Clause: NORMS L5
    """
    return mean_of(sum(marks), len(marks), decimals)


def mean_of(total: int, count: int, decimals: int) -> Decimal:
    """The mean of marks by their sum, half up."""
    return (Decimal(total) / count).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)


def shown_tags(uses: Mapping[str, int], least: int) -> dict[str, int]:
    """Tags used often enough, in tens. When one alone is withheld, the rarest of the shown goes with it,
    so that the missing one cannot be worked out from a total known otherwise.

    Clause: NORMS L5
    """
    shown = {tag: count for tag, count in uses.items() if count >= least}
    hidden = [tag for tag, count in uses.items() if 0 < count < least]
    if len(hidden) == 1 and shown:
        del shown[min(shown, key=lambda tag: (shown[tag], tag))]
    return {tag: max(least, count // BAND * BAND) for tag, count in sorted(shown.items())}


def _seat(due: Due) -> Seat:
    return due.period, due.official, due.post
