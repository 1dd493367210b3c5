"""Cycles: opened, corrected, adjusted, shown, ranked. Their steps stand in cycle_steps."""

from datetime import datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from hengjian.cli.cycle_deeds import audit, cycle_argument, reason_option
from hengjian.cli.frame import Verb
from hengjian.cli.session import by_option, needs_database, now
from hengjian.cli.words import both, say, t
from hengjian.terms.calendar import SHANGHAI
from hengjian.terms.numbers import shown
from hengjian.terms.period import Period

if TYPE_CHECKING:
    from hengjian.cycles.shapes import CycleDetail, CycleRow

DAY = click.DateTime(["%Y-%m-%d"])
MOMENT = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"])


@click.group(help=both("考核周期。", "Assessment cycles."))
def cycle() -> None:
    """Cycles."""


@cycle.command("open", cls=Verb, help=both("建立考核周期。", "Open a cycle."))
@click.argument("cycle_id", metavar="编号")
@click.option("--title", required=True, help="名称 Title.")
@click.option("--period", required=True, help="周期，如 2026-H1 Period.")
@click.option("--policy", default="seed", show_default=True, help="制度名或文件夹 Policy or folder.")
@click.option("--on", "day", type=DAY, default=None, help="适用规则之日，默认周期末日 Day of the rules.")
@click.option("--cut-off", type=MOMENT, default=None, help="数据截止，默认此刻 Cut-off, default now.")
@click.option("--organisation", "organisations", multiple=True, help="单位代码，可多次 Organisation.")
@click.option("--level", "levels", multiple=True, help="层级，可多次 Level.")
@click.option("--synthetic", is_flag=True, help="合成数据 Synthetic data.")
@by_option
@reason_option(required=False)
@needs_database
def open_(  # noqa: PLR0913, PLR0917
    cycle_id: str,
    title: str,
    period: str,
    policy: str,
    day: datetime | None,
    cut_off: datetime | None,
    organisations: tuple[str, ...],
    levels: tuple[str, ...],
    synthetic: bool,
    by: str,
    reason: str,
) -> None:
    """Open a cycle."""
    from hengjian.cycles.operations import NewCycle, open_cycle

    new = NewCycle(
        id=cycle_id,
        title=title,
        period=period,
        policy=str(Path(policy).resolve()) if Path(policy).is_dir() else policy,
        on=day.date() if day else Period(period).end,
        cut_off=_moment(cut_off),
        organisations=organisations,
        levels=levels,
        synthetic=synthetic,
    )
    open_cycle(new, audit(by, reason))
    say(
        f"已建立周期 {cycle_id}。下一步：hengjian cycle show {cycle_id}",
        f"Cycle {cycle_id} opened. Next: hengjian cycle show {cycle_id}",
    )


def _moment(given: datetime | None) -> datetime:
    if given is None:
        return now()
    whole_day = given.time() == time(0)
    return datetime.combine(given.date(), time(23, 59, 59) if whole_day else given.time(), tzinfo=SHANGHAI)


@cycle.command(
    "correct",
    cls=Verb,
    help=both("为已有结果建立更正周期；公布后取代原结果。", "Open the cycle that will supersede a result."),
)
@cycle_argument
@click.argument("new_id", metavar="新编号")
@click.option(
    "--cut-off",
    type=MOMENT,
    default=None,
    help="数据截止，默认此刻，更正和补报的数据才进得来 Cut-off, default now.",
)
@by_option
@reason_option(required=True)
@needs_database
def correct(cycle_id: str, new_id: str, cut_off: datetime | None, by: str, reason: str) -> None:
    """Open a correction."""
    from hengjian.cycles.operations import open_correction

    made = open_correction(cycle_id, new_id, audit(by, reason), cut_off=_moment(cut_off))
    until = f"{made.cut_off.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
    say(
        f"已建立更正周期 {new_id}，数据截止 {until}，公布后取代 {cycle_id}。下一步：hengjian assess {new_id}",
        f"Correction {new_id} opened, cut-off {until}; when published it supersedes {cycle_id}. "
        f"Next: hengjian assess {new_id}",
    )


