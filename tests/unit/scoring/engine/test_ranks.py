"""Ranks: both ways of the kernel against the reference, and from merged histograms."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hengjian.scoring.engine.ranks import competition_ranks, keys_of, merge_ranks, rank_histogram

UNITS = st.lists(
    st.tuples(st.one_of(st.none(), st.integers(-500, 10_000)), st.integers(0, 3)), min_size=1, max_size=80
)


def plain(values: np.ndarray, group: np.ndarray, step: float) -> list[int]:
    keys = keys_of(values, step)
    return [
        0
        if np.isnan(values[i])
        else 1 + sum(group[j] == group[i] and keys[j] > keys[i] for j in range(len(values)))
        for i in range(len(values))
    ]


@pytest.mark.parametrize("step", [0.000001, 0.01, 1.0])
@settings(max_examples=80, deadline=None)
@given(units=UNITS)
def test_all_ways_give_the_same_ranks(step: float, units: list[tuple[int | None, int]]) -> None:
    values = np.array([np.nan if value is None else value / 100.0 for value, _ in units])
    group = np.array([place for _, place in units])
    expected = plain(values, group, step)
    keys = keys_of(values, step)
    assert competition_ranks(keys, group).tolist() == expected
    halves = [rank_histogram(keys[part], group[part]) for part in (slice(None, None, 2), slice(1, None, 2))]
    assert merge_ranks(*halves).ranks(keys, group).tolist() == expected
    pytest.importorskip("numba")
    from hengjian.scoring.engine.kernel_ranks import ranks_of

    assert ranks_of(values, group, step).tolist() == expected


def test_the_kernel_ranks_many_groups_of_fine_values() -> None:
    """Too many bits to carry each unit's number along: every unit looks itself up."""
    pytest.importorskip("numba")
    from hengjian.scoring.engine.kernel_ranks import ranks_of

    rng = np.random.default_rng(5)
    values, group = rng.random(20_000) * 1e8, rng.integers(0, 3000, 20_000)
    expected = competition_ranks(keys_of(values, 0.000001), group)
    np.testing.assert_array_equal(ranks_of(values, group, 0.000001), expected)


def test_keys_round_as_the_reader_sees() -> None:
    assert keys_of(np.array([0.125, 0.124999, -0.125, np.nan]), 0.01).tolist() == [
        13,
        12,
        -13,
        np.iinfo(np.int64).min,
    ]
