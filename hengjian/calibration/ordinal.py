"""A second opinion that knows marks are steps, not lengths: an ordinal probit on the same equations.

A hidden quality plus error falls between cut points; a mark says between which. Each round replaces
the marks by the hidden values to be expected and solves the very same factored equations, so the
check costs a solve a round. It keeps the variance ratios of the main fit.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from hengjian.calibration.design import Design, design_of, layout, raters_of
from hengjian.calibration.errors import NotSettled
from hengjian.calibration.marks import Floats, Ints, Marks
from hengjian.calibration.results import Calibration
from hengjian.calibration.system import Ratios, System
from hengjian.calibration.threads import one_thread

MOST = 10
ROUNDS = 2000
ENOUGH = 1e-5
TINY = 1e-12


@dataclass(frozen=True)
class Ordinal:
    """The probit fit.

    Clause: SPEC B3
    Shapes: cuts (categories - 1,); effect (officials,) on the hidden scale, error variance 1.
    ``predicted`` (n,) is the hidden quality of each mark without the rater's own leniency.
    """

    cuts: Floats
    effect: Floats
    predicted: Floats
    category: Ints
    rounds: int


@dataclass(frozen=True)
class BandCheck:
    """Whether an official's band would be another if marks were read as steps.

    Clause: SPEC B3, SPEC D2
    Shapes: all (officials,); ``mark`` is the ordinal effect brought to the scale of marks.
    """

    mark: Floats
    band: Ints
    other: Ints

    @property
    def flagged(self) -> np.ndarray:
        """Officials whose band would change: for a person to look at."""
        return np.asarray(self.band != self.other)


def ordinal_of(marks: Marks, ratios: Ratios) -> Ordinal:
    """Fit the probit at given variance ratios.

    Clause: SPEC B3
    Source: expectation-maximisation for the ordered probit with Henderson's equations as its second step.
    Raises: NotSettled when it does not converge.
    """
    with one_thread():
        order = np.lexsort([marks.value, *marks.columns().values()])
        marks = marks.where(order)  # sums of floats below: fix their order
        design = design_of(marks)
        category = categories(marks.value)
        found = _Rounds(marks, design, ratios, category).run()
    predicted = np.empty(marks.size)
    predicted[order] = found.predicted
    own = np.empty(marks.size, dtype=np.int64)
    own[order] = category
    return Ordinal(found.cuts, found.effect, predicted, own, found.rounds)


def categories(value: Ints) -> Ints:
    """Number the distinct marks; more than ten are put together in steps of like frequency.

    Clause: SPEC B2
    Shapes: value (n,); returns (n,), 0 to at most 9.
    """
    steps, codes = np.unique(value, return_inverse=True)
    if steps.size <= MOST:
        return codes.astype(np.int64)
    below = np.cumsum(np.bincount(codes)) - np.bincount(codes) / 2.0
    group = np.minimum((below / value.size * MOST).astype(np.int64), MOST - 1)
    return np.unique(group[codes], return_inverse=True)[1].astype(np.int64)


class _Rounds:
    def __init__(self, marks: Marks, design: Design, ratios: Ratios, category: Ints) -> None:
        self.design, self.category = design, category
        self.placed, _ = layout(marks)
        self.rater, _ = raters_of(marks)
        known = {term.name: ratios.get(term.name, 0.0) for term in design.random}
        self.system = System(design, known | {"rater": ratios.get("rater", 0.0)})
        share = np.cumsum(np.bincount(category))[:-1] / category.size
        spread = np.sqrt(1.0 + sum(self.system.ratios.values()))
        self.cuts = ndtri(share) * spread
        self.effects = np.zeros(design.width)
        self.leniency = np.zeros(design.n.size)

    def run(self) -> Ordinal:
        term = self.design.term("official")
        if term is None or self.cuts.size == 0:
            raise NotSettled("评分只有一种取值，序次模型无从拟合")
        for count in range(1, ROUNDS + 1):
            before = self.effects[term.at] - self.effects[term.at].mean()
            self._round()
            now = self.effects[term.at] - self.effects[term.at].mean()
            if np.abs(now - before).max() <= ENOUGH * max(float(np.abs(now).max()), TINY) * 1e-1:
                return Ordinal(self.cuts, self.effects[term.at], self._fixed_part(), self.category, count)
        raise NotSettled("序次模型未收敛")

    def _fixed_part(self) -> Floats:
        found = np.zeros(self.category.size)
        for at in self.placed:
            found += np.where(at >= 0, self.effects[at], 0.0)
        return found

    def _round(self) -> None:
        quality = self._fixed_part() + self.leniency[self.rater]
        low, high, share = self._edges(quality)
        hidden = quality + (_density(low) - _density(high)) / share
        design, width = self.design, self.design.width
        sums = np.zeros(width)
        for at in self.placed:
            kept = at >= 0
            sums += np.bincount(at[kept], weights=hidden[kept], minlength=width)
        by_rater = np.bincount(self.rater, weights=hidden, minlength=design.n.size).astype(np.float64)
        self.effects = self.system.scale * self.system.solved(self.system.absorbed(sums, by_rater))
        self.leniency = self.system.taken * (by_rater - design.seen @ self.effects)
        self._move_cuts()

    def _edges(self, quality: Floats) -> tuple[Floats, Floats, Floats]:
        ends = np.concatenate([[-np.inf], self.cuts, [np.inf]])
        low, high = ends[self.category] - quality, ends[self.category + 1] - quality
        return low, high, np.maximum(ndtr(high) - ndtr(low), TINY)

    def _move_cuts(self) -> None:
        """One scoring step for each cut, kept in order."""
        low, high, share = self._edges(self._fixed_part() + self.leniency[self.rater])
        upper, lower = _density(high) / share, _density(low) / share
        size = self.cuts.size + 1
        gain = np.bincount(self.category, weights=upper, minlength=size)[:-1]
        gain -= np.bincount(self.category, weights=lower, minlength=size)[1:]
        bend = np.bincount(self.category, weights=upper**2, minlength=size)[:-1]
        bend += np.bincount(self.category, weights=lower**2, minlength=size)[1:]
        moved = self.cuts + gain / np.maximum(bend, TINY)
        self.cuts = moved if bool((np.diff(moved) > 0).all()) else self.cuts


def _density(x: Floats) -> Floats:
    return np.asarray(np.exp(-0.5 * x * x) / np.sqrt(2.0 * np.pi))


def check_bands(calibration: Calibration, ordinal: Ordinal, edges: Sequence[float]) -> BandCheck:
    """Compare each official's band with that of the ordinal fit, brought to the same mean and spread.

    Clause: SPEC B3, SPEC D2
    ``edges`` are the least points of the bands, ascending.
    """
    rows = calibration.officials
    seen = rows.n > 0
    line = np.polyfit(ordinal.effect[seen], rows.adjusted[seen], 1)
    mark = np.asarray(np.polyval(line, ordinal.effect), dtype=np.float64)
    found = np.asarray(edges, dtype=np.float64)
    return BandCheck(
        mark, np.searchsorted(found, rows.adjusted, "right"), np.searchsorted(found, mark, "right")
    )
