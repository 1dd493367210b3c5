"""Points, percent and yuan; how figures are quantised for hashing and rounded for showing."""

import math
from decimal import ROUND_HALF_UP, Decimal
from typing import NewType

import numpy as np
from numpy.typing import NDArray

Points = NewType("Points", float)
Percent = NewType("Percent", float)
Yuan = NewType("Yuan", Decimal)

DECIMALS = 6


def quantise(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Round to 6 decimals, half to even, as every value is before it is ranked or hashed.

    Clause: SPEC F3
    Shapes: values (any), returns the same shape; NaN stays NaN and -0.0 becomes 0.0.
    Source: DESIGN section 5, point 2.
    """
    return np.round(values, DECIMALS) + 0.0


def quantise_one(value: float) -> float:
    """Quantise a single value exactly as :func:`quantise` does to an array.

    Clause: SPEC F3
    """
    return float(np.round(np.float64(value), DECIMALS) + 0.0)


def shown(value: float | None, step: str = "0.01") -> str:
    """Write a figure as a reader sees it: half-up to the step; a gap is a dash, not a zero.

    Clause: SPEC A9
    """
    if value is None or math.isnan(value):
        return "—"
    # repr gives the shortest decimal that is this float, so 0.125 rounds as a reader expects
    rounded = Decimal(repr(float(value))).quantize(Decimal(step), rounding=ROUND_HALF_UP)
    return str(rounded or abs(rounded))  # no minus before a nought
