"""Whether two officials can be told apart at all."""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from hengjian.scoring.certainty.scores import Scores
from hengjian.scoring.certainty.weights import drawn_weights
from hengjian.scoring.facts import Floats, Ints

SETS = 2000


@dataclass(frozen=True)
class Mates:
    """The others of an official's comparable group, and the chance of truly standing above each.

    Clause: SPEC D2
    Shapes: rows, apart, error, above (mates,). ``apart``: own total less the other's; ``above``: the
    chance that the own true total is the higher one; ``told``: whether the two can be told apart.
    """

    rows: Ints
    apart: Floats
    error: Floats
    above: Floats
    told: np.ndarray


def mates_of(scores: Scores, row: int, *, seed: int, level: float = 0.90) -> Mates:
    """Compare one official with everybody of the comparable group.

    Clause: SPEC D2, NORMS L20
    Policy: uncertainty.level
    The difference of two totals is held to be normal: errors of the cells of both, and what the weights'
    ranges make of the differences between their points.
    """
    totals = scores.totals()
    rows = np.flatnonzero((scores.group == scores.group[row]) & ~np.isnan(totals))
    rows = rows[rows != row]
    draw = np.random.Generator(np.random.SFC64(np.random.SeedSequence([seed, 1])))
    drawn = drawn_weights(scores.weights, scores.room, SETS, draw)
    both = scores.of(np.append(rows, row))
    by_weights = _moved(both, drawn)
    noise = _noise(both)
    square = (by_weights[:-1] - by_weights[-1]).var(axis=1) + noise[:-1] + noise[-1]
    apart, error = totals[row] - totals[rows], np.sqrt(square)
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.where(error > 0.0, apart / error, np.sign(apart) * np.inf)
    z = np.where((error == 0.0) & (apart == 0.0), 0.0, z)
    return Mates(rows, apart, error, ndtr(z), np.abs(z) > ndtri(0.5 + level / 2.0))


def _moved(scores: Scores, drawn: Floats) -> Floats:
    """Totals of each official under each set of weights. Shapes: (officials, sets)."""
    present = scores.present
    weights = drawn[scores.card] * present[:, :, None]
    num = (weights * np.where(present, scores.points, 0.0)[:, :, None]).sum(axis=1)
    return np.asarray(num / weights.sum(axis=1))


def _noise(scores: Scores) -> Floats:
    """Variance of each total at the policy's weights."""
    weights = scores.weights[scores.card] * scores.present
    part = weights / weights.sum(axis=1, keepdims=True)
    return np.asarray((part**2 * scores.own**2).sum(axis=1) + (part * scores.shared).sum(axis=1) ** 2)
