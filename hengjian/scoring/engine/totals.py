"""Exact sums of float64 values: the same bits in any order and any number of parts.

A float64 is an integer times a power of two. Integers are added, so a sum is associative and
commutative without exception, and is rounded once, at the end, by Python's correctly rounded
integer division.
"""

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SCALE = 1126  # every finite float64 times 2**1126 is an integer
HALF = 27
CHUNK = 1 << 22  # 2**22 summands below 2**27 stay below 2**53: sums in float64 are exact
SPLITTER = 134217729.0  # 2**27 + 1


def exact_totals(values: Floats, groups: Ints, count: int) -> tuple[int, ...]:
    """Exact sum of each group, as an integer in units of 2**-1126.

    Clause: SPEC A9
    Shapes: values (n,) finite; groups (n,) from 0 to count - 1. Returns: count integers.
    """
    totals = [0] * count
    for start in range(0, len(values), CHUNK):
        part = slice(start, start + CHUNK)
        _add_chunk(totals, values[part], groups[part])
    return tuple(totals)


def _add_chunk(totals: list[int], values: Floats, groups: Ints) -> None:
    fraction, power = np.frexp(values)
    whole = np.ldexp(fraction, 53).astype(np.int64)
    lowest = int(power.min())
    width = int(power.max()) - lowest + 1
    bins = groups * width + (power.astype(np.int64) - lowest)
    used, where = np.unique(bins, return_inverse=True)
    high = np.bincount(where, weights=(whole >> HALF).astype(np.float64))
    low = np.bincount(where, weights=(whole & ((1 << HALF) - 1)).astype(np.float64))
    for at, key in enumerate(used.tolist()):
        shift = key % width + lowest - 53 + SCALE
        total = (int(high[at]) << HALF) + int(low[at])
        # a subnormal's integer ends in enough zero bits for the shift to the right to be exact
        totals[key // width] += total << shift if shift >= 0 else total >> -shift


def exact_squares(values: Floats, groups: Ints, count: int) -> tuple[int, ...]:
    """Exact sum of squares of each group, in units of 2**-1126.

    Clause: SPEC A9
    Shapes: as :func:`exact_totals`. Source: Dekker (1971): a product as two float64.
    """
    product = values * values
    scaled = SPLITTER * values
    high = scaled - (scaled - values)
    low = values - high
    rest = ((high * high - product) + 2.0 * high * low) + low * low
    ones = exact_totals(product, groups, count)
    twos = exact_totals(rest, groups, count)
    return tuple(a + b for a, b in zip(ones, twos, strict=True))


def exact_mean(total: int, count: int) -> float:
    """The mean, rounded once.

    Clause: SPEC A9
    """
    return total / (count << SCALE)


def exact_m2(total: int, square: int, count: int) -> float:
    """Sum of squared deviations from the mean, rounded once.

    Clause: SPEC A9
    """
    return ((count * square << SCALE) - total * total) / (count << (2 * SCALE))


def spread_of(total: int, square: int, count: int) -> float:
    """Sample standard deviation (n - 1); 0 for one value.

    Clause: SPEC A9
    """
    return math.sqrt(exact_m2(total, square, count) / (count - 1)) if count > 1 else 0.0
