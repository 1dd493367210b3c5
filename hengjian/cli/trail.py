"""``hengjian trail``: who looked at whom, for auditors; by code, from a leaked copy to the look."""

import json
from typing import TYPE_CHECKING, Any

import click

from hengjian.cli.frame import Verb
from hengjian.cli.session import by_option, needs_database, now
from hengjian.cli.words import both, say, t
from hengjian.terms.calendar import SHANGHAI
from hengjian.terms.errors import NotPermitted

if TYPE_CHECKING:
    from hengjian.access.models import Ticket


@click.command(
    cls=Verb,
    help=both(
        "查询留痕：谁在何时为什么查看了哪位干部；凭页脚的查询编号可查到查看人。",
        "Who looked at whom, when and why; the code at the foot of a page leads to the look.",
    ),
)
@click.option("--code", default="", help="查询编号 Code at the foot of a page.")
@click.option("--person", default="", help="干部编号 Official's number.")
@click.option("--viewer", default="", help="查看人登录名 Sign-in name of the looker.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 10_000), help="至多 At most.")
@click.option("--json", "as_json", is_flag=True, help="每行一个 JSON One JSON a line.")
@by_option
@needs_database
def trail(code: str, person: str, viewer: str, limit: int, as_json: bool, by: str) -> None:
    """List tickets, the newest first. Names of officials are not in it."""
    from hengjian.access.tickets import trail as tickets

    _check(by)
    found = tickets(code=code, person=person, viewer=viewer)
    for ticket in found[:limit]:
        row = _row(ticket)
        click.echo(json.dumps(row, ensure_ascii=False) if as_json else _line(row))
    if not as_json:
        count = found.count()
        say(
            f"共 {count} 次查看" + (f"，列出最近 {limit} 次" if count > limit else ""),
            f"{count} looks" + (f", the newest {limit} listed" if count > limit else ""),
            err=True,
        )


def _row(ticket: "Ticket") -> dict[str, Any]:
    from hengjian.access.purposes import Purpose, Shown
    from hengjian.access.roles import Role

    return {
        "code": f"{ticket.code[:5]}-{ticket.code[5:]}",
        "at": f"{ticket.at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}",
        "viewer": ticket.viewer.username,
        "role": str(Role(ticket.role).label),
        "purpose": str(Purpose(ticket.purpose).label),
        "note": ticket.note,
        "shown": str(Shown(ticket.shown).label),
        "cycle": ticket.cycle,
        "officials": ticket.officials,
        "sealed_until": str(ticket.sealed_until or ""),
    }


def _line(row: dict[str, Any]) -> str:
    persons = row["officials"]
    rest = t(f"等 {len(persons)} 人", f"… {len(persons)} in all") if len(persons) > 3 else ""
    who = t("、", ", ").join(str(one) for one in persons[:3])
    seal = t(f"　封存至 {row['sealed_until']}", f"  sealed until {row['sealed_until']}")
    purpose = f"{row['purpose']}{t('：', ': ') + str(row['note']) if row['note'] else ''}"
    cells = (row["code"], row["at"], f"{row['viewer']} ({row['role']})", purpose, row["shown"], who + rest)
    return "  ".join(str(cell) for cell in cells) + (seal if row["sealed_until"] else "")


def _check(by: str) -> None:
    """The account in whose name this is asked reads the trail, or nobody does."""
    from hengjian.access.models import User
    from hengjian.access.permissions import check_can_read_trail

    account = User.objects.filter(username=by).first()
    if account is None:
        raise NotPermitted(
            t(f"没有账号 {by}", f"there is no account {by}"),
            do=t("请用 --by 写明审计账号", "name an auditor's account with --by"),
            code="access.read_trail",
        )
    check_can_read_trail(account, now().astimezone(SHANGHAI).date())
