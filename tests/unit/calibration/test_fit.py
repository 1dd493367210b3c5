"""The fit against closed forms, a dense textbook solution and known truths."""

from dataclasses import replace

import numpy as np
import pytest

from hengjian.calibration.design import design_of
from hengjian.calibration.errors import NotSettled
from hengjian.calibration.fitting import Method, fit
from hengjian.calibration.marks import Column, Marks
from hengjian.calibration.reml import components_of
from hengjian.calibration.system import System
from hengjian.terms.errors import Refused
from tests.unit.calibration import panels

FREE = Method(bound=None)


def test_balanced_variances_are_those_of_the_analysis_of_variance():
    """Two ways, one mark a cell: REML has a closed form (Searle, Casella and McCulloch 1992)."""
    a, b = 12, 7
    marks = panels.complete(a, b, seed=3)
    y = marks.points().reshape(a, b)
    rows, columns, mean = y.mean(axis=1), y.mean(axis=0), y.mean()
    error = ((y - rows[:, None] - columns + mean) ** 2).sum() / ((a - 1) * (b - 1))
    of_rows, of_columns = b * rows.var(ddof=1), a * columns.var(ddof=1)
    found = fit(marks, method=FREE).components
    assert found.variance["error"] == pytest.approx(error, rel=1e-6)
    assert found.variance["official"] == pytest.approx((of_rows - error) / b, rel=1e-6)
    assert found.variance["rater"] == pytest.approx((of_columns - error) / a, rel=1e-6)
    # variances of mean squares are 2 MS^2 / df; average information agrees with them at balance
    wanted = np.sqrt(2 * of_rows**2 / (a - 1) + 2 * error**2 / ((a - 1) * (b - 1))) / b
    assert found.error_of["official"] == pytest.approx(wanted, rel=1e-4)
    assert found.error_of["error"] == pytest.approx(error * np.sqrt(2 / ((a - 1) * (b - 1))), rel=1e-4)


def test_balanced_effects_are_shrunk_means():
    a, b = 12, 7
    marks = panels.complete(a, b, seed=3)
    found = fit(marks, method=FREE)
    y = marks.points().reshape(a, b)
    weight = b / (b + found.components.variance["error"] / found.components.variance["official"])
    np.testing.assert_allclose(found.officials.effect, weight * (y.mean(axis=1) - y.mean()), atol=1e-8)


def test_effects_errors_and_likelihood_are_those_of_the_dense_equations():
    panel = panels.crossed(n=260, officials=14, raters=60, groups=5, services=3)
    tie = (np.arange(260) % 7 == 0).astype(np.int64)
    period = np.arange(260) % 2
    marks = replace(panel.marks, ties={"town": tie}, fixed={"period": Column.numbered(period)})
    ratios = {"official": 0.4, "rater": 0.3, "group": 0.2, "service": 0.05}
    effect, left, criterion = panels.dense_equations(marks, ratios, [period, tie])
    system = System(design_of(marks), ratios)
    term = system.design.term("official")
    np.testing.assert_allclose(system.effects[term.at], effect, rtol=1e-9, atol=1e-8)
    assert system.criterion == pytest.approx(criterion, rel=1e-12)
    own = np.diagonal(system.inverse)[term.at] * ratios["official"]
    np.testing.assert_allclose(own, left, rtol=1e-9)


def test_gradient_of_the_criterion_is_its_slope():
    """Traces and residual sums, raters with many marks and with few, against differences."""
    design = design_of(panels.crossed(n=3000, officials=40, raters=150).marks)
    assert design.heavy.any()
    assert not design.heavy.all()
    ratios = {"official": 0.4, "rater": 0.3, "group": 0.2, "service": 0.05}
    system = System(design, ratios)
    rest, error = system.rest(), system.error
    traces = system.traces()
    for name, value in ratios.items():
        step = 1e-5 * value
        up, down = (System(design, ratios | {name: value + by}).criterion for by in (step, -step))
        slope = traces[name] - float(rest[name] @ rest[name]) / error
        assert slope == pytest.approx((up - down) / (2 * step), rel=2e-4, abs=1e-3), name


def test_variances_are_recovered():
    found = fit(panels.crossed(n=40000, officials=400, raters=4000, groups=100).marks, method=FREE).components
    for name, true in (("official", 36), ("rater", 25), ("group", 16), ("error", 81)):
        assert abs(found.variance[name] - true) < 3.5 * found.error_of[name] + 0.02 * true, name


