"""Every model stands in the glossary under one Chinese term, with the clause it serves."""

import re
from collections import Counter
from pathlib import Path

import pytest
from django.apps import apps

from tests.unit.house import clauses

ROW = re.compile(r"^\| (?P<term>[^|]+) \| `(?P<identifier>[^`|]+)` \| (?P<clause>[^|]*) \|$", re.MULTILINE)


@pytest.fixture(scope="module")
def rows(root: Path) -> list[dict[str, str]]:
    text = (root / "GLOSSARY.md").read_text(encoding="utf-8")
    return [{k: v.strip() for k, v in match.groupdict().items()} for match in ROW.finditer(text)]


def absent(models: set[str], rows: list[dict[str, str]]) -> list[str]:
    return sorted(models - {row["identifier"] for row in rows})


def test_every_model_stands_in_the_glossary(rows: list[dict[str, str]]) -> None:
    models = {m._meta.label for m in apps.get_models() if m.__module__.startswith("hengjian.")}
    assert "access.Grant" in models
    assert absent(models, rows) == []


def test_model_without_a_row_is_found(rows: list[dict[str, str]]) -> None:
    assert absent({"access.User", "access.Nonesuch"}, rows) == ["access.Nonesuch"]


def test_one_term_for_one_thing(rows: list[dict[str, str]]) -> None:
    for key in ("term", "identifier"):
        assert [word for word, times in Counter(row[key] for row in rows).items() if times > 1] == []


def test_every_clause_in_the_glossary_is_a_clause(rows: list[dict[str, str]]) -> None:
    cited = [part.strip() for row in rows for part in row["clause"].split(",") if part.strip()]
    assert [clause for clause in cited if clause not in clauses.known()] == []


def test_terms_are_chinese(rows: list[dict[str, str]]) -> None:
    assert [row["term"] for row in rows if not re.search(r"[\u4e00-\u9fff]", row["term"])] == []


def test_every_row_is_well_formed(root: Path, rows: list[dict[str, str]]) -> None:
    text = (root / "GLOSSARY.md").read_text(encoding="utf-8")
    written = [line for line in text.splitlines() if line.startswith("|") and "---" not in line]
    headings = [line for line in written if line.startswith("| 中文 |")]
    assert len(written) - len(headings) == len(rows)
