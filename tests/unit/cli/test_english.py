"""English of the rooms without gettext: complete, and the values stand where they belong."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from hengjian.cli import run, words
from hengjian.cli.english import english

CHINESE = re.compile(r"[\u4e00-\u9fff]")
QUOTED = re.compile("“[^”]*”")
PLACES = (
    "terms", "database", "policy", "access/operations.py", "access/permissions.py",
    "evidence/feeds/folder.py", "evidence/feeds/lines.py", "evidence/feeds/reading.py", "scoring/engine",
    "scoring/bundle.py", "scoring/container.py", "scoring/facts.py", "scoring/index.py",
    "scoring/measures.py", "scoring/record.py", "scoring/rules.py", "scoring/shapes.py",
    "scoring/verify.py", "witness", "notary/anchors",
)  # fmt: skip
STAYS_CHINESE = re.compile(r"policy/measures|policy/schema|anchors/models")  # documents; characters; gettext
NUMERALS = re.compile("[零一二三四五六七八九十百{}]+")


def files(root: Path) -> Iterator[Path]:
    """The files whose sentences reach a person through the command line."""
    for place in PLACES:
        path = root / "hengjian" / place
        found = sorted(path.rglob("*.py")) if path.is_dir() else [path]
        yield from (file for file in found if not STAYS_CHINESE.search(file.as_posix()))


def sentences(root: Path) -> Iterator[tuple[str, str]]:
    """Every Chinese sentence of those files, with {} where a value stands."""
    for file in files(root):
        for line, text in _texts(ast.parse(file.read_text(encoding="utf-8"))):
            if CHINESE.search(text) and not NUMERALS.fullmatch(text):
                yield f"{file.relative_to(root)}:{line}", text


def _texts(tree: ast.AST) -> Iterator[tuple[int, str]]:
    inside: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):  # the pieces of a sentence
            inside |= {id(part) for part in ast.walk(node) if part is not node}
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):  # a docstring
            inside.add(id(node.value))
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr) and id(node) not in inside:
            yield (
                node.lineno,
                "".join(str(v.value) if isinstance(v, ast.Constant) else "{}" for v in node.values),
            )
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inside:
            yield node.lineno, re.sub(r"\{\w+\}", "{}", node.value)


def test_every_sentence_of_the_core_has_english(root: Path) -> None:
    found = list(sentences(root))
    assert len(found) > 400
    missing = [
        (place, text)
        for place, text in found
        if CHINESE.search(QUOTED.sub("", english(text.replace("{}", "x1"))))
    ]
    assert not missing, f"add to hengjian/locale/en/core.yaml: {missing}"


def _raised(file: Path) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in {"Refused", "PolicyError"}:
            yield node


def refusals(root: Path) -> Iterator[tuple[str, str]]:
    """What the command line itself refuses, where it is not written in both languages at once."""
    for file in sorted((root / "hengjian" / "cli").glob("*.py")):
        for call in _raised(file):
            parts = (*call.args, *(word.value for word in call.keywords))
            texts = [
                t for part in parts if isinstance(part, ast.Constant | ast.JoinedStr) for t in _texts(part)
            ]
            yield from ((f"{file.name}:{line}", text) for line, text in texts)


def test_what_the_command_line_refuses_has_english(root: Path) -> None:
    found = [(place, text) for place, text in refusals(root) if CHINESE.search(text)]
    assert len(found) > 10
    assert not [
        pair for pair in found if CHINESE.search(QUOTED.sub("", english(pair[1].replace("{}", "x1"))))
    ]


@pytest.mark.parametrize(
    ("zh", "en"),
    [
        ("权重合计 101，不等于 100", "the weights sum to 101, not to 100"),
        ("没有代码为“gpe”的指标", "there is no indicator “gpe”"),
        ("不认识的单位“万元”", "unknown unit “万元”"),
        ("不认识的键“ownr”", "unknown key “ownr”"),
        ("可用的有：甲、乙", "there are: 甲、乙"),
        ("诉求事项办理数据（按期办结率 40%、满意率 60%）", "cases (on time 40%, satisfied 60%)"),
        ("何处也没有的话", "何处也没有的话"),
    ],
)
def test_values_are_put_back_and_quotations_stay(zh: str, en: str) -> None:
    assert english(zh) == en


def test_a_policys_own_names_are_used() -> None:
    names = {"生态保护区": "Ecological area", "副职": "Deputies"}
    assert english("生态保护区副职", names) == "Ecological area Deputies"


@pytest.fixture
def in_english() -> Iterator[None]:
    yield
    words.use("zh")


@pytest.mark.usefixtures("in_english")
def test_tables_of_a_policy_are_english(capfd: pytest.CaptureFixture[str]) -> None:
    day = ["--on", "2026-06-30"]
    assert run(["--lang", "en", "policy", "show", "seed", "--zone", "ecological", *day]) == 0
    shown = [line for line in capfd.readouterr().out.splitlines() if "Reading" not in line]
    tables = [line for line in shown if "  " in line.strip()]
    assert tables
    assert not [line for line in tables if CHINESE.search(line)]
    assert run(["--lang", "en", "policy", "diff", "before", "seed", *day]) == 0
    differences = capfd.readouterr().out
    assert "Tax per mu" in differences
    assert "weight" in differences


@pytest.mark.usefixtures("in_english")
def test_errors_of_the_core_are_english(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.hjb").write_bytes(b"no zip at all")
    assert run(["--lang", "en", "verify", str(tmp_path / "x.hjb")]) == 2
    err = capsys.readouterr().err
    assert "not a whole bundle" in err
    assert not CHINESE.search(err)
