"""``hengjian kiosk audit``: tokens beside ballots of a half-year that is whole."""

import sys

import click

from hengjian.cli.frame import Verb
from hengjian.cli.marks import POLICY, POLICY_HELP, policy_files
from hengjian.cli.session import needs_database, now
from hengjian.cli.words import both, say, t
from hengjian.terms.errors import Refused

WRONG = {
    "foreign": "a key that the issuing side does not have: somebody may have printed ballots",
    "too_many": "more ballots than tokens issued: somebody may have printed ballots",
    "assisted": "more assisted ballots than assisted tokens",
    "most": "more tokens for one person than the policy lets count",
    "sum": "cast is not counted plus left out",
    "release": "the ballots do not give the last release again",
}


@click.command(
    cls=Verb,
    help=both(
        "核对半年的凭证与评价票；票收齐以后才有，数小的不显示，有不符时退出码为 1。",
        "Hold a half-year's tokens against its ballots, once they are all in; exit code 1 when not right.",
    ),
)
@click.argument("half", metavar="半年")
@click.option(POLICY, "policy", default="seed", show_default=True, help=POLICY_HELP)
@needs_database
def audit(half: str, policy: str) -> None:
    """One line a key, then the sums."""
    from hengjian.cycles.rating_audit import Line
    from hengjian.cycles.rating_audit import audit as audited
    from hengjian.terms.calendar import SHANGHAI
    from hengjian.terms.period import Period

    period, today = Period(half), now().astimezone(SHANGHAI).date()
    if period.kind != "H":
        raise Refused(
            t(f"“{half}”不是半年", f"“{half}” is not a half-year"),
            do=t("请写成 2026-H1", "write it like 2026-H1"),
            code="cli.half",
        )
    found = audited(period, today, policy_files(policy).in_force(min(today, period.end)))
    if today < found.whole_from:
        raise Refused(
            t(f"{half} 的票还没有收齐", f"the ballots of {half} are not all in yet"),
            do=t(f"{found.whole_from} 起可以核对", f"can be checked from {found.whole_from} on"),
            code="cli.not_whole",
        )

    def told(line: Line) -> None:
        cells = (line.persons, *line.cells, line.left)
        click.echo("".join(f"{'·' if n is None else n:>9}" for n in cells) + f"  {line.key[:12]} {line.post}")
        for one in line.wrong:
            click.echo(t(f"    ✗ {one.label}", f"    ✗ {WRONG[one.value]}"))

    say(
        "领证人数  发放凭证  投出  计入  已公布  未成批  公钥、岗位",
        "  persons   issued     cast  counted released  left over  key, post",
        bold=True,
    )
    for line in found.lines:
        told(line)
    sums = (found.persons, *found.totals, found.left)
    click.echo("".join(f"{'·' if n is None else n:>9}" for n in sums))
    if found.wrong:
        say(f"{found.wrong} 把公钥对不上", f"{found.wrong} keys do not add up")
        sys.exit(1)
    say("全部对得上", "everything adds up")
