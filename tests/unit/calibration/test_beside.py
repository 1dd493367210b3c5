"""What stands beside the fit: ordinal check, round robins, ranks, plain ways to sum up."""

from dataclasses import replace

import numpy as np
import pytest

from hengjian.calibration.aggregates import outliers, side_by_side, trimmed_mean
from hengjian.calibration.errors import NotSettled
from hengjian.calibration.fitting import Method, fit
from hengjian.calibration.marks import Column, Marks
from hengjian.calibration.ordinal import categories, check_bands, ordinal_of
from hengjian.calibration.ranks import rank_intervals
from hengjian.calibration.round_robin import round_robin
from hengjian.terms.errors import Refused
from tests.unit.calibration import panels

FREE = Method(bound=None)


def ten_points(panel, step=10):
    value = np.clip(np.rint(panel.marks.points() / step), 1, 10).astype(np.int64)
    return replace(panel.marks, value=value, step=1.0)


def test_ordinal_fit_finds_the_same_officials_and_is_blind_to_the_scale():
    marks = ten_points(panels.crossed())
    found = fit(marks, method=FREE)
    ordinal = ordinal_of(marks, found.components.ratios)
    assert np.corrcoef(ordinal.effect, found.officials.effect)[0, 1] > 0.99
    assert (np.diff(ordinal.cuts) > 0).all()
    bent = ordinal_of(replace(marks, value=marks.value**3), found.components.ratios)
    np.testing.assert_allclose(bent.effect, ordinal.effect, atol=1e-9)


def test_ordinal_fit_recovers_the_cuts_of_its_own_model():
    draw = np.random.default_rng(5)
    official, rater = np.repeat(np.arange(50), 200), draw.integers(0, 300, 10000)
    hidden = draw.normal(0, 0.7, 50)[official] + draw.normal(0, 0.5, 300)[rater] + draw.normal(0, 1, 10000)
    cuts = np.array([-1.0, 0.2, 1.1])
    marks = Marks(np.searchsorted(cuts, hidden), Column.numbered(official), Column.numbered(rater))
    ordinal = ordinal_of(marks, {"official": 0.49, "rater": 0.25})
    np.testing.assert_allclose(np.diff(ordinal.cuts), np.diff(cuts), rtol=0.05)
    assert ordinal.effect.std() == pytest.approx(0.7, rel=0.25)


def test_ordinal_fit_is_the_same_in_any_order_of_rows():
    marks = ten_points(panels.crossed(n=2000))
    ratios = {"official": 0.4, "rater": 0.3, "group": 0.2, "service": 0.02}
    once = ordinal_of(marks, ratios)
    order = np.random.default_rng(0).permutation(marks.size)
    again = ordinal_of(marks.where(order), ratios)
    assert once.effect.tobytes() == again.effect.tobytes()
    assert (once.category[order] == again.category).all()


def test_official_whose_band_would_change_is_flagged():
    """Marks piled up at the top of the scale: lengths and steps disagree near an edge."""
    panel = panels.crossed(n=3000, officials=60, raters=300)
    pile = np.clip(np.rint(panel.marks.points() / 5 - 6), 1, 10).astype(np.int64)
    marks = replace(panel.marks, value=pile, step=1.0)
    found = fit(marks, method=FREE)
    ordinal = ordinal_of(marks, found.components.ratios)
    check = check_bands(found, ordinal, np.quantile(found.officials.adjusted, np.linspace(0.05, 0.95, 12)))
    assert 0 < check.flagged.sum() < 40
    assert not check_bands(found, ordinal, [-100.0, 200.0]).flagged.any()


def test_marks_of_one_value_and_many_values():
    with pytest.raises(NotSettled):
        ordinal_of(
            Marks(np.full(4, 3), Column.of(["a", "a", "b", "b"]), Column.of(["r", "s", "r", "s"])),
            {"official": 1.0},
        )
    assert categories(np.arange(1000)).max() == 9
    assert (np.diff(categories(np.arange(1000))) >= 0).all()


