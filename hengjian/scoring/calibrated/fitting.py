"""From a snapshot to its calibration table: estimate, freeze the variances, solve with the frozen ones.

Variances are found by iteration and agree between machines to about nine digits only. So they are
quantised first and everything else is solved at the quantised ones: what is published can be refitted
elsewhere to the last digit shown.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from hengjian.calibration.aggregates import SideBySide, side_by_side
from hengjian.calibration.fitting import Method, fit
from hengjian.calibration.linking import Linking, linking_of
from hengjian.calibration.reml import Components
from hengjian.calibration.results import Calibration
from hengjian.policy.model import Instrument, PanelGroup
from hengjian.scoring.calibrated.inputs import Inputs, inputs_of
from hengjian.scoring.calibrated.parts import Part, parts_of
from hengjian.scoring.calibrated.rule import CalibrationRule
from hengjian.scoring.calibrated.table import (
    CalibrationTable,
    GroupRow,
    PartRow,
    SeatRow,
    SeverityRow,
    Standing,
)
from hengjian.scoring.snapshot import Snapshot
from hengjian.terms.errors import Refused
from hengjian.terms.numbers import quantise_one

KEPT = 8


@dataclass(frozen=True)
class Fitted:
    """One part with its fit, which is None where nothing could be estimated.

    Clause: SPEC B3
    """

    part: Part
    whole: Linking
    found: Calibration | None
    reason: str = ""


@dataclass(frozen=True)
class _Panel:
    """What is needed beside the marks, comparable by value so that a fit is made once."""

    rule: CalibrationRule
    groups: tuple[PanelGroup, ...]
    instruments: tuple[tuple[str, Instrument], ...]


def calibrated_of(
    snapshot: Snapshot,
    rule: CalibrationRule | None,
    groups: Sequence[PanelGroup],
    instruments: Mapping[str, Instrument],
    peers: Mapping[str, str],
) -> CalibrationTable | None:
    """The calibration table of a snapshot, None where nothing is to be calibrated.

    Clause: SPEC B3, NORMS X8
    Policy: calibration.groups
    ``peers`` names each seat's comparable group.
    """
    if rule is None or not snapshot.rated:
        return None
    panel = _Panel(rule, tuple(groups), tuple(sorted(instruments.items())))
    narrow = Snapshot(snapshot.cycle, (), snapshot.seats, marks=snapshot.marks, rated=snapshot.rated)
    return _table(narrow, panel, tuple(sorted(peers.items())))


def fits_of(
    snapshot: Snapshot, rule: CalibrationRule | None, groups: Sequence[PanelGroup],
    instruments: Mapping[str, Instrument],
) -> tuple[Fitted, ...]:  # fmt: skip
    """The fits behind a table, with joint covariances, part by part.

    Clause: SPEC D2
    """
    if rule is None or not snapshot.rated:
        return ()
    narrow = Snapshot(snapshot.cycle, (), snapshot.seats, marks=snapshot.marks, rated=snapshot.rated)
    return _fits(narrow, _Panel(rule, tuple(groups), tuple(sorted(instruments.items()))))


@lru_cache(maxsize=KEPT)
def _fits(snapshot: Snapshot, panel: _Panel) -> tuple[Fitted, ...]:
    inputs = inputs_of(snapshot, panel.rule.fitted, dict(panel.instruments))
    if inputs is None:
        return ()
    whole, method = linking_of(inputs.marks, inputs.units, panel.rule.aim), panel.rule.method()
    return tuple(Fitted(part, whole, *_fitted(part, method)) for part in parts_of(inputs, panel.rule))


def _fitted(part: Part, method: Method) -> tuple[Calibration | None, str]:
    """The fit of a part, or None and why there is none."""
    marks = part.inputs.marks
    if part.link == "within":  # one unit: its cells and the channels are the same thing
        marks = replace(marks, group=None)
    try:
        first = fit(marks, method=method)
        frozen = Components(
            variance={name: quantise_one(v) / marks.step**2 for name, v in first.components.variance.items()},
            error_of=first.components.error_of,
            criterion=first.components.criterion,
            rounds=first.components.rounds,
        )
        if not frozen.variance["error"] > 0.0:
            return None, "评分之间没有随机差异"
        found = fit(marks, method=replace(method, components=frozen))
    except Refused as refused:
        return None, refused.what
    return replace(found, components=first.components), ""


@lru_cache(maxsize=KEPT)
def _table(snapshot: Snapshot, panel: _Panel, peers: tuple[tuple[str, str], ...]) -> CalibrationTable | None:
    fits = _fits(snapshot, panel)
    if not fits:
        return None
    parts, seats, groups, severities = [], [], [], []
    for number, one in enumerate(fits, start=1):
        sources = _severities(number, one)
        parts.append(_part(number, one, panel.rule))
        seats += _seats(number, one, panel.rule)
        groups += _groups(one, panel, sources)
        severities += sources
    return CalibrationTable(
        parts=tuple(parts),
        seats=tuple(sorted(_ranked(seats, dict(peers)), key=lambda row: row.seat)),
        groups=tuple(sorted(groups, key=lambda row: (row.seat, row.group))),
        severities=tuple(sorted(severities, key=lambda row: (row.part, row.kind, row.name))),
    )


def _some(value: float) -> float | None:
    return quantise_one(value) if math.isfinite(value) else None


def _part(number: int, one: Fitted, rule: CalibrationRule) -> PartRow:
    part, found = one.part, one.found
    held = found.components if found else None
    return PartRow(
        part=number,
        units=part.units,
        seats=len(part.inputs.marks.official),
        marks=part.inputs.marks.size,
        link=part.link if found else "none",
        share=quantise_one(part.linking.share),
        least_of_unit=quantise_one(float(part.linking.share_of.min())),
        whole=quantise_one(one.whole.share),
        whole_least_of_unit=quantise_one(float(one.whole.share_of.min())),
        aim=rule.aim,
        least=rule.least,
        overall=_some(found.overall) if found else None,
        k=_some(found.k) if found else None,
        variance={name: quantise_one(v) for name, v in sorted(held.variance.items())} if held else {},
        error_of={name: _some(v) for name, v in sorted(held.error_of.items())} if held else {},
        reason=one.reason,
    )


def _seats(number: int, one: Fitted, rule: CalibrationRule) -> list[SeatRow]:
    marks, found = one.part.inputs.marks, one.found
    plain = np.bincount(marks.official.codes, weights=marks.value)
    counts = np.bincount(marks.official.codes)
    rows = []
    for at, seat in enumerate(marks.official.names):
        rows.append(
            SeatRow(
                seat=seat,
                part=number,
                standing=_standing(one, at, rule),
                n=int(counts[at]),
                raw=quantise_one(float(plain[at] / counts[at]) * marks.step),
                **_figures(found, at),
                rank=None,
                of=0,
            )
        )
    return rows


FIGURES = ("leniency", "service", "conditions", "adjusted", "published", "effect", "error", "weight",
           "reliability")  # fmt: skip


def _figures(found: Calibration | None, at: int) -> dict[str, float | None]:
    if found is None:
        return dict.fromkeys(FIGURES)
    return {name: _some(float(getattr(found.officials, name)[at])) for name in FIGURES}


def _standing(one: Fitted, at: int, rule: CalibrationRule) -> Standing:
    if one.found is None:
        return "none"
    if one.part.link == "within":
        return "apart"
    # what is compared is what is published
    reliable = quantise_one(float(one.found.officials.reliability[at])) >= rule.reliability
    return "ranked" if reliable else "unreliable"


def _ranked(rows: Sequence[SeatRow], peers: Mapping[str, str]) -> list[SeatRow]:
    """Ranks inside each part and comparable group; ties share the best rank."""
    held: dict[tuple[int, str], list[float]] = {}
    for row in rows:
        if row.standing == "ranked" and row.published is not None:
            held.setdefault((row.part, peers.get(row.seat, "")), []).append(row.published)
    found = []
    for row in rows:
        among = held.get((row.part, peers.get(row.seat, "")), [])
        rank = None
        if row.standing == "ranked" and row.published is not None:
            rank = 1 + sum(other > row.published for other in among)
        found.append(replace(row, rank=rank, of=len(among)))
    return found


def _severities(number: int, one: Fitted) -> list[SeverityRow]:
    found, marks = one.found, one.part.inputs.marks
    if found is None:
        return []
    rows = [
        SeverityRow(number, "rater", name, int(n), quantise_one(float(far)))
        for name, n, far in zip(found.raters.names, found.raters.n, found.raters.leniency, strict=True)
        if name
    ]
    columns = (("cell", found.raters.group, marks.group), ("service", found.raters.service, marks.service))
    for kind, effects, column in columns:
        counts = np.bincount(column.codes) if column is not None else np.zeros(0)
        rows += [
            SeverityRow(number, kind, name, int(counts[at]), quantise_one(effects[name]))  # type: ignore[arg-type]
            for at, name in enumerate(column.names if column is not None else ())
            if name in effects
        ]
    rows += [
        SeverityRow(number, "tie", tie.name, int(marks.ties[tie.name].sum()), quantise_one(tie.effect),
                    _some(tie.error))
        for tie in found.ties
    ]  # fmt: skip
    return rows


def _groups(one: Fitted, panel: _Panel, sources: Sequence[SeverityRow]) -> list[GroupRow]:
    """The calibrated groups' marks of every official of a part."""
    lenient: dict[tuple[str, str], float] = {(row.kind, row.name): row.leniency for row in sources}
    marks, rows = one.part.inputs.marks, []
    each = _leniency(one.part.inputs, lenient)
    for group in panel.groups:
        here = np.flatnonzero(np.array(one.part.inputs.group) == group.code)
        if group.code not in panel.rule.groups or not here.size:
            continue
        beside = side_by_side(marks.where(here), group.trim / 100.0)
        official = marks.official.codes[here]
        # bincount adds in the order of the rows, which the marks decide: the same bits everywhere
        total = np.bincount(official, weights=each[here], minlength=len(marks.official))
        for at in np.flatnonzero(beside.n).tolist():
            far = quantise_one(float(total[at] / beside.n[at]))
            rows.append(_group(beside, at, group.code, far, panel.rule))
    return rows


