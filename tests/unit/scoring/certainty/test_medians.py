"""How sure a median is: nothing to err, one who errs alone, many who err, one seed."""

import numpy as np
import pytest

from hengjian.scoring.certainty.medians import median_interval
from hengjian.scoring.certainty.scores import Scores


def scores_of(points: list[float], error: float, room: float = 0.0) -> Scores:
    n = len(points)
    held = np.array([[one, 50.0] for one in points])
    return Scores(
        points=held, own=np.full((n, 2), error), shared=np.zeros((n, 2)), adjustment=np.zeros(n),
        card=np.zeros(n, dtype=np.int64), group=np.zeros(n, dtype=np.int64),
        weights=np.array([[50.0, 50.0]]), room=np.full((1, 2), room),
    )  # fmt: skip


def test_without_errors_the_median_is_sure() -> None:
    assert median_interval(scores_of([60.0, 80.0, 90.0], 0.0), draws=300, seed=1) == (65.0, 65.0)


def test_one_total_errs_as_its_cells_do() -> None:
    found = median_interval(scores_of([80.0], 2.0), draws=20_000, seed=1, level=0.90)
    reach = 1.6449 * 2.0 * np.sqrt(0.5)  # two cells of half the weight
    assert found == pytest.approx((65.0 - reach, 65.0 + reach), abs=0.06)


def test_many_who_err_alone_make_a_surer_median_than_one() -> None:
    one = median_interval(scores_of([80.0], 2.0), draws=4000, seed=1)
    many = median_interval(scores_of([80.0] * 101, 2.0), draws=4000, seed=1)
    assert one is not None
    assert many is not None
    # the median of n equal normals errs by sqrt(pi / 2n) of one
    assert (many[1] - many[0]) / (one[1] - one[0]) == pytest.approx(np.sqrt(np.pi / 202), rel=0.08)


def test_weights_that_may_move_widen_it_for_all_together() -> None:
    still = median_interval(scores_of([80.0] * 101, 0.5), draws=2000, seed=1)
    moving = median_interval(scores_of([80.0] * 101, 0.5, room=5.0), draws=2000, seed=1)
    assert still is not None
    assert moving is not None
    # a share of 45 to 55 of the weight at 80 against 50
    assert moving[1] - moving[0] == pytest.approx(0.9 * 3.0, rel=0.1)
    assert still[1] - still[0] < 0.3


def test_the_seed_gives_the_same_bits_and_nobody_has_no_median() -> None:
    held = scores_of([60.0, 70.0, 80.0], 1.0)
    assert median_interval(held, draws=600, seed=7) == median_interval(held, draws=600, seed=7)
    assert median_interval(held.of(np.array([], dtype=np.int64)), draws=300, seed=1) is None
