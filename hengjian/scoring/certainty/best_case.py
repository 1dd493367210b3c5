"""The benefit of the doubt: how an official stands under the kindest weights that the policy allows.

For each official the weights are sought under which the total is the largest share of the best total of
the comparable group under the same weights: a linear programme after Charnes and Cooper, solved by HiGHS
with the last official's answer as the start of the next.
"""

from dataclasses import dataclass
from typing import Any

import highspy
import numpy as np

from hengjian.scoring.certainty.scores import Scores
from hengjian.scoring.certainty.weights import ends_of
from hengjian.scoring.facts import Floats, Ints
from hengjian.terms.errors import Refused

LOST = 1e-9
WIDEST = 1.0  # totals of nought or less leave the programme without an edge


@dataclass(frozen=True)
class BestCases:
    """The kindest allowed weights for each official, and what they give.

    Clause: SPEC F7, NORMS L20
    Policy: uncertainty.weight_room
    Shapes: rows (m,) row numbers of the scores; weights (m, k) in percent; share, total, rank, surely
    (m,). ``share``: own total over the best total of the group under these weights. ``rank`` is the
    best rank that was found, ``surely`` the number of officials who stand above under every allowed
    set of weights, so that no rank better than ``surely`` + 1 can be had.
    """

    rows: Ints
    weights: Floats
    share: Floats
    total: Floats
    rank: Ints
    surely: Ints

    def at(self, row: int) -> int:
        """Where a row of the scores stands in these columns.

        Clause: SPEC F7
        Raises: Refused for an official without a total.
        """
        found = np.flatnonzero(self.rows == row)
        if not found.size:
            raise Refused("该任职没有总分，无从比较", code="certainty.no_total")
        return int(found[0])


def best_cases(scores: Scores, wanted: Ints | None = None) -> BestCases:
    """Seek the kindest weights for each official inside the comparable group.

    Clause: SPEC F7, NORMS L20
    Policy: uncertainty.weight_room
    Shapes: wanted, row numbers of those who are asked about; everybody without it.
    A missing cell stands at the mean of the official's own others, so that it neither helps nor harms.
    Source: Cherchye, Moesen, Rogge and Van Puyenbroeck (2007); Charnes and Cooper (1962).
    """
    base = scores.totals()
    known = np.flatnonzero(~np.isnan(base))
    asked = known if wanted is None else np.intersect1d(known, wanted)
    filled = np.where(scores.present, scores.points, (base - scores.adjustment)[:, None])
    parts = []
    for group, card in sorted({(int(scores.group[row]), int(scores.card[row])) for row in asked}):
        mates = known[scores.group[known] == group]
        own = asked[(scores.group[asked] == group) & (scores.card[asked] == card)]
        parts.append(_Group(scores, base, filled, mates).cases(own, card))
    if not parts:
        raise Refused("没有有总分的任职", code="certainty.no_total")
    rows, weights, share, total, rank, surely = (np.concatenate(found) for found in zip(*parts, strict=True))
    order = np.argsort(rows)
    return BestCases(rows[order], weights[order], share[order], total[order], rank[order], surely[order])


def most(gain: Floats, below: Floats, above: Floats) -> Floats:
    """The most that weights can add when they move inside their ranges and keep their sum.

    Clause: SPEC D2
    Shapes: gain (m, k), what a point of each weight adds; below, above (k,); returns (m,).
    By duality it is the least over all prices of a point of weight, and one of the gains is that price.
    """
    apart = gain[:, None, :] - gain[:, :, None]
    return np.asarray(np.maximum(apart * above, apart * below).sum(axis=2).min(axis=1))