def _leniency(inputs: Inputs, lenient: Mapping[tuple[str, str], float]) -> np.ndarray:
    """How much higher each mark is than its official and subject explain: rater, cell and ties."""
    marks = inputs.marks
    rater = np.array([0.0, *(lenient.get(("rater", name), 0.0) for name in marks.rater.names)])
    found = rater[marks.rater.codes + 1]
    if marks.group is not None:
        cell = np.array([lenient.get(("cell", name), 0.0) for name in marks.group.names])
        found = found + cell[marks.group.codes]
    for name, column in marks.ties.items():
        found = found + column * lenient.get(("tie", name), 0.0)
    return np.asarray(found)


def _group(beside: SideBySide, at: int, group: str, leniency: float, rule: CalibrationRule) -> GroupRow:
    shift = min(max(leniency, -rule.bound), rule.bound)
    trimmed, influence = quantise_one(float(beside.trimmed[at])), _some(float(beside.influence[at]))
    return GroupRow(
        seat=beside.names[at],
        group=group,
        n=int(beside.n[at]),
        mean=quantise_one(float(beside.mean[at])),
        median=quantise_one(float(beside.median[at])),
        trimmed=trimmed,
        calibrated=quantise_one(min(max(trimmed - shift, 0.0), 100.0)),
        leniency=leniency,
        shift=shift,
        bounded=shift != leniency,
        influence=influence,
        dominated=influence is None or influence > rule.single,
    )
