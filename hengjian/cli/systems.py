"""``hengjian invitations systems``: which systems of record may hand events over, and their keys."""

import uuid
from typing import Any

import click

from hengjian.cli.frame import Verb
from hengjian.cli.marks import POLICY, POLICY_HELP, policy_files
from hengjian.cli.session import by_option, needs_database, now
from hengjian.cli.words import both, say, t


@click.group(
    help=both("来源系统：登记、列出、发密钥、吊销。", "Systems of record: register, list, keys, revoke.")
)
def systems() -> None:
    """Systems of record."""


@systems.command(
    cls=Verb,
    help=both(
        "登记来源系统或改其范围；不写单位或种类即不限。",
        "Register a system or change its scope; no unit or kind means all.",
    ),
)
@click.argument("code", metavar="代码")
@click.argument("name", metavar="名称")
@click.option("--unit", "units", multiple=True, help="机构代码，可多次（含下级） Unit and below, repeatable.")
@click.option("--kind", "kinds", multiple=True, help="事项种类，可多次 Kind of event, repeatable.")
@click.option(POLICY, "policy", default="seed", show_default=True, help=POLICY_HELP)
@by_option
@needs_database
def register(
    code: str, name: str, units: tuple[str, ...], kinds: tuple[str, ...], policy: str, by: str
) -> None:
    """Register."""
    from django.conf import settings

    from hengjian.ratings.invitations import systems as room
    from hengjian.ratings.invitations.operations import Office
    from hengjian.ratings.invitations.secrets_file import room_secret

    office = Office(by, now(), policy_files(policy), room_secret(settings.DATA), frozenset())
    room.register(room.NewSystem(code, name, units, kinds), office)
    say(f"已登记 {code}", f"{code} registered")
    say(f"下一步：hengjian invitations systems key {code}", f"Next: hengjian invitations systems key {code}")


@systems.command(cls=Verb, help=both("发一把密钥，只显示这一次。", "Give a key; it is shown this once."))
@click.argument("code", metavar="代码")
@by_option
@needs_database
def key(code: str, by: str) -> None:
    """The key, on standard output and nowhere else."""
    from hengjian.ratings.invitations.systems import new_key

    click.echo(new_key(code, by, now()))
    say(
        "请交给该系统的管理员；遗失请吊销后另发。",
        "Hand it to that system; lost: revoke, give another.",
        err=True,
    )


@systems.command(cls=Verb, help=both("吊销一把密钥，立即生效。", "Revoke a key, at once."))
@click.argument("number", type=click.UUID, metavar="密钥编号")
@click.option("--reason", required=True, help="理由 Why.")
@by_option
@needs_database
def revoke(number: uuid.UUID, reason: str, by: str) -> None:
    """Revoke."""
    from hengjian.ratings.invitations.models import SystemKey
    from hengjian.ratings.invitations.systems import revoke as end
    from hengjian.terms.errors import Refused

    held = SystemKey.objects.filter(pk=number).first()
    if held is None:
        raise Refused(
            t("没有这把密钥", "no such key"), do="hengjian invitations systems list", code="systems.key"
        )
    end(held, reason, by, now())
    say("已吊销", "Revoked")


@systems.command("list", cls=Verb, help=both("列出系统、范围和密钥。", "List systems, scopes and keys."))
@needs_database
def list_() -> None:
    """One line a system, then its keys."""
    from hengjian.ratings.invitations.models import SystemKey
    from hengjian.ratings.invitations.systems import systems as known

    for one in known():
        units, kinds = _all(one.organisations), _all(one.kinds)
        say(
            f"{one.code}  {one.name}  单位：{units}  种类：{kinds}",
            f"{one.code}  units: {units}  kinds: {kinds}",
        )
        for held in SystemKey.objects.filter(system=one.code).select_related("revocation").order_by("at"):
            ended = getattr(held, "revocation", None)
            click.echo(f"    {held.pk}  {held.at:%Y-%m-%d}  {t('已吊销', 'revoked') if ended else ''}")


def _all(found: Any) -> str:
    return "、".join(found) or t("全部", "all")
