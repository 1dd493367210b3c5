"""Organisations, posts, officials and tenures: import, export, divisions, template."""

import sys
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hengjian.cli.files import write_whole
from hengjian.cli.frame import Verb
from hengjian.cli.session import by_option, needs_database, now
from hengjian.cli.words import both, say, t
from hengjian.terms.calendar import SHANGHAI
from hengjian.terms.errors import NotPermitted, Refused

if TYPE_CHECKING:
    from hengjian.roster.layout import Vocabulary
    from hengjian.roster.operations import ImportReport

SHOWN = 30
REFUSED = 2
NAMES = {
    "organisation": ("机构", "organisations"),
    "zone": ("功能区划定", "zone assignments"),
    "post": ("岗位", "posts"),
    "official": ("干部", "officials"),
    "tenure": ("任职", "tenures"),
}

policy_option = click.option(
    "--policy",
    type=click.Path(path_type=Path),
    default=None,
    help="制度文件夹，给出功能区和岗位类别（默认随程序的 seed） Policy folder (default: the shipped seed).",
)


@click.group(help=both("机构、职务、干部、任职。", "Organisations, posts, officials, tenures."))
def roster() -> None:
    """The roster."""


@roster.command(
    "import",
    cls=Verb,
    help=both(
        "导入 .xlsx、.csv、装有 .csv 的文件夹或 .zip；有一格不合规就全部不导入，并列出每一格。",
        "Import an .xlsx, .csv, a folder or .zip of .csv: all or nothing, every refused cell listed.",
    ),
)
@click.argument("file", type=click.Path(path_type=Path), metavar="文件")
@click.option("--check", is_flag=True, help="只检查，不写入 Check only, write nothing.")
@click.option(
    "--report",
    type=click.Path(path_type=Path),
    default=None,
    help="把全部未通过的格子写成 .csv Write all refused cells to a .csv.",
)
@policy_option
@by_option
@needs_database
def import_(file: Path, check: bool, report: Path | None, policy: Path | None, by: str) -> int:
    """Import a workbook and say what it did, or what it refused."""
    from hengjian.roster.operations import import_workbook

    outcome = import_workbook(
        file, by=by, now=now(), words=_words(policy), progress=_progress, check_only=check
    )
    if not outcome.accepted:
        return _tell_refused(outcome, report)
    _tell_counts(outcome)
    if check:
        say("检查通过，没有写入。", "Checked; nothing was written.", bold=True)
    return 0


@roster.command(
    "divisions",
    cls=Verb,
    help=both(
        "从区划文件夹（provinces、cities、areas、streets 的 .csv 或 .csv.gz）导入市、县、乡镇。",
        "Import cities, counties, townships from a folder of division files.",
    ),
)
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), metavar="文件夹")
@click.option("--under", multiple=True, help="只导入此代码及其下级，可多次给出 Only this code and below.")
@click.option(
    "--since",
    type=click.DateTime(["%Y-%m-%d"]),
    default="1949-10-01",
    show_default=True,
    help="设立日（文件中没有） Their first day (not in the files).",
)
@by_option
@needs_database
def divisions(folder: Path, under: tuple[str, ...], since: datetime, by: str) -> int:
    """Import the state's divisions."""
    from hengjian.roster.operations import import_divisions

    day: date = since.date()
    outcome = import_divisions(folder, under=under, since=day, by=by, now=now(), progress=_progress)
    if not outcome.accepted:
        return _tell_refused(outcome, None)
    _tell_counts(outcome)
    return 0


@roster.command(
    "export",
    cls=Verb,
    help=both(
        "导出全部名册；文件名以 .xlsx 或 .zip（内为 .csv）结尾，可原样再导入。",
        "Export the whole roster as .xlsx or .zip of .csv; it can be imported again as it is.",
    ),
)
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="写到 Write to.")
@click.option(
    "--purpose",
    type=click.Choice(["review", "reply", "verify", "petition", "appeal", "audit", "other"]),
    required=True,
    help="查看目的 For what the names are looked at.",
)
@click.option("--note", default="", help="目的说明，选 other 时必填 What for; needed with other.")
@policy_option
@by_option
@needs_database
def export(output: Path, policy: Path | None, purpose: str, note: str, by: str) -> int:
    """Write all that is on record; first a ticket that names every official of it."""
    from hengjian.roster.exports import exported

    form = output.suffix.lower()
    if form not in {".xlsx", ".zip"}:
        raise Refused(
            f"不能导出为“{form or output.name}”", do="文件名请以 .xlsx 或 .zip 结尾", code="cli.form"
        )
    code = _looked(by, purpose, note)
    write_whole(output, exported("xlsx" if form == ".xlsx" else "zip", _words(policy)))
    say(f"已导出到 {output}", f"Exported to {output}")
    if code:
        say(f"本次导出已留痕，查询编号 {code}", f"This export is on the query trail: {code}", err=True)
    return 0


