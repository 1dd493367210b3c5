"""Henderson's mixed-model equations with the raters eliminated exactly.

The equations are written with scaled effects (a random effect is its spread times a standard effect),
so that a variance of zero needs no special care: its levels decouple. Variances are given as ratios to
the error variance. With ``severe=True`` raters are fixed effects instead.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import blas, lapack

from hengjian.calibration.design import Design, Pairs
from hengjian.calibration.errors import NotSettled
from hengjian.calibration.marks import Floats

RATER = "rater"
ALIASED = 1e-9
EXPLAINED = 1e-13

Ratios = Mapping[str, float]


@dataclass
class Shares:
    """What each rater's sums weigh, by number of marks: ``taken`` in the equations, ``slope`` its derivative.

    Clause: SPEC B3
    Shapes: given n (any), returns the same shape.
    """

    ratio: float
    fixed: bool = False

    def taken(self, n: Floats) -> Floats:
        """The part of a rater's mean deviation that is read as leniency, over ``n``.

        Clause: SPEC B3
        """
        if self.fixed:
            return np.asarray((n > 0) / np.maximum(n, 1.0))
        return self.ratio / (1.0 + self.ratio * n)

    def slope(self, n: Floats) -> Floats:
        """Derivative of :meth:`taken` with respect to the ratio.

        Clause: SPEC B3
        """
        return 0.0 * n if self.fixed else (1.0 + self.ratio * n) ** -2.0

    def logdet(self, n: Floats) -> float:
        """The raters' part of the logarithm of the determinant.

        Clause: SPEC B3
        """
        return float(np.log(np.maximum(n, 1.0)).sum() if self.fixed else np.log1p(self.ratio * n).sum())


class System:
    """The equations at given variance ratios, factored.

    Clause: SPEC B3
    Source: Henderson's mixed-model equations; absorption as in Gilmour, Thompson and Cullis (1995).
    Shapes: scale, effects (w,); leniency (raters,).
    """

    def __init__(self, design: Design, ratios: Ratios, *, fixed_raters: bool = False) -> None:
        self.design = design
        self.ratios = dict(ratios)
        self.fixed_raters = fixed_raters
        self.shares = Shares(self.ratios.get(RATER, 0.0), fixed_raters)
        self.scale = scales(design, self.ratios)
        self.taken = self.shares.taken(design.n)
        self._matrix: Floats | None = self._factor(self._assemble())
        self._solve_marks()

    # --- forming and factoring ---------------------------------------------------------------
    def _assemble(self) -> Floats:
        design, width = self.design, self.design.width
        matrix = np.zeros(width * width)
        matrix[design.counted.place] = design.counted.count
        for pairs in design.classes:
            weight = self.shares.taken(np.array([float(pairs.n)]))
            for part in pairs.parts():
                matrix[pairs.place[part]] -= pairs.count[part] * weight
        square = matrix.reshape(width, width)
        for heavy in design.dense.parts():  # in Fortran's eyes the upper triangle is the lower one
            rows = np.sqrt(self.shares.taken(heavy.n))[:, None] * heavy.rows
            square = blas.dsyrk(-1.0, rows.T, beta=1.0, c=square.T, lower=1, overwrite_c=1).T
        square *= self.scale[:, None]
        square *= self.scale
        self._settle_aliases(square)
        for term in design.random:
            at = np.arange(term.start, term.stop)
            square[at, at] += 1.0
        return square

    def _settle_aliases(self, square: Floats) -> None:
        """Drop fixed columns that the ones before them already say: their effect is set to zero."""
        size = sum(term.size for term in self.design.terms if not term.random)
        block = np.triu(square[:size, :size])
        block = block + np.triu(block, 1).T
        full = self.design.levels.diagonal()[:size]
        dropped = np.zeros(size, dtype=np.bool_)
        for at in range(size):
            if block[at, at] <= ALIASED * full[at]:
                dropped[at] = True
                continue
            block[at + 1 :, at + 1 :] -= np.outer(block[at + 1 :, at], block[at, at + 1 :]) / block[at, at]
        self.aliased = np.flatnonzero(dropped)
        for at in self.aliased.tolist():
            square[at, :] = square[:, at] = 0.0
            square[at, at] = 1.0
            self.scale[at] = 0.0

    def _factor(self, square: Floats) -> Floats:
        factor, info = lapack.dpotrf(square.T, lower=1, overwrite_a=1, clean=0)
        if info != 0:
            raise NotSettled("评分之间没有足够的联系，方程组无唯一解")
        self.logdet = 2.0 * float(np.log(np.diagonal(factor)).sum()) + self.shares.logdet(self.design.n)
        return np.asarray(factor)

    # --- solving -----------------------------------------------------------------------------
    def absorbed(self, levels: Floats, raters: Floats) -> Floats:
        """Right-hand side after the raters are eliminated, scaled.

        Clause: SPEC B3
        Shapes: levels (w,) sums by level, raters (raters,) sums by rater; returns (w,).
        """
        return np.asarray(self.scale * (levels - self.design.seen.T @ (self.taken * raters)))

    def solved(self, right: Floats) -> Floats:
        """Solve the scaled equations.

        Clause: SPEC B3
        Shapes: right (w,) or (w, k).
        """
        if self._matrix is None:
            raise RuntimeError("the factor was used up by inverse()")
        found, _ = lapack.dpotrs(self._matrix, right, lower=1)
        return np.asarray(found).reshape(right.shape)

    def _solve_marks(self) -> None:
        design = self.design
        right = self.absorbed(design.level_sum, design.rater_sum)
        scaled = self.solved(right)
        self.effects = self.scale * scaled
        self._refine()
        own = design.rater_sum - design.seen @ self.effects
        self.leniency = self.taken * own
        absorbed = float(np.dot(self.taken, design.rater_sum**2))
        self.quadratic = design.square - absorbed - float(np.dot(right, scaled))
        if self.quadratic <= EXPLAINED * design.square or self.freedom <= 0:
            raise NotSettled("全部评分可被完全解释，没有误差可估计")

    def _refine(self) -> None:
        """One step of iterative refinement, so that the receipt adds up to the last digits."""
        design = self.design
        leniency = self.taken * (design.rater_sum - design.seen @ self.effects)
        rest = self.scale * (design.level_sum - design.levels @ self.effects - design.seen.T @ leniency)
        for term in design.random:
            spread = np.sqrt(self.ratios[term.name])
            rest[term.at] -= self.effects[term.at] / spread if spread > 0 else 0.0
        self.effects = self.effects + self.scale * self.solved(rest)

    # --- likelihood --------------------------------------------------------------------------
    @property
    def freedom(self) -> int:
        """Marks less fixed effects."""
        design = self.design
        fixed = sum(term.size for term in design.terms if not term.random) - self.aliased.size
        return design.marks - fixed - int(np.count_nonzero(design.n) * self.fixed_raters)

    @property
    def error(self) -> float:
        """Error variance that fits best at these ratios."""
        return self.quadratic / self.freedom

    @property
    def criterion(self) -> float:
        """Minus twice the restricted log-likelihood, the error variance profiled out.

        Clause: SPEC B3
        Source: Bates and others (2015), profiled REML criterion, equation 41 and following.
        """
        return self.freedom * (1.0 + float(np.log(2.0 * np.pi * self.error))) + self.logdet

    def rest(self) -> dict[str, Floats]:
        """Sums of residuals over the levels of each random term, raters included.

        Clause: SPEC B3
        Shapes: each (levels of the term,).
        """
        design = self.design
        by_level = design.level_sum - design.levels @ self.effects - design.seen.T @ self.leniency
        found = {term.name: by_level[term.at] for term in design.random}
        if not self.fixed_raters and RATER in self.ratios:
            found[RATER] = design.rater_sum - design.seen @ self.effects - design.n * self.leniency
        return found

    @cached_property
    def inverse(self) -> NDArray[np.float64]:
        """Inverse of the scaled dense equations; upper triangle only. Uses up the factor.

        Clause: SPEC B3
        Shapes: (w, w).
        """
        if self._matrix is None:
            raise RuntimeError("no factor")
        found, info = lapack.dpotri(self._matrix, lower=1, overwrite_c=1)
        if info != 0:
            raise NotSettled("方程组不能求逆")
        self._matrix = None
        return np.asarray(found.T)  # in the place of the factor: no copy

    def traces(self) -> dict[str, float]:
        """Trace of Z'PZ for each random term: what chance alone would give :meth:`rest` squared.

        Clause: SPEC B3
        Needs the inverse, so no more solving after it.
        """
        inverse = self.inverse
        found = {}
        for term in self.design.random:
            own = float(np.diagonal(inverse)[term.at].sum())
            found[term.name] = (term.size - own) / self.ratios[term.name]
        if not self.fixed_raters and RATER in self.ratios:
            found[RATER] = self._rater_trace()
        return found

    def _rater_trace(self) -> float:
        design = self.design
        total = float((design.n / (1.0 + self.shares.ratio * design.n)).sum())
        flat = self.inverse.reshape(-1)
        for pairs in design.classes:
            total -= float(self.shares.slope(np.array([float(pairs.n)]))[0]) * self._met(pairs, flat)
        for heavy in design.dense.parts():  # the lower triangle is empty: x'Tx = 2 x'Ux - x'Dx
            rows = heavy.rows * self.scale
            met = 2.0 * ((rows @ self.inverse) * rows).sum(axis=1) - rows**2 @ np.diagonal(self.inverse)
            total -= float(np.dot(self.shares.slope(heavy.n), met))
        return total

    def _met(self, pairs: Pairs, flat: Floats) -> float:
        total = 0.0
        for part in pairs.parts():
            row, column = np.divmod(pairs.place[part], self.design.width)
            value = flat[pairs.place[part]] * self.scale[row] * self.scale[column] * pairs.count[part]
            total += float(2.0 * value.sum() - value[row == column].sum())
        return total


def scales(design: Design, ratios: Ratios) -> Floats:
    """Spread of each dense level over the error's: 1 for fixed effects.

    Clause: SPEC B3
    Shapes: returns (w,).
    """
    found = np.ones(design.width)
    for term in design.random:
        found[term.at] = np.sqrt(ratios[term.name])
    return found
