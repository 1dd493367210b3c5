"""The official 56-indicator green development index: a library that is no post's scorecard."""

from datetime import date
from pathlib import Path

import pytest

from hengjian import policy
from tests.policies import green

pytestmark = pytest.mark.real_data
ON = date(2020, 1, 1)


@pytest.fixture
def data(real_data: Path) -> Path:
    """The shared folder."""
    folder = real_data / "green_index_indicators"
    if not folder.is_dir():
        pytest.skip("no green index")
    return folder


def test_the_library_loads_with_weights_and_departments(data: Path, tmp_path: Path) -> None:
    rules = policy.load(green.write(data, tmp_path / "green")).in_force(ON)
    rows = green.rows(data)
    assert len(rules.indicators) == len(rows) == 56
    for row in rows:
        item = rules.indicators[green.code(row)]
        assert item.provenance.owner == green.tidy(row["indexSource"])
        assert rules.units[item.unit].zh == green.tidy(row["unit"])
        assert item.name == green.tidy(row["2ndIndicators"])
    weights = {code: w for node in rules.index("green")[:-1] for code, w in node.children}
    assert weights == {green.code(row): float(row["weight"]) for row in rows if row["weight"]}


def test_the_published_weights_sum_to_100_within_their_rounding(data: Path, tmp_path: Path) -> None:
    rules = policy.load(green.write(data, tmp_path / "green")).in_force(ON)
    weights = [w for node in rules.index("green")[:-1] for _, w in node.children]
    assert len(weights) == 55  # the 56th, public satisfaction, is published without a weight
    assert sum(weights) == pytest.approx(99.90)
    assert abs(sum(weights) - 100) < 55 * 0.005
    assert {child for node in rules.index("green") for child, _ in node.children} >= {"g01", "g55"}


def test_an_index_that_claims_to_sum_exactly_is_refused(data: Path, tmp_path: Path) -> None:
    folder = green.write(data, tmp_path / "green")
    file = folder / "index/green.yaml"
    file.write_text(file.read_text("utf-8").replace("rounding: 0.1", "rounding: 0.05"), "utf-8")
    with pytest.raises(policy.PolicyFaults) as caught:
        policy.load(folder)
    assert caught.value.code == "policy.weights_sum"
    assert "99.9" in caught.value.what


def test_as_one_posts_scorecard_it_is_refused_by_the_overload_lock(data: Path, tmp_path: Path) -> None:
    folder = green.write(data, tmp_path / "green")
    green.scorecard(data, folder)
    with pytest.raises(policy.PolicyFaults) as caught:
        policy.load(folder)
    (fault,) = caught.value.faults
    assert fault.code == "policy.overload"
    assert "56 项" in fault.what
    assert "9 项" in fault.what
    assert "A8" in fault.what
    assert "F5" in fault.what
    assert fault.where.startswith(f"{folder}/scorecards/mayor.yaml:")


def test_as_one_line_of_a_scorecard_it_counts_with_all_its_leaves(data: Path, tmp_path: Path) -> None:
    folder = green.write(data, tmp_path / "green")
    green.scorecard(data, folder)
    file = folder / "scorecards/mayor.yaml"
    text = file.read_text("utf-8")
    file.write_text(text[: text.index("        green:")] + "        green: {green: 100}\n", "utf-8")
    with pytest.raises(policy.PolicyFaults) as caught:
        policy.load(folder)
    found = {fault.code: fault.what for fault in caught.value.faults}
    assert "55 项" in found["policy.overload"]
    assert "policy.line_index" in found
