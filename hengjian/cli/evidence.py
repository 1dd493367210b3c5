"""Facts from files: check and import feeds, look through the quarantine, import the panel's marks."""

import sys
from pathlib import Path
from typing import Any

import click

from hengjian.cli.frame import Verb
from hengjian.cli.marks import POLICY, POLICY_HELP, office, policy_files
from hengjian.cli.session import by_option, needs_database, now
from hengjian.cli.words import both, say, t
from hengjian.terms.errors import Refused

FOLDER = click.Path(path_type=Path)


def _rules(name: str) -> Any:
    from hengjian.evidence.operations import Rules
    from hengjian.evidence.queries import units_of
    from hengjian.terms.calendar import SHANGHAI

    policy = policy_files(name).in_force(now().astimezone(SHANGHAI).date())
    return Rules(policy.calendar(), units_of(policy))


def _progress(read: int) -> None:
    if sys.stderr.isatty():
        click.echo(t(f"\r  已读 {read} 行", f"\r  {read} rows read"), nl=False, err=True)


@click.group(help=both("按映射文件导入指标、热线、项目。", "Import metrics, cases, projects by mapping."))
def feed() -> None:
    """Feeds."""


@feed.command(
    "check",
    cls=Verb,
    help=both("检查一个来源的 feed.yaml，不连数据库。", "Check a feed's declaration; needs no database."),
)
@click.argument("folder", type=FOLDER, metavar="文件夹")
def check(folder: Path) -> None:
    """Read the declaration and say what it means."""
    from hengjian.evidence.feeds.folder import load_feed

    found = load_feed(folder)
    say(
        f"{found.code}（{found.name}）可用：{found.kind}，{len(found.wanted)} 列对应，"
        f"{len(found.ignored)} 列不读，时区 {found.zone}",
        f"{found.code} is sound: {found.kind}, {len(found.wanted)} columns mapped, "
        f"{len(found.ignored)} ignored, zone {found.zone}",
    )


@feed.command(
    "import",
    cls=Verb,
    help=both(
        "按 feed.yaml 导入一个文件；不符合的行列入待核记录。",
        "Import a file; rows that do not fit go to the quarantine.",
    ),
)
@click.argument("folder", type=FOLDER, metavar="文件夹")
@click.argument("file", type=FOLDER, metavar="文件")
@click.option(POLICY, "policy", default="seed", show_default=True, help=POLICY_HELP)
@by_option
@needs_database
def import_(folder: Path, file: Path, policy: str, by: str) -> None:
    """Take a file in, in one transaction."""
    from hengjian.evidence.feeds.folder import load_feed
    from hengjian.evidence.operations import import_file

    receipt = import_file(load_feed(folder), file, by=by, now=now(), rules=_rules(policy), progress=_progress)
    if sys.stderr.isatty():
        click.echo(err=True)
    say(
        f"读入 {receipt.read} 行：接收 {receipt.admitted}（其中更正 {receipt.superseding}），"
        f"已有 {receipt.known}，待核 {receipt.refused}",
        f"{receipt.read} rows: {receipt.admitted} admitted ({receipt.superseding} superseding), "
        f"{receipt.known} known, {receipt.refused} quarantined",
        bold=True,
    )
    _tell_verdicts(receipt)
    if receipt.refused:
        say("查看待核记录：hengjian quarantine list", "See them: hengjian quarantine list")


def _tell_verdicts(receipt: Any) -> None:
    names = {
        "on_time": ("按期", "on time"),
        "overdue": ("逾期", "overdue"),
        "pending": ("未到期，不计", "pending, not counted"),
        "no_deadline": ("无期限，不计", "no deadline, not counted"),
        "withdrawn": ("已撤，不计", "withdrawn, not counted"),
    }
    for key, (zh, en) in names.items():
        if receipt.verdicts.get(key):
            say(f"  {zh} {receipt.verdicts[key]}", f"  {en} {receipt.verdicts[key]}")
    if receipt.compared:
        say(
            f"与来源自己的判定一致 {receipt.agreed}/{receipt.compared}",
            f"the source's own flag matched {receipt.agreed}/{receipt.compared}",
        )


@click.group(help=both("查看、更正、重新接收被拒记录。", "Look through and re-admit refused records."))
def quarantine() -> None:
    """The quarantine."""


