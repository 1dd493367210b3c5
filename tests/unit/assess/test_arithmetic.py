"""The arithmetic of panel, debt and grades on figures that can be checked by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hengjian.policy.model import Comparison, Grade, PanelGroup
from hengjian.scoring.cost import debt_factor, excess_ratio
from hengjian.scoring.panel import shrunk, trimmed_means, weighted
from hengjian.scoring.standing import histogram_of, places_of, propose_grades, standing_of
from tests.sample_city import HERE, group

NAN = float("nan")


def trimmed(marks: list[float], share: float) -> float:
    one = np.zeros(len(marks), dtype=np.int64)
    values = np.array(sorted(marks), dtype=np.float64)
    return float(trimmed_means(values, one, np.array([len(marks)]), np.array([share]))[0])


def test_one_grudge_among_five() -> None:
    """NORMS X7: raw 7.60, five per cent at each end 7.83."""
    assert trimmed([9, 9, 9, 9, 2], 0.0) == 7.6
    assert trimmed([9, 9, 9, 9, 2], 0.05) == round(35.25 / 4.5, 6)


def test_at_twenty_one_mark_goes_at_each_end() -> None:
    assert trimmed([1, *[5] * 9, *[6] * 9, 10], 0.05) == 5.5


@pytest.mark.parametrize("marks", [[7], [4, 8], [4, 8, 9]])
def test_small_groups_are_trimmed_too(marks: list[float]) -> None:
    n, cut = len(marks), 0.05 * len(marks)
    kept = sum(marks) - cut * (min(marks) + max(marks))
    assert trimmed(marks, 0.05) == pytest.approx(kept / (n - 2 * cut), abs=1e-6)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 10), min_size=1, max_size=60), st.sampled_from([0.0, 0.05, 0.13, 0.25, 0.49]))
def test_a_trimmed_mean_lies_among_the_marks(marks: list[int], share: float) -> None:
    found = trimmed([float(mark) for mark in marks], share)
    assert min(marks) - 1e-6 <= found <= max(marks) + 1e-6


def shrinking(prior: float | None, strength: float) -> PanelGroup:
    return group("public", 35, prior=prior, strength=strength)


def test_shrinkage_gives_the_ninety_two_of_the_report() -> None:
    """NORMS X6: mean 96, prior 75, weight 0.81."""
    found = shrunk(np.array([96.0]), np.array([64]), shrinking(75.0, 15.0))
    assert found[0] == pytest.approx(92.0, abs=0.02)
    assert found[0] == round(64 / 79 * 96 + 15 / 79 * 75, 6)
    assert shrunk(np.array([96.0]), np.array([64]), shrinking(None, 15.0))[0] == 96.0


def test_what_is_missing_spreads_its_weight_and_nobody_is_no_mark() -> None:
    values = np.array([[100.0, NAN, 40.0], [NAN, NAN, NAN]])
    found = weighted(values, [20.0, 50.0, 40.0], ~np.isnan(values))
    assert found[0] == 60.0
    assert np.isnan(found[1])


def test_each_point_above_the_cap_takes_two_per_cent_and_half_a_point_one() -> None:
    ratio, cap = np.array([110.0, 120.5, 130.0, 289.0]), np.full(4, 120.0)
    excess = excess_ratio(ratio, cap, np.full(4, 90.0))
    assert excess.tolist() == [0.0, 0.5, 10.0, 169.0]
    assert debt_factor(excess, 0.02).tolist() == [1.0, 0.99, 0.8, 0.0]


def test_only_what_came_after_taking_office_counts_where_it_was_frozen() -> None:
    found = excess_ratio(np.full(3, 289.0), np.full(3, 120.0), np.array([289.0, 280.0, NAN]))
    assert found.tolist() == [0.0, 9.0, 169.0]


GRADES = (
    Grade("excellent", "优秀", "e", 90.0, 0.2, HERE),
    Grade("competent", "称职", "c", 70.0, None, HERE),
    Grade("basic", "基本称职", "b", 60.0, None, HERE),
    Grade("not", "不称职", "n", 0.0, None, HERE),
)


def propose(values: list[float], step: float = 0.01) -> list[int]:
    total, group_ = np.array(values), np.zeros(len(values), dtype=np.int64)
    standing = standing_of(total, group_, step, histogram_of(total, group_, step))
    return propose_grades(total, standing, Comparison((), 9, step, HERE), GRADES).tolist()


def test_thresholds_and_quota() -> None:
    assert propose([95, 94, 93, 80, 75, 65, 61, 60, 59.99, 10]) == [0, 0, 1, 1, 1, 2, 2, 2, 3, 3]


def test_a_tie_at_the_border_lets_nobody_of_it_in() -> None:
    assert propose([95, 93, 93, 80, 75, 65, 61, 60, 50, 10])[:4] == [0, 1, 1, 1]
    assert propose([95, 93.004, 92.996, 80, 75, 65, 61, 60, 50, 10])[:3] == [0, 1, 1]
    assert propose([95, 93.004, 92.996, 80, 75, 65, 61, 60, 50, 10], 0.000001)[:3] == [0, 0, 1]


def test_a_group_too_small_for_a_place_has_none_excellent() -> None:
    assert propose([99, 98, 97, 96]) == [1, 1, 1, 1]


def test_no_value_no_grade() -> None:
    assert propose([NAN, 75]) == [-1, 1]


def test_a_fifth_of_fifteen_is_three_exactly() -> None:
    assert places_of(0.2, np.array([15, 14, 5, 0])).tolist() == [3, 2, 1, 0]
    assert places_of(0.29, np.array([100, 99])).tolist() == [29, 28]


@settings(max_examples=80, deadline=None)
@given(values=st.lists(st.integers(170, 200).map(lambda n: n / 2), min_size=1, max_size=40))
def test_the_quota_is_never_exceeded_and_better_is_never_graded_lower(values: list[float]) -> None:
    found = np.array(propose(values))
    assert int(np.sum(found == 0)) <= len(values) // 5
    assert np.all(np.diff(found[np.argsort(-np.array(values), kind="stable")]) >= 0)
    for value in set(values):
        assert len({int(g) for g, v in zip(found, values, strict=True) if v == value}) == 1
