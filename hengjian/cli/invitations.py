"""``hengjian invitations``: take events in, send what is due, give by hand, keys, the funnel."""

import os
import uuid
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from hengjian.cli.files import write_whole
from hengjian.cli.frame import Verb
from hengjian.cli.marks import FOLDER, POLICY, POLICY_HELP, policy_files
from hengjian.cli.session import by_option, django_ready, needs_database, now
from hengjian.cli.systems import systems
from hengjian.cli.words import both, say, t
from hengjian.database import data_folder
from hengjian.terms.errors import Refused

DAY = click.DateTime(["%Y-%m-%d"])
SHOWN = 50  # refused cells on the screen


@click.group(
    help=both(
        "评价邀请：办事事项、发送、签发密钥、漏斗。", "Invitations to rate: events, sending, keys, funnel."
    )
)
def invitations() -> None:
    """Invitations."""


invitations.add_command(systems)


def _folder() -> Path:
    return data_folder(os.environ)


def _ways() -> Any:
    from hengjian.ratings.invitations.channels.config import load

    return load(_folder() / "invitations", now)


def _rules(policy: str) -> Any:
    from hengjian.terms.calendar import SHANGHAI

    return policy_files(policy).in_force(now().astimezone(SHANGHAI).date())


@invitations.command(
    "import",
    cls=Verb,
    help=both(
        "导入办事事项（.xlsx、.csv）；逐格报告不符合之处，同一事项只邀请一次。",
        "Import events; every refused cell is reported, the same event invites once.",
    ),
)
@click.argument("file", type=FOLDER, metavar="文件")
@click.option(POLICY, "policy", default="seed", show_default=True, help=POLICY_HELP)
@by_option
@needs_database
def import_(file: Path, policy: str, by: str) -> None:
    """Take a file of events in, in one transaction."""
    from hengjian.ratings.invitations.operations import Office, import_events
    from hengjian.ratings.invitations.secrets_file import room_secret

    office = Office(by, now(), policy_files(policy), room_secret(_folder()), _ways().sources)
    receipt = import_events(file, office)
    for number, reason in receipt.report[:SHOWN]:
        click.echo(t(f"  ✗ 第 {number} 行 {reason}", f"  ✗ row {number} {reason}"))
    say(
        f"批次 {receipt.batch}：{receipt.read} 行，接收 {receipt.admitted}，重复 {receipt.repeated}，"
        f"待核 {receipt.refused}",
        f"batch {receipt.batch}: {receipt.read} rows, {receipt.admitted} admitted, "
        f"{receipt.repeated} repeated, {receipt.refused} quarantined",
        bold=True,
    )


@invitations.command(cls=Verb, help=both("写出空白事项表。", "Write an empty sheet of events."))
@click.argument("file", type=FOLDER, metavar="文件.xlsx")
def template(file: Path) -> None:
    """An empty sheet with the right header."""
    if file.suffix.lower() != ".xlsx":
        raise Refused("模板是 .xlsx 文件", do="文件名请以 .xlsx 结尾", code="cli.form")
    with django_ready(migrate=False):
        from hengjian.ratings.invitations.sheet import LAYOUT
        from hengjian.roster.sheets.writing import workbook

        notes = [[column.title, "必填" if column.required else "", column.note] for column in LAYOUT.columns]
        write_whole(file, workbook([(LAYOUT, [])], ("说明", notes)))
    say(f"已写出 {file}", f"{file} written")


@invitations.command(
    cls=Verb,
    help=both(
        "发送到时的邀请；每几分钟运行一次，可同时运行多个。",
        "Send what is due; run it every few minutes, several at once if need be.",
    ),
)
@click.option("--limit", default=5_000, show_default=True, help="最多几封 At most.")
@click.option(POLICY, "policy", default="seed", show_default=True, help=POLICY_HELP)
@needs_database
def deliver(limit: int, policy: str) -> None:
    """One round."""
    from hengjian.ratings.invitations.delivery import Post
    from hengjian.ratings.invitations.jobs import run
    from hengjian.ratings.invitations.secrets_file import room_secret
    from hengjian.ratings.invitations.timing import Hours

    ways = _ways()
    post = Post(ways.base, ways.channels, Hours.of(_rules(policy)), room_secret(_folder()))
    said = run(now(), limit, post, now)
    sent, again = said.pop("sent", 0), said.pop("again", 0)
    listed = sum(said.values())
    say(
        f"已发送 {sent}，稍后重试 {again}，列为未送达 {listed}",
        f"{sent} sent, {again} to be tried again, {listed} listed as not delivered",
    )


@invitations.command(
    "hand-over",
    cls=Verb,
    help=both(
        "取一份当面交付的邀请链接（窗口二维码、代录）。",
        "Get the link of an invitation that is given by hand (printed, assisted).",
    ),
)
@click.argument("invitation", type=click.UUID, metavar="邀请编号")
@by_option
@needs_database
def hand_over_(invitation: uuid.UUID, by: str) -> None:
    """The link, on standard output and nowhere else."""
    from hengjian.ratings.invitations.models import Invitation
    from hengjian.ratings.invitations.operations import hand_over, link_of

    base, secret = _ways().base, hand_over(invitation, by, now())
    click.echo(link_of(base, secret, Invitation.objects.get(pk=invitation).channel))


