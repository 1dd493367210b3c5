"""Opening what is sealed, by its handler, for a purpose that is committed first; and erasing it."""

import json
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from hengjian.access.permissions import check_can_follow_up, check_can_handle_reports
from hengjian.notary.recording import day_of, notarise
from hengjian.ratings.followups.boxes import Key
from hengjian.ratings.followups.checks import check_not_of
from hengjian.ratings.followups.errors import FollowupRefused
from hengjian.ratings.followups.models import Case, Left, Look, Report, Sealed, State, Why
from hengjian.ratings.followups.operations.cases import Act, last
from hengjian.terms.errors import NotPermitted

LONGEST_NOTE = 200


@dataclass(frozen=True)
class Opened:
    """What was inside."""

    text: str
    name: str
    reach: str


def open_contact(case: Case, why: str, act: Act, key: Key) -> Opened:
    """The contact of a rater who chose to be named, for whoever handles the case, while it is handled.

    Clause: NORMS L8
    Raises: NotPermitted for anybody else; FollowupRefused without a purpose, or when there is none.
    """
    check_not_of(act.by, case.post, day_of(act.now), check_can_follow_up)
    stands = last(case)
    if stands.handler != act.by.get_username() or stands.state == State.CLOSED:
        raise NotPermitted(
            _("只有办理中的承办人可以查看联系方式"), do=_("请由承办人查看"), code="followups.not_handler"
        )
    found = Sealed.objects.filter(left=Left.CONTACT, ballot=case.ballot_id, erased_on=None).first()
    if case.ballot_id is None or found is None:
        raise _nothing()
    return _opened(found, why, act, key)


def open_report(report: Report, why: str, act: Act, key: Key) -> Opened:
    """The text of a report, and its contact, for whoever handles reports about other units.

    Clause: SPEC B4
    Raises: NotPermitted; FollowupRefused without a purpose, or when it was erased.
    """
    check_not_of(act.by, report.post, day_of(act.now), check_can_handle_reports)
    if report.sealed.erased_on is not None:
        raise _nothing()
    return _opened(report.sealed, why, act, key)


def _opened(found: Sealed, why: str, act: Act, key: Key) -> Opened:
    """Committed first: a look cannot be rolled back with its trace."""
    if why not in Why.values:
        raise FollowupRefused(
            _("没有选择查看目的"), where="why", do=_("请从清单中选一项"), code="followups.why"
        )
    note = "".join(letter for letter in act.reason.strip() if letter.isprintable())[:LONGEST_NOTE]
    with transaction.atomic(durable=True):
        notarise(
            act.now,
            Look.objects.create(sealed=found, by=act.by.get_username(), why=why, note=note, at=act.now),
        )
    inside = json.loads(key.open(bytes(found.box), str(found.pk)))
    contact = inside.get("contact") or {}
    return Opened(inside.get("text", ""), contact.get("name", ""), contact.get("reach", ""))


def erase(found: Sealed, on: date) -> None:
    """Destroy what is sealed; that something was there remains.

    Clause: NORMS L8
    """
    Sealed.objects.filter(pk=found.pk, erased_on=None).update(box=b"", erased_on=on)


def _nothing() -> FollowupRefused:
    return FollowupRefused(
        _("没有留下联系方式，或已到期销毁"), do=_("请通过回执答复"), code="followups.nothing_sealed"
    )
