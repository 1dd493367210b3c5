"""Logarithm and exponential in plain float64 arithmetic, so that they come out the same everywhere.

A C library's ``log`` may differ in the last bit between machines. These two use only ``+ - * /``
and exact scaling by powers of two, which IEEE 754 fixes to the bit.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LN2_HIGH = float.fromhex("0x1.62e42fee00000p-1")  # the first 33 bits, so that k * LN2_HIGH is exact
LN2_LOW = float.fromhex("0x1.a39ef35793c76p-33")
ROOT_HALF = 0.7071067811865476
LARGEST = 709.0
SMALLEST = -708.0
ODD = tuple(1.0 / (2 * k + 1) for k in range(12, 0, -1))
FACTORIAL = (
    1.0 / 6227020800,
    1.0 / 479001600,
    1.0 / 39916800,
    1.0 / 3628800,
    1.0 / 362880,
    1.0 / 40320,
    1.0 / 5040,
    1.0 / 720,
    1.0 / 120,
    1.0 / 24,
    1.0 / 6,
    0.5,
)


def ln(values: Floats) -> Floats:
    """Natural logarithm: minus infinity at zero, NaN below zero and for NaN.

    Clause: SPEC A9
    Shapes: values (any), returns the same shape.
    Source: series of the inverse hyperbolic tangent after reduction to [sqrt(1/2), sqrt(2)).
    """
    values = np.asarray(values, dtype=np.float64)
    good = (values > 0.0) & (values < np.inf)
    part, power = np.frexp(np.where(good, values, 1.0))
    small = part < ROOT_HALF
    part = np.where(small, part + part, part)
    k = power.astype(np.float64) - np.where(small, 1.0, 0.0)
    s = (part - 1.0) / (part + 1.0)
    z = s * s
    tail = np.full_like(z, ODD[0])
    for factor in ODD[1:]:
        tail = tail * z + factor
    found = k * LN2_HIGH + (k * LN2_LOW + 2.0 * s * z * tail + 2.0 * s)
    edge = np.where(values == 0.0, -np.inf, np.where(values == np.inf, np.inf, np.nan))
    return np.where(good, found, edge)


def exp(values: Floats) -> Floats:
    """The exponential: 0 below -708, infinity above 709, NaN for NaN.

    Clause: SPEC A9
    Shapes: values (any), returns the same shape.
    Source: Taylor series after reduction by whole multiples of ln 2.
    """
    values = np.asarray(values, dtype=np.float64)
    good = (values >= SMALLEST) & (values <= LARGEST)
    inside = np.where(good, values, 0.0)
    k = np.rint(inside / (LN2_HIGH + LN2_LOW))
    r = (inside - k * LN2_HIGH) - k * LN2_LOW
    tail = np.full_like(r, FACTORIAL[0])
    for factor in FACTORIAL[1:]:
        tail = tail * r + factor
    found = np.ldexp(1.0 + (r + r * r * tail), k.astype(np.int32))
    edge = np.where(values < SMALLEST, 0.0, np.where(values > LARGEST, np.inf, np.nan))
    return np.where(good, found, edge)
