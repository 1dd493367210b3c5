"""Cost and benefit of government investment: debt factor, leverage, whole-life cost."""

import numpy as np
from numpy.typing import NDArray

from hengjian.scoring.engine.plan import refuse
from hengjian.scoring.engine.totals import SCALE, exact_totals

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def excess_debt(debt_ratio: Floats, cap: Floats | float, opening: Floats | float) -> Floats:
    """Percentage points of debt for which the official answers.

    Clause: SPEC A5, NORMS X19
    Policy: cost_benefit.debt_cap
    Shapes: debt_ratio (n,) percent; opening, the ratio when the official took office.
    """
    return np.maximum(0.0, debt_ratio - np.maximum(cap, opening))


def debt_factor(excess: Floats, rate: float) -> Floats:
    """What is left of a project's points: linear, fractions of a point count, never below 0.

    Clause: SPEC A5, NORMS X17
    Policy: cost_benefit.debt_penalty
    Shapes: excess (n,) percentage points; rate, share of the score for one point (0.02).
    """
    if not 0.0 <= rate <= 1.0:
        raise refuse(f"债务扣减率 {rate:g} 不在 0 到 1 之间", "每个百分点扣 2% 写 0.02", "rate")
    return np.maximum(0.0, 1.0 - rate * excess)


def unit_factors(factor: Floats, money: Ints, unit: Ints, units: int) -> Floats:
    """The factor of each unit: the mean of its projects' factors, weighted by fiscal money.

    Clause: SPEC A5
    Shapes: factor, money, unit (projects,); money in whole fen or yuan. Returns (units,), 1 for a
    unit without projects or without fiscal money. The order of the projects does not matter.
    """
    if bool(np.any(money < 0)):
        raise refuse("项目的财政资金为负", "请核对资金", "money")
    if not factor.size:
        return np.ones(units)
    products = factor * money.astype(np.float64)
    totals = exact_totals(products, unit, units)
    whole = [0] * units
    for at, part in zip(unit.tolist(), money.tolist(), strict=True):
        whole[at] += int(part)
    found = [t / (w << SCALE) if w else 1.0 for t, w in zip(totals, whole, strict=True)]
    return np.array(found)


def leverage(total: Floats, fiscal: Floats) -> Floats:
    """Investment leverage ratio: total investment over fiscal money.

    Clause: SPEC A5
    Raises: Refused where there is no fiscal money.
    """
    if bool(np.any(~(fiscal > 0.0))):
        raise refuse("财政资金不为正，不能计算投资撬动比", "没有财政资金的项目不在此列", "fiscal")
    return total / fiscal


def whole_life_cost(costs: Floats, rate: float) -> Floats:
    """Present value of the costs over a project's whole life.

    Clause: SPEC A5
    Shapes: costs (projects, years) from year 0; rate, discount of a year. Returns (projects,).
    """
    if not rate > -1.0:
        raise refuse(f"折现率 {rate:g} 不成立", "例如 0.05", "discount")
    value = np.zeros(costs.shape[0])
    for year in range(costs.shape[1] - 1, -1, -1):
        value = value / (1.0 + rate) + costs[:, year]
    return value
