"""What goes in and what comes out, as arrays: one row a unit, one column an indicator."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from hengjian.scoring.engine.plan import Plan, refuse

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

MEASURED, IMPUTED, CARRIED, NEUTRAL, MISSING, NOT_APPLICABLE, OFF_CARD = range(7)
STATES = ("measured", "imputed", "carried", "neutral", "missing", "not_applicable", "off_card")


@dataclass(frozen=True)
class Cells:
    """The facts of the units.

    Clause: SPEC A9
    Shapes: values (n, leaves), NaN where nothing is known; applicable (n, leaves) or None for
    all; card (n,) row of the plan's cards; groups name -> (n,) from 0; columns name -> (n,) such
    as denominators, targets, factors and adjustments; carried (n, leaves) earlier values.
    ``reference``: row of the reference unit, -1 when it is not among these units.
    """

    values: Floats
    applicable: Bools | None = None
    card: Ints | None = None
    groups: Mapping[str, Ints] = field(default_factory=dict)
    columns: Mapping[str, Floats] = field(default_factory=dict)
    carried: Floats | None = None
    reference: int = -1

    @property
    def count(self) -> int:
        """Number of units."""
        return int(self.values.shape[0])

    def group(self, name: str) -> Ints:
        """The group of each unit, zeros for the whole set.

        Clause: SPEC A3
        """
        if not name:
            return np.zeros(self.count, dtype=np.int64)
        if name not in self.groups:
            raise refuse(f"数据中没有分组 {name}", "请在 groups 中给出", "group")
        return self.groups[name]

    def column(self, name: str) -> Floats:
        """A further column by name.

        Clause: SPEC A9
        """
        if name not in self.columns:
            raise refuse(f"数据中没有列 {name}", "请在 columns 中给出", "column")
        return self.columns[name]

    def rows(self, rows: NDArray[np.int64] | slice) -> "Cells":
        """Some of the units; the reference unit must be found anew.

        Clause: SPEC A9
        """
        here = -1
        if self.reference >= 0:
            found = np.flatnonzero(np.arange(self.count)[rows] == self.reference)
            here = int(found[0]) if found.size else -1
        return Cells(
            values=self.values[rows],
            applicable=None if self.applicable is None else self.applicable[rows],
            card=None if self.card is None else self.card[rows],
            groups={name: held[rows] for name, held in self.groups.items()},
            columns={name: held[rows] for name, held in self.columns.items()},
            carried=None if self.carried is None else self.carried[rows],
            reference=here,
        )


def check_cells(plan: Plan, cells: Cells) -> None:
    """Refuse cells that do not fit the plan.

    Clause: SPEC A9
    Raises: Refused naming the array and what it should be.
    """
    n, leaves = cells.count, len(plan.leaves)
    if cells.values.dtype != np.float64 or cells.values.shape != (n, leaves):
        raise refuse("数据表的形状或类型与计划不符", f"应为 float64，{leaves} 列", "values")
    for held in (cells.applicable, cells.carried):
        if held is not None and held.shape != (n, leaves):
            raise refuse("适用表或结转表的形状与数据表不同", f"应为 {n} 行 {leaves} 列", "shape")
    _check_columns(cells, n)
    _check_card(plan, cells, n)


def _check_columns(cells: Cells, n: int) -> None:
    for name, column in (*cells.groups.items(), *cells.columns.items()):
        if column.shape != (n,):
            raise refuse(f"列 {name} 的长度不是 {n}", "每个单位一个值", "column_length")
    for name, group in cells.groups.items():
        if n and int(group.min()) < 0:
            raise refuse(f"分组 {name} 有负的编号", "从 0 开始编号", "group_number")


def _check_card(plan: Plan, cells: Cells, n: int) -> None:
    if plan.cards is None:
        return
    if cells.card is None or cells.card.shape != (n,):
        raise refuse("计划有计分表，但没有说明每个单位用哪一张", "请给出 card", "card")
    last = plan.cards.shape[0] - 1
    if n and not (int(cells.card.min()) >= 0 and int(cells.card.max()) <= last):
        raise refuse("计分表的编号超出范围", f"应在 0 到 {last} 之间", "card")


@dataclass(frozen=True)
class Stages:
    """The workings before aggregation, each (n, leaves): read a column to follow an indicator.

    Clause: SPEC A9
    ``points`` are the normalised values after neutral values and factors. ``state`` holds the
    numbers of :data:`STATES`. ``effective`` are shares of the total's weight; a row sums to 1.
    """

    denominated: Floats
    imputed: Floats
    treated: Floats
    normalised: Floats
    points: Floats
    state: NDArray[np.uint8]
    effective: Floats


@dataclass(frozen=True)
class Result:
    """Levels and ranks, and the workings when they were asked for.

    Clause: SPEC A9, SPEC A3
    Shapes: levels (n, nodes); ranks node code -> (n,), 0 for a unit without a value.
    """

    plan: Plan
    levels: Floats
    ranks: Mapping[str, Ints]
    stages: Stages | None

    def level(self, code: str) -> Floats:
        """The values of one node.

        Clause: SPEC A9
        """
        return self.levels[:, self.plan.node_codes.index(code)]

    @property
    def total(self) -> Floats:
        """The values of the last node.

        Clause: SPEC A9
        """
        return self.levels[:, -1]
