"""Grades: thresholds, quotas, ties at the border."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hengjian.scoring.engine.grades import GradeRule, grades, quota_places
from hengjian.terms.errors import Refused

RULES = (
    GradeRule("excellent", 90, 0.2),
    GradeRule("competent", 70),
    GradeRule("basic", 60),
    GradeRule("not", 0),
)


def propose(values: list[float], **more):
    return grades(RULES, np.array(values), np.zeros(len(values), dtype=np.int64), **more)


def test_thresholds_and_quota() -> None:
    found = propose([95, 94, 93, 80, 75, 65, 61, 60, 59.99, 10])
    assert found.grade.tolist() == [0, 0, 1, 1, 1, 2, 2, 2, 3, 3]
    assert found.held_back.tolist() == [False, False, True] + [False] * 7
    assert not found.tied_out.any()


def test_a_tie_at_the_border_lets_nobody_of_it_in() -> None:
    found = propose([95, 93, 93, 80, 75, 65, 61, 60, 50, 10])
    assert found.grade.tolist()[:4] == [0, 1, 1, 1]
    assert found.tied_out.tolist()[:4] == [False, True, True, False]
    with pytest.raises(Refused):
        propose([95, 93, 93, 80, 75, 65, 61, 60, 50, 10], ties="refuse")


def test_a_tie_by_the_shown_value_is_a_tie() -> None:
    found = propose([95, 93.004, 92.996, 80, 75, 65, 61, 60, 50, 10], step=0.01)
    assert found.tied_out.tolist()[:3] == [False, True, True]


def test_a_group_too_small_for_a_place_has_none_excellent() -> None:
    assert propose([99, 98, 97, 96]).grade.tolist() == [1, 1, 1, 1]


def test_no_value_no_grade() -> None:
    assert propose([np.nan, 75]).grade.tolist() == [-1, 1]


def test_a_fifth_of_fifteen_is_three_exactly() -> None:
    assert (quota_places(0.2, 15), quota_places(0.2, 14), quota_places(0.29, 100)) == (3, 2, 29)


@settings(max_examples=80, deadline=None)
@given(values=st.lists(st.integers(170, 200).map(lambda n: n / 2), min_size=1, max_size=40))
def test_the_quota_is_never_exceeded_and_better_is_never_graded_lower(values: list[float]) -> None:
    found = propose(values)
    assert int(np.sum(found.grade == 0)) <= quota_places(0.2, len(values))
    order = np.argsort(-np.array(values), kind="stable")
    assert np.all(np.diff(found.grade[order]) >= 0)
    for value in set(values):
        assert len({int(g) for g, v in zip(found.grade, values, strict=True) if v == value}) == 1


def test_grades_out_of_order_are_refused() -> None:
    with pytest.raises(Refused):
        grades(RULES[::-1], np.array([1.0]), np.zeros(1, dtype=np.int64))
