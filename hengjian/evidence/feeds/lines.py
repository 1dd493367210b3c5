"""A declaration's keys are taken one by one; every complaint names its line, no key stays unread."""

from collections.abc import Collection, Iterable
from typing import Any

from hengjian.evidence.errors import FeedError
from hengjian.policy.tree import Path, Tree, read_tree


class Section:
    """A mapping of the file. :meth:`done` refuses what nobody took."""

    def __init__(self, tree: Tree, path: Path, value: Any) -> None:
        self.tree, self.path = tree, path
        self.name = str(path[-1]) if path else "feed.yaml"
        if not isinstance(value, dict):
            raise self.wrong(f"“{self.name}”应为“键: 值”的形式")
        self._left: dict[str, Any] = dict(value)
        self.keys = tuple(self._left)

    def wrong(self, what: str, *key: str | int, do: str = "") -> FeedError:
        """An error that names file and line."""
        where = self.tree.where(*self.path, *key)
        return FeedError(what, where=where, do=do, code="feed.declaration")

    def text(self, key: str, default: str | None = None) -> str:
        """A scalar; required when no default is given."""
        if key not in self._left:
            if default is None:
                raise self.wrong(f"“{self.name}”缺少“{key}”", do=f"请补写 {key}:")
            return default
        return self._scalar(self._left.pop(key), key)

    def _scalar(self, value: Any, *key: str | int) -> str:
        if isinstance(value, (dict, list)):
            raise self.wrong(f"“{key[0]}”此处应为一个值", *key)
        if isinstance(value, bool):
            return "true" if value else "false"
        return "" if value is None else str(value)

    def one_of(self, key: str, allowed: Collection[str], default: str | None = None) -> Any:
        """A scalar out of a closed list."""
        value = self.text(key, default)
        if value not in allowed:
            raise self.wrong(f"“{key}: {value}”不可用", key, do=f"应为：{'、'.join(allowed)}")
        return value

    def number(self, key: str, default: int) -> int:
        """A whole number from 1 upwards (or the default)."""
        text = self.text(key, str(default))
        if not (text.isdecimal() and (int(text) >= 1 or int(text) == default)):
            raise self.wrong(f"“{key}: {text}”应为正整数", key)
        return int(text)

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of scalars; a single scalar is a list of one; absent is empty."""
        value = self._left.pop(key, [])
        if not isinstance(value, list):
            return (self._scalar(value, key),)
        return tuple(self._scalar(item, key, i) for i, item in enumerate(value))

    def section(self, key: str) -> "Section":
        """A mapping below this one; absent is empty."""
        return Section(self.tree, (*self.path, key), self._left.pop(key, {}))

    def sections(self, key: str) -> tuple["Section", ...]:
        """A list of mappings below this one."""
        value = self._left.pop(key, [])
        if not isinstance(value, list):
            raise self.wrong(f"“{key}”应为列表", key, do="每项以 - 开头")
        path = (*self.path, key)
        return tuple(Section(self.tree, (*path, i), item) for i, item in enumerate(value))

    def is_mapping(self, key: str) -> bool:
        """Whether the key holds a mapping rather than a scalar."""
        return isinstance(self._left.get(key), dict)

    def done(self, known: Iterable[str] = ()) -> None:
        """Refuse the first key that nobody took."""
        for key in self._left:
            hint = f"可用的键：{'、'.join(known)}" if known else "请删去，或核对拼写"
            raise self.wrong(f"不认识的键“{key}”", key, do=hint)


def parsed(text: str, file: str) -> Section:
    """The top mapping of a YAML text."""
    tree = read_tree(file, text.encode("utf-8"))
    if tree.value is None:
        raise FeedError("文件是空的", where=f"{file}:1", do="请写明 feed、kind、columns", code="feed.empty")
    return Section(tree, (), tree.value)
