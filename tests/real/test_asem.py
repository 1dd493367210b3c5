"""The ASEM composite, 51 units x 49 indicators: every published stage, on both engines."""

import numpy as np
import pytest

from hengjian.scoring.engine import Result, result_hash, score
from tests.real import asem

pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(not asem.DATA.exists(), reason="real data are not here"),
]
STAGES = ["Denominated", "Imputed", "Treated", "Normalised"]


@pytest.fixture(scope="module", params=["reference", "kernel"])
def result(request: pytest.FixtureRequest) -> Result:
    if request.param == "kernel":
        pytest.importorskip("numba")
    plan = asem.plan()
    return score(plan, asem.cells(plan), request.param)


@pytest.mark.parametrize("name", STAGES)
def test_every_stage_is_the_published_one(result: Result, name: str) -> None:
    """Absolute and relative 1e-12; gaps where the publisher has gaps."""
    ours = getattr(result.stages, name.lower())
    theirs = asem.stage(f"stage_{name}", list(result.plan.leaf_codes))
    assert ours.shape == theirs.shape == (51, 49)
    np.testing.assert_array_equal(np.isnan(ours), np.isnan(theirs))
    np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-12)
    known = ~np.isnan(ours)
    assert np.max(np.abs(ours - theirs)[known]) <= 1e-12


def test_561_of_561_aggregates(result: Result) -> None:
    theirs = asem.stage("stage_Aggregated", list(result.plan.node_codes))
    assert theirs.size == 561
    assert int(np.sum(np.abs(result.levels - theirs) <= 1e-12)) == 561


def test_winsorised_points_are_those_of_the_summary(result: Result) -> None:
    assert result.stages is not None
    changed = result.stages.treated != result.stages.imputed
    counted = dict(zip(result.plan.leaf_codes, changed.sum(axis=0).tolist(), strict=True))
    said = {row["IndCode"]: float(row["Low"]) + float(row["High"]) for row in asem.table("treat_summary")}
    assert counted == said


def test_every_rank_is_the_published_one(result: Result) -> None:
    """The publisher ranks what it shows, so the step is 0.01: two pairs tie by it."""
    published = {row["UnitCode"]: row for row in asem.table("results_rank")}
    units = [row["UnitCode"] for row in asem.table("stage_Raw")]
    for code in result.plan.node_codes:
        assert result.ranks[code].tolist() == [int(published[unit][code]) for unit in units]


def test_both_engines_hash_alike() -> None:
    pytest.importorskip("numba")
    plan = asem.plan()
    cells = asem.cells(plan)
    assert result_hash(score(plan, cells)) == result_hash(score(plan, cells, "kernel"))
