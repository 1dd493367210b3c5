"""Docstrings of the core say what each name is for, and every clause and policy key they cite is there."""

from pathlib import Path

import pytest

from hengjian.policy.folder import load, shipped
from tests.unit.house import clauses
from tests.unit.house.docstrings import Name, of_rooms, public_names

CORE = ("terms", "policy", "scoring", "calibration", "proof")


@pytest.fixture(scope="module")
def package(root: Path) -> Path:
    return root / "hengjian"


def unknown(names: list[Name], field: str, known: set[str]) -> list[str]:
    return [f"{name.where}: {cited}" for name in names for cited in name.field(field) if cited not in known]


def policy_keys() -> set[str]:
    entries = load(shipped()["seed"]).library.entries
    return {key for items in entries.values() for key in items} | set(entries)


def test_every_public_name_of_the_core_is_described(package: Path) -> None:
    assert [name.where for name in of_rooms(package, *CORE) if not name.docstring] == []


def test_every_module_says_what_it_is_for(package: Path) -> None:
    silent = [
        file.relative_to(package.parent)
        for file in sorted(package.rglob("*.py"))
        if "migrations" not in file.parts
        and file.stat().st_size
        and not next(public_names(file, package)).docstring
    ]
    assert silent == []


def test_every_clause_cited_is_a_clause(package: Path) -> None:
    names = list(of_rooms(package))
    assert sum(len(name.field("Clause")) for name in names) > 100
    assert unknown(names, "Clause", clauses.known()) == []


def test_every_policy_key_cited_is_in_the_seed_policy(package: Path) -> None:
    names = list(of_rooms(package))
    assert any(name.field("Policy") for name in names)
    assert unknown(names, "Policy", policy_keys()) == []


def test_list_of_clauses_is_that_of_the_documents() -> None:
    if not clauses.SHARED.is_dir():
        pytest.skip("no ../shared here")
    assert clauses.LIST.read_text(encoding="utf-8").splitlines() == clauses.of_documents(clauses.SHARED)


def test_wrong_citations_and_missing_docstrings_are_found(tmp_path: Path) -> None:
    """The checks above see what they are for."""
    file = tmp_path / "room" / "piece.py"
    file.parent.mkdir()
    file.write_text(
        '"""A piece."""\n\n'
        "def silent(): ...\n\n"
        "class Said:\n"
        '    """Said.\n\n    Clause: SPEC A5, SPEC Z9\n'
        '    Policy: cost_benefit.debt_penalty, no.key\n    """\n\n'
        "    def quiet(self): ...\n"
        "    def _private(self): ...\n",
        encoding="utf-8",
    )
    names = list(of_rooms(tmp_path, "room"))
    assert [name.where.split(" ")[-1] for name in names if not name.docstring] == ["silent", "quiet"]
    assert [found.split(": ")[-1] for found in unknown(names, "Clause", clauses.known())] == ["SPEC Z9"]
    assert [found.split(": ")[-1] for found in unknown(names, "Policy", policy_keys())] == ["no.key"]
