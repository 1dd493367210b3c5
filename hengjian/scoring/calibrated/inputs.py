"""Frozen rows of marks to columns for calibration: integers of one common step, sorted, on 0-100."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import lcm

import numpy as np

from hengjian.calibration.marks import Column, Ints, Marks
from hengjian.policy.model import Instrument
from hengjian.scoring.snapshot import Rated, Snapshot
from hengjian.terms.errors import Refused

OVERALL = "overall"  # the service of a mark that speaks of no single indicator


@dataclass(frozen=True)
class Inputs:
    """Marks with what calibration does not look at: their group and the official's unit.

    Clause: SPEC B3
    Shapes: group (n,) names; units one a name of ``marks.official``.
    """

    marks: Marks
    group: tuple[str, ...]
    units: tuple[str, ...]

    def where(self, kept: Ints) -> "Inputs":
        """Only these rows, with columns that hold no other name.

        Clause: SPEC B3
        Shapes: kept (m,) row numbers.
        """
        unit = dict(zip(self.marks.official.names, self.units, strict=True))
        marks = _recoded(self.marks.where(kept))
        return Inputs(
            marks, tuple(self.group[at] for at in kept.tolist()), tuple(unit[n] for n in marks.official.names)
        )


def inputs_of(
    snapshot: Snapshot, groups: Iterable[str], instruments: Mapping[str, Instrument]
) -> Inputs | None:
    """The marks of these groups, in an order that only they decide; None where there are none.

    Clause: SPEC B3, NORMS X8
    Raises: Refused when a row does not agree with the marks that are counted.
    """
    wanted = frozenset(groups)
    rows = sorted((row for row in snapshot.rated if row.group in wanted and row.marks), key=_order)
    if not rows:
        return None
    _agree(snapshot, rows)
    flat = [(row, mark) for row in rows for mark in sorted(row.marks)]
    value, step = _steps([_share(row, mark, instruments) for row, mark in flat])
    held = [row for row, _ in flat]
    home = {seat.id: seat.organisation for seat in snapshot.seats}
    official = Column.of([row.seat for row in held])
    marks = Marks(
        value=value,
        official=official,
        rater=Column.of([f"{row.rater:06d}" if row.rater else None for row in held]),
        group=Column.of([row.cell for row in held]),
        service=Column.of([row.indicator or OVERALL for row in held]),
        fixed={"channel": Column.of([row.group for row in held])},
        ties={tie: _tied(held, tie) for tie in sorted({tie for row in rows for tie in row.ties})},
        step=step,
    )
    return Inputs(marks, tuple(row.group for row in held), tuple(home[name] for name in official.names))


def _order(row: Rated) -> tuple[object, ...]:
    return (row.seat, row.indicator, row.group, row.stratum, row.instrument, row.cell, row.rater, row.ties,
            tuple(sorted(row.marks)))  # fmt: skip


def _tied(rows: Sequence[Rated], tie: str) -> Ints:
    return np.array([tie in row.ties for row in rows], dtype=np.int64)


def _agree(snapshot: Snapshot, rows: Sequence[Rated]) -> None:
    """What is calibrated must be among what is counted; a few anonymous marks may be left out of it."""
    counted: dict[tuple[str, str, str, str, str], list[float]] = {}
    for marks in snapshot.marks:
        key = (marks.seat, marks.indicator, marks.group, marks.stratum, marks.instrument)
        counted.setdefault(key, []).extend(marks.marks)
    rated: dict[tuple[str, str, str, str, str], list[float]] = {}
    for row in rows:
        key = (row.seat, row.indicator, row.group, row.stratum, row.instrument)
        rated.setdefault(key, []).extend(row.marks)
    for key, marks_here in sorted(rated.items()):
        if Counter(marks_here) - Counter(counted.get(key, [])):
            raise Refused(
                "用于校准的评分与计分的评分不一致",
                where=f"rated:{key[0]}/{key[1] or '总体'}/{key[2]}",
                do="快照可能被改动，请向发布单位重新索取",
                code="calibration.rows",
            )


def _share(row: Rated, mark: float, instruments: Mapping[str, Instrument]) -> Fraction:
    scale = instruments.get(row.instrument)
    if scale is None or not scale.lowest <= mark <= scale.highest:
        raise Refused(
            f"评分 {mark:g} 不在量表 {row.instrument} 的范围内",
            where=f"rated:{row.seat}/{row.indicator or '总体'}/{row.group}",
            do="请核对评分与制度包的量表",
            code="panel.mark_range",
        )
    low, high = _exact(scale.lowest), _exact(scale.highest)
    return (_exact(mark) - low) / (high - low)


def _exact(value: float) -> Fraction:
    return Fraction(Decimal(repr(float(value))))


def _steps(shares: Sequence[Fraction]) -> tuple[Ints, float]:
    """Shares of the scale as whole numbers of the largest step that holds them all, and that step."""
    whole = lcm(*{share.denominator for share in shares})
    return np.array([int(share * whole) for share in shares], dtype=np.int64), 100.0 / whole


def _recoded(marks: Marks) -> Marks:
    def again(column: Column) -> Column:
        return Column.of([column.names[code] if code >= 0 else None for code in column.codes.tolist()])

    return Marks(
        value=marks.value,
        official=again(marks.official),
        rater=again(marks.rater),
        group=None if marks.group is None else again(marks.group),
        service=None if marks.service is None else again(marks.service),
        fixed={name: again(column) for name, column in marks.fixed.items()},
        ties=marks.ties,
        step=marks.step,
    )
