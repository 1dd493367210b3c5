"""Persons on a page: masked by grade, or in clear by a ticket that is written before they are read.

Clause: SPEC F4
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import structlog
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from hengjian.access import permissions, tickets
from hengjian.access.masking import Field, Grade, grade
from hengjian.access.models import User
from hengjian.access.purposes import CHOSEN, Purpose, Shown
from hengjian.access.queries import roles_in_force
from hengjian.access.roles import Role
from hengjian.access.tickets import Intent, Permit, Seal, View
from hengjian.console import laws
from hengjian.console.paging import exporting
from hengjian.console.rights import rights, today
from hengjian.roster.persons import clear_names, masked_names
from hengjian.terms.errors import NotPermitted

KEY = "hengjian_purpose"  # in the session
log = structlog.get_logger("hengjian.access")


@dataclass(frozen=True)
class Who:
    """One person as this reader sees him; what is hidden is empty, a hidden name is the number."""

    name: str
    title: str
    organisation: str
    since: date | None


@dataclass(frozen=True)
class Chosen:
    """The purpose that a reader has chosen, and until when it serves."""

    intent: Intent
    until: datetime

    @property
    def label(self) -> str:
        """The purpose in words."""
        return str(self.intent.purpose.label)


@dataclass(frozen=True)
class People:
    """The persons of one page; ``code`` is that of the ticket."""

    names: dict[str, str]
    roles: frozenset[Role]
    own: frozenset[str]
    clear: bool
    code: str
    chosen: Chosen | None
    may_seal: bool
    offers: bool = False

    def who(self, official: str, title: str = "", organisation: str = "", since: date | None = None) -> Who:
        """This person, field by field, by the table of masking."""
        clear = self.clear and official in self.names
        own = official in self.own
        seen = {field: grade(self.roles, field, ticket=clear, own=own) for field in Field}
        number = official if seen[Field.NUMBER] else "—"
        return Who(
            name=self.names.get(official, number) if seen[Field.NAME] else number,
            title=title if seen[Field.TITLE] is Grade.CLEAR else "",
            organisation=organisation if seen[Field.ORGANISATION] is Grade.CLEAR else "",
            since=since if seen[Field.SINCE] is Grade.CLEAR else None,
        )

    @property
    def purposes(self) -> Sequence[Purpose]:
        """What can be chosen."""
        return CHOSEN

    @property
    def asks(self) -> bool:
        """Whether this reader may choose a purpose at all: not for the own sheet alone."""
        return self.offers or not set(self.names) <= self.own


def chosen(request: HttpRequest) -> Chosen | None:
    """The purpose that still serves."""
    held = request.session.get(KEY)
    if not held:
        return None
    until = datetime.fromisoformat(held["until"])
    if timezone.now() >= until:
        del request.session[KEY]
        return None
    seal = held.get("seal")
    return Chosen(
        Intent(
            Purpose(held["purpose"]),
            held["note"],
            Seal(date.fromisoformat(seal["until"]), seal["clause"], seal["reason"]) if seal else None,
            held["minutes"],
        ),
        until,
    )


def choose(request: HttpRequest) -> Chosen:
    """Take the purpose from the form and keep it for the minutes of the policy.

    Raises: Refused, NotPermitted, as :func:`hengjian.access.tickets.checked` says.
    """
    permissions.check_can_look(request.user, today())
    asked = {
        key: _plain(request.POST.get(key, "")) for key in ("purpose", "note", "clause", "reason", "until")
    }
    minutes = laws.look_minutes(today())
    sealed = request.POST.get("seal") == "yes"
    intent = Intent(
        purpose=Purpose(asked["purpose"]) if asked["purpose"] in CHOSEN else Purpose.MASKED,
        note=asked["note"][:200],
        seal=Seal(_day(asked["until"]), asked["clause"][:100], asked["reason"][:200]) if sealed else None,
        minutes=minutes,
    )
    tickets.checked(intent, viewer(request), today())
    until = timezone.now() + timedelta(minutes=minutes)
    request.session[KEY] = {
        "purpose": intent.purpose.value,
        "note": intent.note,
        "minutes": minutes,
        "until": until.isoformat(),
        "seal": _written(intent.seal),
    }
    return Chosen(intent, until)


def forget(request: HttpRequest) -> None:
    """End the purpose: names are masked again."""
    request.session.pop(KEY, None)


def _plain(text: str) -> str:
    """One line of visible text: it is shown again on pages and in an auditor's terminal."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return date.min


def _written(seal: Seal | None) -> dict[str, str] | None:
    return {"until": seal.until.isoformat(), "clause": seal.clause, "reason": seal.reason} if seal else None


