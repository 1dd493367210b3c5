"""``hengjian prove``: evidence files of a record, decision or result, for somebody outside."""

import os
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING

import click

from hengjian.cli.files import make_folder
from hengjian.cli.frame import Verb
from hengjian.cli.session import needs_database
from hengjian.cli.words import both, say, t
from hengjian.database import data_folder
from hengjian.terms.errors import Refused

if TYPE_CHECKING:
    from hengjian.cycles.models import Publication

CYCLE = "cycle"
PATIENCE = 5.0  # seconds


@click.command(
    cls=Verb,
    help=both(
        "出具存证证据：.tlog-proof 和打开它的 .opening.json。"
        "种类 cycle 表示一个周期的公布、得分表、快照、制度和各步决定。",
        "Write evidence: a .tlog-proof and the .opening.json that opens it. KIND cycle stands for the "
        "publication, sheet, snapshot, policy and decisions of a cycle.",
    ),
)
@click.argument("kind", metavar="种类")
@click.argument("key", metavar="编号")
@click.option(
    "-o", "--output", "folder", type=click.Path(path_type=Path, file_okay=False), default=Path(),
    help="放在哪里 Where to.",
)  # fmt: skip
@needs_database
def prove(kind: str, key: str, folder: Path) -> None:
    """Write the evidence of one row, or of a cycle's rows."""
    from hengjian.cycles.queries import logged_rows
    from hengjian.notary.evidence_files import proof_path, write_evidence
    from hengjian.notary.folder import in_data_folder
    from hengjian.notary.trusting import trust_in

    policy = in_data_folder(data_folder(os.environ)).trust
    trust = trust_in(policy) if policy.exists() else None
    make_folder(folder)
    rows = logged_rows(key) if kind == CYCLE else [(kind, key)]
    for one, row in rows:
        path = proof_path(folder, one, row)
        if not write_evidence(one, row, path, trust):
            raise Refused(
                t(
                    f"{one} {row} 还没有进入已发布、见证人数足够的日志",
                    f"{one} {row} is not yet in a published log that enough witnesses cosigned",
                ),
                do=t(
                    "请等待 hengjian notary run 发布下一个树头；见证人是否齐备见 notary status",
                    "wait for the next head of hengjian notary run; notary status shows the witnesses",
                ),
                code="prove.not_yet",
            )
        say(f"  {path}", f"  {path}")
    say(
        f"任何人都可核对：hengjian verify {path} --trust 信任策略文件",
        f"anybody can check: hengjian verify {path} --trust POLICY",
    )


def say_evidence(made: "Publication") -> None:
    """Wait a moment for the log to take the publication up; it never holds up publishing itself."""
    from hengjian.cycles.bundles import evidence_path
    from hengjian.notary.sequencing import is_running

    path = evidence_path(made)
    until = monotonic() + PATIENCE if is_running() else 0.0
    while not path.exists() and monotonic() < until:
        sleep(0.2)
    if path.exists():
        say(f"  存证证据：{path}", f"  evidence: {path}")
    else:
        say(
            "  存证证据：日志（hengjian notary run）发布含本结果的树头后自动补齐",
            "  evidence: comes when the log (hengjian notary run) has published a head that covers it",
        )
