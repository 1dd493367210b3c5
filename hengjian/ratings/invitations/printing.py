"""Invitations on paper: a sheet of QR codes for the counter, as PDF.

The link stands in the QR code only, and its secret nowhere else: printing again makes another secret for the
same invitation. Neither the person nor the official is named on the paper.
"""

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from io import BytesIO
from pathlib import Path

from django.utils.translation import gettext as _

from hengjian.notary.recording import day_of
from hengjian.policy.policy import Policy
from hengjian.ratings.invitations.checks import KINDS
from hengjian.ratings.invitations.errors import InvitationRefused
from hengjian.ratings.invitations.models import ChannelName, Ending, Invitation
from hengjian.ratings.invitations.operations import hand_over

TEMPLATE = Path(__file__).with_name("sheet.typ")
FONTS = ("Noto Sans CJK SC", "Source Han Sans SC", "Noto Sans SC", "WenQuanYi Zen Hei")
MOST = 200


@dataclass(frozen=True)
class Ticket:
    """One invitation on paper."""

    link: str = field(repr=False)
    unit: str
    kind: str
    kind_en: str
    on: date
    expires_on: date
    number: str


def waiting(now: datetime, organisation: str = "") -> list[Invitation]:
    """The invitations that are given at the counter and were not opened yet, the oldest first."""
    rows = Invitation.objects.filter(
        channel=ChannelName.PRINTED, expires_on__gte=day_of(now), opening__isnull=True
    ).exclude(pk__in=Ending.objects.values("pk"))
    if organisation:
        rows = rows.filter(event__organisation__code=organisation)
    return list(rows.select_related("event__organisation").order_by("event__on", "pk"))


def to_assist(now: datetime, number: str = "") -> list[Invitation]:
    """The invitations that somebody else types and that were not used yet; by the source's number or all.

    Clause: NORMS L15
    """
    rows = Invitation.objects.filter(
        channel=ChannelName.ASSISTED, expires_on__gte=day_of(now), issue__isnull=True
    ).exclude(pk__in=Ending.objects.values("pk"))
    if number:
        rows = rows.filter(event__external=number)
    return list(rows.select_related("event").order_by("event__on", "pk"))


def print_sheets(invitations: Sequence[uuid.UUID], base: str, rules: Policy, by: str, now: datetime) -> bytes:
    """A PDF with a QR code for each invitation; each is noted as handed over by whoever prints it.

    Clause: NORMS L15
    Raises: InvitationRefused for none, too many, or one that is not given by hand.
    """
    if not 0 < len(invitations) <= MOST:
        raise InvitationRefused(
            _("一次可印 1 至 %s 份") % MOST, do=_("请重新选择"), code="invitations.print_count"
        )
    held = {one.pk: one for one in waiting(now)}
    strangers = [str(pk)[:8] for pk in invitations if pk not in held]
    if strangers:
        raise InvitationRefused(
            _("没有这份可在窗口交付的邀请：%s") % "、".join(strangers[:5]), do=_("请刷新后重新选择"),
            code="invitations.not_by_hand",
        )  # fmt: skip
    check_font()
    tickets = [
        _ticket(held[pk], f"{base}/r#{hand_over(pk, by, now)}", rules) for pk in dict.fromkeys(invitations)
    ]
    return rendered(tickets)


def _ticket(one: Invitation, link: str, rules: Policy) -> Ticket:
    event = one.event
    kind = rules.parameters.get(KINDS + event.kind)
    name, name_en = (kind.name, kind.name_en) if kind else (event.kind, event.kind)
    return Ticket(link, event.unit_title, name, name_en or name, event.on, one.expires_on, str(one.pk)[:8])


def rendered(tickets: Sequence[Ticket]) -> bytes:
    """The PDF: four to an A4 page, to be cut along the lines."""
    import typst

    shown = [
        {
            "qr": _qr(one.link), "unit": one.unit, "kind": one.kind, "kind_en": one.kind_en,
            "on": one.on.isoformat(), "expires_on": one.expires_on.isoformat(), "number": one.number,
        }
        for one in tickets
    ]  # fmt: skip
    given = {"tickets": json.dumps(shown, ensure_ascii=False), "fonts": json.dumps(FONTS)}
    return bytes(typst.compile(TEMPLATE.read_bytes(), format="pdf", sys_inputs=given))


def _qr(link: str) -> str:
    import segno

    out = BytesIO()
    segno.make(link, error="m", micro=False).save(out, kind="svg", border=4, xmldecl=False)
    return out.getvalue().decode()


@cache
def check_font() -> None:
    """Refuse to print boxes instead of Chinese characters.

    Raises: InvitationRefused when the machine has no Chinese font.
    """
    import typst

    known = set(typst.Fonts().families())
    if not known & set(FONTS):
        raise InvitationRefused(
            _("本机没有中文字体，印出来会是方框"), do=_("请安装 Noto Sans CJK（Debian：fonts-noto-cjk）"),
            code="invitations.font",
        )  # fmt: skip
