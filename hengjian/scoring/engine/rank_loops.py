"""The kernel's loops for ranks: Numba, over units in parallel."""

# ruff: noqa: ANN001, ANN201, PLR0124, PLR1702 - loops of Numba, which infers types
# mypy: disable-error-code="no-untyped-def,no-any-return,untyped-decorator,misc"

import numpy as np
from numba import njit, prange

from hengjian.scoring.engine.ranks import UNIT

LAST = np.iinfo(np.int64).max
CHUNKS = 64


@njit(cache=True, nogil=True, parallel=True)
def fold(values, group, width, top, shift):
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
def place(folded, group, in_order, starts):
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


@njit(cache=True, nogil=True, parallel=True)
def number(folded, bits):
    """Append each unit's own number, so that sorting carries it along."""
    for part in prange(CHUNKS):
        for i in range(folded.size * part // CHUNKS, folded.size * (part + 1) // CHUNKS):
            if folded[i] != LAST:
                folded[i] = (folded[i] << bits) | i


@njit(cache=True, nogil=True)
def hand_out(in_order, bits, shift):
    """Rank of each unit from the sorted, numbered integers, in one pass."""
    ranks = np.zeros(in_order.size, dtype=np.int64)
    own = (np.int64(1) << bits) - 1
    held, group, first, rank = np.int64(-1), np.int64(-1), 0, 0
    for at in range(in_order.size):
        if in_order[at] == LAST:
            break
        key = in_order[at] >> bits
        if key >> shift != group:
            group, first = key >> shift, at
        if key != held:
            held, rank = key, at - first + 1
        ranks[in_order[at] & own] = rank
    return ranks
