"""What the kernel's loops do to one value, bit for bit as the reference does it to arrays.

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


@loop
def clip(value, low, high):
    """A value inside its limits; NaN stays NaN."""
    value = low if value < low else value
    return high if value > high else value


@loop
def place_of(value, knots, first, last):
    """Position of the last knot that is not above the value; first - 1 when all are."""
    low, high = first, last
    while low < high:
        middle = (low + high) // 2
        if knots[middle] <= value:
            low = middle + 1
        else:
            high = middle
    return low - 1


@loop
def joined(value, figures, first, last):
    """Points on the line between two knots."""
    left = min(max(place_of(value, figures.knots, first, last), first), last - 2)
    inside = clip(value, figures.knots[first], figures.knots[last - 1])
    share = (inside - figures.knots[left]) / (figures.knots[left + 1] - figures.knots[left])
    return figures.points[left] + share * (figures.points[left + 1] - figures.points[left])


@loop
def raised(power, value):
    """A child's value as the mean adds it."""
    if power == 0.0:
        return ln_one(value)
    if power == -1.0:
        return 1.0 / value
    return exp_one(power * ln_one(value))


@loop
def lowered(power, value):
    """The mean from the mean of the raised values."""
    if power == 0.0:
        return exp_one(value)
    if power == -1.0:
        return 1.0 / value
    return exp_one(ln_one(value) / power)
