"""What holds for every plan: the engines agree to the bit, parts equal the whole, gaps are no zeros."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from hengjian.scoring.engine import (
    Cells,
    Leaf,
    Node,
    Normalise,
    Plan,
    gather,
    merge,
    merge_ranks,
    rank_histogram,
    rank_keys,
    result_hash,
    score,
    with_ranks,
)
from hengjian.scoring.engine.cells import MISSING
from hengjian.terms.errors import Refused
from tests.property.plans import bands, cells, plans

MANY = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
STAGES = ("denominated", "imputed", "treated", "normalised", "points", "state", "effective")


def attempt(plan: Plan, of: Cells, engine: str, **more):
    """The result, or the code of the refusal."""
    try:
        return score(plan, of, engine, **more)  # type: ignore[arg-type]
    except Refused as refusal:
        return refusal.code


@MANY
@given(st.data())
def test_the_kernel_is_the_reference(data: st.DataObject) -> None:
    pytest.importorskip("numba")
    plan = data.draw(plans())
    of = data.draw(cells(plan))
    one, other = attempt(plan, of, "reference"), attempt(plan, of, "kernel")
    if isinstance(one, str):
        assert one == other
        return
    for name in STAGES:
        np.testing.assert_array_equal(getattr(one.stages, name), getattr(other.stages, name), name)
    np.testing.assert_array_equal(one.levels, other.levels)
    for code in plan.ranked:
        np.testing.assert_array_equal(one.ranks[code], other.ranks[code])
    assert result_hash(one) == result_hash(other)
    bare = score(plan, of, "kernel", workings=False)
    np.testing.assert_array_equal(one.levels, bare.levels)
    np.testing.assert_array_equal(one.levels, score(plan, of, workings=False).levels)


@MANY
@given(st.data())
def test_parts_are_the_whole_to_the_bit(data: st.DataObject) -> None:
    plan = data.draw(plans())
    assume(all(node.mean != "copeland" for node in plan.nodes))
    of = data.draw(cells(plan, least=2))
    whole = attempt(plan, of, "reference")
    assume(not isinstance(whole, str))
    order = np.array(data.draw(st.permutations(range(of.count))))
    for shards in (1, 8, 64):
        rows = [part for part in np.array_split(order, shards) if part.size]
        parts = [of.rows(part) for part in rows]
        statistics = merge(*(gather(plan, part) for part in reversed(parts)))
        results = [score(plan, part, statistics=statistics, rank=False) for part in parts]
        counted = {
            code: merge_ranks(*(
                rank_histogram(rank_keys(result, code), part.group(plan.rank_within))
                for result, part in zip(results, parts, strict=True)
            ))
            for code in plan.ranked
        }  # fmt: skip
        for part, result, at in zip(parts, results, rows, strict=True):
            np.testing.assert_array_equal(result.levels, whole.levels[at])
            ranked = with_ranks(result, part, counted)
            for code in plan.ranked:
                np.testing.assert_array_equal(ranked.ranks[code], whole.ranks[code][at])


def single(method: str, direction: int, **more) -> Plan:
    """A plan of one indicator by one method."""
    spec = Normalise(method, low=-5.0, high=60.0, target=80.0 * direction, **more)  # type: ignore[arg-type]
    if method == "completion":
        spec = replace(spec, target=40.0)
    if method.startswith("band"):
        spec = replace(spec, bands=bands(direction, method))
    leaf = Leaf("i", direction, normalise=spec, constant=50.0)  # type: ignore[arg-type]
    return Plan((leaf,), (Node("t", ("i",), (1.0,)),))


FIXED = ("identity", "scaled", "goalposts", "completion", "band_steps", "band_linear")
RELATIVE = ("minmax", "zscore", "percentile_rank", "rank", "borda", "distance_to_target",
            "distance_to_maximum", "distance_to_reference", "fraction_of_maximum")  # fmt: skip


@pytest.mark.parametrize("method", FIXED + RELATIVE)
@pytest.mark.parametrize("direction", [1, -1])
@settings(max_examples=40, deadline=None)
@given(values=st.lists(st.integers(1, 400).map(lambda n: n / 8), min_size=2, max_size=20))
def test_more_merit_never_scores_lower_than_less(method: str, direction: int, values: list[float]) -> None:
    """Among units scored together, the better value never has the lower points."""
    best = max(values) if direction > 0 else min(values)
    of = Cells(np.array([values]).T, reference=values.index(best))
    found = score(single(method, direction), of).total
    order = np.argsort(np.array(values) * direction, kind="stable")
    assert np.all(np.diff(found[order]) >= -1e-9)


@pytest.mark.parametrize("method", [*FIXED, "minmax", "percentile_rank", "rank", "borda"])
@pytest.mark.parametrize("direction", [1, -1])
@settings(max_examples=40, deadline=None)
@given(
    values=st.lists(st.integers(1, 400).map(lambda n: n / 8), min_size=3, max_size=20, unique=True),
    more=st.integers(1, 80).map(lambda n: n / 8),
)
def test_a_unit_that_gains_never_loses_points(
    method: str, direction: int, values: list[float], more: float
) -> None:
    plan = single(method, direction)
    after = [values[0] + more * direction, *values[1:]]
    before = score(plan, Cells(np.array([values]).T)).total[0]
    assert score(plan, Cells(np.array([after]).T)).total[0] >= before - 1e-9


@MANY
@given(st.data())
def test_the_scale_of_the_weights_does_not_matter(data: st.DataObject) -> None:
    plan = data.draw(plans())
    assume(plan.cards is None)
    of = data.draw(cells(plan))
    one = attempt(plan, of, "reference")
    assume(not isinstance(one, str))
    nodes = tuple(replace(node, weights=tuple(w * 8.0 for w in node.weights)) for node in plan.nodes)
    other = score(replace(plan, nodes=nodes), of)
    np.testing.assert_allclose(one.levels, other.levels, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(one.stages.effective, other.stages.effective, atol=1e-12)


@settings(max_examples=60, deadline=None)
@given(
    values=st.lists(st.integers(1, 100), min_size=3, max_size=6),
    gone=st.integers(0, 5),
    weights=st.lists(st.integers(1, 9), min_size=6, max_size=6),
)
def test_missing_is_never_zero(values: list[int], gone: int, weights: list[int]) -> None:
    """A unit that lacks a value scores as if the indicator did not exist, not as with a zero."""
    width = len(values)
    at = gone % width
    codes = tuple(f"i{n}" for n in range(width))
    plan = Plan(tuple(Leaf(code) for code in codes), (Node("t", codes, tuple(map(float, weights[:width]))),))
    row = np.array([values], dtype=np.float64)
    row[0, at] = np.nan
    zero = row.copy()
    zero[0, at] = 0.0
    result = score(plan, Cells(row))
    others = [n for n in range(width) if n != at]
    expected = sum(weights[n] * values[n] for n in others) / sum(weights[n] for n in others)
    assert result.total[0] == pytest.approx(expected, abs=1e-12)
    assert result.total[0] > score(plan, Cells(zero)).total[0]
    assert result.stages is not None
    assert result.stages.state[0, at] == MISSING
    assert result.stages.effective[0, at] == 0.0
    assert result.stages.effective[0].sum() == pytest.approx(1.0)
