"""Evidence files at the command line: a ``.tlog-proof``, its opening, and the bundle that they are about.

Needs neither Django nor a database: only the files, and a trust policy that the reader has from
elsewhere. A policy that came along with the evidence would vouch for itself.
"""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import click

from hengjian.cli.words import lang, say, t
from hengjian.database import data_folder
from hengjian.proof import evidence, opening
from hengjian.proof import trust as trusting
from hengjian.proof.commitments import Entry
from hengjian.proof.errors import ProofError
from hengjian.proof.evidence import TlogProof
from hengjian.proof.opening import Opening
from hengjian.proof.trust import Accepted
from hengjian.terms.calendar import SHANGHAI
from hengjian.terms.canonical import digest
from hengjian.terms.errors import Refused, Tampered

PUBLICATION = "cycles.publication"
PROOF = evidence.SUFFIX
T = TypeVar("T")


@dataclass(frozen=True)
class Evidence:
    """Evidence that holds: what was logged, where in which log, who cosigned, and the record opened."""

    entry: Entry
    index: int
    head: Accepted
    row: Mapping[str, Any]


def beside(file: Path) -> Path:
    """Where the evidence of a file stands."""
    return file.with_suffix(PROOF)


def opening_beside(proof: Path) -> Path:
    """Where the opening of a proof stands."""
    return proof.with_suffix(opening.SUFFIX)


def verify_proof(path: Path, trust: Path | None) -> int:
    """Verify one evidence file and tell what it shows; 0 when it holds, else 5."""
    try:
        found = evidence_of(path, trust)
    except Tampered as refused:
        return tell_refused(refused)
    for line in shown(found):
        click.echo(f"✓ {line}")
    click.echo(json.dumps(found.row, ensure_ascii=False, indent=1))
    say("证据成立", "the evidence holds", bold=True)
    return 0


def verify_beside(bundle: Path, root: str, proof: Path | None, trust: Path | None) -> int:
    """Verify the evidence of a bundle, when there is any: it must be about this very file and root.

    0 when it holds or there is none, else 5. ``root``: as recomputed from the bundle.
    """
    path = proof or beside(bundle)
    if proof is None and not path.exists():
        say(
            "提示：旁边没有存证证据（.tlog-proof），未核对是否进入日志和见证联署。",
            "Note: no evidence (.tlog-proof) beside it: not checked whether the log holds it.",
        )
        return 0
    try:
        found = evidence_of(path, trust)
        _check_about(found, bundle, root, path.name)
    except Tampered as refused:
        return tell_refused(refused)
    for line in shown(found):
        click.echo(f"✓ {line}")
    return 0


def tell_refused(refused: Tampered) -> int:
    """Say why evidence does not hold; 5."""
    click.secho(f"✗ {refused.where}: {refused.what}", fg="red")
    say("存证证据不成立", "the evidence does not hold", bold=True)
    return Tampered.exit_code


def evidence_of(path: Path, trust: Path | None) -> Evidence:
    """Check a proof and its opening under a trust policy.

    Raises: Refused when a file is missing; Tampered naming the file that does not hold.
    """
    opening_path, policy_path = opening_beside(path), trust or _own_trust()
    policy = _checked(policy_path, lambda: trusting.parse(_read(policy_path)))
    proof = _checked(path, lambda: TlogProof.parse(_read(path)))
    opened = _checked(opening_path, lambda: Opening.parse(_read(opening_path)))
    entry = _checked(opening_path, opened.check)
    head = _checked(path, lambda: proof.verify(opened.leaf, policy))
    row = _checked(opening_path, lambda: json.loads(opened.record)["row"])
    return Evidence(entry, proof.index, head, row)


def shown(found: Evidence) -> Iterator[str]:
    """What the evidence shows, a line each."""
    kind, on, origin = found.entry.kind, found.entry.on, found.head.checkpoint.origin
    yield t(f"记录与条目相符：{kind}，{on}", f"the record is the one logged: {kind}, {on}")
    size, index = found.head.checkpoint.size, found.index
    yield t(
        f"已进入日志 {origin}：第 {index} 条，共 {size} 条", f"in the log {origin}: entry {index} of {size}"
    )
    for name, stamp in sorted(found.head.cosigned.items()):
        when = datetime.fromtimestamp(stamp, UTC).astimezone(SHANGHAI)
        yield t(f"见证联署：{name}（{when:%Y-%m-%d %H:%M}）", f"cosigned by {name} ({when:%Y-%m-%d %H:%M})")
    if not found.head.cosigned:
        yield t("信任策略不要求见证联署", "the trust policy asks for no witness")


def _check_about(found: Evidence, bundle: Path, root: str, where: str) -> None:
    if found.entry.kind != PUBLICATION:
        raise _amiss(t("证据不是关于公布结果的", "the evidence is not about a publication"), where)
    if found.row.get("bundle_digest") != digest(bundle.read_bytes()):
        raise _amiss(t("证据说的不是这个结果包文件", "the evidence is about another bundle file"), where)
    if found.row.get("root") != root:
        raise _amiss(t("日志中的根摘要与重算不符", "the root in the log is not the recomputed one"), where)


def _own_trust() -> Path:
    path = data_folder(os.environ) / "notary" / "trust"
    if not path.is_file():
        raise Refused(
            t("没有信任策略文件", "no trust policy"),
            do=t(
                "请用 --trust 指定从见证单位或发布单位另行取得的策略文件",
                "give --trust FILE, got from the witnesses or the office, not with the evidence",
            ),
            code="verify.no_trust",
        )
    say(f"信任策略：{path}", f"trust policy: {path}", err=True)
    return path


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Refused(
            t(f"读不了 {path}", f"cannot read {path}"),
            do=t(
                "证据由 .tlog-proof 和 .opening.json 两个文件组成",
                "evidence is two files: .tlog-proof and .opening.json",
            ),
            code="verify.evidence_file",
        ) from error


def _checked(path: Path, check: Callable[[], T]) -> T:
    try:
        return check()
    except ProofError as fault:
        place = f"{path.name} {fault.where}".rstrip()
        raise _amiss((fault.english or fault.what) if lang() == "en" else fault.what, place) from fault
    except (KeyError, ValueError, TypeError) as fault:
        raise _amiss(t("记录读不出来", "the record cannot be read"), path.name) from fault


def _amiss(what: str, where: str) -> Tampered:
    return Tampered(
        what, where=where, do=t("请向发布单位重新索取", "ask the office again"), code="verify.evidence"
    )