@quarantine.command("list", cls=Verb, help=both("列出待核记录。", "List refused rows."))
@click.option(
    "--state",
    default="waiting",
    type=click.Choice(["waiting", "corrected", "readmitted", "dismissed", "all"]),
    help="状态 State.",
)
@click.option("--feed", "source", default="", help="来源 Feed.")
@click.option("--reason", "code", default="", help="原因代码 Reason code.")
@click.option("--marks", is_flag=True, help="待核的打分 The quarantine of marks.")
@click.option("--limit", default=50, show_default=True, help="最多几行 At most.")
@needs_database
def list_(state: str, source: str, code: str, marks: bool, limit: int) -> None:
    """One line a row: number, feed, place, reasons."""
    from hengjian.evidence import queries
    from hengjian.ratings.panels.queries import refused_marks

    state = "" if state == "all" else state
    if marks:
        refused = refused_marks(state=state, code=code)
        count = refused.count()
        lines = [
            f"{row.pk}  {row.batch.source_name}:{row.row}  "
            + "；".join(f"{r['cell'] or r['column']} {r['what']}" for r in row.reasons)
            for row in refused[:limit]
        ]
    else:
        waiting = queries.quarantined(state=state, feed=source, code=code)
        count = waiting.count()
        lines = [
            f"{entry.number}  {entry.feed}  {entry.file}:{entry.row}  "
            + "；".join(f"{fault.column} {fault.what}".strip() for fault in entry.faults)
            for entry in map(queries.shown, waiting[:limit])
        ]
    for line in lines:
        click.echo(line)
    say(f"共 {count} 行", f"{count} rows")


@quarantine.command(
    "show", cls=Verb, help=both("查看一行的原样、原因和处理。", "One row: as it came, why, what was decided.")
)
@click.argument("number", type=int, metavar="编号")
@click.option("--marks", is_flag=True, help="打分的待核记录 A row of marks.")
@needs_database
def show(number: int, marks: bool) -> None:
    """Everything about one row."""
    from hengjian.evidence.queries import quarantined_row

    if marks:
        _show_mark(number)
        return
    row = quarantined_row(number)
    if row is None:
        raise Refused(
            t(f"没有待核记录 {number}", f"no refused row {number}"),
            do=t("请用 hengjian quarantine list 查看", "see hengjian quarantine list"),
            code="cli.quarantine",
        )
    click.echo(f"{row.feed}  {row.file}:{row.row}  {row.state}")
    for name, value in row.raw.items():
        click.echo(f"  {name} = {value}")
    for fault in row.faults:
        click.echo(f"  ✗ {fault}")
    if row.by:
        click.echo(f"  → {row.state} {row.by} {row.decided_at}：{row.reason} {dict(row.changes)}")


def _show_mark(number: int) -> None:
    from hengjian.ratings.panels.queries import refused_marks

    row = refused_marks(state="", code="").filter(pk=number).first()
    if row is None:
        raise Refused(
            t(f"没有待核打分 {number}", f"no refused row of marks {number}"),
            do=t("请用 hengjian quarantine list --marks 查看", "see hengjian quarantine list --marks"),
            code="cli.quarantine",
        )
    decision = getattr(row, "decision", None)
    click.echo(f"{row.batch.source_name}:{row.row}  {decision.outcome if decision else 'waiting'}")
    for name, value in row.raw.items():
        click.echo(f"  {name} = {value}")
    for reason in row.reasons:
        click.echo(f"  ✗ {reason['column']}：{reason['what']}；{reason['do']}")
    if decision:
        click.echo(
            f"  → {decision.outcome} {decision.by} {decision.at}：{decision.reason} {decision.changes}"
        )


def _changes(pairs: tuple[str, ...]) -> dict[str, str]:
    odd = [pair for pair in pairs if "=" not in pair]
    if odd or not pairs:
        raise Refused(
            t("改动写成 列=值", "write changes as column=value"),
            do=t("例如 --set 办结时间='2026-06-30 10:00:00'", "for example --set column=value"),
            code="cli.changes",
        )
    return {name: value for name, _, value in (pair.partition("=") for pair in pairs)}


