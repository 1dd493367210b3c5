"""Careless marking: the same mark for everything, or faster than anybody can read.

Where nine marks in ten are tens, most honest raters show no variance either, so the same mark for
everything says something only against what the marks at hand would give by themselves.
"""

from collections.abc import Sequence

import numpy as np
from scipy.special import ndtr

from hengjian.calibration.marks import Floats, Marks
from hengjian.calibration.ordinal import Ordinal
from hengjian.calibration.screening import Lead, false_discovery, spread_of
from hengjian.calibration.system import Ratios

NODES = 31
LEAST_MARKS = 5
LEAST_RATERS = 20


def straight_lines(
    marks: Marks, ordinal: Ordinal, ratios: Ratios, least: int = LEAST_MARKS
) -> tuple[Lead, ...]:
    """Raters who gave one mark throughout, with the chance that an honest rater would.

    Clause: SPEC B3
    The chance is worked out from the ordinal fit for the very officials and services that the rater
    marked, over all leniencies that raters have. Anonymous marks have no rater and are left out.
    """
    known = np.flatnonzero(marks.rater.codes >= 0)
    order = known[np.argsort(marks.rater.codes[known], kind="stable")]
    starts = np.flatnonzero(np.diff(marks.rater.codes[order], prepend=-1))
    found: list[tuple[str, float, float, int]] = []
    for rows in np.split(order, starts[1:]):
        if rows.size < least or np.ptp(marks.value[rows]) > 0:
            continue
        chance = _as_rare(ordinal, rows, ratios.get("rater", 0.0))
        name = marks.rater.names[int(marks.rater.codes[rows[0]])]
        found.append((name, float(marks.value[rows[0]] * marks.step), chance, int(rows.size)))
    tested = _tested(marks, least)
    rate = false_discovery([row[2] for row in found] + [1.0] * (tested - len(found)))
    return tuple(
        Lead("straight_line", (name,), {"mark": mark, "marks": float(count)}, chance, float(rate[at]))
        for at, (name, mark, chance, count) in enumerate(found)
    )


def _tested(marks: Marks, least: int) -> int:
    """Raters with enough marks: those who varied were tested too."""
    counts = np.bincount(marks.rater.codes[marks.rater.codes >= 0])
    return int((counts >= least).sum())


def _as_rare(ordinal: Ordinal, rows: np.ndarray, ratio: float) -> float:
    """Chance of one category throughout, that category or one as rare, over all leniencies."""
    node, weight = np.polynomial.hermite_e.hermegauss(NODES)
    weight = weight / weight.sum()
    quality = ordinal.predicted[rows][:, None] + np.sqrt(ratio) * node
    ends = np.concatenate([[-np.inf], ordinal.cuts, [np.inf]])
    below = ndtr(ends[:, None, None] - quality)
    share = np.log(np.maximum(np.diff(below, axis=0), 1e-300)).sum(axis=1)
    each = (np.exp(share) * weight).sum(axis=1)
    return float(each[each <= each[int(ordinal.category[rows[0]])]].sum())


def hasty(names: Sequence[str], seconds: Floats, marks: Floats, least_seconds: float) -> tuple[Lead, ...]:
    """Raters who were faster than anybody can read and judge.

    Clause: SPEC B3
    Shapes: seconds, marks (raters,): time taken and marks given; names as many.
    Below ``least_seconds`` a mark is impossible whatever others did (chance 0); above it a rater is
    compared with the others' times on a logarithmic scale, if there are at least twenty.
    """
    each = seconds / np.maximum(marks, 1.0)
    log = np.log(np.maximum(each, 1e-9))
    chance = np.ones(each.size)
    if each.size >= LEAST_RATERS:
        chance = ndtr((log - np.median(log)) / max(spread_of(log), 1e-9))
    chance = np.where(each < least_seconds, 0.0, chance)
    rate = false_discovery(chance)
    return tuple(
        Lead(
            "hasty",
            (names[at],),
            {"seconds_a_mark": float(each[at]), "usual": float(np.median(each)), "least": least_seconds},
            float(chance[at]),
            float(rate[at]),
        )
        for at in range(each.size)
    )
