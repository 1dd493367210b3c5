"""The panel's marks: import a sheet, write the empty one."""

from pathlib import Path
from typing import Any

import click

from hengjian.cli.files import write_whole
from hengjian.cli.frame import Verb
from hengjian.cli.session import by_option, django_ready, needs_database, now
from hengjian.cli.words import both, say, t
from hengjian.terms.errors import Refused

FOLDER = click.Path(path_type=Path)
POLICY = "--policy"
POLICY_HELP = "制度（代号或文件夹） Policy, by name or folder."


def policy_files(name: str) -> Any:
    """The policy's files: a folder, or the name of one that is shipped."""
    from hengjian.policy import folder

    shipped = folder.shipped()
    if not Path(name).is_dir() and name not in shipped:
        raise Refused(
            t(f"没有制度“{name}”", f"no policy “{name}”"),
            do=t(
                f"可写：{'、'.join(shipped)}，或制度文件夹", f"write {', '.join(shipped)} or a policy folder"
            ),
            code="cli.policy",
        )
    return folder.load(shipped.get(name, Path(name)))


@click.group(help=both("导入评价团打分。", "Import the panel's marks."))
def marks() -> None:
    """The panel's marks."""


def office(policy: str, by: str) -> Any:
    """Who takes marks in, under which policy."""
    from django.conf import settings

    from hengjian.ratings.panels.marks import rater_salt
    from hengjian.ratings.panels.operations import Office

    return Office(by, now(), policy_files(policy), rater_salt(settings.SECRET_KEY))


@marks.command(
    "import",
    cls=Verb,
    help=both(
        "导入打分表（.xlsx、.csv）；逐格报告不符合之处。",
        "Import a sheet of marks; every refused cell is reported.",
    ),
)
@click.argument("file", type=FOLDER, metavar="文件")
@click.option("--supersedes", default="", help="被更正的批次 The batch that this file corrects.")
@click.option(POLICY, "policy", default="seed", show_default=True, help=POLICY_HELP)
@by_option
@needs_database
def import_marks_(file: Path, supersedes: str, policy: str, by: str) -> None:
    """Take a file of marks in, in one transaction."""
    from hengjian.ratings.panels.operations import import_marks

    receipt = import_marks(file, office(policy, by), supersedes=supersedes)
    for reason in receipt.report[:50]:
        click.echo(f"  ✗ {reason}")
    say(
        f"批次 {receipt.batch}：{receipt.read} 行，接收 {receipt.admitted} 行（{receipt.marks} 票），"
        f"待核 {receipt.refused} 行",
        f"batch {receipt.batch}: {receipt.read} rows, {receipt.admitted} admitted "
        f"({receipt.marks} marks), {receipt.refused} quarantined",
        bold=True,
    )


@marks.command("template", cls=Verb, help=both("写出空白打分表。", "Write an empty sheet of marks."))
@click.argument("file", type=FOLDER, metavar="文件.xlsx")
@click.option(POLICY, "policy", default="seed", show_default=True, help=POLICY_HELP)
def template(file: Path, policy: str) -> None:
    """An empty sheet with the right header, and the codes that may stand in it."""
    if file.suffix.lower() != ".xlsx":
        raise Refused("模板是 .xlsx 文件", do="文件名请以 .xlsx 结尾", code="cli.form")
    with django_ready(migrate=False):
        from hengjian.ratings.panels.sheet import LAYOUT
        from hengjian.roster.sheets.writing import workbook

        notes = [[column.title, "必填" if column.required else "", column.note] for column in LAYOUT.columns]
        write_whole(file, workbook([(LAYOUT, [])], ("说明", notes + _codes_of(policy))))
    say(f"已写出 {file}", f"{file} written")
    say(f"下一步：填好后 hengjian marks import {file}", f"Next: fill it in, hengjian marks import {file}")


def _codes_of(policy: str) -> list[list[str]]:
    """What may be written in the columns that hold codes, from the policy in force today."""
    from hengjian.terms.calendar import SHANGHAI

    rules = policy_files(policy).in_force(now().astimezone(SHANGHAI).date())
    rows = [["", "", ""], ["可填的代码", "", rules.title]]
    for group in rules.panel.groups:
        scale = rules.instruments[group.instrument]
        ends = f"量表 {group.instrument}：{scale.lowest:g}—{scale.highest:g}"
        rows.append([f"评价主体 {group.name}", group.code, ends])
        rows += [[f"分层 {stratum.name}", stratum.code, group.name] for stratum in group.strata]
    panel = [item for item in rules.indicators.values() if item.source.kind == "panel"]
    return rows + [[f"指标代码 {item.name}", item.code, item.definition] for item in panel]
