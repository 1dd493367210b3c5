"""Ranks inside comparable groups: quantised values, ties by the policy's step, best rank shared."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

UNIT = 1_000_000
NO_VALUE = np.iinfo(np.int64).min


def keys_of(values: Floats, step: float) -> Ints:
    """The integer by which values are ranked: equal integers are ties.

    Clause: SPEC A3
    Shapes: values (n,); returns (n,), the smallest int64 for NaN. The value is quantised to
    6 decimals half-even, then rounded to the step half-up (half away from zero), as it is shown.
    """
    width = round(step * UNIT)
    known = ~np.isnan(values)
    whole = np.rint(np.where(known, values, 0.0) * UNIT).astype(np.int64)
    if width > 1:
        sign = np.where(whole < 0, -1, 1)
        whole = sign * ((np.abs(whole) + width // 2) // width)
    return np.where(known, whole, NO_VALUE)


def competition_ranks(keys: Ints, group: Ints) -> Ints:
    """Rank 1 is best in each group, equal keys share it, the next rank counts them all.

    Clause: SPEC A3
    Shapes: keys, group (n,); returns (n,), 0 for a unit without a value.
    """
    order = np.lexsort((-np.maximum(keys, NO_VALUE + 1), group))
    held, inside = keys[order], group[order]
    place = np.arange(order.size)
    fresh = np.ones(order.size, dtype=np.bool_)
    fresh[1:] = inside[1:] != inside[:-1]
    start = np.maximum.accumulate(np.where(fresh, place, 0))
    new = fresh.copy()
    new[1:] |= held[1:] != held[:-1]
    first = np.maximum.accumulate(np.where(new, place, 0))
    ranks = np.empty(order.size, dtype=np.int64)
    ranks[order] = np.where(held == NO_VALUE, 0, first - start + 1)
    return ranks


@dataclass(frozen=True)
class RankHistogram:
    """How many units of each group hold each key: enough to rank any unit, and it merges.

    Clause: SPEC A3
    Shapes: group, key, count (entries,), in rising order of group, then key.
    """

    group: Ints
    key: Ints
    count: Ints

    def ranks(self, keys: Ints, group: Ints) -> Ints:
        """Ranks of units among all that were counted.

        Clause: SPEC A3
        """
        last = max(int(self.group.max(initial=-1)), int(group.max(initial=-1)))
        bounds = np.searchsorted(self.group, np.arange(last + 2))
        upto = np.concatenate([[0], np.cumsum(self.count)])
        ranks = np.zeros(keys.size, dtype=np.int64)
        for at in np.unique(group).tolist():
            rows = np.flatnonzero((group == at) & (keys != NO_VALUE))
            start, end = int(bounds[at]), int(bounds[at + 1])
            place = start + np.searchsorted(self.key[start:end], keys[rows], side="right")
            ranks[rows] = upto[end] - upto[place] + 1
        return ranks


def rank_histogram(keys: Ints, group: Ints) -> RankHistogram:
    """Count these units.

    Clause: SPEC A3
    """
    known = keys != NO_VALUE
    return _counted(group[known], keys[known], np.ones(int(known.sum()), dtype=np.int64))


def merge_ranks(*parts: RankHistogram) -> RankHistogram:
    """The histogram of all parts, whatever their order.

    Clause: SPEC A3
    """
    group, key, count = (
        np.concatenate([getattr(p, name) for p in parts]) for name in ("group", "key", "count")
    )
    return _counted(group, key, count)


def _counted(group: Ints, key: Ints, count: Ints) -> RankHistogram:
    order = np.lexsort((key, group))
    group, key, count = group[order], key[order], count[order]
    new = np.ones(order.size, dtype=np.bool_)
    new[1:] = (group[1:] != group[:-1]) | (key[1:] != key[:-1])
    starts = np.flatnonzero(new)
    summed = np.add.reduceat(count, starts) if starts.size else count
    return RankHistogram(group[starts], key[starts], summed.astype(np.int64))