class _Group:
    """One comparable group: totals as base + change of weights x points."""

    def __init__(self, scores: Scores, base: Floats, filled: Floats, mates: Ints) -> None:
        self.scores, self.mates = scores, mates
        self.base, self.slope = base[mates], filled[mates] / 100.0

    def cases(self, rows: Ints, card: int) -> tuple[Ints, Floats, Floats, Floats, Ints, Ints]:
        weights, room = self.scores.weights[card], self.scores.room[card]
        low, high = ends_of(weights, room)
        below, above = low - weights, high - weights
        own = np.searchsorted(self.mates, rows)
        moved, share = self._solved(own, below, above)
        totals = self.base + moved @ self.slope.T
        mine = totals[np.arange(own.size), own]
        plain = np.broadcast_to(self.base, totals.shape)
        rank = np.minimum(_ranks(totals, mine), _ranks(plain, self.base[own]))
        surely = np.array([self._surely(one, below, above) for one in own.tolist()], dtype=np.int64)
        return rows, weights + moved, share, mine, rank, surely

    def _surely(self, one: int, below: Floats, above: Floats) -> int:
        """How many stand above under all allowed weights."""
        ahead = np.flatnonzero(self.base > self.base[one])
        if not ahead.size:
            return 0
        caught = most(self.slope[one] - self.slope[ahead], below, above)
        return int((self.base[ahead] - self.base[one] - caught > LOST).sum())

    def _solved(self, own: Ints, below: Floats, above: Floats) -> tuple[Floats, Floats]:
        k = below.size
        highs = _model(*self._rivals(below, above), below, above)
        columns = np.arange(k + 1, dtype=np.int32)
        moved, share = np.zeros((own.size, k)), np.zeros(own.size)
        for at, one in enumerate(own.tolist()):
            highs.changeColsCost(k + 1, columns, np.append(self.base[one], self.slope[one]))
            highs.run()
            if highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
                raise Refused("权重范围内没有可行解", do="请核对权重浮动范围", code="certainty.no_weights")
            found = np.array(highs.getSolution().col_value)
            moved[at] = found[1:] / found[0] if found[0] > 0.0 else 0.0
            share[at] = highs.getInfo().objective_function_value
        return moved, share

    def _rivals(self, below: Floats, above: Floats) -> tuple[Floats, Floats]:
        """Only who may come first under some weights bounds the share: the others stand below the best."""
        best = int(np.argmax(self.base))
        kept = self.base - self.base[best] + most(self.slope - self.slope[best], below, above) > -LOST
        kept[best] = True
        return self.base[kept], self.slope[kept]


def _ranks(totals: Floats, own: Floats) -> Ints:
    return np.asarray(1 + (np.rint(totals * 1e6) > np.rint(own * 1e6)[:, None]).sum(axis=1))


def _model(base: Floats, slope: Floats, below: Floats, above: Floats) -> Any:
    """Variables: the scale, then the scaled change of each weight. Nobody's scaled total exceeds one."""
    k, rivals = below.size, base.size
    table = np.zeros((rivals + 2 * k + 1, k + 1))
    table[:rivals, 0], table[:rivals, 1:] = base, slope
    unit = np.arange(k)
    table[rivals + unit, 0], table[rivals + unit, 1 + unit] = -above, 1.0
    table[rivals + k + unit, 0], table[rivals + k + unit, 1 + unit] = below, -1.0
    table[-1, 1:] = 1.0
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = k + 1, table.shape[0]
    lp.sense_ = highspy.ObjSense.kMaximize
    lp.col_cost_ = np.zeros(k + 1)
    lp.col_lower_ = np.append(0.0, np.full(k, -highspy.kHighsInf))
    lp.col_upper_ = np.append(WIDEST, np.full(k, highspy.kHighsInf))
    lp.row_lower_ = np.append(np.full(table.shape[0] - 1, -highspy.kHighsInf), 0.0)
    lp.row_upper_ = np.append(np.append(np.ones(rivals), np.zeros(2 * k)), 0.0)
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = np.append(0, np.cumsum((table != 0.0).sum(axis=1)))
    lp.a_matrix_.index_ = np.nonzero(table)[1]
    lp.a_matrix_.value_ = table[table != 0.0]
    highs: Any = highspy.Highs()  # type: ignore[no-untyped-call]
    for name, value in (("output_flag", False), ("presolve", "off"), ("threads", 1), ("simplex_strategy", 4)):
        highs.setOptionValue(name, value)
    highs.passModel(lp)
    return highs
