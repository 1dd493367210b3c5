"""What the engines of certainty read: points with their errors, weights with their ranges."""

from dataclasses import dataclass

import numpy as np

from hengjian.scoring.facts import Floats, Ints
from hengjian.terms.errors import Refused


@dataclass(frozen=True)
class Scores:
    """Points of officials on the indicators of their cards, with errors and with weights that may move.

    Clause: SPEC D2, NORMS L20
    Shapes: points, own, shared (n, k); adjustment, card, group (n,); weights, room (cards, k).
    ``points`` is NaN where there is none: its weight goes to the others. ``own`` is the standard
    error of a cell alone, ``shared`` that of an error which all cells of one official have in common
    (one calibrated effect stands behind all panel indicators). ``room`` is the most points of weight
    by which the policy lets a weight move, 0 for none.
    """

    points: Floats
    own: Floats
    shared: Floats
    adjustment: Floats
    card: Ints
    group: Ints
    weights: Floats
    room: Floats

    def __post_init__(self) -> None:
        n, k = self.points.shape
        held = {"own": (n, k), "shared": (n, k), "adjustment": (n,), "card": (n,), "group": (n,)}
        held |= {"weights": self.weights.shape, "room": (self.weights.shape[0], k)}
        for name, shape in held.items():
            if getattr(self, name).shape != shape:
                raise Refused(f"{name} 的大小与得分表不符", where=name, code="certainty.shape")
        if min(self.own.min(initial=0.0), self.shared.min(initial=0.0), self.room.min(initial=0.0)) < 0.0:
            raise Refused("误差和权重浮动范围不能为负", code="certainty.negative")

    @property
    def size(self) -> int:
        """How many officials."""
        return int(self.points.shape[0])

    @property
    def present(self) -> np.ndarray:
        """Which cells count. Shapes: (n, k)."""
        return ~np.isnan(self.points) & (self.weights[self.card] > 0.0)

    def totals(self, weights: Floats | None = None) -> Floats:
        """Totals at these weights of the cards, or at the policy's; NaN without any cell.

        Clause: SPEC A2
        Shapes: weights (cards, k); returns (n,).
        """
        used = (self.weights if weights is None else weights)[self.card]
        num, whole = np.zeros(self.size), np.zeros(self.size)
        present = self.present
        for at in range(self.points.shape[1]):
            here = present[:, at]
            num = num + np.where(here, used[:, at] * self.points[:, at], 0.0)
            whole = whole + np.where(here, used[:, at], 0.0)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(np.where(whole > 0.0, num / whole, np.nan) + self.adjustment)

    def of(self, rows: Ints) -> "Scores":
        """Only these officials.

        Clause: SPEC A3
        Shapes: rows (m,) of row numbers or (n,) of bool.
        """
        return Scores(
            points=self.points[rows],
            own=self.own[rows],
            shared=self.shared[rows],
            adjustment=self.adjustment[rows],
            card=self.card[rows],
            group=self.group[rows],
            weights=self.weights,
            room=self.room,
        )

    def with_weights(self, weights: Floats) -> "Scores":
        """The same officials under other weights.

        Clause: SPEC A2
        Shapes: weights (cards, k).
        """
        held = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return Scores(**held | {"weights": weights})
