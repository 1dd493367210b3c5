"""What the rated side gets to know, and when: never sooner, and no more, than with a release.

A theme stands in the problem list from the third low mark on (NORMS L7). The rated unit is told of it with
the first release after that, so that the day on which it is told says nothing about the day of a mark: a
release counts at least thirty marks and comes on a day drawn by chance (NORMS L5). It is told the tag, never
how many marks share it. Where no release comes the rated side is not told, and those above handle the theme.

The outcome of a contest is told in the same way: else each contest would be a question whether a certain
person gave a low mark, answered within days. Where no release comes any more, the half-year's end tells, when
all its marks are in: whoever contested has a right to an answer.
"""

from collections.abc import Iterable
from datetime import date, timedelta

from hengjian.notary.recording import day_of
from hengjian.ratings.ballots.models import Release
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


def themes_told(cases: Iterable[Case], on: date) -> list[Case]:
    """Those of the themes that the rated side knows on a day.

    Clause: NORMS L5
    """
    themes = [case for case in cases if case.kind == Kind.THEME]
    days = releases_by_seat([_seat(case) for case in themes], on)
    return [case for case in themes if any(day > case.on for day in days[_seat(case)])]


def told_on(case: Case, on: date) -> date | None:
    """The day of the release with which a theme was told, None before."""
    seat = _seat(case)
    return min((day for day in releases_by_seat([seat], on)[seat] if day > case.on), default=None)


def outcome_told(contest: Contest, decided: date, end: date, on: date, wait: int) -> bool:
    """Whether the contesting side knows the outcome: with the next release, or ``wait`` days after the end.

    Clause: NORMS L5
    """
    seat = _seat(contest)
    later = any(day > decided for day in releases_by_seat([seat], on)[seat])
    return later or on > max(end, decided) + timedelta(days=wait)


def _seat(one: Case | Contest) -> Seat:
    return one.period, one.official, one.post
