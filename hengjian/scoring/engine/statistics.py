"""What has to be known of all units before one can be scored, in a form that merges exactly.

Phase 1: every part (a county, a shard) gathers its statistics. They merge by addition of
integers, minima, maxima and unions of counted values, so the merged statistics of 1, 8 or 64
parts are the same to the bit. Phase 2 scores each part with the merged statistics.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hengjian.scoring.engine.cells import MISSING, NOT_APPLICABLE, OFF_CARD, Cells
from hengjian.scoring.engine.observing import States, observed
from hengjian.scoring.engine.plan import RANKED, SPREAD, Leaf, Plan, refuse
from hengjian.scoring.engine.totals import exact_squares, exact_totals

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Key = tuple[int, int, int]


@dataclass(frozen=True)
class Moments:
    """Count, minimum, maximum and exact sums of each group.

    Clause: SPEC A3, SPEC A9
    Shapes: each over the groups; sums are integers in units of 2**-1126, empty when not needed.
    """

    count: Ints
    low: Floats
    high: Floats
    total: tuple[int, ...] = ()
    square: tuple[int, ...] = ()


@dataclass(frozen=True)
class Values:
    """An exact histogram: each distinct value in rising order and how often it occurs; and gaps.

    Clause: SPEC A3, SPEC A9
    """

    values: Floats
    counts: Ints
    gaps: int


@dataclass(frozen=True)
class Gathered:
    """What was gathered of one indicator, and the reference unit's value with its groups.

    Clause: SPEC A9
    ``histograms`` are keyed by the groups for imputing, treating and normalising.
    """

    moments: Moments | None = None
    histograms: Mapping[Key, Values] | None = None
    reference: tuple[float, Key] | None = None


Statistics = tuple[Gathered, ...]


def needs_histogram(leaf: Leaf) -> bool:
    """Whether counted values are needed, because the steps depend on more than sums.

    Clause: SPEC A9
    """
    method = leaf.normalise.method
    if method in RANKED or leaf.treat.method == "winsorise" or leaf.impute.method in ("mean", "median"):
        return True
    changed = leaf.impute.method != "none" or leaf.treat.method != "none"
    return changed and (method in SPREAD or method == "zscore")


def gather(plan: Plan, cells: Cells) -> Statistics:
    """Phase 1: the statistics of these units.

    Clause: SPEC A9
    Returns: one entry a leaf, empty where the steps depend on no other unit.
    """
    return tuple(_gather_leaf(plan, cells, at) for at in range(len(plan.leaves)))


def _gather_leaf(plan: Plan, cells: Cells, at: int) -> Gathered:
    leaf = plan.leaves[at]
    method = leaf.normalise.method
    if needs_histogram(leaf):
        column, state = observed(plan, cells, at)
        keys = _keys(leaf, cells)
        return Gathered(
            histograms=_histograms(column, state == MISSING, keys),
            reference=_reference(leaf, cells, column, state, keys),
        )
    if method in SPREAD or method == "zscore":
        column, state = observed(plan, cells, at)
        moments = _moments(column, cells.group(leaf.normalise.within), method == "zscore")
        reference = _reference(leaf, cells, column, state, _keys(leaf, cells))
        return Gathered(moments=moments, reference=reference)
    return Gathered()


def _keys(leaf: Leaf, cells: Cells) -> tuple[Ints, Ints, Ints]:
    imputed = leaf.impute.within if leaf.impute.method != "none" else ""
    treated = leaf.treat.within if leaf.treat.method != "none" else ""
    names = (imputed, treated, leaf.normalise.within)
    return cells.group(names[0]), cells.group(names[1]), cells.group(names[2])


def _reference(
    leaf: Leaf, cells: Cells, column: Floats, state: States, keys: tuple[Ints, Ints, Ints]
) -> tuple[float, Key] | None:
    row = cells.reference
    if leaf.normalise.method != "distance_to_reference" or row < 0:
        return None
    if state[row] in (NOT_APPLICABLE, OFF_CARD):  # not asked of it: nothing to impute either
        return None
    a, b, c = (int(key[row]) for key in keys)
    return float(column[row]), (a, b, c)


def _moments(column: Floats, group: Ints, sums: bool) -> Moments:
    known = ~np.isnan(column)
    values, held = column[known], group[known]
    width = int(group.max()) + 1 if group.size else 1
    count = np.bincount(held, minlength=width).astype(np.int64)
    low, high = _ends(values, held, count)
    if not sums:
        return Moments(count, low, high)
    return Moments(count, low, high, exact_totals(values, held, width), exact_squares(values, held, width))


def _ends(values: Floats, held: Ints, count: Ints) -> tuple[Floats, Floats]:
    width = count.size
    low, high = np.full(width, np.nan), np.full(width, np.nan)
    if not values.size:
        return low, high
    if width == 1:
        return np.array([values.min()]), np.array([values.max()])
    in_order = values[np.argsort(held, kind="stable")]
    some = count > 0
    starts = (np.cumsum(count) - count)[some]
    low[some] = np.minimum.reduceat(in_order, starts)
    high[some] = np.maximum.reduceat(in_order, starts)
    return low, high


def _histograms(column: Floats, gap: NDArray[np.bool_], keys: tuple[Ints, Ints, Ints]) -> dict[Key, Values]:
    wanted = ~np.isnan(column) | gap
    table = np.stack([key[wanted] for key in keys], axis=1)
    if not table.size:
        return {}
    distinct, where = np.unique(table, axis=0, return_inverse=True)
    order = np.argsort(where.ravel(), kind="stable")
    ends = np.cumsum(np.bincount(where.ravel(), minlength=len(distinct)))
    parts = np.split(column[wanted][order], ends[:-1])
    return {
        (int(a), int(b), int(c)): _counted(part)
        for (a, b, c), part in zip(distinct.tolist(), parts, strict=True)
    }


def _counted(part: Floats) -> Values:
    known = part[~np.isnan(part)] + 0.0  # one zero, not two
    values, counts = np.unique(known, return_counts=True)
    return Values(values, counts.astype(np.int64), int(part.size - known.size))


def merge(*parts: Statistics) -> Statistics:
    """The statistics of all units from those of the parts, in whatever order they come.

    Clause: SPEC A9
    Raises: Refused when two parts both hold the reference unit.
    """
    return tuple(_merge_leaf(held) for held in zip(*parts, strict=True))


def _merge_leaf(parts: tuple[Gathered, ...]) -> Gathered:
    references = [part.reference for part in parts if part.reference is not None]
    if len(references) > 1:
        raise refuse("参照单位出现在多个分片中", "只在一个分片中给出 reference", "reference")
    reference = references[0] if references else None
    moments = [part.moments for part in parts if part.moments is not None]
    if moments:
        return Gathered(moments=_merge_moments(moments), reference=reference)
    if parts[0].histograms is None:
        return Gathered()
    found: dict[Key, list[Values]] = {}
    for part in parts:
        for key, values in (part.histograms or {}).items():
            found.setdefault(key, []).append(values)
    merged = {key: _merge_values(found[key]) for key in sorted(found)}
    return Gathered(histograms=merged, reference=reference)


def _merge_values(parts: list[Values]) -> Values:
    values, where = np.unique(np.concatenate([p.values for p in parts]), return_inverse=True)
    counts = np.zeros(values.size, dtype=np.int64)
    np.add.at(counts, where.ravel(), np.concatenate([p.counts for p in parts]))
    return Values(values, counts, sum(p.gaps for p in parts))


def _merge_moments(parts: list[Moments]) -> Moments:
    width = max(part.count.size for part in parts)
    count = np.zeros(width, dtype=np.int64)
    low, high = np.full(width, np.nan), np.full(width, np.nan)
    for part in parts:
        here = slice(0, part.count.size)
        count[here] += part.count
        low[here] = np.fmin(low[here], part.low)
        high[here] = np.fmax(high[here], part.high)
    return Moments(
        count,
        low,
        high,
        _added([p.total for p in parts], width),
        _added([p.square for p in parts], width),
    )


def _added(parts: list[tuple[int, ...]], width: int) -> tuple[int, ...]:
    if not any(parts):
        return ()
    padded = [part + (0,) * (width - len(part)) for part in parts]
    return tuple(sum(held) for held in zip(*padded, strict=True))
