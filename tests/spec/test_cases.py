"""Every case of every shipped policy, on both engines."""

from dataclasses import replace

import pytest

from hengjian import policy
from hengjian.scoring.assess import assess
from hengjian.terms.errors import Refused
from tests.spec.cases import differences, read_case

FOLDERS = {name: policy.load(place) for name, place in policy.shipped().items()}
CASES = [(name, file) for name, folder in FOLDERS.items() for file in folder.cases]


@pytest.mark.parametrize("engine", ["reference", "kernel"])
@pytest.mark.parametrize(("name", "file"), CASES, ids=[f"{n}/{f}" for n, f in CASES])
def test_case(name: str, file: str, engine: str) -> None:
    if engine == "kernel":
        pytest.importorskip("numba")
    spec = read_case(FOLDERS[name], file)
    sheet = assess(spec.snapshot, spec.policy, engine)  # type: ignore[arg-type]
    assert differences(spec, sheet) == []


def test_there_are_cases_for_both_policies() -> None:
    assert {name for name, _ in CASES} >= {"seed", "before"}


def test_a_wrong_expectation_is_found() -> None:
    spec = read_case(FOLDERS["seed"], "cases/panel_of_105.yaml")
    sheet = assess(spec.snapshot, spec.policy)
    wrong = {"s1": {"values": {"political_quality": 72.619148}, "grade": "excellent", "gaps": ["x"]}}
    changed = replace(spec, expect=wrong)
    assert len(differences(changed, sheet)) == 3


def test_a_case_with_a_key_that_nobody_reads_is_refused() -> None:
    folder = FOLDERS["seed"]
    files = {**folder.files, "cases/odd.yaml": b"title: t\ntitle_en: t\nclause: c\non: 2026-06-30\n"
             b"given: {seats: [{zone: ecological}], mark: []}\nexpect: {s1: {total: 1}}\n"}  # fmt: skip
    with pytest.raises(Refused):
        read_case(policy.from_files(files), "cases/odd.yaml")
