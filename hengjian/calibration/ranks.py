"""How sure a rank is: draws from the joint errors of all officials."""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cholesky

from hengjian.calibration.marks import Floats, Ints
from hengjian.calibration.results import Calibration
from hengjian.calibration.threads import one_thread
from hengjian.terms.errors import Refused

BLOCK = 250
RANKS_TIED = 1e-9


@dataclass(frozen=True)
class RankIntervals:
    """Where each official stands, and how far that is sure.

    Clause: SPEC D2, NORMS L20
    Shapes: all (officials,); rank 1 is best. ``last`` is the probability of truly being last,
    ``last_three`` of being among the last three.
    """

    rank: Ints
    low: Ints
    high: Ints
    last: Floats
    last_three: Floats


def rank_intervals(calibration: Calibration, *, draws: int, seed: int, level: float = 0.90) -> RankIntervals:
    """Draw true levels from what is known, rank them, and read off intervals.

    Clause: SPEC D2, NORMS L20
    Draws come in blocks with seeds of their own, so that results do not depend on how work is split.
    Raises: Refused when the joint covariance was not formed.
    """
    if calibration.joint is None:
        raise Refused("评分过多，未形成联合协方差", do="请按组分别校准", code="calibration.no_joint")
    mean = calibration.officials.adjusted
    size = mean.size
    counts = np.zeros((size, size), dtype=np.int64)
    with one_thread():
        covariance = calibration.joint.full()
        covariance[np.diag_indices(size)] += RANKS_TIED * max(float(np.diagonal(covariance).mean()), 1e-300)
        factor = cholesky(covariance, lower=True)
        seeds = np.random.SeedSequence(seed).spawn(-(-draws // BLOCK))
        for at, own in enumerate(seeds):
            many = min(BLOCK, draws - at * BLOCK)
            drawn = mean[:, None] + factor @ np.random.default_rng(own).standard_normal((size, many))
            ranks = np.argsort(np.argsort(-drawn, axis=0, kind="stable"), axis=0, kind="stable")
            np.add.at(counts, (np.repeat(np.arange(size), many), ranks.reshape(-1)), 1)
    share = np.cumsum(counts, axis=1) / draws
    tail = (1.0 - level) / 2.0
    return RankIntervals(
        rank=np.argsort(np.argsort(-mean, kind="stable"), kind="stable") + 1,
        low=(share <= tail).sum(axis=1) + 1,
        high=(share < 1.0 - tail).sum(axis=1) + 1,
        last=counts[:, -1] / draws,
        last_three=counts[:, -3:].sum(axis=1) / draws,
    )
