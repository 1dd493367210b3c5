"""Exact sums, and a logarithm and exponential that come out the same everywhere."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hengjian.scoring.engine.elementary import exp, ln
from hengjian.scoring.engine.totals import (
    SCALE,
    exact_m2,
    exact_mean,
    exact_squares,
    exact_totals,
    spread_of,
)

NUMBERS = st.floats(-1e12, 1e12, allow_nan=False).filter(lambda x: x == 0 or abs(x) > 1e-100)


@settings(max_examples=150, deadline=None)
@given(st.lists(NUMBERS, min_size=1, max_size=30))
def test_sums_are_exact(values: list[float]) -> None:
    held, nobody = np.array(values), np.zeros(len(values), dtype=np.int64)
    total = exact_totals(held, nobody, 1)[0]
    square = exact_squares(held, nobody, 1)[0]
    fractions = [Fraction(value) for value in values]
    assert Fraction(total, 1 << SCALE) == sum(fractions)
    assert Fraction(square, 1 << SCALE) == sum(f * f for f in fractions)
    mean = sum(fractions) / len(values)
    assert exact_mean(total, len(values)) == float(mean)
    assert exact_m2(total, square, len(values)) == float(sum((f - mean) ** 2 for f in fractions))


def test_what_plain_sums_lose() -> None:
    values = np.array([1e16, 1.0, -1e16, 5e-324])
    assert exact_totals(values, np.zeros(4, dtype=np.int64), 1)[0] == (1 << SCALE) + (1 << (SCALE - 1074))


def test_groups_do_not_mix() -> None:
    totals = exact_totals(np.array([1.0, 2.0, 4.0]), np.array([2, 0, 2]), 3)
    assert [total >> SCALE for total in totals] == [2, 0, 5]
    assert spread_of(totals[0], 4 << SCALE, 1) == 0.0


@settings(max_examples=200, deadline=None)
@given(st.floats(1e-300, 1e300))
def test_ln_is_the_logarithm(value: float) -> None:
    found = float(ln(np.array([value]))[0])
    assert abs(found - math.log(value)) <= 2e-16 * max(1.0, 2 * abs(math.log(value)))


@settings(max_examples=200, deadline=None)
@given(st.floats(-700, 700))
def test_exp_is_the_exponential(value: float) -> None:
    assert float(exp(np.array([value]))[0]) == pytest.approx(math.exp(value), rel=1e-15)


def test_edges() -> None:
    assert ln(np.array([0.0, 1.0, np.inf])).tolist() == [-np.inf, 0.0, np.inf]
    assert np.isnan(ln(np.array([-1.0, np.nan]))).all()
    assert exp(np.array([-np.inf, 0.0, np.inf])).tolist() == [0.0, 1.0, np.inf]
