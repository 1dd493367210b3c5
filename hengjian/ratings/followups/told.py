"""What the rated side gets to know, and when: never sooner, and no more, than with a release.

A theme stands in the problem list from the third low mark on (NORMS L7). The rated unit is told of it with
a release, and only when by then at least five low marks share the tag that are so old that releases count
them all (NORMS L5): so neither the day on which it is told nor the telling says much about one mark. It is
told the tag, never how many share it, nor the day or the deadline of the case. Where that is not reached
those above handle it, and the unit is not told.

The outcome of a contest is told in the same way: else each contest would be a question whether a certain
person gave a low mark, answered within days. Where no release comes any more, the half-year's end tells, when
all its marks are in: whoever contested has a right to an answer.

How much a watching official learns is measured in tests/unit/ratings/followups/test_told.py.
"""

from collections.abc import Iterable
from datetime import date, timedelta

from hengjian.notary.recording import day_of
from hengjian.ratings.ballots.models import Release
from hengjian.ratings.ballots.releases import valid
from hengjian.ratings.followups.clocks import Clocks
from hengjian.ratings.followups.models import Case, Contest, Kind

Seat = tuple[str, str, str]


def releases_by_seat(seats: Iterable[Seat], on: date) -> dict[Seat, list[date]]:
    """The days of the releases of each period, official and post, up to a day."""
    wanted = set(seats)
    found: dict[Seat, list[date]] = {seat: [] for seat in wanted}
    rows = Release.objects.filter(
        due__official__in={official for _period, official, _post in wanted}
    ).select_related("due")
    for row in rows:
        seat, day = (row.due.period, row.due.official, row.due.post), day_of(row.at)
        if seat in found and day <= on:
            found[seat].append(day)
    return found


def themes_told(cases: Iterable[Case], on: date, clocks: Clocks) -> list[Case]:
    """Those of the themes that the rated side knows on a day.

    Clause: NORMS L5
    """
    return [case for case in cases if case.kind == Kind.THEME and told_on(case, on, clocks) is not None]


def told_on(case: Case, on: date, clocks: Clocks) -> date | None:
    """The day of the release with which a theme was told, None before.

    Clause: NORMS L5
    """
    seat = _seat(case)
    days = sorted(day for day in releases_by_seat([seat], on)[seat] if day > case.on)
    if not days:
        return None
    low = valid(days[-1]).filter(
        key__period=case.period, key__official=case.official, key__post=case.post,
        mark__lte=clocks.days["low_mark"], tags__contains=[case.tag],
    )  # fmt: skip
    old = sorted(low.values_list("on", flat=True))
    return first_told(days, old, clocks.days["hold_days"], clocks.days["theme_tell_least"])


def first_told(releases: Iterable[date], marks: Iterable[date], hold: int, least: int) -> date | None:
    """The first release that counts all of at least so many marks, by their days.

    Clause: NORMS L5
    """
    marks, wait = list(marks), timedelta(days=hold)
    return next((day for day in releases if sum(mark + wait < day for mark in marks) >= least), None)


def outcome_told(contest: Contest, decided: date, whole: date, on: date) -> bool:
    """Whether the contesting side knows the outcome: with the next release, or when none can come any more.

    ``whole``: the day from which the half-year's releases hold all that they will ever hold.

    Clause: NORMS L5
    """
    seat = _seat(contest)
    later = any(day > decided for day in releases_by_seat([seat], on)[seat])
    return later or on > max(whole, decided)


def _seat(one: Case | Contest) -> Seat:
    return one.period, one.official, one.post