@cycle.command(
    "adjust",
    cls=Verb,
    context_settings={"ignore_unknown_options": True},  # -2 is points, not an option
    help=both(
        "给一个任职加减分（须理由和条款，冻结前）。",
        "Add points to a seat or take them away, with reason and clause.",
    ),
)
@cycle_argument
@click.argument("seat", metavar="任职")
@click.argument("points", type=float, metavar="分值")
@click.option("--clause", required=True, help="依据条款 Clause.")
@by_option
@reason_option(required=True)
@needs_database
def adjust(cycle_id: str, seat: str, points: float, clause: str, by: str, reason: str) -> None:
    """Adjust a seat."""
    from hengjian.cycles import operations

    operations.adjust(cycle_id, seat, points, clause, audit(by, reason))
    say(f"已记录 {seat} {points:+g} 分", f"{seat} {points:+g} recorded")


@cycle.command(
    "not-applicable",
    cls=Verb,
    help=both("标记某任职不适用某指标，权重按比例分担。", "Say that an indicator does not apply to a seat."),
)
@cycle_argument
@click.argument("seat", metavar="任职")
@click.argument("indicator", metavar="指标")
@by_option
@reason_option(required=True)
@needs_database
def not_applicable(cycle_id: str, seat: str, indicator: str, by: str, reason: str) -> None:
    """Mark an indicator."""
    from hengjian.cycles.operations import mark_not_applicable

    mark_not_applicable(cycle_id, seat, indicator, audit(by, reason))
    say(f"已标记 {seat} 不适用 {indicator}", f"{indicator} does not apply to {seat}")


@cycle.command(
    "added", cls=Verb, help=both("列出记入的加减分和不适用指标。", "List the points and exceptions added.")
)
@cycle_argument
@needs_database
def added(cycle_id: str) -> None:
    """List what was added."""
    from hengjian.cycles.exceptions import added_to

    rows = added_to(cycle_id)
    for one in rows:
        points = t("不适用", "does not apply") if one.points is None else f"{one.points:+g}"
        click.echo(f"{one.kind:<14} {one.number:>4}  {one.seat.id}  {one.what} {points}")
        click.echo(f"    {one.on} {one.author}：{one.reason}")
        if one.withdrawal:
            back = one.withdrawal
            click.echo(f"    {t('已撤回', 'withdrawn')} {back.on} {back.author}：{back.reason}")
    if not rows:
        say("没有记入任何项。", "Nothing was added.")


@cycle.command(
    "withdraw",
    cls=Verb,
    help=both(
        "撤回记错的加减分或不适用指标（冻结前，须理由）；编号见 hengjian cycle added。",
        "Take back points or an exception added in error, before freezing; for numbers: cycle added.",
    ),
)
@cycle_argument
@click.argument("kind", type=click.Choice(["adjust", "not-applicable"]), metavar="adjust|not-applicable")
@click.argument("number", type=int, metavar="编号")
@by_option
@reason_option(required=True)
@needs_database
def withdraw(
    cycle_id: str, kind: Literal["adjust", "not-applicable"], number: int, by: str, reason: str
) -> None:
    """Take back one thing."""
    from hengjian.cycles import operations

    operations.withdraw(cycle_id, kind, number, audit(by, reason))
    say(f"已撤回 {kind} {number}", f"{kind} {number} withdrawn")


@cycle.command(
    "unfreeze",
    cls=Verb,
    help=both("解冻（只在计分之前，须理由）。", "Open a frozen cycle again, before scoring."),
)
@cycle_argument
@by_option
@reason_option(required=True)
@needs_database
def unfreeze(cycle_id: str, by: str, reason: str) -> None:
    """Unfreeze."""
    from hengjian.cycles import operations

    operations.unfreeze(cycle_id, audit(by, reason))
    say(f"周期 {cycle_id} 已解冻", f"Cycle {cycle_id} is open again")


@cycle.command("list", cls=Verb, help=both("列出考核周期。", "List the cycles."))
@needs_database
def list_() -> None:
    """List cycles."""
    from hengjian.cycles.queries import list_cycles

    rows = list_cycles()
    for row in rows:
        click.echo(_line(row))
    if not rows:
        say(
            "还没有周期。用 hengjian cycle open 建立，或 hengjian demo",
            "No cycles yet: hengjian cycle open, or hengjian demo",
        )


