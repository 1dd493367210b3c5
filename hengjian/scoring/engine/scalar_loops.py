"""Logarithm and exponential of one value for the kernel's loops, bit for bit as the reference's.

Numba's cache does not see a change in this file when it loads ``loops``: touch ``loops.py`` too.
"""

# ruff: noqa: ANN001, ANN201, PLR0124 - Numba infers types
# mypy: disable-error-code="no-untyped-def,no-any-return,untyped-decorator,misc"

import math

import numpy as np
from numba import njit

from hengjian.scoring.engine.elementary import FACTORIAL, LARGEST, LN2_HIGH, LN2_LOW, ODD, ROOT_HALF, SMALLEST

ODD_TERMS = np.array(ODD)
FACTORIAL_TERMS = np.array(FACTORIAL)
LN2 = LN2_HIGH + LN2_LOW
loop = njit(cache=True, nogil=True, error_model="numpy")


@loop
def ln_one(value):
    """Natural logarithm of one value, bit for bit as :func:`elementary.ln`."""
    if value == 0.0:
        return -np.inf
    if not value > 0.0:
        return np.nan
    if value == np.inf:
        return np.inf
    part, power = math.frexp(value)
    k = float(power)
    if part < ROOT_HALF:
        part += part
        k -= 1.0
    s = (part - 1.0) / (part + 1.0)
    z = s * s
    tail = ODD_TERMS[0]
    for at in range(1, 12):
        tail = tail * z + ODD_TERMS[at]
    return k * LN2_HIGH + (k * LN2_LOW + 2.0 * s * z * tail + 2.0 * s)


@loop
def exp_one(value):
    """Exponential of one value, bit for bit as :func:`elementary.exp`."""
    if value != value:
        return np.nan
    if value < SMALLEST:
        return 0.0
    if value > LARGEST:
        return np.inf
    k = np.rint(value / LN2)
    r = (value - k * LN2_HIGH) - k * LN2_LOW
    tail = FACTORIAL_TERMS[0]
    for at in range(1, 12):
        tail = tail * r + FACTORIAL_TERMS[at]
    return math.ldexp(1.0 + (r + r * r * tail), int(k))