def _looked(by: str, purpose: str, note: str) -> str:
    """The code of the ticket under which every official leaves in clear; "" while there is none on record.

    Raises: NotPermitted for whoever may not read everybody's results and look at persons.
    """
    from hengjian.access import tickets
    from hengjian.access.models import User
    from hengjian.access.permissions import check_can_read_results
    from hengjian.access.purposes import Purpose, Shown
    from hengjian.roster.models import Official

    account = User.objects.filter(username=by).first()
    if account is None:
        raise NotPermitted(
            t(f"没有账号 {by}", f"there is no account {by}"),
            do=t("请用 --by 写明您的账号", "name your account with --by"),
            code="access.look",
        )
    on = now().astimezone(SHANGHAI).date()
    check_can_read_results(account, on)
    officials = list(Official.objects.values_list("code", flat=True))
    if not officials:
        return ""
    intent = tickets.Intent(Purpose(purpose), note)
    return tickets.issue(account, officials, intent, tickets.View(Shown.EXPORT), on=on).code


@roster.command(
    "template",
    cls=Verb,
    help=both("写出空白模板：五张表和填写说明。", "Write the empty workbook: five sheets and notes."),
)
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="写到 Write to.")
@policy_option
@needs_database
def template(output: Path, policy: Path | None) -> int:
    """Write the empty workbook."""
    from hengjian.roster.exports import template as empty

    if output.suffix.lower() != ".xlsx":
        raise Refused("模板是 .xlsx 文件", do="文件名请以 .xlsx 结尾", code="cli.form")
    write_whole(output, empty(_words(policy)))
    say(f"模板已写到 {output}", f"Template written to {output}")
    say(
        f"下一步：填好后先检查 hengjian roster import {output} --check，再去掉 --check 导入",
        f"Next: fill it in, then hengjian roster import {output} --check, and again without --check",
    )
    return 0


def _words(folder: Path | None) -> "Vocabulary":
    """The vocabulary of a policy on the day of the command."""
    from hengjian.policy import load, shipped
    from hengjian.roster.layout import Vocabulary
    from hengjian.terms.calendar import SHANGHAI

    return Vocabulary.of(load(folder or shipped()["seed"]).in_force(now().astimezone(SHANGHAI).date()))


def _progress(done: int, total: int) -> None:
    if total >= 10_000 and sys.stderr.isatty():
        say(f"  已写 {done}/{total} 行…", f"  {done}/{total} rows…", err=True)


def _tell_counts(report: "ImportReport") -> None:
    for kind, found in report.counts.items():
        if any(found.values()):
            zh, en = NAMES[kind]
            new, changed, same = found["new"], found["changed"], found["same"]
            say(
                f"{zh}：新增 {new}，变更 {changed}，未变 {same}",
                f"{en}: {new} new, {changed} changed, {same} unchanged",
            )
    if report.batch is not None:
        say(f"导入批次 {report.batch}", f"Import batch {report.batch}")


def _tell_refused(report: "ImportReport", file: Path | None) -> int:
    from hengjian.roster.exports import report_file

    count = len(report.refused)
    say(
        f"{report.filename} 有 {count} 处不合规，什么也没有写入：",
        f"{report.filename}: {count} cells refused, nothing was written:",
        err=True,
        bold=True,
    )
    for cell in report.refused[:SHOWN]:
        click.echo(f"  {cell}", err=True)
    if count > SHOWN:
        more = count - SHOWN
        say(f"  ……另有 {more} 处", f"  … and {more} more", err=True)
    if file is not None:
        write_whole(file, report_file(report.refused))
        say(f"全部列在 {file}", f"All are listed in {file}", err=True)
    elif count > SHOWN:
        click.echo(t("  全部列表：加 --report 文件.csv", "  For all: --report FILE.csv"), err=True)
    return REFUSED
