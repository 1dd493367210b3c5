"""When figures come out: thirty first, then by batches, on days drawn by chance. The only maker of releases.

* A batch is due when enough marks are new since the last release and enough days have passed.
* When it is found due, a delay is drawn and kept, once; asking again draws nothing.
* What comes in during the delay goes into the batch: nobody outside knows where it ends.
* A release counts the days before its own, so that it never follows single ballots within a day.

Crash points: one transaction; killed before its commit, no day was drawn and nothing came out.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from django.db import connection, transaction
from django.db.models import Count, Exists, OuterRef, QuerySet

from hengjian.notary.recording import day_of, notarise
from hengjian.ratings.ballots.models import Ballot, Due, Exclusion, Release
from hengjian.ratings.ballots.rules import Rules

BAND = 10  # uses of a tag are told in tens
Seat = tuple[str, str, str]  # period, official, post
_SEAT = ("key__period", "key__official", "key__post")


@dataclass(frozen=True)
class _Last:
    number: int
    count: int
    on: date


def valid(before: date) -> QuerySet[Ballot]:
    """The ballots that count, of the days before a day: of each the last version, and none excluded.

    Clause: SPEC B2
    """
    later = Ballot.objects.filter(supersedes=OuterRef("pk"), on__lt=before)
    excluded = Exclusion.objects.filter(
        ballot__receipt=OuterRef("receipt"), ballot__key=OuterRef("key"), on__lt=before
    )
    return Ballot.objects.filter(~Exists(later), ~Exists(excluded), on__lt=before)


def release_due(now: datetime, rules: Rules, below: Callable[[int], int]) -> list[Release]:
    """Draw days for batches that became due and release those whose day has come.

    Clause: NORMS L5
    ``below``: a whole number from 0 to one less than its argument; give ``secrets.randbelow``.
    """
    today = day_of(now)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('hengjian.ballots.release'))")
        last, waiting = _last_releases(), _waiting()
        found = [
            _drawn(seat, last.get(seat), today, today + timedelta(days=below(rules.delay + 1)))
            for seat, count in _counts(today).items()
            if seat not in waiting and _is_due(last.get(seat), count, today, rules)
        ]
        notarise(now, *Due.objects.bulk_create(found))
        waiting.update({_seat(due): due for due in found})
        return _released([due for due in waiting.values() if due.release_on <= today], now, rules)


def _counts(today: date) -> dict[Seat, int]:
    rows = valid(today).values_list(*_SEAT).annotate(all=Count("id"))
    return {(period, official, post): count for period, official, post, count in rows}


def _last_releases() -> dict[Seat, _Last]:
    rows = Release.objects.select_related("due").order_by("due__number")
    return {_seat(r.due): _Last(r.due.number, r.count, day_of(r.at)) for r in rows}


def _waiting() -> dict[Seat, Due]:
    return {_seat(due): due for due in Due.objects.filter(release__isnull=True)}


def _is_due(last: _Last | None, count: int, today: date, rules: Rules) -> bool:
    if last is None:
        return count >= rules.least
    return count - last.count >= rules.more and today >= last.on + timedelta(days=rules.days)


def _drawn(seat: Seat, last: _Last | None, found: date, chosen: date) -> Due:
    period, official, post = seat
    return Due(
        period=period, official=official, post=post, number=last.number + 1 if last else 1,
        found_on=found, release_on=chosen,
    )  # fmt: skip


def _released(dues: list[Due], now: datetime, rules: Rules) -> list[Release]:
    if not dues:
        return []
    ripe = {_seat(due): due for due in dues}
    marks: dict[Seat, list[int]] = defaultdict(list)
    tags: dict[Seat, Counter[str]] = defaultdict(Counter)
    rows = valid(day_of(now)).filter(key__official__in={official for _period, official, _post in ripe})
    for period, official, post, mark, chosen in rows.values_list(*_SEAT, "mark", "tags").iterator(10_000):
        seat = (period, official, post)
        if seat in ripe:
            marks[seat].append(mark)
            tags[seat].update(chosen)
    made = Release.objects.bulk_create(
        Release(
            due=due, at=now, count=len(marks[seat]), mean=rounded(marks[seat], rules.decimals),
            tags=shown_tags(tags[seat], rules.tag_least),
        )
        for seat, due in ripe.items()
    )  # fmt: skip
    notarise(now, *made)
    return made


def rounded(marks: list[int], decimals: int) -> Decimal:
    """The mean, half up.

    Clause: NORMS L5
    """
    mean = Decimal(sum(marks)) / len(marks)
    return mean.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)


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
