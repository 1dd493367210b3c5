"""Weights drawn from everything that the policy allows, each set as likely as any other."""

import numpy as np

from hengjian.scoring.facts import Floats
from hengjian.terms.errors import Refused

ROUNDS = 400


def ends_of(weights: Floats, room: Floats) -> tuple[Floats, Floats]:
    """Least and most weight of each line; no weight falls below zero, one that is zero stays zero.

    Clause: SPEC A2
    Policy: county_tuning.limit
    Shapes: weights, room (..., k); returns two of the same shape.
    """
    room = np.where(weights > 0.0, room, 0.0)
    return np.maximum(weights - room, 0.0), weights + room


def drawn_weights(weights: Floats, room: Floats, many: int, draw: np.random.Generator) -> Floats:
    """Sets of weights inside their ranges whose sum is that of the card.

    Clause: SPEC D2
    Policy: county_tuning.limit
    Shapes: weights, room (cards, k); returns (cards, k, many).
    Uniform over the allowed sets: all weights but one are drawn, the last follows from the sum, and a
    set whose last weight is out of its range is drawn again. Cards with the same ranges move together.
    Raises: Refused when the ranges allow next to nothing.
    """
    low, high = ends_of(weights, room)
    below, above = low - weights, high - weights
    kinds, which = np.unique(np.round(np.hstack([below, above]), 9), axis=0, return_inverse=True)
    k = weights.shape[1]
    moved = np.stack([_moved(kind[:k], kind[k:], many, draw) for kind in kinds])
    return np.asarray(weights[:, :, None] + moved[which.reshape(-1)])


def _moved(below: Floats, above: Floats, many: int, draw: np.random.Generator) -> Floats:
    """Changes of one card's weights that add up to nothing. Shapes: below, above (k,); returns (k, many)."""
    found = np.zeros((below.size, many))
    free = np.flatnonzero(above > below)
    if free.size < 2:
        return found
    last = free[np.argmax((above - below)[free])]
    others = free[free != last]
    at = 0
    for _ in range(ROUNDS):
        tried = draw.uniform(below[others, None], above[others, None], (others.size, many))
        rest = -tried.sum(axis=0)
        kept = np.flatnonzero((rest >= below[last]) & (rest <= above[last]))[: many - at]
        found[others[:, None], np.arange(at, at + kept.size)] = tried[:, kept]
        found[last, at : at + kept.size] = rest[kept]
        at += kept.size
        if at == many:
            return found
    raise Refused("权重浮动范围过窄，凑不成合计不变的权重", do="请核对浮动范围", code="certainty.room")
