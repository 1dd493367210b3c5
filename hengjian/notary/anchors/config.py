"""``notary/anchors.yaml`` in the data folder: where heads are anchored. Every fault names its line.

chain:
  kind: fisco            # evm | fisco | rfc3161
  url: http://127.0.0.1:8545
  contract: "0x…"        # after hengjian anchor deploy chain
  key_file: anchor.key   # beside this file; mode 0600
  confirmations: 1
  first_block: 100
stamp:
  kind: rfc3161
  url: http://tsa.example/tsr
  roots: tsa-roots.pem
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml

from hengjian.terms.errors import Refused

FILE = "anchors.yaml"
CHAINS = ("evm", "fisco")
STAMPS = "rfc3161"
KINDS = (*CHAINS, STAMPS)
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")


@dataclass(frozen=True)
class Target:
    """One place to which heads go."""

    name: str
    kind: str
    url: str
    where: str
    contract: str = ""
    key_file: Path | None = None
    roots: Path | None = None
    confirmations: int = 1
    first_block: int = 0
    chain_id: int | None = None
    timeout: float = 20.0
    wait: int = 120
    patience: timedelta = timedelta(minutes=10)


@dataclass(frozen=True)
class _Reader:
    """Checks one value: what it must be, and how it is made."""

    words: str
    make: Callable[[str], Any]
    kinds: tuple[str, ...] = KINDS
    needed: bool = field(default=False)


def load(folder: Path) -> tuple[Target, ...]:
    """The places that the file names; none when there is no file."""
    path = folder / FILE
    if not path.exists():
        return ()
    try:
        root = yaml.compose(path.read_text(encoding="utf-8"), yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise _fault(path, line, f"不是 YAML：{error.problem}") from error
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise _fault(path, 1, f"读不了：{error}") from error
    if root is None:
        return ()
    return tuple(_target(path, name, node) for name, node in _pairs(path, root))


def named(targets: tuple[Target, ...], name: str, folder: Path) -> Target:
    """The place of this name."""
    for target in targets:
        if target.name == name:
            return target
    known = "、".join(target.name for target in targets) or "（没有）"
    raise Refused(
        f"没有叫“{name}”的锚定点；已配置：{known}",
        where=str(folder / FILE),
        do="请核对名称，或在文件里加上它（见 docs/how-to/anchor.zh-CN.md）",
        code="anchor.unknown",
    )


def _pairs(path: Path, node: yaml.Node) -> Iterator[tuple[yaml.ScalarNode, yaml.Node]]:
    if not isinstance(node, yaml.MappingNode):
        raise _fault(path, _line(node), "这里应当是“名称: 值”")
    seen: set[str] = set()
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode) or key.value in seen:
            raise _fault(path, _line(key), "名称重复或不是一个词")
        seen.add(key.value)
        yield key, value


def _target(path: Path, name: yaml.ScalarNode, node: yaml.Node) -> Target:
    if not _NAME.fullmatch(name.value):
        raise _fault(path, _line(name), f"名称“{name.value}”只能用小写字母、数字、- 和 _，字母开头")
    pairs = {key.value: (key, value) for key, value in _pairs(path, node)}
    readers = _readers(path.parent)
    kind = _value(path, readers["kind"], *pairs["kind"]) if "kind" in pairs else None
    if kind is None:
        raise _fault(path, _line(name), f"“{name.value}”缺 kind（{'、'.join(KINDS)}）")
    for key, (key_node, _) in pairs.items():
        if key not in readers or kind not in readers[key].kinds:
            raise _fault(path, _line(key_node), f"kind: {kind} 没有“{key}”这一项")
    for key, reader in readers.items():
        if reader.needed and kind in reader.kinds and key not in pairs:
            raise _fault(path, _line(name), f"“{name.value}”缺 {key}")
    made = {key: _value(path, readers[key], *pair) for key, pair in pairs.items()}
    return Target(name=name.value, where=f"{path}:{_line(name)}", **made)


def _value(path: Path, reader: _Reader, key: yaml.ScalarNode, node: yaml.Node) -> Any:
    text = node.value if isinstance(node, yaml.ScalarNode) else ""
    try:
        return reader.make(text)
    except ValueError as error:
        raise _fault(path, _line(node), f"{key.value} 应当是{reader.words}，写的是“{text}”") from error


def _readers(folder: Path) -> dict[str, _Reader]:
    def file(text: str) -> Path:
        return folder / Path(_matching(r".+")(text)).expanduser()

    return {
        "kind": _Reader("、".join(KINDS), _one_of, needed=True),
        "url": _Reader("http:// 或 https:// 地址", _matching(r"https?://\S+"), needed=True),
        "contract": _Reader("0x 加 40 位十六进制数", _matching(_ADDRESS.pattern), CHAINS),
        "key_file": _Reader("文件名", file, CHAINS, needed=True),
        "confirmations": _Reader("1 到 10000 的整数", _whole(1, 10_000), CHAINS),
        "first_block": _Reader("区块号", _whole(0, 2**62), CHAINS),
        "chain_id": _Reader("整数", _whole(0, 2**62), CHAINS),
        "roots": _Reader("文件名", file, (STAMPS,), needed=True),
        "timeout": _Reader("1 到 600 的秒数", _whole(1, 600)),
        "wait": _Reader("0 到 86400 的秒数", _whole(0, 86_400), CHAINS),
        "patience": _Reader("1 到 1440 的分钟数", _minutes, CHAINS),
    }


def _one_of(text: str) -> str:
    if text not in KINDS:
        raise ValueError(text)
    return text


def _matching(form: str) -> Callable[[str], str]:
    def make(text: str) -> str:
        if not re.fullmatch(form, text):
            raise ValueError(text)
        return text

    return make


def _whole(least: int, most: int) -> Callable[[str], int]:
    def make(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,19}", text) or not least <= int(text) <= most:
            raise ValueError(text)
        return int(text)

    return make


def _minutes(text: str) -> timedelta:
    return timedelta(minutes=_whole(1, 1440)(text))


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _fault(path: Path, line: int, what: str) -> Refused:
    return Refused(
        what,
        where=f"{path}:{line}",
        do="请改正后再试；写法见 docs/how-to/anchor.zh-CN.md",
        code="anchor.config",
    )