def _line(row: "CycleRow") -> str:
    made_up = t("［合成数据］", "[synthetic]") if row.synthetic else ""
    return f"{row.id:<28} {row.period:<8} {row.state_name:<6} {row.policy}  {row.title}{made_up}"


@cycle.command(
    "show",
    cls=Verb,
    help=both(
        "查看一个周期：状态、缺什么、谁在何时做了什么。",
        "Show a cycle: state, what is missing, who did what.",
    ),
)
@cycle_argument
@needs_database
def show(cycle_id: str) -> None:
    """Show one cycle."""
    from hengjian.cycles.queries import cycle_detail

    detail = cycle_detail(cycle_id)
    click.echo(_line(detail.row))
    _show_facts(detail)
    say(
        "缺失与提醒：" if detail.missing else "没有缺失。",
        "Missing:" if detail.missing else "Nothing is missing.",
    )
    for gap in detail.missing:
        click.echo(f"  {'✗' if gap.blocks else '·'} {gap.text}")
    say("经过：", "History:")
    for entry in detail.audit:
        when = entry.at.astimezone(SHANGHAI)
        click.echo(f"  {when:%Y-%m-%d %H:%M} {entry.by}: {_change(entry)} {entry.reason}")
    commands = [f"hengjian {COMMANDS.get(verb, verb)} {cycle_id}" for verb in detail.verbs]
    say(f"可执行：{'、'.join(commands) or '无'}", f"Next: {', '.join(commands) or 'nothing'}")


COMMANDS = {"supersede": "cycle correct", "unfreeze": "cycle unfreeze"}


def _change(entry: Any) -> str:
    from hengjian.cycles.transitions import State

    source, target = (str(State(code).label) if code else "—" for code in (entry.source, entry.target))
    return f"{source} → {target}"


COUNTED = {
    "seats": "任职", "metrics": "指标数值", "cases": "办件", "projects": "项目", "marks": "评分",
    "not_applicable": "不适用", "adjustments": "加减分",
}  # fmt: skip


def _show_facts(detail: "CycleDetail") -> None:
    counts = "  ".join(f"{t(COUNTED.get(n, n), n.replace('_', ' '))} {c}" for n, c in detail.counts.items())
    click.echo(f"  {counts}")
    for zh, en, value in (
        ("快照", "snapshot", detail.snapshot_root),
        ("制度", "policy", detail.policy_digest),
        ("结果根摘要", "root", detail.sheet_root),
    ):
        if value:
            click.echo(f"  {t(zh, en)}: {value}")
    if detail.publication:
        click.echo(f"  {t('结果包', 'bundle')}: {detail.publication.path}")


@cycle.command("ranking", cls=Verb, help=both("按可比组列出排名。", "Rank inside comparable groups."))
@cycle_argument
@click.option("--group", default="", help="可比组 Comparable group.")
@needs_database
def ranking(cycle_id: str, group: str) -> None:
    """Print the ranking of one group, or of each."""
    from hengjian.cycles import queries

    for one in queries.groups(cycle_id):
        if group in {"", one.key}:
            page = queries.ranking(cycle_id, one.key, size=10_000)
            click.secho(f"{one.title}（{one.key}，{one.seats}）", bold=True)
            if page.caveat:
                click.echo(f"  {page.caveat}")
            for row in page.rows:
                tie = "=" if row.tied else " "
                click.echo(
                    f"  {row.rank or '—':>4}{tie} {shown(row.total):>7}  {row.grade_name:<6} {row.title}"
                )


@cycle.command("states", cls=Verb, help=both("写出状态图文档。", "Write the document of states."))
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    default=Path("docs/reference/cycle-states.md"),
    help="写到哪个文件 File to write.",
)
@needs_database
def states(output: Path) -> None:
    """Write docs/reference/cycle-states.md."""
    from hengjian.cycles.transitions import chart

    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(chart(), encoding="utf-8")
    click.echo(str(output))
