"""Who is let in to a form: by account, or by a link that is shown once and opened once.

Of a link's secret only the hash is kept. Opening it lets that one browser in until the link's end; lost
links are revoked, with whatever they opened, and given anew.
"""

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from hengjian.access.queries import with_account
from hengjian.notary.recording import day_of, notarise
from hengjian.ratings.panels.errors import PanelRefused
from hengjian.ratings.panels.models import Asked, Link, LinkOpening, LinkRevocation, Round, RoundClosing
from hengjian.ratings.panels.operations import Office
from hengjian.ratings.panels.rolls import code_of, rules_of
from hengjian.terms.calendar import SHANGHAI

_BYTES = 24
_LONGEST = 64


@dataclass(frozen=True)
class IssuedLink:
    """A link as it is handed out, once: whose, from which unit, its secret, until when."""

    rater: str
    kind: str
    organisation: str
    secret: str = field(repr=False)
    expires_at: datetime
    link: str


def end_of(held: Round) -> datetime:
    """The last moment of a round: midnight after its last day."""
    return datetime.combine(held.closes_on + timedelta(days=1), time(), SHANGHAI)


def without_account(held: Round) -> QuerySet[Asked]:
    """Outsiders who are still asked for something in a round: those whom links are for."""
    rows = Asked.objects.filter(round=held, outsider__isnull=False, members__withdrawal__isnull=True)
    able = Q(members__signed=True) | Q(members__voucher__isnull=False)
    rows = rows.filter(able, members__roll__signature__isnull=False).distinct()
    return rows.select_related("outsider__organisation").order_by("outsider__code")


def issue_links(held: Round, office: Office, raters: Collection[str] = ()) -> list[IssuedLink]:
    """Links for raters without an account, of signed rolls; whoever holds one that serves gets no other.

    ``raters`` names some by code, officials without an account too: whoever has one signs in with it, and
    nobody who hands out links can mark in his place. Crash point: the links are shown after the commit; if
    the page is lost then, they are revoked and issued again.
    Raises: PanelRefused when the round is over, or for an official with an account.
    """
    rules = rules_of(held, office)
    if office.now >= end_of(held) or RoundClosing.objects.filter(pk=held.pk).exists():
        raise PanelRefused(_("本轮评价已经截止"), do=_("不再发放链接"), code="panels.closed")
    expires = min(end_of(held), office.now + timedelta(days=rules.link_days))
    asked = _named(held, raters, day_of(office.now)) if raters else list(without_account(held))
    with transaction.atomic():
        Round.objects.select_for_update().get(pk=held.pk)
        wanted = [one for one in asked if not _serving(one, office.now)]
        made = [(one, secrets.token_urlsafe(_BYTES)) for one in wanted]
        rows = Link.objects.bulk_create(
            Link(asked=one, secret_hash=hash_of(secret), expires_at=expires, by=office.by, at=office.now)
            for one, secret in made
        )
        notarise(office.now, *rows)
    return [_issued(one, secret, row) for (one, secret), row in zip(made, rows, strict=True)]


def open_link(secret: str, now: datetime) -> Link:
    """Open a link, once.

    Raises: PanelRefused when there is none, it has expired, was revoked, or was opened before.
    """
    found = Link.objects.filter(secret_hash=hash_of(secret)).first() if len(secret) <= _LONGEST else None
    if found is None:
        raise _refused(_("没有这个链接"), _("请核对链接是否完整"), "unknown")
    with transaction.atomic():
        link = Link.objects.select_for_update().select_related("asked__round").get(pk=found.pk)
        _serves(link, now)
        if LinkOpening.objects.filter(pk=link.pk).exists():
            raise _refused(
                _("链接已经启用过"), _("请在第一次打开的设备上继续；遗失的请联系发放人作废重发"), "opened"
            )
        LinkOpening.objects.create(link=link, on=day_of(now))
    return link


def let_in(link: str, now: datetime) -> Asked:
    """Whom an opened link lets in, each time its browser asks.

    Raises: PanelRefused when it has expired, was revoked, or the round is over.
    """
    found = Link.objects.filter(pk=link, opening__isnull=False)
    one = found.select_related("asked__round", "asked__official", "asked__outsider__organisation").first()
    if one is None:
        raise _refused(_("没有这个链接"), _("请用收到的链接打开"), "unknown")
    _serves(one, now)
    return one.asked


def revoke_link(link: Link, office: Office, *, reason: str) -> LinkRevocation:
    """Take a link back, with whatever it opened."""
    if not reason.strip():
        raise PanelRefused(_("要写明理由"), do=_("请补填理由"), code="panels.reason")
    with transaction.atomic():
        Link.objects.select_for_update().get(pk=link.pk)
        if LinkRevocation.objects.filter(pk=link.pk).exists():
            raise _refused(_("链接已经作废"), _("可重新发放"), "revoked")
        made = LinkRevocation.objects.create(link=link, reason=reason.strip(), by=office.by, at=office.now)
        notarise(office.now, made)
    return made


def hash_of(secret: str) -> str:
    """What is kept of a link's secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _named(held: Round, raters: Collection[str], on: date) -> list[Asked]:
    rows = Asked.objects.filter(round=held).select_related("official", "outsider__organisation")
    found = {code_of(one): one for one in rows}
    strange = sorted(set(raters) - set(found))
    if strange:
        raise PanelRefused(_("本轮没有评价人 %s") % strange[0], do=_("请核对编号"), code="panels.rater")
    able = sorted(with_account(raters, on))
    if able:
        raise PanelRefused(
            _("评价人 %s 有账号，不发链接") % able[0], do=_("请其登录后评价"), code="panels.has_account"
        )
    return [found[code] for code in sorted(raters)]


def _serving(asked: Asked, now: datetime) -> bool:
    return Link.objects.filter(asked=asked, revocation__isnull=True, expires_at__gt=now).exists()


def _serves(link: Link, now: datetime) -> None:
    if LinkRevocation.objects.filter(pk=link.pk).exists():
        raise _refused(_("链接已作废"), _("请使用新发的链接"), "revoked")
    if now >= link.expires_at:
        raise _refused(_("链接已过期"), _("尚在评价期内的，请联系发放人重发"), "expired")
    if RoundClosing.objects.filter(pk=link.asked.round_id).exists():
        raise _refused(_("本轮评价已经结束"), _("感谢参与"), "closed")


def _issued(asked: Asked, secret: str, row: Link) -> IssuedLink:
    outsider = asked.outsider
    return IssuedLink(
        rater=code_of(asked),
        kind=str(outsider.get_kind_display()) if outsider is not None else _("干部"),
        organisation=outsider.organisation.name if outsider is not None else "",
        secret=secret,
        expires_at=row.expires_at,
        link=str(row.pk),
    )


def _refused(what: str, do: str, code: str) -> PanelRefused:
    return PanelRefused(what, do=do, code=f"panels.link_{code}")
