"""Ranks by the kernel: one sort of integers, then each unit looks itself up inside its group."""

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from hengjian.scoring.engine.kernel import ONE_AT_A_TIME
from hengjian.scoring.engine.ranks import UNIT, competition_ranks, keys_of

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
LAST = np.iinfo(np.int64).max
CHUNKS = 64


@njit(cache=True, nogil=True, parallel=True)
def fold(values, group, width, top, shift):  # noqa: ANN001, ANN201
    """Group and rank key of each unit in one integer: best first; LAST for a unit without a value."""
    folded = np.empty(values.size, dtype=np.int64)
    for part in prange(CHUNKS):
        for i in range(values.size * part // CHUNKS, values.size * (part + 1) // CHUNKS):
            value = values[i]
            if value != value:
                folded[i] = LAST
                continue
            whole = np.int64(np.rint(value * UNIT))
            if width > 1:
                whole = (whole + width // 2) // width if whole >= 0 else -((width // 2 - whole) // width)
            folded[i] = (np.int64(group[i]) << shift) | (top - whole)
    return folded


@njit(cache=True, nogil=True, parallel=True)
def place(folded, group, in_order, starts):  # noqa: ANN001, ANN201
    """Rank of each unit: how many of its group stand before the first with its key, plus one."""
    ranks = np.zeros(folded.size, dtype=np.int64)
    for part in prange(CHUNKS):
        for i in range(folded.size * part // CHUNKS, folded.size * (part + 1) // CHUNKS):
            key = folded[i]
            if key == LAST:
                continue
            first = starts[group[i]]
            low, high = first, starts[group[i] + 1]
            while low < high:
                middle = (low + high) >> 1
                if in_order[middle] < key:
                    low = middle + 1
                else:
                    high = middle
            ranks[i] = low - first + 1
    return ranks


def ranks_of(values: Floats, group: Ints, step: float) -> Ints:
    """Competition ranks inside groups, as :func:`ranks.competition_ranks` gives them.

    Clause: SPEC A3
    Shapes: values, group (n,); returns (n,), 0 for a unit without a value.
    """
    if not values.size:
        return np.zeros(0, dtype=np.int64)
    width = round(step * UNIT)
    best, worst = np.nanmax(values), np.nanmin(values) if bool(np.any(values == values)) else np.nan
    if best != best or best - worst > 1e9 or abs(best) > 1e9:
        return competition_ranks(keys_of(values, step), group)
    top = int(keys_of(np.array([best]), step)[0])
    shift = max(1, (top - int(keys_of(np.array([worst]), step)[0])).bit_length())
    groups = int(group.max()) + 1
    if shift + groups.bit_length() > 62:
        return competition_ranks(keys_of(values, step), group)
    with ONE_AT_A_TIME:
        folded = fold(values, group, width, top, shift)
        in_order = np.sort(folded)
        starts = np.searchsorted(in_order, np.arange(groups + 1, dtype=np.int64) << shift)
        return place(folded, group, in_order, starts)