@quarantine.command(
    "correct",
    cls=Verb,
    help=both("更正一行并接收；原样和改动都留存。", "Correct one row and admit it; both versions are kept."),
)
@click.argument("number", type=int, metavar="编号")
@click.option("--set", "pairs", multiple=True, metavar="列=值", help="改动 A change.")
@click.option("--reason", required=True, help="理由 Why.")
@click.option("--marks", is_flag=True, help="一条待核打分 A row of marks.")
@click.option(POLICY, "policy", default="seed", show_default=True, help=POLICY_HELP)
@by_option
@needs_database
def correct(number: int, pairs: tuple[str, ...], reason: str, marks: bool, policy: str, by: str) -> None:
    """Correct one row."""
    from hengjian.evidence import operations
    from hengjian.ratings.panels.operations import correct_mark

    changes = _changes(pairs)
    if marks:
        correct_mark(number, changes, office(policy, by), reason=reason)
    else:
        operations.correct(number, changes, by=by, reason=reason, now=now(), rules=_rules(policy))
    say(f"待核记录 {number} 已更正并接收", f"row {number} corrected and admitted")


@quarantine.command(
    "readmit",
    cls=Verb,
    help=both(
        "映射、名册或日历修好后，重新接收待核记录。",
        "After mapping, roster or calendar was mended, admit rows again.",
    ),
)
@click.argument("numbers", type=int, nargs=-1, metavar="编号…")
@click.option("--all", "every", is_flag=True, help="全部待核记录 All that wait.")
@click.option(
    "--feed", "folder", type=FOLDER, default=None, help="修好的来源文件夹 The mended feed's folder."
)
@click.option("--reason", required=True, help="理由 Why.")
@click.option("--confirm-changes", is_flag=True, help="确认以新内容更正已有记录 The new content supersedes.")
@click.option("--marks", is_flag=True, help="打分的待核记录 Rows of marks.")
@click.option(POLICY, "policy", default="seed", show_default=True, help=POLICY_HELP)
@by_option
@needs_database
def readmit(
    numbers: tuple[int, ...], every: bool, folder: Path | None, reason: str, confirm_changes: bool,
    marks: bool, policy: str, by: str,
) -> None:  # fmt: skip
    """Try rows again."""
    if marks:
        _readmit_marks(numbers, every, office(policy, by), reason)
        return
    from hengjian.evidence import operations, queries
    from hengjian.evidence.feeds.folder import load_feed

    mended = load_feed(folder) if folder else None
    if every:
        rows = queries.quarantined(state="waiting", feed=mended.code if mended else "")
        numbers = tuple(rows.values_list("pk", flat=True))
    done = operations.readmit(
        numbers, by=by, reason=reason, now=now(), rules=_rules(policy), feed=mended,
        confirm_changes=confirm_changes,
    )  # fmt: skip
    for number, faults in done.waiting.items():
        click.echo(f"  {number}：{'；'.join(map(str, faults))}")
    say(
        f"重新接收 {len(done.admitted)} 行，仍待核 {len(done.waiting)} 行",
        f"{len(done.admitted)} admitted, {len(done.waiting)} still wait",
    )


def _readmit_marks(numbers: tuple[int, ...], every: bool, who: Any, reason: str) -> None:
    from hengjian.ratings.panels.operations import readmit_marks
    from hengjian.ratings.panels.queries import refused_marks

    if every:
        numbers = tuple(refused_marks(state="waiting", code="").values_list("pk", flat=True))
    receipt, still = readmit_marks(numbers, who, reason=reason)
    for number, reasons in still.items():
        click.echo(f"  {number}：{'；'.join(f'{r.column} {r.what}' for r in reasons)}")
    come = receipt.admitted if receipt else 0
    say(f"重新接收 {come} 行，仍待处理 {len(still)} 行", f"{come} admitted, {len(still)} still wait")


@quarantine.command(
    "dismiss",
    cls=Verb,
    help=both("决定不接收一行；原样留存。", "Decide that a row will not come in; it stays readable."),
)
@click.argument("number", type=int, metavar="编号")
@click.option("--reason", required=True, help="理由 Why.")
@click.option("--marks", is_flag=True, help="打分的待核记录 A row of marks.")
@by_option
@needs_database
def dismiss(number: int, reason: str, marks: bool, by: str) -> None:
    """Dismiss one row."""
    from hengjian.evidence.operations import dismiss as decide
    from hengjian.ratings.panels.operations import dismiss_mark

    if marks:
        dismiss_mark(number, office("seed", by), reason=reason)
    else:
        decide(number, by=by, reason=reason, now=now())
    say(f"待核记录 {number} 不予接收", f"row {number} dismissed")