def expected(n: int, build) -> np.ndarray:
    """Exact expectation of a quadratic statistic: sum of its values along the axes of the covariance."""
    size = n * n
    covariance = np.zeros((size, size))
    actor, partner, both, relation, mutual = 4.0, 9.0, 1.0, 5.0, 2.0
    for a in range(size):
        for b in range(size):
            i, j, k, m = *divmod(a, n), *divmod(b, n)
            covariance[a, b] = (
                actor * (i == k)
                + partner * (j == m)
                + both * ((i == m) + (j == k))
                + relation * ((i, j) == (k, m))
                + mutual * ((i, j) == (m, k))
            )
    values, axes = np.linalg.eigh(covariance)
    return sum(
        value * build((axes[:, at]).reshape(n, n)) for at, value in enumerate(values) if abs(value) > 1e-12
    )


@pytest.mark.parametrize("n", [4, 5, 8])
def test_round_robin_variances_are_unbiased_exactly(n):
    def build(marks):
        r = round_robin(marks)
        return np.array(
            [r.actor_variance, r.partner_variance, r.actor_partner, r.relation_variance, r.reciprocity]
        )

    np.testing.assert_allclose(expected(n, build), [4, 9, 1, 5, 2], atol=1e-9)


def test_round_robin_adds_up_and_refuses_gaps():
    marks = np.random.default_rng(0).normal(80, 5, (6, 6))
    r = round_robin(marks)
    whole = r.mean + r.actor[:, None] + r.partner + r.relation
    off = ~np.eye(6, dtype=bool)
    np.testing.assert_allclose(whole[off], marks[off])
    assert abs(r.actor.sum()) < 1e-9
    marks[0, 1] = np.nan
    with pytest.raises(Refused):
        round_robin(marks)
    with pytest.raises(Refused):
        round_robin(np.ones((3, 3)))


def test_trimming_is_fractional():
    assert trimmed_mean(np.array([9, 9, 9, 9, 2.0]), 0.05) == pytest.approx(7.833333, abs=1e-6)  # NORMS X7
    assert trimmed_mean(np.array([9, 9, 9, 9, 2.0]), 0.0) == pytest.approx(7.6)
    assert trimmed_mean(np.array([9, 9, 9, 9, 2.0]), 0.2) == pytest.approx(9.0)
    assert np.isnan(trimmed_mean(np.array([]), 0.05))
    with pytest.raises(Refused):
        trimmed_mean(np.array([1.0]), 0.5)


def test_four_marks_side_by_side_and_the_one_who_moves_them():
    marks = Marks(
        value=np.array([9, 9, 9, 9, 2, 8, 8, 7, 7]),
        official=Column.of(["a"] * 5 + ["b"] * 4),
        rater=Column.of(["r", "s", "t", "u", "v", "r", "s", "t", None]),
    )
    found = side_by_side(marks, 0.05)
    assert found.mean.tolist() == pytest.approx([7.6, 7.5])
    assert found.median.tolist() == [9.0, 7.5]
    assert found.by[0] == "v"
    assert found.influence[0] == pytest.approx(9 - 7.8333333, abs=1e-6)
    assert found.dominated(1.0) == ("a",)
    rows, far = outliers(marks)
    assert rows.tolist() == [4]
    assert far[0] > 3.5


def test_single_rater_dominates_whatever_he_marks():
    marks = Marks(np.array([5, 5]), Column.of(["a", "a"]), Column.of(["r", "r"]))
    assert side_by_side(marks, 0.05).dominated(10.0) == ("a",)


def test_rank_intervals_cover_and_are_the_same_for_the_same_seed():
    inside, total, last = 0, 0, 0.0
    for seed in range(8):
        panel = panels.crossed(n=4000, officials=100, raters=1500, seed=seed)
        found = fit(panel.marks, method=FREE)
        ranks = rank_intervals(found, draws=1000, seed=4)
        truth = np.argsort(np.argsort(-panel.truth)) + 1
        inside += int(((ranks.low <= truth) & (truth <= ranks.high)).sum())
        total += truth.size
        last += float(ranks.last[np.argmin(panel.truth)])
        assert ranks.last.sum() == pytest.approx(1.0)
        assert ranks.last_three.sum() == pytest.approx(3.0)
    assert 0.85 < inside / total < 0.95
    again = rank_intervals(found, draws=1000, seed=4)
    assert (again.low == ranks.low).all()
    assert (again.last == ranks.last).all()
    assert last / 8 > 0.2