def shown(request: HttpRequest, officials: Iterable[str], view: View) -> People:
    """The persons of a page that names them: a ticket first, when there is a purpose, then the names."""
    wanted, held = sorted(set(officials)), chosen(request)
    own, view = frozenset(rights(request).own), _as_taken(request, view)
    permit = _permit(request, wanted, held, view, own) if wanted else None
    if permit is None and wanted and exporting(request):
        _copied_masked(request, wanted, view)
    names = _names(request, wanted, permit)
    clear = permit is not None and names is not None
    if permit is not None:
        _signed(request, permit.code)
    return People(
        names=masked_names(viewer(request), wanted) if names is None else names,
        roles=roles_in_force(request.user, today()),
        own=own,
        clear=clear,
        code=permit.code if permit else "",
        chosen=held,
        may_seal=permissions.can_seal_looks(request.user, today()),
    )


def noted(request: HttpRequest, official: str, view: View) -> frozenset[Field]:
    """Write down a look into one person's figures that shows no name; once for the minutes of a ticket.

    Gives what this reader may not see of the person in clear.
    """
    held, view = chosen(request), _as_taken(request, view)
    own = official in rights(request).own
    intent = Intent(Purpose.OWN) if own else held.intent if held else Intent(Purpose.MASKED)
    code = "" if exporting(request) else tickets.lately_noted(viewer(request), official, intent, view.cycle)
    code = code or (getattr(request, "ticket", None) or {}).get("code", "")
    if not code and own:
        code = tickets.issue_own(viewer(request), official, view, on=today()).code
    elif not code and held:
        code = tickets.issue(viewer(request), [official], held.intent, view, on=today()).code
    elif not code:
        code = tickets.note_masked(viewer(request), [official], view, on=today()).code
    _signed(request, code)
    return _unseen(request, ticket=held is not None, own=own)


def exported(request: HttpRequest, officials: Iterable[str], view: View) -> bool:
    """Write down that a copy with these persons leaves the console; False: choose a purpose first.

    A copy names no names, but posts and organisations: whoever sees those only by a ticket needs a purpose.
    """
    held, wanted = chosen(request), sorted(set(officials))
    if held is not None:
        tickets.issue(viewer(request), wanted, held.intent, view, on=today())
    elif _unseen(request, ticket=False, own=False) <= {Field.NAME}:
        tickets.note_masked(viewer(request), wanted, view, on=today())
    else:
        return False
    return True


def nobody(request: HttpRequest) -> People:
    """A page that shows nobody yet, and asks for a purpose before it does."""
    return People(
        names={},
        roles=roles_in_force(request.user, today()),
        own=frozenset(),
        clear=False,
        code="",
        chosen=chosen(request),
        may_seal=permissions.can_seal_looks(request.user, today()),
        offers=permissions.can_look(request.user, today()),
    )


def hidden(request: HttpRequest) -> frozenset[Field]:
    """What this reader may not see of others in clear now, with the purpose chosen or without."""
    return _unseen(request, ticket=chosen(request) is not None, own=False)


def _as_taken(request: HttpRequest, view: View) -> View:
    """A page that is made to be taken away is on the trail as a copy."""
    return View(Shown.EXPORT, view.cycle) if exporting(request) else view


def _copied_masked(request: HttpRequest, wanted: list[str], view: View) -> None:
    """Masked persons in a file are on the trail as well: a file goes further than a page."""
    if permissions.can_look(request.user, today()):
        _signed(request, tickets.note_masked(viewer(request), wanted, view, on=today()).code)


def _unseen(request: HttpRequest, *, ticket: bool, own: bool) -> frozenset[Field]:
    roles = roles_in_force(request.user, today())
    return frozenset(one for one in Field if grade(roles, one, ticket=ticket, own=own) is not Grade.CLEAR)


def viewer(request: HttpRequest) -> User:
    """Whoever is signed in."""
    if not isinstance(request.user, User):
        raise NotPermitted(_("请先登录"), code="access.sign_in")
    return request.user


def _permit(
    request: HttpRequest, wanted: list[str], held: Chosen | None, view: View, own: frozenset[str]
) -> Permit | None:
    if len(wanted) == 1 and wanted[0] in own:
        return tickets.issue_own(viewer(request), wanted[0], view, on=today())
    if held is not None:
        return tickets.issue(viewer(request), wanted, held.intent, view, on=today())
    return None


def _names(request: HttpRequest, wanted: list[str], permit: Permit | None) -> dict[str, str] | None:
    """In clear when the database accepts the ticket; nothing otherwise, and the page is masked."""
    if permit is None:
        return None
    try:
        return clear_names(permit)
    except NotPermitted:
        log.warning("ticket refused", ticket=permit.code, by=request.user.pk, persons=len(wanted))
        return None


def _signed(request: Any, code: str) -> None:
    """The foot of the page carries the ticket's code, on paper too."""
    request.ticket = {"code": code, "day": today(), "by": request.user.display_name}
