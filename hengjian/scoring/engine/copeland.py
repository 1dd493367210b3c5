"""Copeland's rule: each unit against each other of its group, by weight of the indicators won."""

from fractions import Fraction
from math import lcm
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hengjian.terms.numbers import quantise

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def whole_weights(weights: list[float]) -> Ints:
    """Weights as integers in the same proportion, so that a tie is a tie.

    Clause: SPEC A9
    The weights are read as the decimals that a reader sees: 0.1 and 0.2 weigh as much as 0.3.
    """
    parts = [Fraction(repr(float(weight))) for weight in weights]
    common = lcm(*(part.denominator for part in parts))
    return np.array([int(part * common) for part in parts], dtype=np.int64)


def copeland(children: list[Floats], weights: list[Any], group: Ints) -> Floats:
    """Points 0-100: wins minus losses against the others of the group; 50 where there is none.

    Clause: SPEC A9
    Shapes: children (n,) each; weights, a float or (n,) each; group (n,). Values are compared as
    quantised. A pair is judged on the indicators that both have, with the weights of the first.
    Source: Copeland (1951); Munda (2008).
    """
    values = np.stack([quantise(child) for child in children], axis=1)
    table = np.stack([np.broadcast_to(weight, group.shape) for weight in weights], axis=1)
    found = np.full(group.shape, np.nan)
    for at in np.unique(group).tolist():
        rows = np.flatnonzero(group == at)
        found[rows] = _in_group(values[rows], table[rows])
    return found


def _in_group(values: Floats, table: Floats) -> Floats:
    some = np.flatnonzero(np.any(~np.isnan(values) & (table > 0.0), axis=1))
    found = np.full(values.shape[0], np.nan)
    others = max(some.size - 1, 1)
    whole = _whole_rows(table)
    for row in some.tolist():
        ahead = np.sign(_signs(values[row], values[some]) * whole[row][None, :]) * whole[row]
        net = np.sign(ahead.sum(axis=1)).sum()
        found[row] = 50.0 + 50.0 * net / others
    return found


def _signs(mine: Floats, theirs: Floats) -> Ints:
    return (mine[None, :] > theirs).astype(np.int64) - (mine[None, :] < theirs).astype(np.int64)


def _whole_rows(table: Floats) -> Ints:
    distinct, where = np.unique(table, axis=0, return_inverse=True)
    return np.stack([whole_weights(row) for row in distinct.tolist()])[where.ravel()]
