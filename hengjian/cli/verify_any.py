"""``hengjian verify``: a bundle or evidence (no database needed), or a cycle of this installation."""

from pathlib import Path

import click

from hengjian.cli.faults import said
from hengjian.cli.frame import Verb
from hengjian.cli.verify import proof_options, verify_file
from hengjian.cli.verify_evidence import PROOF, verify_proof
from hengjian.cli.words import both, say, t
from hengjian.terms.errors import Tampered


@click.command(
    cls=Verb,
    help=both(
        "重算一个结果包并核对其存证（不需要数据库），核对一份 .tlog-proof 证据，或重算本系统中的一个周期；"
        "逐处指出不一致，不一致时退出码为 5。",
        "Recompute a bundle and check its evidence (no database needed), check a .tlog-proof, or recompute "
        "a cycle; 5 when anything differs.",
    ),
)
@click.argument("target", metavar="结果包、证据或周期")
@click.option("--root", default="", help="另行公布的根摘要 The root as published elsewhere.")
@click.option(
    "--engine", type=click.Choice(["reference", "kernel"]), default="reference", help="引擎 Engine."
)
@proof_options
def verify(target: str, root: str, engine: str, proof: Path | None, trust: Path | None) -> int:
    """A path or a name with a suffix is a file; everything else is a cycle."""
    path = Path(target)
    if path.suffix == PROOF:
        return verify_proof(path, trust)
    if path.exists() or path.suffix or len(path.parts) > 1:
        return verify_file(path, root, engine, proof, trust)
    return verify_stored(target)


def verify_stored(cycle_id: str) -> int:
    """Recompute a cycle from the database."""
    from hengjian.cli.session import django_ready

    with django_ready():
        from hengjian.cycles.checking import verify_cycle

        found = verify_cycle(cycle_id)
    for check in found.checks:
        click.echo(f"{'✓' if check.ok else '✗'} {said(check.part)}  {said(check.name)}")
    for finding in found.findings[:40]:
        click.secho(f"✗ {said(finding.text)}", fg="red")
        if finding.stated and not finding.where:
            click.echo(
                f"    {t('登记', 'stated')}: {finding.stated}\n    {t('重算', 'found')}: {finding.found}"
            )
    say(found.text, "all agrees" if found.ok else f"differs in {len(found.findings)} places", bold=True)
    return 0 if found.ok else Tampered.exit_code
