"""Real panels with named raters and published results: trimming, favour, and favour taken out."""

import numpy as np
import polars as pl
import pytest

from hengjian.calibration.aggregates import trimmed_mean
from hengjian.calibration.fitting import Method, fit
from hengjian.calibration.marks import Floats
from tests.real import skating

pytestmark = pytest.mark.real_data
FOLDS = 5


@pytest.fixture(scope="module")
def frames(real_data):
    return skating.load(real_data / "skating_judges_2016_2017")


@pytest.fixture(scope="module")
def table(frames):
    return skating.totals(frames)


def as_published(frame: pl.DataFrame, column: str, published: str, unit: str) -> tuple[int, int]:
    """How many of the panel's published results our trimmed mean reproduces, and how many there are."""
    right = 0
    groups = frame.group_by("aspect_id").agg(pl.col(column), pl.col(published).first())
    for row in groups.iter_rows(named=True):
        steps = np.rint(np.array(row[column]) / float(unit))
        kept = steps.size - 2
        found = trimmed_mean(steps, 1.0 / steps.size)  # one mark off each end
        exact = skating.Decimal(round(found * kept)) * skating.Decimal(unit) / kept
        right += abs(skating.half_up(exact) - row[published]) < 1e-9
    return right, groups.height


def test_trimmed_means_are_those_published(frames):
    components = skating.judged(frames, "components")
    assert as_published(components, "score", "scores_of_panel", "0.25") == (8630, 8630)
    elements = frames["judge-goe"].join(frames["judged-aspects"], on="aspect_id")
    assert as_published(elements, "judge_goe", "goe", "0.1") == (14430, 14430)


def test_published_favour_is_reproduced(table):
    usual = pl.col("above").mean().over(["clean_judge_name", "kind"])
    table = table.with_columns((pl.col("above") - usual).alias("adjusted"))
    home = table.filter("home")["adjusted"].to_numpy()
    away = table.filter(~pl.col("home"))["adjusted"].to_numpy()
    assert home.mean() == pytest.approx(3.088, abs=5e-4)
    assert away.mean() == pytest.approx(-0.301, abs=5e-4)
    assert skating.welch(home, away) == pytest.approx(37.8598, abs=5e-5)


def left_over(table: pl.DataFrame, column: str, summed) -> float:
    """By how much judges from home raise the panel's result above that of the other judges."""
    found = []
    for _, panel in table.group_by("performance_id", maintain_order=True):
        home = panel["home"].to_numpy()
        if home.any() and (~home).sum() > 2:
            marks = panel[column].to_numpy()
            found.append(summed(marks) - summed(marks[~home]))
    return float(np.mean(found))


def out_of_fold(table: pl.DataFrame) -> Floats:
    """Marks with favour and leniency taken out as estimated from the other folds' performances."""
    names = sorted(set(table["performance_id"].to_list()))
    fold_of = {name: at % FOLDS for at, name in enumerate(names)}
    fold = np.array([fold_of[name] for name in table["performance_id"].to_list()])
    found = np.empty(table.height)
    for at in range(FOLDS):
        rest = table.filter(pl.Series(fold != at))
        calibration = fit(skating.marks_of(rest), method=Method(bound=None))
        lenient = dict(zip(calibration.raters.names, calibration.raters.leniency.tolist(), strict=True))
        (tie,) = calibration.ties
        held = table.filter(pl.Series(fold == at))
        judge = [f"{n}/{k}" for n, k in held.select("clean_judge_name", "kind").iter_rows()]
        off = np.array([lenient.get(name, 0.0) for name in judge]) + tie.effect * held["home"].to_numpy()
        found[fold == at] = held["final"].to_numpy() - off
    return found


def test_recorded_tie_takes_favour_out_of_results_it_has_not_seen(table):
    seen = table.with_columns(pl.Series("calibrated", out_of_fold(table)))
    plain = left_over(seen, "final", np.mean)
    trimmed = left_over(seen, "final", lambda marks: trimmed_mean(marks, 1.0 / marks.size))
    calibrated = left_over(seen, "calibrated", np.mean)
    assert plain > 0.2
    assert 0.95 * plain < trimmed < 1.05 * plain  # trimming leaves all of it
    assert abs(calibrated) <= 0.10 * plain
