"""Accounts: add one with a role, close one."""

import secrets
from typing import TYPE_CHECKING

import click

from hengjian.cli.frame import Verb
from hengjian.cli.session import needs_database, now
from hengjian.cli.words import both, say, t
from hengjian.terms.errors import Refused

if TYPE_CHECKING:
    from django.core.exceptions import ValidationError

    from hengjian.access.models import User

ROLES = (
    "office", "head", "discipline", "leader", "auditor", "inspection", "official", "inspector", "feed",
    "followup", "reviewer", "protector", "system", "security", "audit",
)  # fmt: skip


@click.group(help=both("账号与授权。", "Accounts and roles."))
def user() -> None:
    """Accounts."""


@user.command(
    "add",
    cls=Verb,
    help=both(
        "新建账号并授权；不给密码时生成一个并只显示一次。",
        "Make an account with a role; without a password one is made and shown once.",
    ),
)
@click.argument("username", metavar="登录名")
@click.option("--name", required=True, help="显示名 Display name.")
@click.option("--role", required=True, type=click.Choice(ROLES), help="角色 Role.")
@click.option("--official", default="", help="干部编号（角色 official 时） The official's id.")
@click.option("--reason", default="系统启用时设置", help="授权理由 Why.")
@click.option(
    "--password",
    envvar="HENGJIAN_PASSWORD",
    default=None,
    help="密码（或环境变量 HENGJIAN_PASSWORD） Password.",
)
@needs_database
def add(username: str, name: str, role: str, official: str, reason: str, password: str | None) -> None:
    """Make an account and grant it a role in one transaction."""
    word = _password(password, username, name)
    make(username, name, role, word, official=official, reason=reason, initial=True)
    say(
        f"已建立账号 {username}。下一步：hengjian roster template -o 名册.xlsx，或 hengjian serve",
        f"Account {username} made. Next: hengjian roster template -o roster.xlsx, or hengjian serve",
    )
    _tell(word, given=password is not None)


def _tell(word: str, *, given: bool) -> None:
    say("首次登录时须换成本人的密码。", "At the first sign-in the password must be changed.")
    if not given:
        say(f"密码（只显示这一次）：{word}", f"Password (shown only now): {word}")


def _password(given: str | None, username: str, name: str) -> str:
    """The given password if it keeps the rules, else one that is made."""
    from django.contrib.auth.password_validation import validate_password
    from django.core.exceptions import ValidationError

    from hengjian.access.models import User

    word = given or secrets.token_urlsafe(15)
    try:
        validate_password(word, User(username=username, display_name=name))
    except ValidationError as fault:
        raise Refused(
            t("；", "; ").join(map(_why, fault.error_list)),
            do=t("请换一个密码（12 位以上，不用常见词）", "choose another: 12 or more, no common word"),
            code="cli.password",
        ) from fault
    return word


@user.command(
    "password",
    cls=Verb,
    help=both(
        "重置密码：另设初始密码，原有的第二重验证和登录全部失效。",
        "Reset a password: a new initial one; second factors and sign-ins end.",
    ),
)
@click.argument("username", metavar="登录名")
@click.option("--password", envvar="HENGJIAN_PASSWORD", default=None, help="密码 Password.")
@needs_database
def reset(username: str, password: str | None) -> None:
    """Set an initial password for an account."""
    from hengjian.access.operations import reset_password

    account = _account(username)
    word = _password(password, username, account.display_name)
    reset_password(account, word, now=now())
    say(f"账号 {username} 的密码已重置", f"The password of {username} is reset")
    _tell(word, given=password is not None)


@user.command(
    "close",
    cls=Verb,
    help=both(
        "停用账号：记录保留，不能再登录。", "Close an account: it stays on record, nobody signs in to it."
    ),
)
@click.argument("username", metavar="登录名")
@needs_database
def close(username: str) -> None:
    """Close an account."""
    from hengjian.access.operations import close_user

    close_user(_account(username), now=now())
    say(f"账号 {username} 已停用", f"Account {username} is closed")


def _account(username: str) -> "User":
    from hengjian.access.models import User

    account = User.objects.filter(username=username).first()
    if account is None:
        raise Refused(
            t(f"没有账号 {username}", f"there is no account {username}"),
            do=t("请核对登录名", "check the sign-in name"),
            code="cli.no_account",
        )
    return account


def _why(fault: "ValidationError") -> str:
    """One reason of Django's; the one that its Chinese catalogue lacks is said here."""
    if fault.code == "password_too_short":
        least = (fault.params or {}).get("min_length", "")
        return t(f"密码太短，至少 {least} 位", f"too short: at least {least} characters")
    return "；".join(fault.messages)


def make(
    username: str, name: str, role: str, password: str, *, official: str, reason: str, initial: bool = False
) -> None:
    """The account and its role, both or none."""
    from django.db import transaction
    from django.utils import timezone

    from hengjian.access.operations import Scope, create_user, grant
    from hengjian.access.roles import Role

    with transaction.atomic():
        account = create_user(username, name, now=now(), password=password, initial=initial)
        grant(
            account,
            Role(role),
            on=timezone.localdate(),
            by=None,
            reason=reason,
            scope=Scope(official_id=official),
        )