@invitations.command(
    "print",
    cls=Verb,
    help=both(
        "把要在窗口交付的邀请印成二维码（PDF，四份一页）；不写编号即全部。",
        "Print invitations for the counter as QR codes (PDF, four a page); without numbers: all.",
    ),
)
@click.argument("file", type=FOLDER, metavar="文件.pdf")
@click.argument("numbers", nargs=-1, type=click.UUID, metavar="[邀请编号]…")
@click.option("--unit", default="", help="只印这个机构的 Only of this unit.")
@click.option(POLICY, "policy", default="seed", show_default=True, help=POLICY_HELP)
@by_option
@needs_database
def print_(file: Path, numbers: tuple[uuid.UUID, ...], unit: str, policy: str, by: str) -> None:
    """A PDF; whoever prints is noted."""
    from hengjian.ratings.invitations import printing

    chosen = list(numbers) or [one.pk for one in printing.waiting(now(), unit)[: printing.MOST]]
    write_whole(file, printing.print_sheets(chosen, _ways().base, _rules(policy), by, now()))
    say(f"已写出 {file}：{len(chosen)} 份", f"{file} written: {len(chosen)}")


@invitations.command(
    cls=Verb,
    help=both("为面向群众的在任干部预先建立半年的签发密钥。", "Make a half-year's issuer keys beforehand."),
)
@click.argument("half", metavar="半年")
@needs_database
def keys(half: str) -> None:
    """One key for each official with a post that serves the public."""
    from django.db.models import Q

    from hengjian.ratings.invitations.issuing import open_keys
    from hengjian.ratings.invitations.secrets_file import room_secret
    from hengjian.roster.models import Tenure
    from hengjian.terms.period import Period

    period = Period(half)
    if period.kind != "H":
        raise Refused(
            t(f"“{half}”不是半年", f"“{half}” is not a half-year"),
            do=t("请写成 2026-H1", "write it like 2026-H1"),
            code="cli.half",
        )
    serving = Tenure.objects.filter(post__public_facing=True, since__lte=period.end)
    serving = serving.filter(Q(until__isnull=True) | Q(until__gte=period.start))
    codes = set(serving.values_list("official__code", flat=True))
    made = open_keys([(code, half) for code in codes], room_secret(_folder()), now())
    say(f"{period.title}：{len(made)} 个签发密钥", f"{half}: {len(made)} issuer keys")


@invitations.command(
    cls=Verb,
    help=both(
        "漏斗：办结→应邀→送达→打开→领取凭证；不足 5 的数不显示。",
        "Funnel: served, offered, sent, opened, token issued; small numbers are hidden.",
    ),
)
@click.argument("since", type=DAY, metavar="起")
@click.argument("until", type=DAY, metavar="止")
@click.option(
    "--by",
    "by",
    type=click.Choice(["unit", "channel"]),
    default="unit",
    show_default=True,
    help="按单位或按渠道 By unit or by channel.",
)
@click.option(POLICY, "policy", default="seed", show_default=True, help=POLICY_HELP)
@needs_database
def funnel(since: datetime, until: datetime, by: str, policy: str) -> None:
    """One line a unit or channel, then what was not delivered and why."""
    from hengjian.ratings.invitations import queries
    from hengjian.ratings.invitations.models import ChannelName, EndReason

    channels = dict(ChannelName.choices)
    say("办结  应邀  送达  打开  领取", "served  offered  sent  opened  issued", bold=True)
    for row in queries.funnel(since.date(), until.date(), by, _rules(policy)):  # type: ignore[arg-type]
        cells = ["—" if number is None else str(number) for number in row.counts()]
        name = t(str(channels.get(row.name, row.name)), row.name)
        click.echo("  ".join(f"{cell:>6}" for cell in cells) + f"  {name}")
    reasons = dict(EndReason.choices)
    for channel, counts in sorted(queries.failures(since.date(), until.date()).items()):
        for reason, count in sorted(counts.items()):
            say(
                f"未送达 {channels[channel]} {reasons[reason]}：{count}",
                f"not delivered, {channel}, {reason}: {count}",
            )


@invitations.command(
    "opt-in", cls=Verb, help=both("应本人要求恢复接收邀请。", "Invite an address again, at its owner's wish.")
)
@click.argument("channel", type=click.Choice(["email", "sms", "wechat"]), metavar="渠道")
@needs_database
def opt_in_(channel: str) -> None:
    """The address is asked for, so that it does not stand in the shell's history."""
    from hengjian.ratings.invitations.operations import opt_in
    from hengjian.ratings.invitations.secrets_file import room_secret

    address = click.prompt(t("联系方式", "Address"), hide_input=True)
    if opt_in(channel, address, room_secret(_folder())):
        say("已恢复", "Invited again from now on")
    else:
        say("不在退订名单中", "It was not on the list")
