"""One search over what this person may read: officials, units, cycles, cases, refused records.

What is outside the reader's scopes is as what does not exist. A person is found by name only with a
purpose: that a name belongs to a number is what the masking hides.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from hengjian.access import permissions
from hengjian.access.purposes import Shown
from hengjian.access.tickets import View
from hengjian.console import followup_desk, people
from hengjian.console.people import viewer
from hengjian.console.rights import Rights, rights, today
from hengjian.console.words import word
from hengjian.cycles.queries import list_cycles
from hengjian.evidence.queries import cases_numbered, quarantined_row
from hengjian.ratings.followups.queries import cases, decisions, reports
from hengjian.roster import directory
from hengjian.terms.errors import Refused

LEAST, MOST = 2, 20
LONGEST = 60
NUMBER = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]*")
CASE = re.compile(r"[0-9a-fA-F-]{4,36}")


@dataclass(frozen=True)
class Hit:
    """One thing found: how it is called, what else is said of it, its page (``""``: it has none)."""

    name: str
    about: str
    url: str


@dataclass(frozen=True)
class Group:
    """What was found of one kind; ``note`` says why there may be more than is shown."""

    title: Promise
    hits: tuple[Hit, ...]
    note: str = ""


@dataclass(frozen=True)
class Found:
    """The answer: groups with something in them, and the persons of the page."""

    groups: tuple[Group, ...]
    people: people.People


def offered(request: HttpRequest) -> bool:
    """Whether there is anything that this person could look for."""
    may = rights(request)
    return may.quarantine or may.followups or may.decide or may.reports or bool(_scopes(request))


def plain(text: str) -> str:
    """What was typed, as one short line."""
    return " ".join(text.split())[:LONGEST]


def search(request: HttpRequest, text: str) -> Found:
    """Everything of this text that this person may read, by kind."""
    if len(text) < LEAST:
        return Found((), people.nobody(request))
    persons, officials = _officials(request, text)
    groups = [officials, *(source(request, text) for source in SOURCES)]
    return Found(tuple(one for one in groups if one.hits or one.note), persons)


def _scopes(request: HttpRequest) -> tuple[str, ...]:
    return permissions.scopes(request.user, today(), "read_results")


def _officials(request: HttpRequest, text: str) -> tuple[people.People, Group]:
    title, scopes = gettext_lazy("干部"), _scopes(request)
    by_number = bool(NUMBER.fullmatch(text)) and any(letter.isdigit() for letter in text)
    if not scopes:
        return people.nobody(request), Group(title, ())
    if not by_number and people.chosen(request) is None:
        return people.nobody(request), Group(title, (), _("按姓名查找干部，请先选择查看目的。"))
    asked = {"number": text} if by_number else {"name": text}
    found = directory.found(scopes, most=MOST, **asked)
    if not found:
        return people.nobody(request), Group(title, ())
    persons = people.shown(request, [one.official for one in found], View(Shown.ROSTER))
    if not by_number and not persons.clear:  # the database did not accept the ticket
        return persons, Group(title, ())
    hits = []
    for one in found:
        who = persons.who(one.official, one.title, one.organisation_name)
        about = " · ".join(part for part in (who.organisation, who.title) if part)
        hits.append(Hit(who.name, about, reverse("console:officials-official", args=[one.official])))
    return persons, Group(title, tuple(hits), _more(hits))


def _more(hits: list[Hit]) -> str:
    return _("只列前 %(n)d 个，请把查找内容写得更全。") % {"n": MOST} if len(hits) >= MOST else ""


def _units(request: HttpRequest, text: str) -> Group:
    scopes, hits = _scopes(request), []
    for one in directory.units(scopes, today(), text)[:MOST] if scopes else []:
        url = f"{reverse('console:officials-units')}?q={one.row.code}"
        hits.append(Hit(one.row.name, f"{one.row.code} · {word('level', one.row.level)}", url))
    return Group(pgettext_lazy("navigation", "机构"), tuple(hits), _more(hits))


def _cycles(request: HttpRequest, text: str) -> Group:
    rows = list_cycles() if rights(request).results else []
    hits = [
        Hit(
            row.title,
            f"{row.id} · {word('state', row.state)}",
            reverse("console:cycles-cycle", args=[row.id]),
        )
        for row in rows
        if text.lower() in row.title.lower() or row.id.startswith(text.lower())
    ]
    return Group(gettext_lazy("考核周期"), tuple(hits[:MOST]), _more(hits))


def _refused(request: HttpRequest, text: str) -> Group:
    """A refused record by its number."""
    title, number = gettext_lazy("待核记录"), text.removeprefix("#")
    if not rights(request).quarantine or not (number.isascii() and number.isdigit() and len(number) < 16):
        return Group(title, ())
    row = quarantined_row(int(number), permissions.scopes(request.user, today(), "read_quarantine"))
    if row is None:
        return Group(title, ())
    about = _("%(file)s 第 %(row)s 行") % {"file": row.file, "row": row.row}
    url = reverse("console:quarantine-entry", args=[row.number])
    return Group(title, (Hit(f"#{row.number}", f"{about} · {word('quarantine', row.state)}", url),))


def _events(request: HttpRequest, text: str) -> Group:
    """Cases of the systems of record by their own number: which unit, how far, never about what."""
    hits = []
    for one in cases_numbered(text, _scopes(request), MOST):
        about = f"{one.feed} · {one.organisation.name} · {one.get_status_display()} · {one.counted_on}"
        url = f"{reverse('console:log-proof')}?digest={one.digest}" if rights(request).log else ""
        hits.append(Hit(one.external_id, about, url))
    return Group(gettext_lazy("办件"), tuple(hits), _more(hits))


def _followed(request: HttpRequest, text: str) -> Group:
    """Follow-up cases, contests and reports by the beginning of their number."""
    title = gettext_lazy("回访、异议和举报")
    hits = list(_numbered(request, text.lower(), rights(request))) if CASE.fullmatch(text) else []
    return Group(title, tuple(hits[:MOST]), _more(hits))


def _numbered(request: HttpRequest, text: str, may: Rights) -> Iterator[Hit]:
    who, on = viewer(request), today()
    try:
        clocks = followup_desk.clocks()
    except Refused:  # no policy says the terms: the lists say so
        return
    if may.followups:
        for case in cases.numbered(who, on, clocks, text):
            yield _hit(case.id, _("回访单"), f"{case.unit} {case.title}", "followups-case", [case.id])
    if may.decide:
        for one in decisions.contests(who, on, clocks):
            if one.id.startswith(text):
                yield _hit(one.id, _("评价异议"), one.unit, "contests-decision", ["contest", one.id])
    if may.reports:
        for report in reports.rows(who, on, clocks, closed=True):
            if report.id.startswith(text):
                yield _hit(report.id, _("举报"), report.unit, "reports-report", [report.id])


def _hit(number: str, kind: str, unit: str, page: str, args: list[str]) -> Hit:
    return Hit(number[:8], f"{kind} · {unit}", reverse(f"console:{page}", args=args))


SOURCES: tuple[Callable[[HttpRequest, str], Group], ...] = (_units, _cycles, _events, _refused, _followed)
