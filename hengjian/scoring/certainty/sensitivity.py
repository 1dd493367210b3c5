"""Which weight, rater group or choice of method moves an official's rank."""

from dataclasses import dataclass, replace
from functools import partial
from itertools import product

import numpy as np

from hengjian.policy.model import PanelGroup
from hengjian.scoring.certainty.sobol import Factor, indices_of
from hengjian.scoring.certainty.weights import ends_of
from hengjian.scoring.computing import Assessment, points_cells, points_plan_of
from hengjian.scoring.engine import Cells, gather, score
from hengjian.scoring.facts import Floats, Ints
from hengjian.scoring.panel import PRESENT, Panel, panel_of, value_of
from hengjian.scoring.plan import GROUP
from hengjian.terms.numbers import quantise

CHUNK = 2048
LEAST = 1e-6
HALF = 50.0  # percent trimmed at each end: what is left is the median
POLICY, PLAIN, MEDIAN, UNCALIBRATED = range(4)
ARITHMETIC, GEOMETRIC = range(2)


@dataclass(frozen=True)
class Choice:
    """One choice that somebody could have made otherwise, and what follows when it alone is changed.

    Clause: SPEC D2
    Shapes: first, total (officials,); ranks (officials, alternatives): the rank under each alternative
    with everything else as the policy has it. ``kind``: weight, group, mark, join. For a weight the
    alternatives are its least and its most.
    """

    kind: str
    code: str
    alternatives: tuple[str, ...]
    first: Floats
    total: Floats
    ranks: Ints


@dataclass(frozen=True)
class Sensitivity:
    """All choices for the officials of one comparable group.

    Clause: SPEC D2
    Shapes: rows, rank, least, most (officials,): row numbers of the assessment, the rank under the
    policy, the best and worst rank over all settings that were tried.
    """

    rows: Ints
    rank: Ints
    least: Ints
    most: Ints
    choices: tuple[Choice, ...]
    exact: bool
    runs: int


def sensitivity_of(
    found: Assessment,
    group: int,
    room: float,
    *,
    base: int = 256,
    seed: int = 0,
) -> Sensitivity:
    """Vary weights, rater groups and methods together, and say which of them moves whose rank.

    Clause: SPEC D2, NORMS L20
    Policy: uncertainty.weight_room
    """
    rows = np.flatnonzero((found.facts.group == group) & ~np.isnan(found.total))
    world = _World(found, rows, room)
    indices = indices_of(world.factors, world.ranks, base=base, seed=seed)
    plain = world.plain()
    rank = world.ranks(plain[None])[0]
    choices = []
    for at, factor in enumerate(world.factors):
        kind, code = factor.code.split(":", 1)
        settings = np.repeat(plain[None], max(factor.levels, 2), axis=0)
        settings[:, at] = np.arange(factor.levels) if factor.levels else (factor.low, factor.high)
        ranks = world.ranks(settings).T.astype(np.int64)
        named = world.alternatives(kind)
        choices.append(Choice(kind, code, named, indices.first[at], indices.total[at], ranks))
    return Sensitivity(
        rows=rows,
        rank=rank.astype(np.int64),
        least=world.best.astype(np.int64),
        most=world.worst.astype(np.int64),
        choices=tuple(choices),
        exact=indices.exact,
        runs=indices.runs,
    )


