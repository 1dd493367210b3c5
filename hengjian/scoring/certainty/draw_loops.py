"""The kernel's loops for draws: the reference's figures, a sort in buckets, places in one pass."""

# ruff: noqa: ANN001, ANN201, PLR0913, PLR0917 - loops of Numba, which infers types
# mypy: disable-error-code="no-untyped-def,no-any-return,untyped-decorator,misc"

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def weighted(into, weights, figures):
    """Weighted sums of one official's figures over a block of draws."""
    into[:] = 0.0
    for k in range(figures.size):
        for b in range(into.size):
            into[b] += weights[k, b] * figures[k]


@njit(cache=True, nogil=True)
def squared(into, weights, figures):
    """Sums weighted by the squares of the weights."""
    into[:] = 0.0
    for k in range(figures.size):
        for b in range(into.size):
            into[b] += weights[k, b] * weights[k, b] * figures[k]


@njit(cache=True, nogil=True)
def one_official(points, square, shared, present, weights, whole, normal, flags, sums):
    """Totals of one official in a block, without the adjustment, into sums[0]."""
    full, joined = flags
    weighted(sums[0], weights, points)
    squared(sums[1], weights, square)
    if joined:
        weighted(sums[2], weights, shared)
        for b in range(normal.size):
            sums[1, b] += sums[2, b] * sums[2, b]
    if full:
        sums[3] = whole
    else:
        weighted(sums[3], weights, present)
    for b in range(normal.size):
        sums[0, b] = (sums[0, b] + normal[b] * np.sqrt(sums[1, b])) / sums[3, b]


@njit(cache=True, nogil=True)
def in_order(keys, start, stop, low, shift, heads, order):
    """Officials start..stop of one draw in rising order of key: buckets, then insertion."""
    width = heads.size - 1
    for at in range(width + 1):
        heads[at] = 0
    for i in range(start, stop):
        heads[((keys[i] - low) >> shift) + 1] += 1
    for at in range(width):
        heads[at + 1] += heads[at]
    for i in range(start, stop):
        bucket = (keys[i] - low) >> shift
        order[heads[bucket]] = i
        heads[bucket] += 1
    for at in range(1, stop - start):
        held, key, to = order[at], keys[order[at]], at
        while to > 0 and keys[order[to - 1]] > key:
            order[to] = order[to - 1]
            to -= 1
        order[to] = held


@njit(cache=True, nogil=True)
def places(keys, start, stop, heads, order, above, last, last_three):
    """Place of each official of one group in one draw: how many stand strictly above."""
    size = stop - start
    low = keys[start]
    high = low
    for i in range(start, stop):
        low = min(low, keys[i])
        high = max(high, keys[i])
    buckets, shift = 2 * size, 0
    while ((high - low) >> shift) >= buckets:
        shift += 1
    in_order(keys, start, stop, low, shift, heads[: buckets + 1], order)
    at = 0
    while at < size:
        end = at + 1
        while end < size and keys[order[end]] == keys[order[at]]:
            end += 1
        for place in range(at, end):
            i = order[place]
            above[i] = size - end
            if at == 0:
                last[i] += 1
            if at < 3:
                last_three[i] += 1
        at = end


@njit(cache=True, nogil=True)
def run_block(ready, weights, normal, counts):
    """Count places and totals of one block of draws."""
    points, square, shared, present, full, joined, card, adjustment, start, centre, width = ready
    place, last, last_three, bins = counts
    n, many = normal.shape
    keys = np.empty((many, n), dtype=np.int64)
    sums = np.empty((4, many))
    whole = np.zeros((weights.shape[0], many))
    for c in range(weights.shape[0]):
        for k in range(weights.shape[1]):
            for b in range(many):
                whole[c, b] += weights[c, k, b]
    half = bins.shape[1] // 2
    for i in range(n):
        one_official(points[i], square[i], shared[i], present[i], weights[card[i]], whole[card[i]],
                     normal[i], (full[i], joined[i]), sums)  # fmt: skip
        for b in range(many):
            total = sums[0, b] + adjustment[i]
            keys[b, i] = np.int64(np.rint(total * 1e6))
            found = np.floor((total - centre[i]) / width[i]) + half
            bins[i, int(min(max(found, 0.0), bins.shape[1] - 1.0))] += 1
    above = np.empty((many, n), dtype=np.int16)
    heads, order = np.empty(2 * n + 1, dtype=np.int32), np.empty(n, dtype=np.int32)
    for b in range(many):
        for g in range(start.size - 1):
            places(keys[b], start[g], start[g + 1], heads, order, above[b], last, last_three)
    for i in range(n):
        for b in range(many):
            place[i, above[b, i]] += 1
