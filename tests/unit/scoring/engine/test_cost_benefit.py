"""Debt factor, leverage and whole-life cost."""

import numpy as np
import pytest

from hengjian.scoring.engine.cost_benefit import (
    debt_factor,
    excess_debt,
    leverage,
    unit_factors,
    whole_life_cost,
)
from hengjian.terms.errors import Refused


def test_each_point_above_the_cap_takes_two_per_cent_and_half_a_point_one() -> None:
    excess = excess_debt(np.array([110.0, 120.5, 130.0, 289.0]), 120.0, np.array([90.0] * 4))
    assert debt_factor(excess, 0.02).tolist() == [1.0, 0.99, 0.8, 0.0]


def test_only_what_came_after_taking_office_counts() -> None:
    assert excess_debt(np.array([289.0, 289.0]), 120.0, np.array([289.0, 280.0])).tolist() == [0.0, 9.0]


def test_factors_are_weighted_by_fiscal_money_in_any_order() -> None:
    factor, money, unit = np.array([1.0, 0.5, 0.7]), np.array([300, 100, 900]), np.array([0, 0, 2])
    found = unit_factors(factor, money, unit, 3)
    assert found.tolist() == [0.875, 1.0, 0.7]
    back = [2, 1, 0]
    assert unit_factors(factor[back], money[back], unit[back], 3).tolist() == found.tolist()


def test_leverage_needs_fiscal_money() -> None:
    assert leverage(np.array([500.0]), np.array([100.0])).tolist() == [5.0]
    with pytest.raises(Refused):
        leverage(np.array([500.0]), np.array([0.0]))


def test_whole_life_cost_is_discounted() -> None:
    assert whole_life_cost(np.array([[100.0, 105.0, 110.25]]), 0.05)[0] == pytest.approx(300.0)
