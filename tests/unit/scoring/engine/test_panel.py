"""The panel's arithmetic: trimming, strata, groups, shrinkage, scales."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hengjian.scoring.engine.panel import (
    GroupRule,
    StratumRule,
    panel_marks,
    shrink,
    to_points,
    trimmed_means,
)
from hengjian.terms.errors import Refused


def means(marks: list[int], trim: float):
    return trimmed_means(np.array(marks), np.zeros(len(marks), dtype=np.int64), 1, np.array([trim]))


def test_one_grudge_among_five() -> None:
    """NORMS X7: raw 7.60, five per cent at each end 7.83, and the median beside it."""
    found = means([9, 9, 9, 9, 2], 0.05)
    assert found.raw[0] == pytest.approx(7.6)
    assert found.trimmed[0] == pytest.approx(35.25 / 4.5, abs=1e-12)
    assert round(float(found.trimmed[0]), 4) == 7.8333
    assert found.median[0] == 9.0


def test_at_twenty_one_mark_goes_at_each_end() -> None:
    assert means([1, *[5] * 9, *[6] * 9, 10], 0.05).trimmed[0] == pytest.approx(5.5)


@pytest.mark.parametrize("marks", [[7], [4, 8], [4, 8, 9]])
def test_small_groups_are_trimmed_too(marks: list[int]) -> None:
    n, cut = len(marks), 0.05 * len(marks)
    kept = sum(marks) - cut * (min(marks) + max(marks))
    assert means(marks, 0.05).trimmed[0] == pytest.approx(kept / (n - 2 * cut))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_trimming_ignores_order(data: st.DataObject) -> None:
    marks = data.draw(st.lists(st.integers(1, 10), min_size=1, max_size=60))
    other = data.draw(st.permutations(marks))
    share = data.draw(st.sampled_from([0.0, 0.05, 0.13, 0.25, 0.49]))
    one, two = means(marks, share), means(list(other), share)
    for name in ("raw", "trimmed", "median"):
        assert getattr(one, name)[0].hex() == getattr(two, name)[0].hex()
    assert min(marks) - 1e-12 <= one.trimmed[0] <= max(marks) + 1e-12


def test_no_marks_have_no_mean() -> None:
    found = trimmed_means(np.array([5]), np.array([1]), 3, np.full(3, 0.05))
    assert found.count.tolist() == [0, 1, 0]
    assert np.isnan(found.trimmed[[0, 2]]).all()


def test_half_is_too_much() -> None:
    with pytest.raises(Refused) as refusal:
        means([1, 2], 0.5)
    assert refusal.value.code == "engine.trim"


def test_scales_map_linearly() -> None:
    assert to_points(np.array([1.0, 10.0, 5.5]), 1, 10).tolist() == [0.0, 100.0, 50.0]


def test_shrinkage_gives_the_ninety_two_of_the_report() -> None:
    """NORMS X6: mean 96, prior 75, weight 0.81."""
    assert shrink(np.array([96.0]), np.array([64]), 75.0, 15.0)[0] == pytest.approx(92.0, abs=0.02)


PUBLIC = GroupRule("public", 35, (StratumRule("delegates", 5), StratumRule("masses", 30)), minimum=2)
PEERS = GroupRule("peers", 15, (StratumRule("peers"),), minimum=3)


def test_strata_first_so_that_the_large_one_does_not_drown_the_small() -> None:
    marks = np.array([10] + [1] * 9)
    stratum = np.array([0] + [1] * 9)
    result = panel_marks((PUBLIC,), marks, np.zeros(10, dtype=np.int64), stratum, 1)
    assert result.mark[0] == pytest.approx((5 * 100 + 30 * 0) / 35)


def test_a_group_below_its_minimum_is_named_and_its_weight_spread() -> None:
    marks, unit = np.array([10, 10, 1, 1]), np.array([0, 0, 0, 0])
    result = panel_marks((PUBLIC, PEERS), marks, unit, np.array([1, 1, 2, 2]), 1)
    assert result.missing.tolist() == [[False, True]]
    assert result.weight.tolist() == [[1.0, 0.0]]
    assert result.mark[0] == 100.0
    assert result.group_count.tolist() == [[2, 2]]


def test_nobody_rated_is_no_mark_and_not_zero() -> None:
    nothing = np.empty(0, dtype=np.int64)
    assert np.isnan(panel_marks((PUBLIC,), nothing, nothing, nothing, 1).mark).all()


def test_a_mark_off_the_scale_is_refused() -> None:
    with pytest.raises(Refused) as refusal:
        panel_marks((PEERS,), np.array([5, 11]), np.zeros(2, dtype=np.int64), np.zeros(2, dtype=np.int64), 1)
    assert "11" in str(refusal.value)
