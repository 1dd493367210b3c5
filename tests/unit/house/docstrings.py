"""Reads the docstrings of the package without importing it."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

Defined = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
FIELD = re.compile(r"^\s*(Clause|Policy):\s*(.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Name:
    """A public name: where it stands and what is said of it."""

    where: str
    docstring: str | None

    def field(self, wanted: str) -> list[str]:
        """What the lines ``Clause:`` or ``Policy:`` cite."""
        found = [text for field, text in FIELD.findall(self.docstring or "") if field == wanted]
        return [part.strip() for text in found for part in text.rstrip(".").split(",")]


def public_names(file: Path, package: Path) -> Iterator[Name]:
    """The module itself, its public functions and classes, and the public methods of those."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    module = str(file.relative_to(package.parent))
    yield Name(f"{module}:1", ast.get_docstring(tree))
    yield from _inside(tree, module)


def _inside(tree: ast.Module | ast.ClassDef, module: str) -> Iterator[Name]:
    for node in tree.body:
        if not isinstance(node, Defined) or node.name.startswith("_"):
            continue
        if _is_typing_only(node):
            continue
        yield Name(f"{module}:{node.lineno} {node.name}", ast.get_docstring(node))
        if isinstance(node, ast.ClassDef):
            yield from _inside(node, module)


def _is_typing_only(node: Defined) -> bool:
    return any(isinstance(d, ast.Name) and d.id == "overload" for d in node.decorator_list)


def of_rooms(package: Path, *rooms: str) -> Iterator[Name]:
    """The public names of these rooms; of all without any."""
    for start in [package / room for room in rooms] or [package]:
        for file in sorted(start.rglob("*.py")):
            if "migrations" not in file.parts:
                yield from public_names(file, package)
