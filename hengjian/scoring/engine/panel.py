"""The panel's arithmetic: strata first, then groups by weight; what is missing is re-weighted.

Marks are integers, so sums are exact and the order of the marks never matters.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hengjian.scoring.engine.plan import refuse

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class StratumRule:
    """A stratum of a group and its weight inside the group.

    Clause: NORMS X3
    """

    code: str
    weight: float = 1.0


@dataclass(frozen=True)
class GroupRule:
    """How a group's marks become one mark.

    Clause: SPEC B1, NORMS X5, NORMS X6, NORMS X7
    ``minimum``: valid marks below which the group does not count; ``trim``: share cut at each
    end; ``prior`` and ``strength``: shrinkage, none when ``prior`` is None; ``lowest``,
    ``highest``: ends of the scale on which the marks were given.
    """

    code: str
    weight: float
    strata: tuple[StratumRule, ...]
    minimum: int = 1
    trim: float = 0.0
    prior: float | None = None
    strength: float = 0.0
    lowest: int = 1
    highest: int = 10


@dataclass(frozen=True)
class Means:
    """Means of ragged marks, cell by cell; NaN where a cell has none.

    Clause: SPEC B3, NORMS X7
    Shapes: each (cells,).
    """

    count: Ints
    raw: Floats
    trimmed: Floats
    median: Floats


@dataclass(frozen=True)
class PanelResult:
    """The panel's marks with every step on the way, all on 0-100.

    Clause: SPEC B1, NORMS X6
    Shapes: strata_* (units, strata); group_* and weight (units, groups); mark (units,), NaN when
    no group counts. ``group_mark`` is before shrinkage, ``shrunk`` after; ``weight`` is what each
    group really weighed, 0 for one that is missing; ``missing`` says which were.
    """

    strata_count: Ints
    strata_raw: Floats
    strata_trimmed: Floats
    strata_median: Floats
    group_count: Ints
    group_mark: Floats
    shrunk: Floats
    missing: NDArray[np.bool_]
    weight: Floats
    mark: Floats


def to_points(marks: Floats, lowest: Floats | float, highest: Floats | float) -> Floats:
    """Map a scale linearly onto 0-100.

    Clause: NORMS X5
    """
    low, high = np.asarray(lowest, dtype=np.float64), np.asarray(highest, dtype=np.float64)
    share = np.divide(marks - low, high - low)
    return np.asarray(share * 100.0, dtype=np.float64)


def shrink(mean: Floats, count: Ints, prior: float, strength: float) -> Floats:
    """Draw a mean towards the prior, the more the fewer marks stand behind it.

    Clause: NORMS X6
    """
    weight = count / np.maximum(count + strength, 1e-300)
    drawn: Floats = weight * mean + (1.0 - weight) * prior
    return drawn


def trimmed_means(marks: Ints, cell: Ints, cells: int, trim: Floats) -> Means:
    """Raw, fractionally trimmed and middle mark of each cell.

    Clause: SPEC B3, NORMS X7
    Shapes: marks, cell (marks,) in any order; trim (cells,) share cut at each end, below one half.
    The extreme marks keep the part of their weight that is not cut, at any number of marks.
    Source: Hogg (1974), interpolated trimmed mean.
    """
    if bool(np.any((trim < 0.0) | (trim >= 0.5))):
        raise refuse("去尾比例必须在 0 到 0.5 之间", "例如 0.05", "trim")
    count = np.bincount(cell, minlength=cells).astype(np.int64)
    if count.size > cells:
        raise refuse("评分的单元编号超出范围", f"应小于 {cells}", "cell")
    ordered = marks[np.lexsort((marks, cell))].astype(np.int64)
    sums = np.concatenate([[0], np.cumsum(ordered)])
    some = np.flatnonzero(count)
    raw, trimmed, median = (np.full(cells, np.nan) for _ in range(3))
    n, first = count[some], (np.cumsum(count) - count)[some]
    cut = trim[some] * n
    whole = np.floor(cut).astype(np.int64)
    inner = (sums[first + n - whole] - sums[first + whole]).astype(np.float64)
    edges = (ordered[first + whole] + ordered[first + n - 1 - whole]).astype(np.float64)
    raw[some] = (sums[first + n] - sums[first]) / n
    trimmed[some] = (inner - (cut - whole) * edges) / (n - 2.0 * cut)
    median[some] = (ordered[first + (n - 1) // 2] + ordered[first + n // 2]) / 2.0
    return Means(count, raw, trimmed, median)


def panel_marks(
    groups: tuple[GroupRule, ...], marks: Ints, unit: Ints, stratum: Ints, units: int
) -> PanelResult:
    """The panel's mark of every unit.

    Clause: SPEC B1, NORMS X3
    Shapes: marks, unit, stratum (marks,); strata are numbered through the groups in order.
    Returns: marks on 0-100 with every step.
    Raises: Refused for marks off the scale and for rules that cannot be computed.
    """
    _check(groups)
    strata = [(at, rule) for at, group in enumerate(groups) for rule in group.strata]
    owner = np.array([at for at, _ in strata])
    low = np.array([groups[at].lowest for at in owner])
    high = np.array([groups[at].highest for at in owner])
    _check_marks(groups, marks, stratum, owner)
    trim = np.tile(np.array([groups[at].trim for at in owner]), units)
    means = trimmed_means(marks, unit * len(strata) + stratum, units * len(strata), trim)
    raw, trimmed, median = (
        to_points(held.reshape(units, -1), low, high) for held in (means.raw, means.trimmed, means.median)
    )
    count = means.count.reshape(units, -1)
    weights = np.array([rule.weight for _, rule in strata])
    group_count, group_mark, shrunk, missing = _groups(groups, owner, count, trimmed, weights)
    weight, mark = _panel(groups, shrunk, missing)
    return PanelResult(count, raw, trimmed, median, group_count, group_mark, shrunk, missing, weight, mark)


def _groups(
    groups: tuple[GroupRule, ...], owner: Ints, count: Ints, marks: Floats, weights: Floats
) -> tuple[Ints, Floats, Floats, NDArray[np.bool_]]:
    shape = (count.shape[0], len(groups))
    number, mean, shrunk = np.zeros(shape, dtype=np.int64), np.zeros(shape), np.zeros(shape)
    for at, rule in enumerate(groups):
        columns = np.flatnonzero(owner == at)
        number[:, at] = count[:, columns].sum(axis=1)
        mean[:, at] = _weighted(marks[:, columns], np.where(count[:, columns] > 0, weights[columns], 0.0))
        shrunk[:, at] = mean[:, at]
        if rule.prior is not None:
            shrunk[:, at] = shrink(mean[:, at], number[:, at], rule.prior, rule.strength)
    least = np.array([max(rule.minimum, 1) for rule in groups])
    return number, mean, shrunk, (number < least) | np.isnan(mean)


def _weighted(values: Floats, weights: Floats) -> Floats:
    total, whole = np.zeros(values.shape[0]), np.zeros(values.shape[0])
    for column in range(values.shape[1]):
        total += np.where(weights[:, column] > 0.0, weights[:, column] * values[:, column], 0.0)
        whole += weights[:, column]
    return np.where(whole > 0.0, total / np.where(whole > 0.0, whole, 1.0), np.nan)


def _panel(
    groups: tuple[GroupRule, ...], shrunk: Floats, missing: NDArray[np.bool_]
) -> tuple[Floats, Floats]:
    held = np.where(missing, 0.0, np.array([rule.weight for rule in groups]))
    whole = np.zeros(held.shape[0])
    for column in range(held.shape[1]):
        whole += held[:, column]
    weight = held / np.where(whole > 0.0, whole, 1.0)[:, None]
    return weight, _weighted(shrunk, held)


def _check(groups: tuple[GroupRule, ...]) -> None:
    for rule in groups:
        if rule.weight < 0 or not rule.strata or any(s.weight <= 0 for s in rule.strata):
            raise refuse(f"评价主体 {rule.code} 的权重或分层不成立", "权重要为正，至少一个分层", "group")
        if not rule.lowest < rule.highest:
            raise refuse(f"评价主体 {rule.code} 的量表两端不成立", "最低要小于最高", "scale")
        if rule.prior is not None and rule.strength < 0:
            raise refuse(f"评价主体 {rule.code} 的收缩强度为负", "请写非负数", "strength")


def _check_marks(groups: tuple[GroupRule, ...], marks: Ints, stratum: Ints, owner: Ints) -> None:
    if not np.issubdtype(marks.dtype, np.integer):
        raise refuse("评分必须是整数", "小数分请先放大为整数，并放大量表两端", "marks")
    if marks.size and (int(stratum.min()) < 0 or int(stratum.max()) >= owner.size):
        raise refuse("评分的分层编号超出范围", f"应在 0 到 {owner.size - 1} 之间", "stratum")
    low = np.array([rule.lowest for rule in groups])[owner[stratum]]
    high = np.array([rule.highest for rule in groups])[owner[stratum]]
    wrong = np.flatnonzero((marks < low) | (marks > high))
    if wrong.size:
        at = int(wrong[0])
        raise refuse(
            f"有 {wrong.size} 个评分超出量表，第一个是第 {at} 条：{int(marks[at])}",
            f"应在 {int(low[at])} 到 {int(high[at])} 之间",
            "marks",
        )
