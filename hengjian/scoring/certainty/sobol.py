"""Sobol indices: which choice moves a result, alone and together with others.

A finite grid of at most a million cells is enumerated and its indices are exact; otherwise they are
estimated on Saltelli's design over a scrambled Sobol sequence, with the same rows and the same
estimators as SALib (which the tests hold beside it; it is no part of the program because it brings
pandas and matplotlib along for two screens of arithmetic).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from scipy.stats import qmc

from hengjian.scoring.facts import Floats
from hengjian.terms.errors import Refused

GRID = 1_000_000
STILL = 1e-12

Evaluate = Callable[[Floats], Floats]


@dataclass(frozen=True)
class Factor:
    """One choice: any figure from ``low`` to ``high``, or one of ``levels`` (0, 1, ...).

    Clause: SPEC D2
    """

    code: str
    low: float = 0.0
    high: float = 1.0
    levels: int = 0

    def of(self, unit: Floats) -> Floats:
        """A figure of the unit interval as this choice.

        Clause: SPEC D2
        """
        if self.levels:
            return np.asarray(np.minimum(np.floor(unit * self.levels), self.levels - 1))
        return np.asarray(self.low + unit * (self.high - self.low))


@dataclass(frozen=True)
class Indices:
    """Share of the variance of each result that a choice explains.

    Clause: SPEC D2
    Shapes: first, total (factors, results); variance (results,). ``first``: by the choice alone;
    ``total``: with all its joint effects. ``exact``: by enumeration of the whole grid.
    """

    first: Floats
    total: Floats
    variance: Floats
    exact: bool
    runs: int


def indices_of(factors: Sequence[Factor], evaluate: Evaluate, *, base: int = 1024, seed: int = 0) -> Indices:
    """Indices of all results of ``evaluate``, which maps settings (rows, factors) to (rows, results).

    Clause: SPEC D2
    Source: Sobol (2001); Saltelli and others (2010); Jansen (1999).
    Raises: Refused without a factor.
    """
    if not factors:
        raise Refused("没有可变动的选项", code="certainty.no_factor")
    grid = [factor.levels for factor in factors]
    if all(grid) and np.prod(grid, dtype=float) <= GRID:
        return _exact(grid, evaluate)
    return _estimated(factors, evaluate, base, seed)


def _exact(grid: Sequence[int], evaluate: Evaluate) -> Indices:
    settings = np.array(list(product(*(range(levels) for levels in grid))), dtype=np.float64)
    results = evaluate(settings)
    results = (results - results.mean(axis=0)).reshape(*grid, -1)
    axes = tuple(range(len(grid)))
    variance = (results**2).mean(axis=axes)
    first, total = [], []
    for at in axes:
        others = tuple(axis for axis in axes if axis != at)
        first.append((results.mean(axis=others) ** 2).mean(axis=0))
        total.append(variance - (results.mean(axis=at) ** 2).mean(axis=tuple(axes[:-1])))
    share = np.where(variance > STILL, variance, np.inf)
    return Indices(np.stack(first) / share, np.stack(total) / share, variance, exact=True, runs=len(settings))


def design(factors: int, base: int, seed: int) -> Floats:
    """Saltelli's rows: for each point A, then A with one column of B for each factor, then B.

    Clause: SPEC D2
    Shapes: returns (base, factors + 2, factors) in the unit cube. ``base`` is a power of two.
    """
    points = qmc.Sobol(d=2 * factors, scramble=True, seed=seed).random(base)
    one, other = points[:, :factors], points[:, factors:]
    rows = np.repeat(one[:, None, :], factors + 2, axis=1)
    each = np.arange(factors)
    rows[:, 1 + each, each] = other
    rows[:, -1] = other
    return rows


def _estimated(factors: Sequence[Factor], evaluate: Evaluate, base: int, seed: int) -> Indices:
    unit = design(len(factors), base, seed)
    settings = np.stack([factor.of(unit[..., at]) for at, factor in enumerate(factors)], axis=-1)
    results = evaluate(settings.reshape(-1, len(factors))).reshape(base, len(factors) + 2, -1)
    spread = results.reshape(-1, results.shape[-1]).std(axis=0)
    still = spread <= STILL
    results = (results - results.reshape(-1, results.shape[-1]).mean(axis=0)) / np.where(still, 1.0, spread)
    one, mixed, other = results[:, :1], results[:, 1:-1], results[:, -1:]
    variance = np.concatenate([one, other]).reshape(2 * base, -1).var(axis=0)
    share = np.where(still, np.inf, variance)
    return Indices(
        first=(other * (mixed - one)).mean(axis=0) / share,
        total=0.5 * ((one - mixed) ** 2).mean(axis=0) / share,
        variance=np.where(still, 0.0, variance * spread**2),
        exact=False,
        runs=base * (len(factors) + 2),
    )
