"""Approve a key, draw its secret, end it, note its use.

Two people: the security administrator says what a key may open and never holds its secret; the account's
holder draws the secret and cannot widen what it opens. A key opens no more than the account's grants do.
Crash points: each operation is one transaction. A secret whose answer was lost is never shown again: the
key is ended and another approved.
"""

import hashlib
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from hengjian.access.models import User
from hengjian.access.permissions import can_manage_access, check_can_manage_access
from hengjian.access.purposes import CHOSEN, Purpose
from hengjian.access.queries import roles_in_force
from hengjian.access.roles import ADMINISTRATORS
from hengjian.exchange import errors
from hengjian.exchange.models import AccessKey, KeyEnd, KeySecret, KeyUse, Part
from hengjian.notary.recording import day_of, notarise
from hengjian.terms.errors import NotPermitted

PREFIX = "hja_"
SHOWN = 12
FEED = re.compile(r"[A-Za-z0-9_-]{1,40}")
LONGEST = timedelta(days=366)


@dataclass(frozen=True)
class Wanted:
    """What a key is to open: parts, organisation (code path, empty: all that the account reaches)."""

    title: str
    parts: Sequence[str]
    purpose: str
    until: date
    organisation: str = ""
    names: bool = False
    note: str = ""
    feeds: Sequence[str] = ()


def approve(account: User, wanted: Wanted, *, by: User, now: datetime) -> AccessKey:
    """Approve a key for an account; it opens nothing before its holder has drawn the secret.

    Clause: SPEC F4
    Raises: NotPermitted; Refused for an account that can hold none, a part, purpose or day that is none.
    """
    today = day_of(now)
    check_can_manage_access(by, today)
    _check(account, wanted, by, today)
    with transaction.atomic():
        made = AccessKey.objects.create(
            account=account, title=wanted.title.strip(), parts=sorted(set(wanted.parts)),
            organisation=wanted.organisation, names=wanted.names, purpose=wanted.purpose,
            note=wanted.note.strip(), until=wanted.until, by=by, at=now, feeds=sorted(set(wanted.feeds)),
        )  # fmt: skip
        notarise(now, made)
    return made


def _check(account: User, wanted: Wanted, by: User, today: date) -> None:
    if account.pk == by.pk or roles_in_force(account, today) & set(ADMINISTRATORS) or not account.is_active:
        raise errors.wrong(_("这个账号不能持有密钥"), _("请选择本人以外、持业务角色的账号"), "account")
    if not wanted.title.strip() or not wanted.parts or set(wanted.parts) - set(Part.values):
        raise errors.wrong(_("缺少用途或范围"), _("请填写用途并至少选一项范围"), "parts")
    if (Part.FEEDS in wanted.parts) != bool(wanted.feeds) or not all(map(FEED.fullmatch, wanted.feeds)):
        raise errors.wrong(_("报送数据的密钥要写明来源"), _("请选择来源；不报送数据的不选"), "feeds")
    if wanted.purpose not in {one.value for one in CHOSEN}:
        raise errors.wrong(_("没有选择查看目的"), _("请从清单中选一项"), "purpose")
    if wanted.purpose == Purpose.OTHER and not wanted.note.strip():
        raise errors.wrong(_("选“其他”的要写明目的"), _("请填写说明"), "note")
    if not today < wanted.until <= today + LONGEST:
        raise errors.wrong(_("有效期要在明天以后、一年以内"), _("请改正日期"), "until")


def draw(key: AccessKey, *, by: User, now: datetime) -> str:
    """The secret of a key, given this once to the holder of its account.

    Raises: NotPermitted for anybody else; Refused when it was drawn, ended or ran out.
    """
    if key.account_id != by.pk:
        raise NotPermitted(_("您没有权限：领取别人的密钥"), code="exchange.draw")
    secret = PREFIX + secrets.token_urlsafe(32)
    with transaction.atomic():
        AccessKey.objects.select_for_update().get(pk=key.pk)
        gone = KeyEnd.objects.filter(pk=key.pk).exists() or key.until < day_of(now)
        if gone or KeySecret.objects.filter(pk=key.pk).exists():
            raise errors.wrong(_("密钥已领取或已失效"), _("请由安全管理员另行批准"), "drawn")
        made = KeySecret.objects.create(key=key, prefix=secret[:SHOWN], digest=hash_of(secret), at=now)
        notarise(now, made)
    return secret


def end(key: AccessKey, reason: str, *, by: User, now: datetime) -> None:
    """From now on the key opens nothing; by its holder or the security administrator.

    Raises: NotPermitted; Refused without a reason, or when it has ended.
    """
    if key.account_id != by.pk and not can_manage_access(by, day_of(now)):
        raise NotPermitted(_("您没有权限：停用别人的密钥"), code="exchange.end")
    if not reason.strip():
        raise errors.wrong(_("停用要写明理由"), _("请填写理由"), "reason")
    with transaction.atomic():
        AccessKey.objects.select_for_update().get(pk=key.pk)
        if KeyEnd.objects.filter(pk=key.pk).exists():
            raise errors.wrong(_("密钥已经停用"), _("无须再做"), "ended")
        notarise(now, KeyEnd.objects.create(key=key, reason=reason.strip()[:200], by=by, at=now))


def hash_of(secret: str) -> str:
    """What is kept of a secret: 256 bits need no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()


def key_of(secret: str, now: datetime) -> AccessKey:
    """The living key whose secret this is, its use today noted. Raises: AccessKeyUnknown."""
    living = AccessKey.objects.filter(ending__isnull=True, account__is_active=True, until__gte=day_of(now))
    found = living.filter(secret__digest=hash_of(secret)).select_related("account").first()
    if found is None:
        raise errors.unknown()
    KeyUse.objects.get_or_create(key=found, day=day_of(now))
    return found


def check_feed(key: AccessKey, feed: str) -> None:
    """Refuse a key that was not given for this feed."""
    if feed not in key.feeds:
        raise errors.outside(feed)


def check_part(key: AccessKey, part: Part) -> None:
    """Refuse a key that was not given for this."""
    if part.value not in key.parts:
        raise errors.outside(str(part.label))
