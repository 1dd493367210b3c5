"""What a plan is made of: leaves with their steps, nodes, and the words allowed in them."""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from hengjian.terms.errors import Refused

Floats = NDArray[np.float64]
Method = Literal[
    "identity",
    "minmax",
    "scaled",
    "goalposts",
    "zscore",
    "percentile_rank",
    "rank",
    "borda",
    "distance_to_target",
    "distance_to_maximum",
    "distance_to_reference",
    "fraction_of_maximum",
    "completion",
    "band_steps",
    "band_linear",
]
METHODS: tuple[str, ...] = Method.__args__  # type: ignore[attr-defined]
RANKED = ("percentile_rank", "rank", "borda")
SPREAD = (
    "minmax",
    "distance_to_target",
    "distance_to_maximum",
    "distance_to_reference",
    "fraction_of_maximum",
)
MEANS = ("arithmetic", "geometric", "harmonic", "power", "copeland")


def refuse(what: str, do: str, code: str) -> Refused:
    """A refusal that a plan or its cells can be mended for.

    Clause: SPEC A9
    """
    return Refused(what, do=do, code=f"engine.{code}")


@dataclass(frozen=True)
class Impute:
    """How a gap is filled before treatment: not, by a group's mean or median, or by a constant.

    Clause: SPEC A9
    ``within`` names a grouping; empty means the whole set.
    """

    method: Literal["none", "mean", "median", "constant"] = "none"
    value: float = float("nan")
    within: str = ""


@dataclass(frozen=True)
class Treat:
    """How outliers are treated.

    Clause: SPEC A9
    ``winsorise``: while |skew| > ``skew`` and kurtosis > ``kurtosis`` the most extreme point on the
    skewed side is drawn in to its neighbour, ``points`` times at most; if that is not enough and
    ``then_ln``, the untreated values are replaced by ln(x - min + (max - min) / 100).
    ``limits``: clip at ``low`` and ``high``. ``ln``: ln(x + ``shift``).
    Source: EC-JRC Handbook on composite indicators (OECD 2008), step 3; sample-adjusted moments.
    """

    method: Literal["none", "winsorise", "limits", "ln"] = "none"
    skew: float = 2.0
    kurtosis: float = 3.5
    points: int = 5
    then_ln: bool = True
    low: float = float("-inf")
    high: float = float("inf")
    shift: float = 0.0
    within: str = ""


@dataclass(frozen=True)
class Normalise:
    """How values become points.

    Clause: SPEC A9
    ``scale``: the points at the worst and the best end. ``floor`` and ``cap`` bound the points.
    ``low``, ``high``: ends of ``scaled`` and ``goalposts`` (``ln``: on the logarithm).
    ``target``: a figure, or ``target_column`` for one a unit. ``mean``, ``spread``: of z-scores.
    ``bands``: (value, points) in rising order of value. ``raw``: ranks as they are, unscaled.
    ``within`` names a grouping; empty means the whole set.
    """

    method: Method = "identity"
    scale: tuple[float, float] = (0.0, 100.0)
    floor: float | None = None
    cap: float | None = None
    low: float = float("nan")
    high: float = float("nan")
    ln: bool = False
    target: float = float("nan")
    target_column: str = ""
    mean: float = 50.0
    spread: float = 10.0
    bands: tuple[tuple[float, float], ...] = ()
    raw: bool = False
    within: str = ""


@dataclass(frozen=True)
class Leaf:
    """One indicator with its declared steps.

    Clause: SPEC A1, SPEC A9
    ``denominator``, ``factor``: names of columns of the cells; the factor multiplies the points.
    ``constant``: points for everybody when nobody differs; None refuses such an indicator.
    """

    code: str
    direction: Literal[1, -1] = 1
    denominator: str = ""
    impute: Impute = field(default_factory=Impute)
    treat: Treat = field(default_factory=Treat)
    normalise: Normalise = field(default_factory=Normalise)
    missing: Literal["reweight", "carry_forward", "fail", "neutral"] = "reweight"
    neutral: float | None = None
    constant: float | None = None
    factor: str = ""


@dataclass(frozen=True)
class Node:
    """An inner node: the mean of its children, which are leaves or earlier nodes.

    Clause: SPEC A9
    No ``weights`` means: a leaf weighs what the unit's card says, a node the sum of its leaves.
    ``minimum``: the least share of the applicable weight that must be present.
    ``adjust``: name of a column of points added at the end; ``within``: grouping for Copeland.
    """

    code: str
    children: tuple[str, ...]
    weights: tuple[float, ...] = ()
    mean: Literal["arithmetic", "geometric", "harmonic", "power", "copeland"] = "arithmetic"
    power: float = 1.0
    minimum: float = 0.0
    adjust: str = ""
    within: str = ""
