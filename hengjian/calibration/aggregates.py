"""The plain ways to sum up marks, shown beside the calibrated one, and how much hangs on one person."""

from dataclasses import dataclass

import numpy as np

from hengjian.calibration.marks import Column, Floats, Ints, Marks
from hengjian.calibration.results import Calibration
from hengjian.terms.errors import Refused

WILD = 3.5
FEWEST = 3


@dataclass(frozen=True)
class SideBySide:
    """Four marks of each official.

    Clause: SPEC B3, NORMS X7
    Shapes: all (officials,), NaN without marks. ``influence`` is the most by which leaving out one
    rater's marks would move the trimmed mean (NaN with fewer than two raters), ``by`` that rater.
    """

    names: tuple[str, ...]
    n: Ints
    mean: Floats
    median: Floats
    trimmed: Floats
    calibrated: Floats
    influence: Floats
    by: tuple[str, ...]

    def dominated(self, most: float) -> tuple[str, ...]:
        """Officials whose result one person moves by more than the policy allows.

        Clause: SPEC B1
        """
        over = np.nan_to_num(self.influence, nan=np.inf) > most
        return tuple(name for name, is_over, n in zip(self.names, over, self.n, strict=True) if is_over and n)


def trimmed_mean(values: Floats, share: float) -> float:
    """Mean without the highest and lowest share; marks at the edge keep the rest of their weight.

    Clause: NORMS X7
    Policy: calibration.trim_share
    Shapes: values (n,); ``share`` 0.05 takes 5 % off each end.
    """
    n = values.size
    if n == 0:
        return float("nan")
    if not 0.0 <= share < 0.5:
        raise Refused("截尾比例须在 0 与 0.5 之间", do="请改正政策参数", code="calibration.trim")
    cut, at = share * n, np.arange(n, dtype=np.float64)
    weight = np.maximum(np.minimum(at + 1.0, n - cut) - np.maximum(at, cut), 0.0)
    return float(np.dot(weight, np.sort(values)) / weight.sum())


def side_by_side(marks: Marks, share: float, calibration: Calibration | None = None) -> SideBySide:
    """Mean, median, trimmed and calibrated mark of each official.

    Clause: SPEC B3, NORMS X7
    Policy: calibration.trim_share
    """
    rows = _rows(marks.official)
    values = [np.sort(marks.points()[at]) for at in rows]
    moved = [_influence(marks, at, share) for at in rows]
    size = len(rows)
    calibrated = np.full(size, np.nan) if calibration is None else calibration.officials.published
    return SideBySide(
        names=marks.official.names,
        n=np.array([at.size for at in rows], dtype=np.int64),
        mean=np.array([v.mean() if v.size else np.nan for v in values]),
        median=np.array([np.median(v) if v.size else np.nan for v in values]),
        trimmed=np.array([trimmed_mean(v, share) for v in values]),
        calibrated=calibrated,
        influence=np.array([far for far, _ in moved]),
        by=tuple(name for _, name in moved),
    )


def _rows(column: Column) -> list[Ints]:
    order = np.argsort(column.codes, kind="stable")
    counts = np.bincount(column.codes, minlength=len(column))
    return np.split(order, np.cumsum(counts)[:-1])


def _influence(marks: Marks, rows: Ints, share: float) -> tuple[float, str]:
    """The largest move by leaving one rater out; each anonymous mark is a rater of its own."""
    rater = marks.rater.codes[rows]
    keys = np.where(rater < 0, -1 - np.arange(rows.size), rater)
    values, whole = marks.points()[rows], trimmed_mean(marks.points()[rows], share)
    found = (float("nan"), "")
    several = np.unique(keys)
    if several.size < 2:
        return found
    for key in several.tolist():
        far = abs(trimmed_mean(values[keys != key], share) - whole)
        if not found[0] >= far:
            found = (far, marks.rater.names[key] if key >= 0 else "")
    return found


def outliers(marks: Marks, wild: float = WILD) -> tuple[Ints, Floats]:
    """Marks far from the others of the same official: for a person to look at, never dropped.

    Clause: SPEC B3, NORMS X7
    Shapes: returns row numbers (m,) and how many spreads away they are (m,).
    Source: Iglewicz and Hoaglin (1993), modified z-score; the mean deviation stands in where more
    than half the marks agree.
    """
    far = np.zeros(marks.size)
    points = marks.points()
    for rows in _rows(marks.official):
        if rows.size < FEWEST:
            continue
        off = points[rows] - np.median(points[rows])
        spread = 1.4826 * float(np.median(np.abs(off))) or 1.2533 * float(np.abs(off).mean())
        far[rows] = np.abs(off) / spread if spread > 0 else 0.0
    found = np.flatnonzero(far > wild)
    return found, far[found]