class _World:
    """The officials of one group under any setting of the choices."""

    def __init__(self, found: Assessment, rows: Ints, room: float) -> None:
        self.found, self.rows = found, rows
        facts, panel = found.facts, found.values.panel
        self.weights = facts.weights[rows]
        self.on_card = np.flatnonzero((self.weights > 0.0).any(axis=0))
        present = (panel.status[rows] == PRESENT) & (np.array([g.weight for g in panel.groups]) > 0.0)
        on_card = [at for at, code in enumerate(panel.indicators) if facts.column[code] in self.on_card]
        self.groups = (
            np.flatnonzero(present[:, on_card].any(axis=(0, 1))) if on_card else np.zeros(0, np.int64)
        )
        self.methods = [POLICY, PLAIN, MEDIAN] + ([] if facts.calibration is None else [UNCALIBRATED])
        self.methods = self.methods if on_card and self.groups.size else [POLICY]
        self.points = self._points()
        self.factors = self._factors(room)
        self.best = np.full(rows.size, np.inf)
        self.worst = np.zeros(rows.size)

    def _factors(self, room: float) -> list[Factor]:
        facts = self.found.facts
        found = []
        for at in self.on_card if room > 0.0 else ():
            weight = self.weights[:, at].max()
            low, high = ends_of(np.array([weight]), np.array([room]))
            code = facts.indicators[at]
            found.append(Factor(f"weight:{code}", float(low[0] - weight), float(high[0] - weight)))
        self.moved = len(found)
        if self.groups.size > 1:
            found += [
                Factor(f"group:{self.found.values.panel.groups[g].code}", levels=2) for g in self.groups
            ]
        self.grouped = len(found)
        if len(self.methods) > 1:
            found.append(Factor("mark:", levels=len(self.methods)))
        return [*found, Factor("join:", levels=2)]

    def alternatives(self, kind: str) -> tuple[str, ...]:
        """What the alternatives of a choice are called."""
        named = {
            "weight": ("least", "most"),
            "group": ("with", "without"),
            "join": ("arithmetic", "geometric"),
        }
        marks = ("policy", "mean", "median", "uncalibrated")
        return named[kind] if kind in named else tuple(marks[method] for method in self.methods)

    def plain(self) -> Floats:
        """The setting that the policy has."""
        return np.zeros(len(self.factors))

    def ranks(self, settings: Floats) -> Floats:
        """Ranks under each setting: (settings, officials)."""
        parts = [self._ranks(settings[at : at + CHUNK]) for at in range(0, len(settings), CHUNK)]
        return np.concatenate(parts)

    def _ranks(self, settings: Floats) -> Floats:
        totals = np.rint(self._totals(settings) * 1e6)
        order = np.sort(totals, axis=1)
        ranks = np.empty(totals.shape)
        for at, (row, own) in enumerate(zip(order, totals, strict=True)):
            ranks[at] = row.size - np.searchsorted(row, own, side="right") + 1
        self.best = np.minimum(self.best, ranks.min(axis=0))
        self.worst = np.maximum(self.worst, ranks.max(axis=0))
        return ranks

    def _totals(self, settings: Floats) -> Floats:
        table = self.points[self._variant(settings)]
        moved = np.zeros((len(settings), self.on_card.size))
        moved[:, : self.moved] = settings[:, : self.moved]
        weights = np.maximum(self.weights[None][:, :, self.on_card] + moved[:, None, :], 0.0)
        weights = np.where((self.weights[:, self.on_card] > 0.0)[None] & ~np.isnan(table), weights, 0.0)
        whole = np.maximum(weights.sum(axis=2), LEAST)
        filled = np.nan_to_num(table)
        plain = (weights * filled).sum(axis=2) / whole
        joined = np.exp((weights * np.log(np.maximum(filled, LEAST))).sum(axis=2) / whole)
        total = np.where(settings[:, -1:] == GEOMETRIC, joined, plain)
        return np.asarray(total + self.found.adjustment[self.rows])

    def _variant(self, settings: Floats) -> Ints:
        """Number of the table of points: which groups are left out, and how marks are formed."""
        left = settings[:, self.moved : self.grouped].astype(np.int64)
        code = left @ (1 << np.arange(left.shape[1], dtype=np.int64)) if left.shape[1] else 0
        method = settings[:, self.grouped].astype(np.int64) if len(self.methods) > 1 else 0
        return np.asarray(code * len(self.methods) + method)

    def _points(self) -> Floats:
        """Points of every variant: (variants, officials, indicators on the card)."""
        panels = {method: _panel(self.found, method) for method in self.methods}
        varied = self.groups if self.groups.size > 1 else self.groups[:0]
        values = [
            self._value(panels[method], varied[np.array(left, dtype=np.bool_)[::-1]])
            for left, method in product(product((0, 1), repeat=varied.size), self.methods)
        ]
        found = _normalised(self.found, self.rows, np.concatenate(values))
        points = found.reshape(len(values), self.rows.size, -1)
        carried = self.found.points[self.rows]
        points = np.where(np.isnan(points), np.where(self._panel_columns(), np.nan, carried), points)
        factor = np.where(self._in_part(), self.found.costs.factor[self.rows, None], 1.0)
        return np.asarray(quantise(points * factor)[:, :, self.on_card])

    def _value(self, panel: Panel, left: Ints) -> Floats:
        present = (panel.status == PRESENT)[self.rows]
        present[..., left] = False
        value = self.found.values.value[self.rows].copy()
        columns = [self.found.facts.column[code] for code in panel.indicators]
        value[:, columns] = value_of(panel.groups, panel.group_mark[self.rows], present)
        return value

    def _panel_columns(self) -> np.ndarray:
        rules = self.found.facts.rules
        return np.array([rules.indicators[c].source.kind == "panel" for c in self.found.facts.indicators])

    def _in_part(self) -> np.ndarray:
        rule = self.found.facts.rules.cost
        return np.array([rule is not None and part == rule.part for part in self.found.facts.part])[None, :]


def _panel(found: Assessment, method: int) -> Panel:
    """The panel with its marks formed in another way."""
    facts = found.facts
    if method == POLICY:
        return found.values.panel
    if method == UNCALIBRATED:
        return panel_of(replace(facts, calibration=None))
    trim = 0.0 if method == PLAIN else HALF - LEAST
    turned: tuple[PanelGroup, ...] = tuple(replace(group, trim=trim) for group in facts.rules.groups)
    return panel_of(replace(facts, rules=replace(facts.rules, groups=turned)))


def _normalised(found: Assessment, rows: Ints, values: Floats) -> Floats:
    """Points of values, many variants at once; what is read of the others stays as it was."""
    facts = found.facts
    plan, cells = points_plan_of(facts), points_cells(facts, found.values)
    again = partial(np.tile, reps=len(values) // rows.size)
    columns = {name: again(held[rows]) for name, held in cells.columns.items()}
    many = Cells(
        np.asfortranarray(values),
        np.tile(~facts.not_applicable[rows], (len(values) // rows.size, 1)),
        again(facts.card[rows]),
        {GROUP: again(facts.group[rows])},
        columns,
    )
    stages = score(plan, many, statistics=gather(plan, cells), rank=False).stages
    if stages is None:
        raise ValueError("the engine was asked for its workings")
    return quantise(stages.points)
