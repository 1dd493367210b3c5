"""Where a seat stands: size of its comparable group, caveat, and the grade that is proposed."""

from collections.abc import Sequence

import numpy as np

from hengjian.policy.model import Comparison, Grade
from hengjian.scoring.engine.ranks import keys_of
from hengjian.scoring.facts import Floats, Ints

UNGRADED = -1


def group_sizes(group: Ints, total: Floats) -> Ints:
    """How many of each seat's comparable group have a total.

    Clause: SPEC A3
    Shapes: group, total (n,), returns (n,).
    """
    ranked = np.bincount(group[~np.isnan(total)], minlength=int(group.max(initial=-1)) + 1)
    return ranked[group] if group.size else group


def propose_grades(
    total: Floats, group: Ints, rank: Ints, comparison: Comparison, grades: Sequence[Grade]
) -> Ints:
    """A grade for each seat from least points and quotas; never a decision.

    Clause: SPEC I, SPEC A3
    Shapes: all (n,); returns positions in ``grades``, best first, -1 without a total.
    A grade with a quota takes at most that share of the comparable group, rounded down; equal
    seats at the edge all go to the next grade, so that a quota is never exceeded.
    """
    found = np.full(total.shape, UNGRADED, dtype=np.int64)
    seen = keys_of(total, comparison.step)
    of = group_sizes(group, total)
    tied = _tied(group, rank)
    for at, grade in enumerate(grades):
        least = keys_of(np.array([grade.least]), comparison.step)[0]
        open_ = (found == UNGRADED) & (rank > 0) & (seen >= least)
        if grade.quota is not None:
            open_ &= rank + tied - 1 <= np.floor(of * grade.quota + 1e-9)
        found[open_] = at
    last = len(grades) - 1
    found[(found == UNGRADED) & (rank > 0)] = last
    return found


def _tied(group: Ints, rank: Ints) -> Ints:
    """How many of the group share the seat's rank."""
    key = group * (int(rank.max(initial=0)) + 1) + rank
    _, where, count = np.unique(key, return_inverse=True, return_counts=True)
    return count[where.ravel()]