def test_variance_of_zero_is_exactly_zero_and_does_not_disturb():
    marks = panels.complete(15, 6, seed=1)
    draw = np.random.default_rng(4)
    alike = replace(marks, service=Column.numbered(draw.permutation(np.arange(marks.size) % 3)))
    flat = Marks(  # officials who differ by nothing but noise, and less than noise gives
        value=(np.arange(40) % 4) * 100,
        official=Column.numbered(np.arange(40) // 4),
        rater=Column.numbered(np.full(40, -1), 0),
        step=0.01,
    )
    found = fit(flat, method=FREE)
    assert found.components.variance["official"] == 0.0
    assert np.isnan(found.components.error_of["official"])
    assert (found.officials.effect == 0).all()
    assert not found.ranked.any()
    with_service = fit(alike, method=FREE)
    plain = fit(marks, method=FREE)
    assert with_service.components.variance["service"] == 0.0
    np.testing.assert_allclose(with_service.officials.effect, plain.officials.effect, atol=1e-6)


def test_same_bits_on_rerun_and_in_any_order_of_rows():
    marks = panels.crossed().marks
    codes = marks.rater.codes.copy()
    codes[::5] = -1  # some unknown raters
    marks = replace(marks, rater=Column(marks.rater.names, codes))
    once = fit(marks, method=FREE)
    for seed in range(3):
        again = fit(marks.where(np.random.default_rng(seed).permutation(marks.size)), method=FREE)
        assert again.components == once.components
        for name in ("adjusted", "error", "leniency", "service", "reliability"):
            mine, theirs = getattr(once.officials, name), getattr(again.officials, name)
            assert mine.tobytes() == theirs.tobytes(), name
        assert again.joint.full().tobytes() == once.joint.full().tobytes()


def test_receipt_can_be_checked_by_hand():
    panel = panels.crossed()
    tie = (np.random.default_rng(0).random(panel.marks.size) < 0.1).astype(np.int64)
    period = Column.numbered(np.arange(panel.marks.size) % 3)
    found = fit(replace(panel.marks, ties={"town": tie}, fixed={"period": period}), method=FREE)
    for name in found.officials.names:
        receipt = found.receipt(name)
        assert abs(receipt.by_hand - receipt.final) <= 1e-10
    assert "评分人平均偏宽" in found.receipt("0").in_words()


def test_change_is_bounded_by_the_policy():
    marks = panels.crossed().marks
    free, held = fit(marks, method=FREE), fit(marks, method=Method(bound=0.5))
    assert np.abs(free.officials.adjusted - free.officials.raw).max() > 0.5
    assert np.abs(held.officials.published - held.officials.raw).max() <= 0.5 + 1e-12
    assert "为限" in held.receipt(held.officials.names[int(np.argmax(held.officials.leniency))]).in_words()


def test_little_reliability_means_not_ranked_yet():
    found = fit(panels.crossed(n=700, officials=100, raters=400).marks, method=FREE)
    assert not found.ranked.all()
    assert (found.ranked == (found.officials.reliability >= 0.70)).all()


def test_recorded_tie_is_estimated_and_removed():
    panel = panels.crossed(n=20000, officials=100, raters=1000)
    draw = np.random.default_rng(7)
    friends = draw.random(100) < 0.2  # the friends of some officials give them more
    tie = ((draw.random(panel.marks.size) < 0.4) & friends[panel.marks.official.codes]).astype(np.int64)
    raised = replace(panel.marks, value=panel.marks.value + 500 * tie)
    told = fit(replace(raised, ties={"town": tie}), method=FREE)
    untold, honest = fit(raised, method=FREE), fit(panel.marks, method=FREE)
    (found,) = told.ties
    assert abs(found.effect - 5.0) < 3 * found.error

    def favour(calibration):
        return (calibration.officials.adjusted - honest.officials.adjusted)[friends].mean()

    assert favour(untold) > 1.5
    assert abs(favour(told) - favour(honest)) < 0.4


def test_contrast_is_the_joint_covariance():
    found = fit(panels.crossed().marks, method=FREE)
    covariance = found.joint.full()
    assert np.allclose(covariance, covariance.T)
    np.testing.assert_allclose(np.sqrt(np.diagonal(covariance)), found.officials.error, rtol=1e-12)
    difference, error = found.contrast("3", "1")
    assert difference == found.officials.adjusted[3] - found.officials.adjusted[1]
    assert error == pytest.approx(np.sqrt(covariance[3, 3] + covariance[1, 1] - 2 * covariance[3, 1]))
    with pytest.raises(Refused):
        found.contrast("3", "nobody")


def test_conjugate_gradients_give_the_same_marks():
    marks = panels.crossed().marks
    dense = fit(marks, method=FREE)
    points = dense.components
    square = marks.step**2
    raw = replace(
        points,
        variance={k: v / square for k, v in points.variance.items()},
        error_of={k: v / square for k, v in points.error_of.items()},
    )
    found = fit(marks, method=Method(bound=None, dense=10, components=raw))
    assert not found.exact
    np.testing.assert_allclose(found.officials.adjusted, dense.officials.adjusted, atol=1e-9)
    np.testing.assert_allclose(found.officials.error, dense.officials.error, rtol=0.10)
    sampled = fit(marks, method=Method(bound=None, dense=10, sample=40, seed=3))
    assert sampled.components == fit(marks, method=Method(bound=None, dense=10, sample=40, seed=3)).components
    assert sampled.components.variance["error"] == pytest.approx(points.variance["error"], rel=0.1)


def test_marks_of_unknown_raters_calibrate_by_group_alone():
    """Anonymous public marks: groups give almost all of the gain, the rater adds little."""
    panel = panels.crossed(n=8000, officials=200, raters=3000, groups=20)
    codes = np.full(panel.marks.size, -1)
    hidden = replace(panel.marks, rater=Column(panel.marks.rater.names, codes))
    found = fit(hidden, method=FREE)
    assert "rater" not in found.components.variance

    def rmse(calibration):
        return np.sqrt(((calibration.officials.adjusted - panel.truth) ** 2).mean())

    assert rmse(found) < 1.35 * rmse(fit(panel.marks, method=FREE))


def test_aliased_conditions_are_dropped_not_fatal():
    marks = panels.crossed(n=500, officials=20, raters=60).marks
    period = Column.numbered(np.arange(500) % 2)
    once = fit(replace(marks, fixed={"period": period}), method=FREE)
    twice = fit(replace(marks, fixed={"period": period, "again": period}), method=FREE)
    np.testing.assert_allclose(once.officials.adjusted, twice.officials.adjusted, atol=1e-8)


def test_what_cannot_be_calibrated_is_refused_in_words():
    with pytest.raises(Refused, match="没有可校准"):
        Marks(np.zeros(0, dtype=np.int64), Column.of([]), Column.of([]))
    with pytest.raises(NotSettled, match="一名干部"):
        fit(Marks(np.arange(4), Column.of(["a"] * 4), Column.of(["r", "s", "t", "u"])))
    with pytest.raises(NotSettled):
        components_of(design_of(Marks(np.full(4, 7), Column.of(["a", "a", "b", "b"]), Column.of(["r"] * 4))))
    with pytest.raises(Refused, match="长度"):
        Marks(np.arange(3), Column.of(["a", "b"]), Column.of(["r", "r", "r"]))


def test_published_example_of_a_one_way_layout():
    """Dyestuff yields (Davies and Goldsmith 1972); figures as lme4 publishes them: 1764, 2451, 319.7."""
    yields = [
        (1545, 1440, 1440, 1520, 1580), (1540, 1555, 1490, 1560, 1495), (1595, 1550, 1605, 1510, 1560),
        (1445, 1440, 1595, 1465, 1545), (1595, 1630, 1515, 1635, 1625), (1520, 1455, 1450, 1480, 1445),
    ]  # fmt: skip
    marks = Marks(
        value=np.array(yields).reshape(-1),
        official=Column.of(np.repeat(list("ABCDEF"), 5)),
        rater=Column.of([None] * 30),
    )
    found = fit(marks, method=FREE)
    assert found.components.variance["official"] == pytest.approx(1764.05, abs=0.01)
    assert found.components.variance["error"] == pytest.approx(2451.25, abs=0.01)
    assert found.components.criterion == pytest.approx(319.6543, abs=1e-4)
    assert found.overall == pytest.approx(1527.5)


def test_start_from_a_sample_ends_in_the_same_place(monkeypatch):
    marks = panels.crossed().marks
    plain = fit(marks, method=FREE)
    monkeypatch.setattr("hengjian.calibration.fitting.GOOD_START", 10)
    started = fit(marks, method=Method(bound=None, sample=30))
    assert started.components.rounds <= plain.components.rounds
    np.testing.assert_allclose(started.officials.adjusted, plain.officials.adjusted, atol=1e-6)
