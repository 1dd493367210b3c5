"""Panel marks: every stratum averaged first, then the groups by their weights.

A group without enough valid marks does not count as zero: the others share its weight, and the
sheet names it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from hengjian.policy.model import Instrument, PanelGroup
from hengjian.scoring.facts import Bools, Facts, Floats, Ints
from hengjian.scoring.snapshot import Marks
from hengjian.terms.errors import Refused
from hengjian.terms.numbers import quantise

PRESENT, ABSENT, TOO_FEW, NOT_ASKED = range(4)


@dataclass(frozen=True)
class StratumKey:
    """A stratum of a group with its weight inside the group; a group without strata has one."""

    group: int
    code: str
    name: str
    weight: float


@dataclass(frozen=True)
class Panel:
    """How the panel's marks became values, step by step.

    Clause: SPEC B1, NORMS X3
    Shapes: mean, count, overall (seats, indicators, strata); group_mean, group_count, group_mark,
    status (seats, indicators, groups); value (seats, indicators). ``overall`` is true where the
    stratum gave no mark on the indicator itself, so that its overall marks count. ``shift`` (seats,
    groups) is what calibration takes off a group's mean, 0 where it does nothing. ``value`` is the
    mean of the groups with a weight, moved by those outside the hundred.
    """

    indicators: tuple[str, ...]
    column: dict[str, int]
    groups: tuple[PanelGroup, ...]
    strata: tuple[StratumKey, ...]
    mean: Floats
    count: Ints
    overall: Bools
    group_mean: Floats
    group_count: Ints
    group_mark: Floats
    status: NDArray[np.uint8]
    value: Floats
    shift: Floats


def panel_of(facts: Facts) -> Panel:
    """Values of all panel indicators for all seats.

    Clause: SPEC B1
    Shapes: value (seats, panel indicators), 0-100, NaN where nobody judged.
    """
    rules = facts.rules
    codes = tuple(c for c in facts.indicators if rules.indicators[c].source.kind == "panel")
    strata = strata_of(rules.groups)
    own_mean, own_count = _stratum_means(facts, codes, strata)
    judged = own_count[:, :-1, :] > 0
    asked_of = [[not g.indicators or c in g.indicators for g in rules.groups] for c in codes]
    covers = np.array(asked_of, dtype=np.bool_).reshape(len(codes), len(rules.groups))
    of_group = np.array([key.group for key in strata], dtype=np.int64)
    allowed = covers[:, of_group] if strata else covers[:, :0]
    count = np.where(judged, own_count[:, :-1, :], own_count[:, -1:, :]) * allowed
    withheld = _withheld(facts, codes)
    if strata:  # an indicator's own marks that were withheld are not replaced by overall ones
        count = np.where(withheld[:, :-1, of_group], 0, count)
    mean = np.where(judged, own_mean[:, :-1, :], own_mean[:, -1:, :])
    mean = np.where(count > 0, mean, np.nan)
    expected = facts.expected[:, [facts.column[c] for c in codes]]
    asked = expected[:, :, None] & covers[None, :, :]
    shift = _shifts(facts)
    group_mean, group_count, group_mark, status = _groups(rules.groups, strata, (mean, count), asked, shift)
    few = withheld[:, :-1, :] | withheld[:, -1:, :]
    status = np.where((status == ABSENT) & few, TOO_FEW, status).astype(np.uint8)
    return Panel(
        indicators=codes,
        column={code: at for at, code in enumerate(codes)},
        groups=rules.groups,
        strata=strata,
        mean=mean,
        count=count,
        overall=(~judged) & (count > 0),
        group_mean=group_mean,
        group_count=group_count,
        group_mark=group_mark,
        status=status,
        value=value_of(rules.groups, group_mark, status == PRESENT),
        shift=shift,
    )


def _shifts(facts: Facts) -> Floats:
    """What calibration takes off each group's mean of each seat: (seats, groups).

    Clause: SPEC B3
    """
    found = np.zeros((len(facts.seats), len(facts.rules.groups)))
    column = {group.code: at for at, group in enumerate(facts.rules.groups)}
    for row in facts.calibration.groups if facts.calibration else ():
        if row.seat in facts.row and row.group in column:
            found[facts.row[row.seat], column[row.group]] = row.shift
    return found


def calibrated(mean: Floats, shift: Floats) -> Floats:
    """A mean without its raters' leniency, still from 0 to 100.

    Clause: SPEC B3, NORMS X8
    Shapes: any of one shape.
    """
    return quantise(np.where(shift == 0.0, mean, np.clip(mean - shift, 0.0, 100.0)))


def value_of(groups: Sequence[PanelGroup], mark: Floats, present: Bools) -> Floats:
    """The groups' marks by weight, then moved by the groups that stand outside the hundred.

    Clause: SPEC B1, NORMS X1
    Shapes: mark, present (seats, indicators, groups); returns (seats, indicators), 0-100.
    """
    value = weighted(mark, [g.weight for g in groups], present)
    for at, group in enumerate(groups):
        if group.outside:
            value = np.where(present[..., at], moved(value, mark[..., at], group.outside), value)
    return value


def moved(value: Floats, mark: Floats, most: float) -> Floats:
    """Add or take up to ``most`` points by a mark outside the hundred: 50 is neither, none is 0.

    Clause: NORMS X1, NORMS X40
    Shapes: value, mark, any of one shape, 0-100; the result stays from 0 to 100.
    """
    return quantise(np.clip(value + most * (mark - 50.0) / 50.0, 0.0, 100.0))


def _withheld(facts: Facts, codes: Sequence[str]) -> Bools:
    """Where a group's marks stand in the snapshot without their values, being fewer than its least.

    Clause: SPEC B1
    Shapes: (seats, indicators + 1, groups); the last indicator column holds overall marks.
    """
    column = {code: at for at, code in enumerate(codes)} | {"": len(codes)}
    group = {held.code: at for at, held in enumerate(facts.rules.groups)}
    found = np.zeros((len(facts.seats), len(codes) + 1, len(group)), dtype=np.bool_)
    for record in facts.snapshot.marks:
        if not record.marks and record.group in group and record.indicator in column:
            found[facts.row[record.seat], column[record.indicator], group[record.group]] = True
    return found


def strata_of(groups: Sequence[PanelGroup]) -> tuple[StratumKey, ...]:
    """All strata of all groups in order.

    Clause: NORMS X3
    """
    keys: list[StratumKey] = []
    for at, group in enumerate(groups):
        if not group.strata:
            keys.append(StratumKey(at, "", group.name, 1.0))
        keys += [StratumKey(at, s.code, s.name, s.weight) for s in group.strata]
    return tuple(keys)


def weighted(values: Floats, weights: Sequence[float], present: Bools) -> Floats:
    """Weighted mean over the last axis of what is present, added in order; NaN where nothing is.

    Clause: SPEC B1
    """
    total = np.zeros(values.shape[:-1])
    weight = np.zeros(values.shape[:-1])
    for at, w in enumerate(weights):
        here = present[..., at]
        total = total + np.where(here, w * values[..., at], 0.0)
        weight = weight + np.where(here, w, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return quantise(np.where(weight > 0.0, total / weight, np.nan))


def trimmed_means(values: Floats, segment: Ints, sizes: Ints, trim: Floats) -> Floats:
    """Mean of each segment after the extremes lost a share ``trim`` on each side, fractionally.

    Clause: SPEC B3, NORMS X7
    Shapes: values, segment (marks,), values rising inside a segment; sizes, trim (segments,).
    """
    start = np.cumsum(sizes) - sizes
    at = np.arange(values.size) - start[segment]
    n = sizes[segment].astype(np.float64)
    cut = trim[segment] * n
    kept = np.clip(np.minimum(at + 1.0, n - cut) - np.maximum(at, cut), 0.0, 1.0)
    # bincount adds one after the other in the given order: the same bits everywhere
    total = np.bincount(segment, weights=kept * values, minlength=sizes.size)
    weight = np.bincount(segment, weights=kept, minlength=sizes.size)
    return quantise(total / weight)


def _stratum_means(facts: Facts, codes: Sequence[str], strata: Sequence[StratumKey]) -> tuple[Floats, Ints]:
    """Mean and number of marks of every stratum; the last indicator column holds overall marks."""
    shape = (len(facts.seats), len(codes) + 1, len(strata))
    mean, count = np.full(shape, np.nan), np.zeros(shape, dtype=np.int64)
    places, lengths, points = _gather(facts, codes, strata)
    if not places.size:
        return mean, count
    cell = np.repeat(places, lengths)
    order = np.lexsort((points, cell))
    points, cell = points[order], cell[order]
    found, segment, sizes = np.unique(cell, return_inverse=True, return_counts=True)
    trims = np.array([facts.rules.groups[key.group].trim / 100.0 for key in strata])
    mean.reshape(-1)[found] = trimmed_means(points, segment, sizes, trims[found % len(strata)])
    count.reshape(-1)[found] = sizes
    return mean, count


def _gather(facts: Facts, codes: Sequence[str], strata: Sequence[StratumKey]) -> tuple[Ints, Ints, Floats]:
    """Cell numbers and sizes of the records, and all marks one after the other on 0-100."""
    groups = facts.rules.groups
    declared = {(groups[key.group].code, key.code): at for at, key in enumerate(strata)}
    pooled = {groups[key.group].code: at for at, key in enumerate(strata) if not key.code}
    known = {group.code for group in groups}
    column = {code: at for at, code in enumerate(codes)} | {"": len(codes)}
    wide, deep = len(codes) + 1, len(strata)
    row = facts.row
    kept: list[Marks] = []
    places: list[int] = []
    for record in facts.snapshot.marks:
        if record.group not in known or record.indicator not in column or not record.marks:
            continue
        stratum = pooled.get(record.group, declared.get((record.group, record.stratum), -1))
        if stratum < 0:
            raise _stranger(record)
        kept.append(record)
        places.append((row[record.seat] * wide + column[record.indicator]) * deep + stratum)
    lengths = np.fromiter((len(r.marks) for r in kept), dtype=np.int64, count=len(kept))
    return np.array(places, dtype=np.int64), lengths, _on_hundred(facts, kept, lengths)


def _stranger(record: Marks) -> Refused:
    return Refused(
        f"评价组 {record.group} 没有层次 {record.stratum or '（空）'}",
        where=f"marks:{record.seat}",
        do="请核对制度包的评价组，或更正评分记录的层次",
        code="panel.stratum",
    )


def _on_hundred(facts: Facts, kept: Sequence[Marks], lengths: Ints) -> Floats:
    marks = np.fromiter(chain.from_iterable(r.marks for r in kept), dtype=np.float64)
    scale = _scales(facts.rules.instruments, {r.instrument for r in kept}, kept)
    which = np.repeat(np.array([scale[r.instrument][0] for r in kept], dtype=np.int64), lengths)
    low = np.array([low for _, low, _ in scale.values()])[which] if kept else marks
    high = np.array([high for _, _, high in scale.values()])[which] if kept else marks
    bad = np.flatnonzero(~((marks >= low) & (marks <= high)))
    if bad.size:
        record = kept[int(np.searchsorted(np.cumsum(lengths), bad[0], side="right"))]
        raise Refused(
            f"评分 {marks[bad[0]]:g} 不在量表 {record.instrument} 的范围内",
            where=f"marks:{record.seat}/{record.indicator or '总体'}/{record.group}",
            do=f"应在 {low[bad[0]]:g} 到 {high[bad[0]]:g} 之间",
            code="panel.mark_range",
        )
    return (marks - low) / (high - low) * 100.0


def _scales(
    instruments: Mapping[str, Instrument], used: Iterable[str], kept: Sequence[Marks]
) -> dict[str, tuple[int, float, float]]:
    found: dict[str, tuple[int, float, float]] = {}
    for at, code in enumerate(sorted(used)):
        scale = instruments.get(code)
        if scale is None:
            seat = next(r.seat for r in kept if r.instrument == code)
            raise Refused(
                f"制度中没有评分量表 {code}",
                where=f"marks:{seat}",
                do="请在制度包的量表中声明",
                code="panel.instrument",
            )
        found[code] = (at, scale.lowest, scale.highest)
    return found


def _groups(
    groups: Sequence[PanelGroup],
    strata: Sequence[StratumKey],
    cells: tuple[Floats, Ints],
    asked: Bools,
    shift: Floats,
) -> tuple[Floats, Ints, Floats, NDArray[np.uint8]]:
    """Group means over strata, counts, marks calibrated and shrunk, and whether each group counts."""
    mean, count = cells
    shape = (*mean.shape[:2], len(groups))
    means, marks = np.full(shape, np.nan), np.full(shape, np.nan)
    counts = np.zeros(shape, dtype=np.int64)
    status = np.full(shape, NOT_ASKED, dtype=np.uint8)
    for g, group in enumerate(groups):
        here = [at for at, key in enumerate(strata) if key.group == g]
        weights = [strata[at].weight for at in here]
        means[..., g] = weighted(mean[..., here], weights, count[..., here] > 0)
        counts[..., g] = count[..., here].sum(axis=-1)
        marks[..., g] = shrunk(calibrated(means[..., g], shift[:, None, g]), counts[..., g], group)
        enough = counts[..., g] >= max(1, group.minimum)
        state = np.where(enough, PRESENT, np.where(counts[..., g] > 0, TOO_FEW, ABSENT))
        status[..., g] = np.where(asked[..., g], state, NOT_ASKED)
    return means, counts, marks, status


def shrunk(mean: Floats, count: Ints, group: PanelGroup) -> Floats:
    """Draw a mean of few marks towards the group's prior.

    Clause: NORMS X6
    """
    if group.prior is None or group.strength <= 0.0:
        return mean
    share = count / (count + group.strength)
    return quantise(share * mean + (1.0 - share) * group.prior)
