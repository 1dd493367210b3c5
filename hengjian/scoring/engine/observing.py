"""An indicator's observed values: what applies, what was carried forward, what it is divided by."""

import numpy as np
from numpy.typing import NDArray

from hengjian.scoring.engine.cells import (
    CARRIED,
    MEASURED,
    MISSING,
    NOT_APPLICABLE,
    OFF_CARD,
    Cells,
)
from hengjian.scoring.engine.plan import Leaf, Plan, refuse

Floats = NDArray[np.float64]
States = NDArray[np.uint8]


def observed(plan: Plan, cells: Cells, at: int) -> tuple[Floats, States]:
    """The denominated values of one indicator and the state of each cell.

    Clause: SPEC A9
    Shapes: returns (n,) values, NaN where there is none, and (n,) states.
    Raises: Refused for infinite values, zero denominators, gaps under the rule ``fail``.
    """
    leaf = plan.leaves[at]
    column = cells.values[:, at]
    if bool(np.any(np.isinf(column))):
        raise refuse(f"指标 {leaf.code} 的数据中有无穷大", "缺失值请留空", "infinite")
    state = np.full(cells.count, MEASURED, dtype=np.uint8)
    if leaf.missing == "carry_forward" and cells.carried is not None:
        held = cells.carried[:, at]
        fill = np.isnan(column) & ~np.isnan(held)
        state[fill] = CARRIED
        column = np.where(fill, held, column)
    if leaf.denominator:
        column = column / cells.column(leaf.denominator)
    column = _only_applicable(plan, cells, at, column, state)
    gap = np.isnan(column)
    if bool(gap.any()):
        state[gap & (state <= CARRIED)] = MISSING
    return column, state


def _only_applicable(plan: Plan, cells: Cells, at: int, column: Floats, state: States) -> Floats:
    if cells.applicable is not None:
        state[~cells.applicable[:, at]] = NOT_APPLICABLE
    if plan.cards is not None and cells.card is not None:
        state[plan.cards[cells.card, at] == 0.0] = OFF_CARD
    out = state >= NOT_APPLICABLE
    return np.where(out, np.nan, column) if bool(out.any()) else column


def refuse_gaps(leaf: Leaf, state: States) -> None:
    """Refuse when the indicator's rule is ``fail`` and a value is missing.

    Clause: SPEC A9
    Raises: Refused with the number of gaps and the first rows.
    """
    if leaf.missing != "fail":
        return
    gaps = np.flatnonzero(state == MISSING)
    if gaps.size:
        rows = "、".join(str(int(row)) for row in gaps[:5])
        raise refuse(
            f"指标 {leaf.code} 不允许缺失，但有 {gaps.size} 个单位没有数据（行 {rows}）",
            "请补齐数据，或在制度中改用其他缺失规则",
            "missing",
        )


def check_columns(plan: Plan, cells: Cells) -> None:
    """Refuse denominators of zero, and targets that are not positive.

    Clause: SPEC A9
    Raises: Refused with the indicator and the column.
    """
    for leaf in plan.leaves:
        if leaf.denominator and bool(np.any(cells.column(leaf.denominator) == 0.0)):
            raise refuse(f"指标 {leaf.code} 的分母 {leaf.denominator} 有零值", "请核对该列", "denominator")
        target = leaf.normalise.target_column
        if target and bool(np.any(cells.column(target) <= 0.0)):
            raise refuse(f"指标 {leaf.code} 的目标 {target} 不为正", "请核对该列", "target")
        if leaf.factor and bool(np.any(~np.isfinite(cells.column(leaf.factor)))):
            raise refuse(f"指标 {leaf.code} 的系数 {leaf.factor} 有缺失", "没有项目的单位系数为 1", "factor")
