"""Writes: make an account, close it, grant a role, revoke it."""

from dataclasses import dataclass
from datetime import date, datetime

from allauth.mfa.models import Authenticator
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from hengjian.access import sign_ins
from hengjian.access.models import Grant, Revocation, SignIn, User
from hengjian.access.queries import forget
from hengjian.access.roles import ADMINISTRATORS, Role
from hengjian.access.ways import Ended
from hengjian.notary.recording import notarise
from hengjian.terms.errors import Refused


@dataclass(frozen=True)
class Scope:
    """How far a grant reaches: one organisation and those under it, or one official's own sheet."""

    organisation: str = ""
    official_id: str = ""


WHOLE = Scope()


def create_user(
    username: str, display_name: str, *, now: datetime, password: str | None = None, initial: bool = False
) -> User:
    """Make an account that holds no role; without a password nobody can sign in to it by one.

    An ``initial`` password must be changed at the first sign-in.
    """
    user = User(
        username=username.strip(),
        display_name=display_name.strip(),
        created_at=now,
        initial_password=initial and password is not None,
    )
    user.set_password(password)
    try:
        user.clean_fields()
        with transaction.atomic():
            user.save(force_insert=True)
    except ValidationError as fault:
        raise Refused(
            f"账号不合规：{'；'.join(fault.messages)}",
            do="登录名只用字母、数字和 @ . + - _，显示名不能为空",
            code="access.user_invalid",
        ) from fault
    except IntegrityError as fault:
        raise Refused(
            f"登录名“{user.username}”已有人使用", do="请换一个登录名", code="access.user_exists"
        ) from fault
    return user


def close_user(user: User, *, now: datetime) -> None:
    """Close an account: it stays on record, nobody can sign in to it, and whoever is signed in is out."""
    with transaction.atomic():
        User.objects.filter(pk=user.pk).update(is_active=False)
        sign_ins.end(SignIn.objects.filter(user=user, ended_at__isnull=True), Ended.CLOSED, now)
    user.is_active = False
    forget()


def reset_password(user: User, password: str, *, now: datetime) -> None:
    """Set an initial password for somebody who has lost the own; second factors go, sign-ins end."""
    with transaction.atomic():
        user.set_password(password)
        user.initial_password = True
        user.save(update_fields=["password", "initial_password"])
        Authenticator.objects.filter(user=user).delete()
        sign_ins.end(SignIn.objects.filter(user=user, ended_at__isnull=True), Ended.PASSWORD, now)


def _check_scope(role: Role, scope: Scope) -> None:
    if (role is Role.OFFICIAL) != bool(scope.official_id):
        raise Refused(
            "“干部本人”的授权要写明是哪位干部，其他角色不写",
            do="请填写或去掉干部编号",
            code="access.grant_official",
        )


def _check_reason(reason: str) -> str:
    if not reason.strip():
        raise Refused("没有写理由", do="请写明授权或撤销的理由", code="access.reason_missing")
    return reason.strip()


def _check_separate(user: User, role: Role) -> None:
    """三员分立: what an account once was of the three administrators it stays, and is nothing else."""
    list(User.objects.select_for_update().filter(pk=user.pk))
    held = {Role(one) for one in Grant.objects.filter(user=user).values_list("role", flat=True)}
    apart = {role, *held} & set(ADMINISTRATORS)
    if (apart and {role, *held} != apart) or len(apart) > 1:
        raise Refused(
            "系统管理员、安全管理员、审计管理员三员分立，一个账号只能担任其一，也不能再有其他角色",
            do="请另建账号",
            code="access.three_apart",
        )


def grant(
    user: User,
    role: Role,
    *,
    on: date,
    by: User | None,
    reason: str,
    scope: Scope = WHOLE,
    until: date | None = None,
) -> Grant:
    """Give a role to an account from a day on; ``by`` is None only while the system is set up."""
    _check_scope(role, scope)
    if by is not None and by.pk == user.pk:
        raise Refused("不能给自己授权", do="请由另一位安全管理员办理", code="access.grant_self")
    if until is not None and until < on:
        raise Refused(f"截止日 {until} 早于开始日 {on}", do="请改正日期", code="access.grant_dates")
    why = _check_reason(reason)
    with transaction.atomic():
        _check_separate(user, role)
        given = Grant.objects.create(
            user=user,
            role=role,
            organisation=scope.organisation,
            official_id=scope.official_id,
            starts_on=on,
            ends_on=until,
            granted_by=by,
            reason=why,
        )
        notarise(on, given)
    forget()
    return given


def revoke(held: Grant, *, on: date, by: User, reason: str) -> Revocation:
    """End a grant on a day, by a named person, for a reason; it never lasts longer by that."""
    why = _check_reason(reason)
    with transaction.atomic():
        current = Grant.objects.select_for_update().get(pk=held.pk)
        if Revocation.objects.filter(grant=current).exists():
            raise Refused("这项授权已经撤销", do="不用再撤销", code="access.grant_revoked")
        last = max(min(on, current.ends_on or on), current.starts_on)
        ended = Revocation.objects.create(grant=current, on=last, by=by, reason=why)
        notarise(on, ended)
    forget()
    return ended
