"""The ASEM composite through a generated policy folder: every stage, aggregate and rank, both engines."""

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from hengjian.policy import load
from hengjian.policy.policy import Policy
from hengjian.scoring.engine import Result
from hengjian.scoring.index import score_index
from tests.policies import asem as folder
from tests.real import asem

pytestmark = pytest.mark.real_data
STAGES = ("Denominated", "Imputed", "Treated", "Normalised")


@pytest.fixture(scope="module")
def policy(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Policy:
    made = folder.write(real_data / "coinr_asem", tmp_path_factory.mktemp("asem"))
    return load(made).in_force(date(2020, 1, 1))


@pytest.fixture(scope="module", params=["reference", "kernel"])
def result(policy: Policy, request: pytest.FixtureRequest) -> Result:
    if request.param == "kernel":
        pytest.importorskip("numba")
    codes = list(asem.plan().leaf_codes)
    cells = asem.cells(asem.plan())
    table = {code: cells.values[:, at] for at, code in enumerate(codes)} | dict(cells.columns)
    regions = {"EurAsia": [row["Group_EurAsia"] for row in asem.table("stage_Raw")]}
    return score_index(policy, "asem", table, groups=regions, engine=request.param)


@pytest.mark.parametrize("name", STAGES)
def test_every_stage_is_the_published_one(result: Result, name: str) -> None:
    ours = getattr(result.stages, name.lower())
    theirs = asem.stage(f"stage_{name}", list(result.plan.leaf_codes))
    assert ours.shape == (51, 49)
    np.testing.assert_array_equal(np.isnan(ours), np.isnan(theirs))
    np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-12)


def test_561_of_561_aggregates(result: Result) -> None:
    theirs = asem.stage("stage_Aggregated", list(result.plan.node_codes))
    assert int(np.sum(np.abs(result.levels - theirs) <= 1e-12)) == theirs.size == 561


def test_every_rank_is_the_published_one(result: Result) -> None:
    published = {row["UnitCode"]: row for row in asem.table("results_rank")}
    units = [row["UnitCode"] for row in asem.table("stage_Raw")]
    for code in result.plan.node_codes:
        ours = result.ranks[code].tolist()
        assert sum(a == int(published[u][code]) for a, u in zip(ours, units, strict=True)) == 51
