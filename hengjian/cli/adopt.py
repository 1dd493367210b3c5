"""``hengjian notary adopt``: log rows that were written before the log existed."""

import click

from hengjian.cli.frame import Verb
from hengjian.cli.session import by_option, needs_database, now
from hengjian.cli.words import both, say, t
from hengjian.terms.errors import Refused


@click.command(
    cls=Verb,
    help=both(
        "补入存证：启用日志之前写入的记录。不带种类时只列出各有多少条。中断后再次运行会接着补入。",
        "Log rows written before the log existed. Without a kind, only count them. Goes on where it was "
        "interrupted.",
    ),
)
@click.option("--kind", "chosen", multiple=True, metavar="种类", help="种类，可多次 Kind, repeatable.")
@click.option("--all", "everything", is_flag=True, help="所有种类 All kinds.")
@click.option("--reason", default="", help="理由 Why.")
@by_option
@needs_database
def adopt(chosen: tuple[str, ...], everything: bool, reason: str, by: str) -> None:
    """Log what has no leaf, and say who wanted it and why."""
    from hengjian.notary import adoption

    found = dict(adoption.waiting())
    if not chosen and not everything:
        _tell_waiting(found)
        return
    if not reason.strip():
        raise Refused(
            t("补入存证须写明理由", "say why the rows are logged only now"),
            do=t("请加 --reason 理由", "add --reason"),
            code="notary.unsigned",
        )
    for kind in found if everything else chosen:
        done = 0
        for count in adoption.adopt(kind, by=by, reason=reason, at=now()):
            done += count
            click.echo(f"… {kind} {done}/{found.get(kind, done)}", err=True)
        say(f"{kind}：补入存证 {done} 条", f"{kind}: {done} rows logged")
    say("下一步：hengjian notary reconcile", "Next: hengjian notary reconcile")


def _tell_waiting(found: dict[str, int]) -> None:
    if not found:
        say("所有受保护的记录都有存证", "Every protected row has its leaf")
        return
    for kind, count in found.items():
        say(f"{kind}：{count} 条没有存证", f"{kind}: {count} without a leaf")
    say(
        "启用日志之前写入的：hengjian notary adopt --all --by 操作人 --reason 理由",
        "Rows from before the log: hengjian notary adopt --all --by WHO --reason WHY",
    )
