"""The import contracts: each is kept, and each goes red when it is broken once."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from configparser import ConfigParser
from pathlib import Path

import pytest

BREACHES = {
    "1-layers": [("terms/numbers.py", "import hengjian.policy")],
    "2-pure-core": [("scoring/__init__.py", "from django.db import models")],
    "3-proof-alone": [("proof/__init__.py", "import hengjian.terms.errors")],
    "4-sealed-integrity": [("cycles/__init__.py", "import hengjian.integrity")],
    "5-asked-and-said": [("ratings/ballots/__init__.py", "import hengjian.ratings.invitations")],
    "5b-asked-and-followed-up": [("ratings/followups/__init__.py", "import hengjian.ratings.invitations")],
    "6a-issue-and-cast": [("kiosk/issue/__init__.py", "import hengjian.kiosk.cast")],
    "6b-issue": [("kiosk/issue/__init__.py", "import hengjian.ratings.ballots")],
    "6c-cast": [("kiosk/cast/__init__.py", "import hengjian.ratings.invitations")],
    "7-no-circles": [
        ("proof/one.py", "import hengjian.proof.other"),
        ("proof/other.py", "import hengjian.proof.one"),
    ],
    "8-witness-alone": [("witness/records.py", "import hengjian.policy")],
}
MORE = [
    ("1-layers", "utils/__init__.py", ""),  # a room that no layer names
    ("1-layers", "roster/__init__.py", "import hengjian.cycles"),
    ("1-layers", "evidence/__init__.py", "import hengjian.ratings.panels"),  # neighbours on one line
    ("1-layers", "notary/__init__.py", "import hengjian.witness"),  # the log's side and its witness
    ("8-witness-alone", "witness/web.py", "import django"),
    ("1-layers", "cli/__init__.py", "import hengjian.config.manage"),
    ("2-pure-core", "policy/__init__.py", "import time"),
    ("2-pure-core", "terms/__init__.py", "import random"),
    ("2-pure-core", "proof/__init__.py", "import urllib.request"),
]


def lint(tree: Path, contract: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache", "--contract", contract],
        cwd=tree,
        env={"PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def tree(root: Path, tmp_path: Path) -> Iterator[Path]:
    """A copy of the package's Python and of the contracts."""
    keep = shutil.ignore_patterns("static", "templates", "locale", "__pycache__", "_policies")
    shutil.copytree(root / "hengjian", tmp_path / "hengjian", ignore=keep)
    shutil.copy(root / ".importlinter", tmp_path)
    yield tmp_path
    shutil.rmtree(tmp_path / "hengjian")


def append(tree: Path, file: str, line: str) -> None:
    path = tree / "hengjian" / file
    path.parent.mkdir(exist_ok=True)
    path.write_text(
        (path.read_text(encoding="utf-8") if path.exists() else "") + f"\n{line}\n", encoding="utf-8"
    )


def test_every_contract_has_its_breach(root: Path) -> None:
    file = ConfigParser()
    file.read(root / ".importlinter", encoding="utf-8")
    contracts = {name.split(":")[-1] for name in file.sections() if name.startswith("importlinter:contract:")}
    assert contracts == set(BREACHES)


@pytest.mark.parametrize("contract", BREACHES)
def test_contract_is_kept_and_goes_red_when_broken(tree: Path, contract: str) -> None:
    kept = lint(tree, contract)
    assert kept.returncode == 0, kept.stdout
    for file, line in BREACHES[contract]:
        append(tree, file, line)
    broken = lint(tree, contract)
    assert broken.returncode == 1
    assert "BROKEN" in broken.stdout


@pytest.mark.parametrize(("contract", "file", "line"), MORE)
def test_other_ways_to_break_a_contract(tree: Path, contract: str, file: str, line: str) -> None:
    append(tree, file, line)
    broken = lint(tree, contract)
    assert broken.returncode == 1, broken.stdout + broken.stderr
