"""Deadlines on a month's grid with working days and days off, as a list, and as a file for a calendar."""

from calendar import Calendar
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, timedelta

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from hengjian.console.deadlines import Deadline, deadlines, icalendar, work_calendar
from hengjian.console.rights import today
from hengjian.terms.calendar import WorkCalendar

EARLIEST, LATEST = 2000, 2099


@dataclass(frozen=True)
class Day:
    """One day of the grid. ``work``: whether offices work, None when no notice is known for the year."""

    day: date
    inside: bool
    work: bool | None
    special: bool
    due: tuple[Deadline, ...]

    @property
    def count(self) -> int:
        """How many things are due on this day."""
        return sum(one.count for one in self.due)


@login_required
@require_GET
def calendar(request: HttpRequest) -> HttpResponse:
    """The deadlines of a month; what is overdue stands before them, whatever the month."""
    on, first = today(), _month(request)
    days: dict[date, list[Deadline]] = defaultdict(list)
    found = deadlines(request)
    for one in found:
        days[one.day].append(one)
    return render(
        request,
        "console/calendar.html",
        {
            "first": first,
            "today": on,
            "previous": first - timedelta(days=1),
            "next": _following(first),
            "weeks": _weeks(first, days, work_calendar()),
            "past": [one for one in found if one.day < on],
            "listed": [one for one in found if on <= one.day and _same_month(one.day, first)],
            "later": sum(one.count for one in found if one.day >= _following(first)),
        },
    )


@login_required
@require_GET
def calendar_file(request: HttpRequest) -> HttpResponse:
    """The deadlines of today and later as iCalendar: kinds and days, nothing else."""
    found = [one for one in deadlines(request) if one.day >= today()]
    answer = HttpResponse(icalendar(found, timezone.now().astimezone(UTC)), content_type="text/calendar")
    answer.headers["Content-Disposition"] = 'attachment; filename="hengjian.ics"'
    return answer


def _month(request: HttpRequest) -> date:
    """The first day of the month that was asked for; of this month when none is."""
    try:
        found = date.fromisoformat(f"{request.GET.get('month', '')}-01")
    except ValueError:
        found = today()
    return (found if EARLIEST <= found.year <= LATEST else today()).replace(day=1)


def _following(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1)


def _same_month(day: date, first: date) -> bool:
    return (day.year, day.month) == (first.year, first.month)


def _weeks(first: date, due: Mapping[date, list[Deadline]], works: WorkCalendar) -> list[list[Day]]:
    weeks = Calendar().monthdatescalendar(first.year, first.month)
    return [[_day(one, first, due, works) for one in week] for week in weeks]


def _day(day: date, first: date, due: Mapping[date, list[Deadline]], works: WorkCalendar) -> Day:
    known = day.year in works.years
    work = works.is_working(day) if known else None
    usual = day.weekday() < 5
    return Day(day, _same_month(day, first), work, known and work != usual, tuple(due.get(day, ())))
