"""What a rater tells from the rating page: a way to be called back, or that somebody pressed or punished him.

The page's process calls these under ``hengjian_redeemer``; which rights that takes says
:mod:`hengjian.ratings.followups.role`. Neither opens anything, and neither is needed for a ballot to count.

Crash points: each is one row; killed anywhere it stands or it does not.
"""

import json
import uuid
from dataclasses import asdict, dataclass
from datetime import date

from django.db import IntegrityError
from django.utils.translation import gettext as _

from hengjian.ratings.ballots.errors import ReceiptRefused
from hengjian.ratings.ballots.role import redeeming
from hengjian.ratings.ballots.versions import versions_of
from hengjian.ratings.followups.boxes import Lock
from hengjian.ratings.followups.clocks import Clocks
from hengjian.ratings.followups.errors import FollowupRefused
from hengjian.ratings.followups.models import DayBox, Left
from hengjian.ratings.followups.models.report import KINDS

LONGEST_NAME, LONGEST_REACH, LONGEST_TEXT = 40, 80, 2_000


@dataclass(frozen=True)
class Contact:
    """Whom to ask for, and how: a telephone number, an address, whatever the rater chose."""

    name: str
    reach: str


@dataclass(frozen=True)
class Told:
    """A report from the page: ``kind`` is ``inducement`` or ``retaliation``, ``receipt`` a receipt's code,
    ``key`` the id of the public key under which the page was opened (it names post and official). Both may
    be empty, and nobody has to be named.
    """

    kind: str
    text: str
    receipt: str = ""
    contact: Contact | None = None
    key: str = ""


def leave_contact(code: str, contact: Contact, lock: Lock, on: date) -> None:
    """The rater of a ballot chooses to be named: whoever follows it up may call back; once for a ballot.

    Whoever is rated never reads it; it is erased some days after the case is closed, or when no case comes of
    the ballot. Rights: those by which a receipt is found, and INSERT on followups_daybox.
    Clause: NORMS L7
    Raises: ReceiptRefused for an unknown code; FollowupRefused for an empty or a second contact.
    """
    inside = json.dumps({"contact": asdict(_contact(contact))}, ensure_ascii=False)
    ballot, key = _ballot_of(code)
    made = DayBox(left=Left.CONTACT, ballot=ballot, key=key, on=on)
    made.box = lock.shut(inside, str(made.pk))
    try:
        with redeeming():
            made.save(force_insert=True)
    except IntegrityError as fault:
        raise FollowupRefused(
            _("这次评价已经留过联系方式"), do=_("如需更改请拨打热线"), code="followups.contact_again"
        ) from fault


def report(told: Told, lock: Lock, clocks: Clocks, on: date) -> None:
    """Report that raters were pressed or bought, or made to pay.

    The first clock runs from now; text and contact are sealed together, for the handlers alone.
    Rights: those by which a receipt is found, and INSERT on followups_daybox.
    Clause: SPEC B4
    Raises: ReceiptRefused for an unknown code; FollowupRefused for an unknown kind or no proper text.
    """
    if told.kind not in KINDS:
        raise FollowupRefused(_("没有这种举报"), where="kind", do=_("请重新选择"), code="followups.kind")
    contact = None if told.contact is None else asdict(_contact(told.contact))
    inside = json.dumps({"text": _text(told.text), "contact": contact}, ensure_ascii=False)
    ballot, key = _ballot_of(told.receipt) if told.receipt else (None, told.key)
    if len(key) > 64 or _odd(key):
        key = ""
    made = DayBox(left=told.kind, ballot=ballot, key=key, on=on, due_on=clocks.first(told.kind, on))
    made.box = lock.shut(inside, str(made.pk))
    with redeeming():
        made.save(force_insert=True)


def _ballot_of(code: str) -> tuple[uuid.UUID, str]:
    """The first version of a receipt's ballot, of today or of the box, and its key."""
    first = next((one for one in versions_of(code) if one.supersedes is None), None)
    if first is None:
        raise ReceiptRefused(_("没有这个回执"), do=_("请核对回执码"), code="ballots.receipt")
    return first.id, first.key


def _contact(given: Contact) -> Contact:
    name, reach = given.name.strip(), given.reach.strip()
    if len(reach) < 5 or len(reach) > LONGEST_REACH or len(name) > LONGEST_NAME or _odd(name + reach):
        raise FollowupRefused(
            _("联系方式不完整或过长"), where="contact", do=_("请填写电话或地址"), code="followups.contact"
        )
    return Contact(name, reach)


def _text(given: str) -> str:
    text = given.strip()
    if not text or len(text) > LONGEST_TEXT or _odd(text):
        raise FollowupRefused(
            _("举报内容为空，或超过 %s 字") % LONGEST_TEXT, where="text", do=_("请写明经过"),
            code="followups.text",
        )  # fmt: skip
    return text


def _odd(text: str) -> bool:
    return "\0" in text or any("\ud800" <= letter <= "\udfff" for letter in text)
