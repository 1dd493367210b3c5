"""docs/reference/settings.md names every variable of the environment that the program reads, and no other."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
NAME = re.compile(r"HENGJIAN_[A-Z_]*[A-Z]|DATABASE_URL")
BUILT = {"HENGJIAN_KIOSK_ISSUE", "HENGJIAN_KIOSK_CAST"}  # put together from the side's name


def read_by_the_program() -> Iterator[str]:
    for path in (ROOT / "hengjian").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and NAME.fullmatch(node.value):
                yield node.value


def test_every_setting_is_told_and_every_told_setting_is_read() -> None:
    told = set(NAME.findall((ROOT / "docs/reference/settings.md").read_text(encoding="utf-8")))
    assert told == set(read_by_the_program()) | BUILT
