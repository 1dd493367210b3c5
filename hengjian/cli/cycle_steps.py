"""The steps of an assessment: freeze, score, review, publish, and the first two in one go."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from hengjian.cli.cycle_deeds import audit, cycle_argument, reason_option, salt
from hengjian.cli.frame import Verb
from hengjian.cli.prove import say_evidence
from hengjian.cli.session import by_option, needs_database
from hengjian.cli.words import both, say


@click.command(
    cls=Verb,
    help=both("冻结数据：截止时间前的事实成为快照。", "Freeze: the facts at the cut-off become a snapshot."),
)
@cycle_argument
@by_option
@reason_option(required=False)
@needs_database
def freeze(cycle_id: str, by: str, reason: str) -> None:
    """Freeze a cycle."""
    from hengjian.cycles import operations, public_marks

    stored = operations.freeze(cycle_id, audit(by, reason))
    if (day := public_marks.whole_from(stored.cycle.pk)) is not None:
        say(
            f"注意：群众评价 {day} 起才全部公布，截止后公布的批次没有计入。",
            f"Note: the public's ratings are whole from {day}; later releases do not weigh.",
        )
    say(f"已冻结 {cycle_id}，快照 {stored.root}", f"Frozen {cycle_id}, snapshot {stored.root}")
    say(f"下一步：hengjian score {cycle_id}", f"Next: hengjian score {cycle_id}")


@click.command(
    cls=Verb, help=both("按冻结的事实和制度计分。", "Score the frozen facts under the frozen policy.")
)
@cycle_argument
@by_option
@needs_database
def score(cycle_id: str, by: str) -> None:
    """Score a cycle."""
    from hengjian.cycles import operations

    stored = operations.score(cycle_id, audit(by), salt=salt())
    say(
        f"已计分 {cycle_id}：{stored.seats} 个任职，根摘要 {stored.root}",
        f"Scored {cycle_id}: {stored.seats} seats, root {stored.root}",
    )


@click.command(
    cls=Verb,
    help=both("审核并签署（须另一人，须意见）。", "Review and sign (a second person, with an opinion)."),
)
@cycle_argument
@by_option
@reason_option(required=True)
@needs_database
def review(cycle_id: str, by: str, reason: str) -> None:
    """Review a cycle."""
    from hengjian.cycles import operations

    operations.review(cycle_id, audit(by, reason))
    say(
        f"已审核 {cycle_id}。下一步：hengjian publish {cycle_id}",
        f"Reviewed {cycle_id}. Next: hengjian publish {cycle_id}",
    )


@click.command(
    cls=Verb, help=both("公布：写出结果包并登记根摘要。", "Publish: write the bundle and record its root.")
)
@cycle_argument
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=None,
    help="结果包放在哪里 Where to.",
)
@by_option
@needs_database
def publish(cycle_id: str, folder: Path | None, by: str) -> None:
    """Publish a cycle."""
    from hengjian.cycles import operations

    made = operations.publish(cycle_id, audit(by), folder or bundle_folder())
    say(f"已公布 {cycle_id}", f"Published {cycle_id}", bold=True)
    say(f"  结果包：{made.path}", f"  bundle: {made.path}")
    say(f"  根摘要：{made.root}", f"  root: {made.root}")
    say_evidence(made)
    say(f"  任何人都可重算：hengjian verify {made.path}", f"  anybody can check: hengjian verify {made.path}")


@click.command(
    cls=Verb,
    help=both(
        "一次完成冻结和计分；--bundle 另写一份可供核对的结果包。",
        "Freeze and score in one go; --bundle also writes a bundle to check.",
    ),
)
@cycle_argument
@click.option(
    "--bundle", type=click.Path(path_type=Path, dir_okay=False), default=None, help="结果包文件 Bundle file."
)
@by_option
@reason_option(required=False)
@needs_database
def assess(cycle_id: str, bundle: Path | None, by: str, reason: str) -> None:
    """Freeze what is open, score what is frozen, write the bundle."""
    from hengjian.cycles import bundles, operations, queries, storing
    from hengjian.cycles.transitions import State

    state = queries.cycle_row(cycle_id).state
    if state == State.OPEN:
        say("冻结数据…", "freezing…")
        operations.freeze(cycle_id, audit(by, reason))
    if state in {State.OPEN, State.FROZEN}:
        say("计分…", "scoring…")
        operations.score(cycle_id, audit(by), salt=salt())
    stored = storing.newest_sheet(queries.cycle_of(cycle_id))
    if bundle:
        bundles.write_to(stored, bundle)
        say(f"结果包：{bundle}", f"bundle: {bundle}")
    say(
        f"{cycle_id}：{stored.seats} 个任职，根摘要 {stored.root}",
        f"{cycle_id}: {stored.seats} seats, root {stored.root}",
        bold=True,
    )
    _gaps(queries.what_is_missing(cycle_id))
    say(
        f"下一步：hengjian cycle ranking {cycle_id}；由另一人 hengjian review {cycle_id} --by … --reason …",
        f"Next: hengjian cycle ranking {cycle_id}; "
        f"a second person: hengjian review {cycle_id} --by … --reason …",
    )


def _gaps(found: Iterable[Any]) -> None:
    for gap in found:
        click.echo(f"  · {gap.text}")


def bundle_folder() -> Path:
    """Where published bundles lie."""
    from django.conf import settings

    return Path(settings.DATA) / "bundles"
