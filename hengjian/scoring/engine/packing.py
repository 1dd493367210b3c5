"""A plan and its fitted figures as flat arrays, which the kernel can walk through."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hengjian.scoring.engine.averaging import power_of
from hengjian.scoring.engine.cells import Cells
from hengjian.scoring.engine.fitting import Fitted
from hengjian.scoring.engine.plan import Leaf, Plan
from hengjian.scoring.engine.tables import Table

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
LINE, STEPS, JOINED = range(3)


class Steps(NamedTuple):
    """Each leaf's steps; -1 for a column or grouping that it does not use.

    Clause: SPEC A9
    Shapes: (leaves,) each. ``watched``: states matter; ``plain``: only a line between limits.
    """

    denominator: Ints
    target: Ints
    factor: Ints
    carry: Ints
    imputes: Ints
    fill_group: Ints
    fill_start: Ints
    treats: Ints
    treat_group: Ints
    treat_start: Ints
    kind: Ints
    group: Ints
    line_start: Ints
    table_start: Ints
    logs: Ints
    clips: Ints
    fails: Ints
    watched: Ints
    plain: Ints


class Figures(NamedTuple):
    """The figures that the steps point to, and each leaf's own limits.

    Clause: SPEC A9
    """

    fill: Floats
    low: Floats
    high: Floats
    shift: Floats
    centre: Floats
    slope: Floats
    intercept: Floats
    starts: Ints
    knots: Floats
    points: Floats
    ends: Floats
    floor: Floats
    cap: Floats
    neutral: Floats


class Tree(NamedTuple):
    """The nodes: children by place, weights by card, how to join them.

    Clause: SPEC A9
    """

    child_start: Ints
    child: Ints
    weight_start: Ints
    by_card: Ints
    weight: Floats
    power: Floats
    minimum: Floats
    adjust: Ints
    tracked: int


class Facts(NamedTuple):
    """The units' arrays, the values transposed; an array that is not given has no rows.

    Clause: SPEC A9
    """

    values: Floats
    applicable: NDArray[np.bool_]
    carried: Floats
    groups: Ints
    columns: Floats
    card: Ints
    cards: Floats


class _Names:
    def __init__(self) -> None:
        self.names: list[str] = []

    def place(self, name: str) -> int:
        """Where the name stands; -1 for none."""
        if not name:
            return -1
        if name not in self.names:
            self.names.append(name)
        return self.names.index(name)


class Given(NamedTuple):
    """Everything that the leaves' loops need.

    Clause: SPEC A9
    """

    facts: Facts
    steps: Steps
    figures: Figures


class Packing:
    """Packs a plan for the kernel.

    Clause: SPEC A9
    """

    def __init__(self, plan: Plan, cells: Cells, fitted: tuple[Fitted, ...], *, keep: bool) -> None:
        self.plan, self.cells, self.keep = plan, cells, keep
        self.columns, self.groupings = _Names(), _Names()
        self.flat: dict[str, list[Floats]] = {}
        self.used: dict[str, int] = {}
        rows = [self._leaf(leaf, held) for leaf, held in zip(plan.leaves, fitted, strict=True)]
        self.steps = Steps(*(np.array(column, dtype=np.int64) for column in zip(*rows, strict=True)))
        self.tree = self._tree()
        self.figures = self._figures(fitted)

    def _width(self, grouping: str) -> int:
        group = self.cells.group(grouping)
        return int(group.max()) + 1 if group.size else 1

    def _put(self, name: str, values: Floats, width: int) -> int:
        start = self.used.get(name, 0)
        more = max(0, width - values.size)
        self.flat.setdefault(name, []).append(np.concatenate([values, np.full(more, np.nan)]))
        self.used[name] = start + values.size + more
        return start

    def _grouped(self, within: str, names: tuple[str, ...], arrays: tuple[Floats, ...]) -> tuple[int, int]:
        single = arrays[0].size == 1
        width = 1 if single else self._width(within)
        starts = [self._put(name, held, width) for name, held in zip(names, arrays, strict=True)]
        return (-1 if single else self.groupings.place(within)), starts[0]

    def _leaf(self, leaf: Leaf, held: Fitted) -> list[int]:
        spec, cells = leaf.normalise, self.cells
        fill = self._grouped(leaf.impute.within, ("fill",), (held.fill,))
        limits = (held.low, held.high, held.shift)
        treat = self._grouped(leaf.treat.within, ("low", "high", "shift"), limits)
        carry = int(leaf.missing == "carry_forward" and cells.carried is not None)
        imputes = int(leaf.impute.method != "none")
        fails = int(leaf.missing == "fail")
        masked = self.keep or cells.applicable is not None or leaf.missing == "neutral"
        common = [
            self.columns.place(leaf.denominator),
            self.columns.place(spec.target_column),
            self.columns.place(leaf.factor),
            carry, imputes, *fill, int(leaf.treat.method != "none"), *treat,
        ]  # fmt: skip
        rest = [int(held.ln), int(spec.method == "goalposts"), fails]
        watched = int(masked or carry or imputes or fails)
        normalised = self._normalised(leaf, held)
        unused = max(common[:3]) < 0 and normalised[:2] == [LINE, -1] and not held.ln
        plain = int(unused and not watched and leaf.treat.method == "none")
        return [*common, *normalised, *rest, watched, plain]

    def _normalised(self, leaf: Leaf, held: Fitted) -> list[int]:
        within = leaf.normalise.within
        if held.table is None:
            lines = ("centre", "slope", "intercept")
            group, start = self._grouped(within, lines, tuple(held.lines))
            return [LINE, group, start, 0]
        kind = JOINED if held.table.linear else STEPS
        return [kind, *self._table(within, held.table)]

    def _table(self, within: str, table: Table) -> list[int]:
        single = table.starts.size == 2
        width = 1 if single else self._width(within)
        padded = np.concatenate([table.starts, np.full(width + 1 - table.starts.size, table.starts[-1])])
        base = self._put("knots", table.knots, 0)
        self._put("points", table.points, 0)
        start = self._put("starts", (padded + base).astype(np.float64), 0)
        return [-1 if single else self.groupings.place(within), 0, start]

    def _joined(self, name: str) -> Floats:
        return np.concatenate(self.flat.get(name, [np.empty(0)]))

    def _figures(self, fitted: tuple[Fitted, ...]) -> Figures:
        names = ("fill", "low", "high", "shift", "centre", "slope", "intercept")
        neutral = [
            leaf.neutral if leaf.missing == "neutral" and leaf.neutral is not None else math.nan
            for leaf in self.plan.leaves
        ]
        fill, low, high, shift, centre, slope, intercept = (self._joined(name) for name in names)
        return Figures(
            fill,
            low,
            high,
            shift,
            centre,
            slope,
            intercept,
            self._joined("starts").astype(np.int64),
            self._joined("knots"),
            self._joined("points"),
            np.array([held.ends for held in fitted]),
            np.array([held.floor for held in fitted]),
            np.array([held.cap for held in fitted]),
            np.array(neutral),
        )

    def _tree(self) -> Tree:
        plan = self.plan
        sizes = [len(node.children) for node in plan.nodes]
        widths = [weights.size for weights in plan.weights]
        return Tree(
            np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
            np.array([plan.places[child] for node in plan.nodes for child in node.children]),
            np.concatenate([[0], np.cumsum(widths)]).astype(np.int64),
            np.array([int(weights.shape[0] > 1) for weights in plan.weights]),
            np.concatenate([weights.ravel() for weights in plan.weights]),
            np.array([power_of(node) for node in plan.nodes]),
            np.array([node.minimum for node in plan.nodes]),
            np.array([self.columns.place(node.adjust) for node in plan.nodes]),
            int(any(node.minimum > 0.0 for node in plan.nodes)),
        )

    def facts(self) -> Facts:
        """The units' arrays as the kernel takes them.

        Clause: SPEC A9
        """
        cells, plan = self.cells, self.plan
        nothing = np.empty((0, 0))
        values = cells.values
        if not (values.flags.f_contiguous or values.flags.c_contiguous):
            values = np.asfortranarray(values)
        groups = [cells.group(name).astype(np.int64) for name in self.groupings.names]
        columns = [cells.column(name).astype(np.float64) for name in self.columns.names]
        carried, cards = cells.carried, plan.cards
        return Facts(
            values.T,
            np.empty((0, 0), dtype=np.bool_) if cells.applicable is None
            else np.ascontiguousarray(cells.applicable),
            nothing if carried is None else np.ascontiguousarray(carried),
            np.stack(groups) if groups else np.empty((0, 0), dtype=np.int64),
            np.stack(columns) if columns else nothing,
            np.empty(0, dtype=np.int64) if cells.card is None else cells.card.astype(np.int64),
            nothing if cards is None else np.ascontiguousarray(cards),
        )  # fmt: skip
