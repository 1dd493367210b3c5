"""``hengjian-proof``: checks a log's files, or one piece of evidence, with this room alone.

Needs nothing of the house but this folder and the package ``cryptography``: no database, no settings, no
connection. Exit codes: 0 all is as it must be; 5 something was altered or is not proved; 2 wrong usage.
"""

import argparse
import stat
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from hengjian.proof import evidence, opening, trust
from hengjian.proof.audit import audit
from hengjian.proof.errors import ProofError
from hengjian.proof.evidence import TlogProof
from hengjian.proof.findings import Finding
from hengjian.proof.opening import Opening
from hengjian.proof.tiles import MAX_ENTRY, WIDTH

SOUND, USAGE, ALTERED = 0, 2, 5
LARGEST = WIDTH * (MAX_ENTRY + 2) + 1
BESIDE = frozenset({"trust", "vkey"})  # published with the log, and no part of it


class Usage(Exception):  # noqa: N818 - what argparse calls an error
    """The command was called in a way that cannot be answered.

    Clause: SPEC F3
    """


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code.

    Clause: SPEC F3
    """
    asked = _parser().parse_args(arguments)
    try:
        return _folder(asked) if asked.what.is_dir() else _evidence(asked)
    except Usage as error:
        print(error, file=sys.stderr)  # noqa: T201
        return USAGE
    except ProofError as error:
        _say(f"✗ 未能证明：{_chinese(error)}", f"not proved: {error.where} {error.english}".strip())
        return ALTERED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="hengjian-proof",
        description="独立核验衡鉴的存证日志与证据文件 · verifies Hengjian's log and evidence files by itself",
        epilog="退出码 · exit code: 0 相符 sound, 5 不符 altered or not proved, 2 用法有误 wrong usage",
    )
    verify = parser.add_subparsers(dest="command", required=True, metavar="verify").add_parser(
        "verify",
        help="核验日志文件夹，或一份 .tlog-proof · verify a log's folder, or a .tlog-proof",
        description="核验日志文件夹，或一份 .tlog-proof · verify a log's folder, or a .tlog-proof",
    )
    verify.add_argument(
        "what", type=Path, help="日志文件夹或 .tlog-proof 文件 · folder of a log, or a .tlog-proof file"
    )
    verify.add_argument(
        "--trust",
        type=Path,
        help="信任策略文件（tlog-policy）；应从别处取得 · trust policy, best got from elsewhere",
    )
    verify.add_argument(
        "--opening", type=Path, help="开启文件（条目、记录、盐值）· entry, record and salt in one file"
    )
    verify.add_argument("--entry", type=Path, help="条目（叶子）文件 · file of the entry (the leaf)")
    verify.add_argument("--record", type=Path, help="记录文件 · file of the record")
    verify.add_argument("--salt", help="盐值（十六进制）· salt in hexadecimal")
    return parser


def _folder(asked: argparse.Namespace) -> int:
    policy = _policy(asked.trust, asked.what / "trust")
    paths = [path for path in _paths(asked.what) if path not in BESIDE]
    report = audit(_reader(asked.what), policy, paths)
    for finding in report.findings:
        _tell(finding)
    if not report.sound:
        number = len({each.resource for each in report.findings if each.grave})
        _say(f"✗ 日志不符：{number} 处", f"the log is not as it must be: {number} resources")
        return ALTERED
    _say(
        f"✓ 日志 {report.origin} 相符：{report.size} 条，树根 {report.root.hex()}",
        f"the log is sound: {report.size} entries",
    )
    return SOUND


def _tell(finding: Finding) -> None:
    mark = "✗" if finding.grave else "·"
    print(f"{mark} {finding.resource}：{finding.what} · {finding.english}")  # noqa: T201


def _evidence(asked: argparse.Namespace) -> int:
    policy = _policy(asked.trust, asked.what.parent / "trust")
    proof = TlogProof.parse(_file(asked.what, evidence.MAX_FILE + 1))
    opened = _opened(asked)
    found = proof.verify(opened.leaf if isinstance(opened, Opening) else opened, policy)
    if isinstance(opened, Opening):
        entry = opened.check()
        _say(
            f"✓ 记录与盐值合于条目（{entry.kind}，{entry.on}）",
            f"record and salt give the entry ({entry.kind}, {entry.on})",
        )
        if opened.within is not None:
            _say("✓ 条目在当夜的存证之中", "the entry stands within the leaf of its night")
    _say(
        f"✓ 条目是日志 {found.checkpoint.origin} 的第 {proof.index} 条，共 {found.checkpoint.size} 条",
        f"the entry is number {proof.index} of {found.checkpoint.size}",
    )
    for key in found.signed:
        _say(f"✓ 日志公钥 {key.key_id.hex()} 签名相符", f"signed by the log's key {key.key_id.hex()}")
    for key in found.unsigned:
        _say(f"· 日志公钥 {key.key_id.hex()} 未签名", f"not signed by the log's key {key.key_id.hex()}")
    for name, time in found.cosigned.items():
        _say(f"✓ {name} 联署于 {_moment(time)}", f"cosigned by {name}")
    return SOUND


def _opened(asked: argparse.Namespace) -> Opening | bytes:
    """What the evidence is about: an opening, or an entry alone when its record is not shown."""
    if asked.record or asked.salt:
        if not (asked.entry and asked.record and asked.salt):
            raise Usage("--entry、--record、--salt 须同时给出 · give --entry, --record and --salt together")
        return Opening(_file(asked.entry), _file(asked.record), _salt(asked.salt))
    if asked.entry:
        return _file(asked.entry)
    beside = asked.what.with_name(asked.what.name.removesuffix(evidence.SUFFIX) + opening.SUFFIX)
    return Opening.parse(_file(asked.opening or beside))


def _salt(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError as error:
        raise Usage("盐值不是十六进制 · the salt is not hexadecimal") from error


def _policy(given: Path | None, beside: Path) -> trust.TrustPolicy:
    path = given or beside
    data = _file(path, trust.MAX_POLICY + 1)
    if given is None:
        _say(
            f"！信任策略取自 {path}：请与从别处得到的公钥对照",
            "the trust policy lay beside the files: compare its keys with those you got elsewhere",
        )
    try:
        return trust.parse(data)
    except ProofError as error:
        raise Usage(f"{path}：{error}") from error


def _file(path: Path, most: int = LARGEST) -> bytes:
    data = _regular(path, most)
    if data is None:
        raise Usage(f"读不到文件 {path} · cannot read {path}")
    return data


def _regular(path: Path, most: int) -> bytes | None:
    """The bytes of a regular file, cut off at a length that nothing sound has; None for anything else."""
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            return None
        with path.open("rb") as file:
            return file.read(most)
    except OSError:
        return None


def _reader(folder: Path) -> Callable[[str], bytes | None]:
    return lambda path: _regular(folder / path, LARGEST)


def _paths(folder: Path) -> Iterator[str]:
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or not path.is_dir():
            yield path.relative_to(folder).as_posix()


def _moment(time: int) -> str:
    try:
        return datetime.fromtimestamp(time, UTC).isoformat()
    except (ValueError, OverflowError, OSError):
        return str(time)


def _chinese(error: ProofError) -> str:
    return f"{error.where}：{error.what}" if error.where else error.what


def _say(chinese: str, english: str) -> None:
    print(f"{chinese} · {english}")  # noqa: T201


def run() -> None:
    """The console script.

    Clause: SPEC F3
    """
    sys.exit(main())


if __name__ == "__main__":
    run()
