"""Every deadline that this person may know of, by kind and day: how many, never about whom or what."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from hengjian.console import followup_desk, laws, panel_desk
from hengjian.console.people import viewer
from hengjian.console.rights import Rights, rights, today
from hengjian.console.todo import OPEN_SHEETS
from hengjian.cycles.queries import list_cycles
from hengjian.ratings.followups.queries import cases, decisions, reports
from hengjian.ratings.panels import filling, progress
from hengjian.ratings.panels.rolls import code_of
from hengjian.terms.calendar import WorkCalendar
from hengjian.terms.errors import Refused

LINE = 74  # octets of a line of iCalendar, without the break (RFC 5545, 3.1)
Dated = Iterator[tuple[str, date | None, str]]  # a kind, its day, the name of the page


@dataclass(frozen=True)
class Deadline:
    """So many things of one kind that are due on one day, and the page where they are done."""

    day: date
    kind: str
    count: int
    url: str


def deadlines(request: HttpRequest) -> list[Deadline]:
    """The deadlines of everything that is not done yet, the first day first."""
    may, counts = rights(request), Counter[tuple[date, str, str]]()
    for source in SOURCES:
        try:
            counts.update((day, kind, page) for kind, day, page in source(request, may) if day is not None)
        except Refused:  # no policy says the terms: the home page says so
            continue
    return [Deadline(day, kind, n, page) for (day, kind, page), n in sorted(counts.items())]


def _followups(request: HttpRequest, may: Rights) -> Dated:
    who, on, page = viewer(request), today(), reverse("console:followups")
    if may.followups:
        for row in cases.rows(who, on, followup_desk.clocks()):
            yield _("低分回访办理期限"), row.due_on, page


def _decisions(request: HttpRequest, may: Rights) -> Dated:
    who, on, clocks = viewer(request), today(), followup_desk.clocks()
    if may.decide:
        for row in decisions.contests(who, on, clocks):
            if not row.outcome and not row.own:
                yield _("评价异议复核期限"), row.due_on, reverse("console:contests")
    if may.reports:
        for report in reports.rows(who, on, clocks):
            yield _("举报办理期限"), report.due_on, reverse("console:reports")


def _own(request: HttpRequest, may: Rights) -> Dated:
    """What an official has to put right, and until when a release may be contested."""
    if not may.own:
        return
    who, on, clocks, page = viewer(request), today(), followup_desk.clocks(), reverse("console:contests")
    for theme in cases.own_themes(who, on, clocks):
        if theme.asks:
            yield _("问题整改期限"), theme.due_on, page
    for one in decisions.targets(who, on, clocks):
        yield _("可以提出异议的最后一日"), one.until, page


def _rounds(_request: HttpRequest, may: Rights) -> Dated:
    """The days of the rounds that run, for whoever organises them or signs their rolls."""
    if not (may.sign_panels or may.manage_panels):
        return
    for held in (one.round for one in progress.work(today())):
        page = reverse("console:panels-round", args=[held.pk])
        yield _("自评截止日"), held.self_by, page
        yield _("评价开始日"), held.opens_on, page
        yield _("评价截止日"), held.closes_on, page


def _sheets(request: HttpRequest, may: Rights) -> Dated:
    """The forms that this official has to fill."""
    for asked in (one for official in may.own for one in progress.asked_for(official)):
        try:
            found = filling.tasks(asked, panel_desk.desk(request, code_of(asked)))
        except Refused:  # the page of the forms says what is wrong
            continue
        for task in found:
            if task.state in OPEN_SHEETS:
                due = asked.round.self_by if task.own else asked.round.closes_on
                yield _("评价表填写期限"), due, reverse("console:forms")


def _cycles(_request: HttpRequest, may: Rights) -> Dated:
    for row in list_cycles() if may.results else []:
        if row.state == "open":
            page = reverse("console:cycles-cycle", args=[row.id])
            yield _("考核数据截止日"), timezone.localdate(row.cut_off), page


SOURCES: tuple[Callable[[HttpRequest, Rights], Dated], ...] = (
    _followups, _decisions, _own, _rounds, _sheets, _cycles,
)  # fmt: skip


def work_calendar() -> WorkCalendar:
    """The days off of the policies in force: those of the policy that knows most years."""
    calendars = [policy.calendar() for policy in laws.all_policies(today())]
    return max(calendars, key=lambda one: len(one.years), default=WorkCalendar())


# --- iCalendar -----------------------------------------------------------------------------------
def icalendar(found: Iterable[Deadline], now: datetime) -> str:
    """Kinds and days as iCalendar (RFC 5545): it says neither how many nor about whom."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Hengjian//Deadlines//ZH", "CALSCALE:GREGORIAN"]
    for one in found:
        ends = one.day + timedelta(days=1)
        lines += [
            "BEGIN:VEVENT",
            f"UID:{one.day:%Y%m%d}-{_number(one)}@hengjian",
            f"DTSTAMP:{now:%Y%m%dT%H%M%SZ}",
            f"DTSTART;VALUE=DATE:{one.day:%Y%m%d}",
            f"DTEND;VALUE=DATE:{ends:%Y%m%d}",
            f"SUMMARY:{_escaped(one.kind)}",
            "TRANSP:TRANSPARENT",
            "END:VEVENT",
        ]
    return "".join(f"{part}\r\n" for line in [*lines, "END:VCALENDAR"] for part in _folded(line))


def _number(one: Deadline) -> str:
    """The same for the same kind and page on every export, so that a calendar knows it again."""
    return sha256(f"{one.kind}\0{one.url}".encode()).hexdigest()[:16]


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def _folded(line: str) -> Iterator[str]:
    """A line in pieces that are short enough, none of which ends within a character."""
    piece = ""
    for letter in line:
        if len((piece + letter).encode()) > LINE:
            yield piece
            piece = " "
        piece += letter
    yield piece
