"""Tickets: issued before a look and committed, then the look. Reads of the query trail.

Clause: SPEC F4
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256

from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from hengjian.access.models import Ticket, User
from hengjian.access.permissions import check_can_look, check_can_seal_looks
from hengjian.access.purposes import CHOSEN, Purpose, Shown
from hengjian.access.queries import own_official_ids, roles_in_force
from hengjian.access.roles import READERS, Role
from hengjian.notary.recording import notarise
from hengjian.terms.errors import NotPermitted, Refused

LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
CODE_LENGTH = 10
MINUTES = 15
LONGEST_SEAL = timedelta(days=366)


@dataclass(frozen=True)
class Seal:
    """Why the person concerned is not told of a look until a day."""

    until: date
    clause: str
    reason: str


@dataclass(frozen=True)
class Intent:
    """For what somebody looks: chosen once, good for some minutes."""

    purpose: Purpose
    note: str = ""
    seal: Seal | None = None
    minutes: int = MINUTES


@dataclass(frozen=True)
class View:
    """What is looked at."""

    shown: Shown
    cycle: str = ""


@dataclass(frozen=True)
class Permit:
    """A ticket as its holder has it: only here stands the secret that the database asks for."""

    code: str
    secret: str
    viewer: User


def checked(intent: Intent, viewer: User, on: date) -> Intent:
    """The intent as it may stand on a ticket.

    Raises: Refused for a purpose that is not on the list or lacks its note, for a seal without clause,
    reason and day; NotPermitted for a seal by somebody who may not seal.
    """
    if intent.purpose not in CHOSEN:
        raise Refused(_("没有选择查看目的"), do=_("请从清单中选一项"), code="access.purpose")
    if intent.purpose is Purpose.OTHER and not intent.note.strip():
        raise Refused(_("选“其他”的要写明目的"), do=_("请填写说明"), code="access.purpose_note")
    if intent.seal is not None:
        check_can_seal_looks(viewer, on)
        _check_seal(intent.seal, on)
    return intent


def _check_seal(seal: Seal, on: date) -> None:
    if not seal.clause.strip() or not seal.reason.strip():
        raise Refused(
            _("封存要写明依据和理由"), do=_("请填写依据条款和理由"), code="access.seal_without_clause"
        )
    if not on < seal.until <= on + LONGEST_SEAL:
        raise Refused(_("封存的截止日要在明天以后、一年以内"), do=_("请改正日期"), code="access.seal_dates")


def issue(viewer: User, officials: Sequence[str], intent: Intent, view: View, *, on: date) -> Permit:
    """Write a ticket that names these persons and commit it; the look comes afterwards.

    Raises: NotPermitted when the viewer may not look; RuntimeError inside a transaction, which would
    leave the ticket uncommitted.
    """
    check_can_look(viewer, on)
    return _write(viewer, officials, checked(intent, viewer, on), view, _role(viewer, on))


def issue_own(viewer: User, official: str, view: View, *, on: date) -> Permit:
    """A ticket for the own data: nobody states a purpose for that, but it is on the trail."""
    if official not in own_official_ids(viewer, on):
        raise NotPermitted(_("您没有权限：查看该干部的得分表"), code="access.read_own_sheet")
    return _write(viewer, [official], Intent(Purpose.OWN), view, Role.OFFICIAL)


def note_masked(viewer: User, officials: Sequence[str], view: View, *, on: date) -> Permit:
    """Write down a look without a purpose at one person's page; it opens nothing."""
    check_can_look(viewer, on)
    return _write(viewer, officials, Intent(Purpose.MASKED), view, _role(viewer, on))


def _role(viewer: User, on: date) -> Role:
    held = roles_in_force(viewer, on)
    return next(role for role in READERS if role in held)


def _write(viewer: User, officials: Sequence[str], intent: Intent, view: View, role: Role) -> Permit:
    """One row and its leaf, both or none, durable before this returns."""
    secret = secrets.token_hex(16)
    with transaction.atomic(durable=True):
        made = Ticket.objects.create(
            code="".join(secrets.choice(LETTERS) for _n in range(CODE_LENGTH)),
            key_digest=sha256(secret.encode()).hexdigest(),
            viewer=viewer,
            role=role,
            officials=sorted(set(officials)),
            purpose=intent.purpose,
            note=intent.note.strip(),
            shown=view.shown,
            cycle=view.cycle,
            sealed_until=intent.seal.until if intent.seal else None,
            sealed_clause=intent.seal.clause.strip() if intent.seal else "",
            sealed_reason=intent.seal.reason.strip() if intent.seal else "",
            minutes=intent.minutes,
        )
        notarise(made.at, made)
    return Permit(made.code, secret, viewer)


def lately_noted(viewer: User, official: str, intent: Intent, cycle: str) -> str:
    """The code of this viewer's ticket for this person that still holds, ``""`` when there is none.

    What is unfolded from a page within the minutes of its ticket is the same look: of the same cycle, for
    the same purpose, sealed as that one or not. A sealed ticket must not hide a look that is not sealed.
    """
    held = Ticket.objects.filter(
        viewer=viewer,
        officials__contains=[official],
        purpose=intent.purpose,
        cycle=cycle,
        sealed_until=intent.seal.until if intent.seal else None,
        expires_at__gt=Now(),
    )
    return held.values_list("code", flat=True).first() or ""


# --- the trail --------------------------------------------------------------------------------
def looks_at(officials: Sequence[str], on: date) -> QuerySet[Ticket]:
    """Who looked at these persons, as the persons may know it: what is sealed stays out until its day."""
    told = Q(sealed_until__isnull=True) | Q(sealed_until__lte=on)
    return Ticket.objects.filter(told, officials__overlap=list(officials)).select_related("viewer")


def trail(*, person: str = "", viewer: str = "", code: str = "", purpose: str = "") -> QuerySet[Ticket]:
    """The whole trail, newest first, sealed looks too: for auditors."""
    found = Ticket.objects.select_related("viewer")
    if person:
        found = found.filter(officials__contains=[person])
    if viewer:
        found = found.filter(viewer__username=viewer)
    if code:
        found = found.filter(code=plain_code(code))
    if purpose:
        found = found.filter(purpose=purpose)
    return found


def plain_code(written: str) -> str:
    """A code as it is stored, however it was copied from paper."""
    return "".join(letter for letter in written.upper() if letter.isalnum())
