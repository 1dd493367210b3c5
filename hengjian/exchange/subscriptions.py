"""Approve a subscription, draw the secret that signs its notices, change it, end it.

Two people, as with keys: the security administrator says where notices go and never holds the secret; the
account's holder draws it and cannot change where they go. Nothing is told before the first secret is drawn.
Crash points: each operation is one transaction. A secret whose answer was lost is changed for another.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

from django.db import transaction
from django.utils.translation import gettext as _

from hengjian.access.models import User
from hengjian.access.permissions import can_manage_access, check_can_manage_access, scopes
from hengjian.access.queries import roles_in_force
from hengjian.access.roles import ADMINISTRATORS
from hengjian.exchange import errors
from hengjian.exchange.addresses import target_of
from hengjian.exchange.models import Kind, Push, PushSecret, PushState, Subscription, SubscriptionEnd
from hengjian.exchange.operations import LONGEST
from hengjian.exchange.signing import key_of, new_secret
from hengjian.notary.recording import day_of, notarise
from hengjian.terms.errors import NotPermitted

BESIDE = timedelta(hours=24)
POWER = {kind: "read_quarantine" if kind is Kind.QUARANTINE else "read_results" for kind in Kind}


class Sealer(Protocol):
    """What seals and opens: the secret file of the data folder."""

    def seal(self, text: str, about: str) -> bytes:
        """Seal a text, bound to what it is about."""

    def open(self, sealed: bytes, about: str) -> str:
        """Open it again."""


@dataclass(frozen=True)
class Wanted:
    """What is asked for: where notices go, and which."""

    title: str
    url: str
    kinds: Sequence[str]
    until: date


def approve(
    account: User, wanted: Wanted, *, named: Collection[str], by: User, now: datetime
) -> Subscription:
    """Approve a subscription of an account; ``named``: hosts of the configuration.

    Clause: SPEC F4
    Raises: NotPermitted; Refused for an account that can hold none, an address, kind or day that may not be.
    """
    today = day_of(now)
    check_can_manage_access(by, today)
    _check(account, wanted, named, by, today)
    with transaction.atomic():
        made = Subscription.objects.create(
            account=account, title=wanted.title.strip(), url=wanted.url.strip(),
            kinds=sorted(set(wanted.kinds)), until=wanted.until, by=by, at=now,
        )  # fmt: skip
        notarise(now, made)
    return made


def _check(account: User, wanted: Wanted, named: Collection[str], by: User, today: date) -> None:
    if account.pk == by.pk or roles_in_force(account, today) & set(ADMINISTRATORS) or not account.is_active:
        raise errors.wrong(_("这个账号不能持有订阅"), _("请选择本人以外、持业务角色的账号"), "account")
    if not wanted.title.strip() or not wanted.kinds or set(wanted.kinds) - set(Kind.values):
        raise errors.wrong(_("缺少用途或事项种类"), _("请填写用途并至少选一种事项"), "kinds")
    if not today < wanted.until <= today + LONGEST:
        raise errors.wrong(_("有效期要在明天以后、一年以内"), _("请改正日期"), "until")
    target_of(wanted.url.strip(), named)


def draw(subscription: Subscription, sealer: Sealer, *, by: User, now: datetime) -> str:
    """A new secret, given this once to the account's holder; the one before it signs beside it for a day.

    Raises: NotPermitted for anybody else; Refused when the subscription ended or ran out.
    """
    if subscription.account_id != by.pk:
        raise NotPermitted(_("您没有权限：领取别人的密钥"), code="exchange.draw")
    secret = new_secret()
    with transaction.atomic():
        Subscription.objects.select_for_update().get(pk=subscription.pk)
        if subscription.until < day_of(now) or SubscriptionEnd.objects.filter(pk=subscription.pk).exists():
            raise errors.wrong(_("订阅已失效"), _("请由安全管理员另行批准"), "ended")
        sealed = sealer.seal(secret, _about(subscription.pk))
        made = PushSecret.objects.create(subscription=subscription, sealed=sealed.hex(), at=now)
        notarise(now, made)
    return secret


def keys_at(subscription: Subscription, sealer: Sealer, now: datetime) -> list[bytes]:
    """The secrets that sign at a moment, the newest first."""
    found: list[bytes] = []
    newer: PushSecret | None = None
    for one in subscription.secrets.order_by("-id"):
        if newer is not None and newer.at + BESIDE <= now:
            break
        found.append(key_of(sealer.open(bytes.fromhex(one.sealed), _about(subscription.pk))))
        newer = one
    return found


def _about(number: int) -> str:
    return f"exchange subscription {number}"


def end(subscription: Subscription, reason: str, *, by: User, now: datetime) -> None:
    """From now on nothing is told; by its holder or the security administrator.

    Raises: NotPermitted; Refused without a reason, or when it has ended.
    """
    if subscription.account_id != by.pk and not can_manage_access(by, day_of(now)):
        raise NotPermitted(_("您没有权限：停用别人的订阅"), code="exchange.end")
    if not reason.strip():
        raise errors.wrong(_("停用要写明理由"), _("请填写理由"), "reason")
    if not ended(subscription, reason, by, now):
        raise errors.wrong(_("订阅已经停用"), _("无须再做"), "ended")


def ended(subscription: Subscription, reason: str, by: User | None, now: datetime) -> bool:
    """End it and stop what waits; ``by`` nobody: the receiver said so. False when it had ended."""
    with transaction.atomic():
        Subscription.objects.select_for_update().get(pk=subscription.pk)
        if SubscriptionEnd.objects.filter(pk=subscription.pk).exists():
            return False
        said = reason.strip()[:200]
        notarise(now, SubscriptionEnd.objects.create(subscription=subscription, reason=said, by=by, at=now))
        waiting = Push.objects.filter(subscription=subscription, state=PushState.WAITING)
        waiting.update(state=PushState.STOPPED, next_at=None, code="push.ended")
    return True


def again(push: Push, *, by: User, now: datetime) -> None:
    """Send a notice again that was not taken, or was and got lost over there; under its old number.

    Raises: NotPermitted; Refused while it waits, or when the subscription serves no more.
    """
    check_can_manage_access(by, day_of(now))
    with transaction.atomic():
        row = Push.objects.select_for_update().select_related("subscription").get(pk=push.pk)
        if row.state == PushState.WAITING or not serves(row.subscription, row.happening.kind, day_of(now)):
            raise errors.wrong(_("这条推送不能重发"), _("正在等待，或订阅已失效"), "push")
        row.state, row.tries, row.next_at, row.code = PushState.WAITING, 0, now, ""
        row.save(update_fields=["state", "tries", "next_at", "code"])


def stop(push: Push, *, by: User, now: datetime) -> None:
    """Try a notice no more that waits. Raises: NotPermitted; Refused when it does not wait."""
    check_can_manage_access(by, day_of(now))
    waiting = Push.objects.filter(pk=push.pk, state=PushState.WAITING)
    if not waiting.update(state=PushState.STOPPED, next_at=None, code="push.stopped"):
        raise errors.wrong(_("这条推送不在等待"), _("无须停止"), "push")


def serves(subscription: Subscription, kind: str, on: date) -> bool:
    """Whether a subscription still tells its account of this kind: it lives, and the account may read it."""
    if not subscription.account.is_active or subscription.until < on or hasattr(subscription, "ending"):
        return False
    return bool(scopes(subscription.account, on, POWER[Kind(kind)]))
