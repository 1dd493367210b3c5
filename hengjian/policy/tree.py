"""Reads one YAML file into plain values and remembers on which line each of them stands.

YAML 1.2 readings only: ``no``, ``on`` and ``2026-01-01`` stay text. Anchors, aliases, tags,
duplicate keys and deep nesting are refused: a rule is written out where it applies.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from hengjian.policy.errors import fault
from hengjian.terms.errors import PolicyError

Path = tuple[str | int, ...]

DEEPEST = 16
LARGEST = 2_000_000

_INT = re.compile(r"^[-+]?(0|[1-9][0-9]*)$")
_FLOAT = re.compile(r"^[-+]?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$")
_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None, "~": None, "": None}
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Tree:
    """A file's values and the line of each path.

    Clause: SPEC A7
    """

    file: str
    value: Any
    lines: dict[Path, int] = field(default_factory=dict)

    def line(self, path: Path) -> int:
        """The line of a path, or of the nearest place around it that exists.

        Clause: SPEC A7
        """
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def where(self, *path: str | int) -> str:
        """``file:line`` of a path.

        Clause: SPEC A7
        """
        return f"{self.file}:{self.line(path)}"


def read_tree(file: str, data: bytes) -> Tree:
    """Read the bytes of one YAML file.

    Clause: SPEC A7
    Raises: PolicyError with file and line.
    """
    if len(data) > LARGEST:
        raise fault("policy.too_large", "文件过大", f"{file}:1", "请拆成几个文件")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise fault("policy.encoding", "文件不是 UTF-8 编码", f"{file}:{line}", "请另存为 UTF-8") from None
    builder = _Builder(file)
    try:
        value = builder.document(yaml.parse(text, Loader=_LOADER))
    except yaml.YAMLError as error:
        raise _bad_yaml(file, error) from None
    return Tree(file, value, builder.lines)


def _bad_yaml(file: str, error: yaml.YAMLError) -> PolicyError:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    line = mark.line + 1 if mark is not None else 1
    return fault(
        "policy.yaml",
        f"YAML 写法有误（{getattr(error, 'problem', None) or '无法解析'}）",
        f"{file}:{line}",
        "请检查缩进（只用空格）、冒号后的空格和引号是否成对",
    )


class _Builder:
    """Turns the stream of YAML events into values and lines."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.lines: dict[Path, int] = {}
        self.line = 1

    def document(self, events: Iterator[Any]) -> Any:
        value: Any = None
        documents = 0
        for event in events:
            self._look(event)
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise self._refuse("documents", "一个文件里有多个 YAML 文档", "请拆成几个文件")
            elif isinstance(event, yaml.NodeEvent):
                value = self._node(event, events, ())
        return value

    def _look(self, event: Any) -> None:
        self.line = event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise self._refuse("alias", "不允许使用锚点和别名（& 和 *）", "请把内容在此处写全")
        if getattr(event, "tag", None) not in {None, "!"}:
            raise self._refuse("tag", f"不允许使用标签 {event.tag}", "请删去标签")

    def _node(self, event: Any, events: Iterator[Any], path: Path) -> Any:
        self.lines.setdefault(path, self.line)
        if len(path) > DEEPEST:
            raise self._refuse("deep", f"嵌套超过 {DEEPEST} 层", "请减少层次")
        if isinstance(event, yaml.ScalarEvent):
            return scalar(event.value) if event.implicit[0] else event.value
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(events, path)
        return self._mapping(events, path)

    def _sequence(self, events: Iterator[Any], path: Path) -> list[Any]:
        items: list[Any] = []
        for event in events:
            self._look(event)
            if isinstance(event, yaml.SequenceEndEvent):
                break
            items.append(self._node(event, events, (*path, len(items))))
        return items

    def _mapping(self, events: Iterator[Any], path: Path) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for event in events:
            self._look(event)
            if isinstance(event, yaml.MappingEndEvent):
                break
            if not isinstance(event, yaml.ScalarEvent):
                raise self._refuse("key", "键必须是简单文字", "请改为一个词作键")
            here = (*path, event.value)
            if event.value in found:
                first = self.lines[here]
                raise self._refuse(
                    "duplicate_key",
                    f"“{event.value}”重复，第 {first} 行已经写过",
                    "请合并或删去一处",
                )
            self.lines[here] = self.line
            value = next(events)
            self._look(value)
            found[event.value] = self._node(value, events, here)
        return found

    def _refuse(self, code: str, what: str, do: str) -> PolicyError:
        return fault(f"policy.{code}", what, f"{self.file}:{self.line}", do)


def scalar(text: str) -> str | int | float | bool | None:
    """Resolve a plain scalar by the core schema of YAML 1.2.

    Clause: SPEC A7
    """
    if text in _WORDS:
        return _WORDS[text]
    if _INT.match(text):
        return int(text) if len(text) < 19 else text
    if _FLOAT.match(text):
        return float(text)
    return text
