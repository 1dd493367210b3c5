"""``hengjian verify FILE``: recompute a published result, without Django or a database."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click

from hengjian.cli.faults import said
from hengjian.cli.frame import Verb
from hengjian.cli.verify_evidence import beside, verify_beside
from hengjian.cli.words import both, say, t
from hengjian.scoring.verify import Verification, verify_bundle
from hengjian.terms.errors import Tampered

MOST = 40
DIGEST = "摘要"
FILE = click.Path(path_type=Path, dir_okay=False)


def proof_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """The options ``--proof`` and ``--trust``."""
    about = both("存证证据文件，默认同名的 .tlog-proof", "The evidence, by default the .tlog-proof beside it")
    whom = both("信任策略文件（C2SP tlog-policy）", "The trust policy (C2SP tlog-policy)")
    with_proof = click.option("--proof", type=FILE, default=None, help=about)(function)
    return click.option("--trust", type=FILE, default=None, help=whom)(with_proof)


@click.command(
    cls=Verb,
    help=both(
        "按结果包里的快照和制度重算全部结果，逐部分、逐数字说明是否一致。",
        "Recompute everything in a bundle and say part by part and figure by figure what agrees.",
    ),
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--root", default="", help=both("另行公布的根摘要", "The root as published elsewhere"))
@proof_options
@click.option(
    "--engine",
    type=click.Choice(["reference", "kernel"]),
    default="reference",
    help=both("用哪个引擎重算", "Which engine recomputes"),
)
def verify(file: Path, root: str, engine: str, proof: Path | None, trust: Path | None) -> int:
    """Verify one bundle; 0 when all agrees, 5 on any difference, 2 when it cannot be read."""
    return verify_file(file, root, engine, proof, trust)


def verify_file(
    file: Path,
    root: str = "",
    engine: str = "reference",
    proof: Path | None = None,
    trust: Path | None = None,
) -> int:
    """Verify one bundle and the evidence beside it, tell what was found, and return the exit code."""
    found = verify_bundle(
        file,
        root,
        engine="kernel" if engine == "kernel" else "reference",
        progress=lambda text: click.echo(f"… {said(text)}", err=True),
    )
    tell(found, against=bool(root or proof or beside(file).exists()))
    logged = verify_beside(file, found.root, proof, trust)
    return logged if found.ok else Tampered.exit_code


def checked(found: Verification) -> Iterator[str]:
    """One line a check; the files of a folder whose digests all agree share one line."""
    folders: dict[str, list[bool]] = {}
    for check in found.checks:
        if check.name == DIGEST and "/" in check.part:
            folders.setdefault(check.part.split("/")[0], []).append(check.ok)
    for folder, agreed in folders.items():
        if all(agreed):
            yield f"✓ {folder}/  {t(f'{len(agreed)} 个文件的摘要', f'digests of {len(agreed)} files')}"
    for check in found.checks:
        alone = check.name != DIGEST or "/" not in check.part
        if alone or not all(folders[check.part.split("/")[0]]):
            yield f"{'✓' if check.ok else '✗'} {check.part}  {said(check.name)}"


def tell(found: Verification, *, against: bool) -> None:
    """Say part by part what agrees and what does not."""
    if found.manifest["synthetic"]:
        say("合成数据", "synthetic data")
    for line in checked(found):
        click.echo(line)
    for finding in found.findings[:MOST]:
        click.echo(click.style(f"✗ {said(finding.text)}", fg="red"))
        if finding.stated and "：表上为" not in finding.text:
            click.echo(
                f"    {t('记载', 'stated')}: {finding.stated}\n    {t('实得', 'found')}: {finding.found}"
            )
    if len(found.findings) > MOST:
        rest = len(found.findings) - MOST
        say(f"还有 {rest} 处不一致未列出", f"{rest} more differences are not listed")
    english = f"all agrees: {found.seats} seats, root {found.root}" if found.ok else (
        f"differs in {len(found.findings)} places"
    )  # fmt: skip
    say(found.text, english, bold=True)
    if not against:
        say(
            "提示：未给出 --root。只有与另行公布的根摘要比对，才能识别整份重新制作的文件。",
            "Note: without --root a file that was made anew as a whole cannot be recognised.",
        )
