"""docs/reference/asvs.md: every requirement of levels 1 and 2 stands there, and what it names is there."""

import ast
import re
from pathlib import Path

import pytest

# how many requirements of levels 1 and 2 each chapter of ASVS 5.0.0 has, 253 in all
CHAPTERS = {1: 27, 2: 11, 3: 19, 4: 10, 5: 9, 6: 35, 7: 18, 8: 7, 9: 7, 10: 29, 11: 14, 12: 9, 13: 13, 14: 9,
            15: 13, 16: 16, 17: 7}  # fmt: skip
ROW = re.compile(r"^\| (\d+\.\d+\.\d+) \| ([^|]+) \| (met|partly|not applicable) \| ([^|]+) \|$")
NAMED = re.compile(r"`([^`]+)`")


@pytest.fixture(scope="module")
def rows(root: Path) -> list[tuple[str, str, str, str]]:
    text = (root / "docs/reference/asvs.md").read_text(encoding="utf-8")
    return [found.groups() for line in text.splitlines() if (found := ROW.match(line))]  # type: ignore[misc]


def test_every_requirement_stands_there_once(rows: list[tuple[str, str, str, str]]) -> None:
    ids = [row[0] for row in rows]
    assert len(ids) == len(set(ids)) == sum(CHAPTERS.values())
    assert {chapter: sum(one.startswith(f"{chapter}.") for one in ids) for chapter in CHAPTERS} == CHAPTERS


def test_what_is_met_names_what_shows_it(rows: list[tuple[str, str, str, str]]) -> None:
    assert [row[0] for row in rows if row[2] == "met" and not NAMED.findall(row[3])] == []
    assert [row[0] for row in rows if row[2] != "met" and len(row[3]) < 8] == []


def test_what_is_named_is_there(root: Path, rows: list[tuple[str, str, str, str]]) -> None:
    missing = []
    for row in rows:
        for name in NAMED.findall(row[3]):
            path, _colons, test = name.partition("::")
            if not (root / path).exists() or (test and test not in _functions(root / path)):
                missing.append((row[0], name))
    assert missing == []


def _functions(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
