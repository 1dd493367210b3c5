"""Where a seat stands: size of its comparable group, ties, and the grade that is proposed."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from hengjian.policy.model import Comparison, Grade
from hengjian.scoring.engine.ranks import RankHistogram, keys_of, rank_histogram
from hengjian.scoring.facts import Floats, Ints

UNGRADED = -1


@dataclass(frozen=True)
class Standing:
    """Rank, size of the comparable group and how many share the rank.

    Clause: SPEC A3
    Shapes: all (n,); rank 0 for a seat without a total.
    """

    rank: Ints
    of: Ints
    tied: Ints


def histogram_of(total: Floats, group: Ints, step: float) -> RankHistogram:
    """Totals at the policy's step, counted: all that ranking needs, and it merges.

    Clause: SPEC A3
    """
    return rank_histogram(keys_of(total, step), group)


def standing_of(total: Floats, group: Ints, step: float, among: RankHistogram) -> Standing:
    """Where these seats stand among all that were counted.

    Clause: SPEC A3
    Shapes: total, group (n,).
    """
    keys = keys_of(total, step)
    width = int(max(group.max(initial=-1), among.group.max(initial=-1))) + 1
    size = np.bincount(among.group, weights=among.count, minlength=width).astype(np.int64)
    counted = dict(
        zip(zip(among.group.tolist(), among.key.tolist(), strict=True), among.count.tolist(), strict=True)
    )
    held = zip(group.tolist(), keys.tolist(), strict=True)
    tied = np.array([counted.get(pair, 0) for pair in held], dtype=np.int64)
    return Standing(among.ranks(keys, group), size[group] if group.size else group, tied)


def places_of(quota: float, of: Ints) -> Ints:
    """How many places a quota gives in groups of these sizes: never more than the share, exactly.

    Clause: SPEC I
    Shapes: of (n,); returns (n,).
    """
    sizes, which = np.unique(of, return_inverse=True)
    share = Fraction(repr(float(quota)))
    return np.array([int(share * size) for size in sizes.tolist()], dtype=np.int64)[which]


def propose_grades(
    total: Floats, standing: Standing, comparison: Comparison, grades: Sequence[Grade]
) -> Ints:
    """A grade for each seat from least points and quotas; never a decision.

    Clause: SPEC I, SPEC A3
    Shapes: all (n,); returns positions in ``grades``, best first, -1 without a total.
    A grade with a quota takes at most that share of the comparable group, rounded down; equal
    seats at the edge all go to the next grade, so that a quota is never exceeded.
    """
    found = np.full(total.shape, UNGRADED, dtype=np.int64)
    seen = keys_of(total, comparison.step)
    ranked = standing.rank > 0
    for at, grade in enumerate(grades):
        least = keys_of(np.array([grade.least]), comparison.step)[0]
        open_ = (found == UNGRADED) & ranked & (seen >= least)
        if grade.quota is not None:
            open_ &= standing.rank + standing.tied - 1 <= places_of(grade.quota, standing.of)
        found[open_] = at
    found[(found == UNGRADED) & ranked] = len(grades) - 1
    return found
