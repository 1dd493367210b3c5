"""The marks that are calibrated: integer codes in columns, one row a mark."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hengjian.terms.errors import Refused

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
ANONYMOUS = -1
LARGEST = 2**53


@dataclass(frozen=True)
class Column:
    """One column of codes with the names that the codes stand for, in sorted order.

    Clause: SPEC B3
    Shapes: codes (n,), from 0 to len(names) - 1, or -1 for none.
    """

    names: tuple[str, ...]
    codes: Ints

    @classmethod
    def of(cls, labels: Sequence[str | None] | NDArray[Any]) -> "Column":
        """Code labels in sorted order, so that codes do not depend on the order of rows.

        Clause: SPEC B3
        """
        given = np.asarray(["" if label is None else str(label) for label in labels], dtype=np.str_)
        names, codes = np.unique(given, return_inverse=True)
        codes = codes.astype(np.int64)
        if names.size and not names[0]:
            names, codes = names[1:], codes - 1
        return cls(tuple(names.tolist()), codes)

    @classmethod
    def numbered(cls, codes: NDArray[Any], size: int | None = None) -> "Column":
        """Take codes that are numbers already; the names are the numbers.

        Clause: SPEC B3
        """
        width = int(codes.max(initial=-1)) + 1 if size is None else size
        return cls(tuple(map(str, range(width))), np.asarray(codes, dtype=np.int64))

    def __len__(self) -> int:
        return len(self.names)


@dataclass(frozen=True)
class Marks:
    """Marks on one scale: who was marked, by whom, from which group, on what, and how much.

    Clause: SPEC B3, NORMS X8

    ``value`` is an integer number of ``step``s of the instrument, so that sums are exact. ``rater`` is
    -1 where nobody can know the rater; ``group`` is the rater's home unit and channel together;
    ``fixed`` holds conditions (channel, period) whose effects are estimated and removed, ``ties``
    recorded relations between rater and official, 1 where there is one.
    Shapes: every column (n,).
    """

    value: Ints
    official: Column
    rater: Column
    group: Column | None = None
    service: Column | None = None
    fixed: Mapping[str, Column] = field(default_factory=dict)
    ties: Mapping[str, Ints] = field(default_factory=dict)
    step: float = 1.0

    def __post_init__(self) -> None:
        n = self.value.size
        if n == 0:
            raise Refused("没有可校准的评分", do="请先完成评分", code="calibration.no_marks")
        for name, codes in self.columns().items():
            if codes.shape != (n,):
                raise Refused(f"“{name}”一列的长度与评分数不符", where=name, code="calibration.length")
        for name in ("official", "group", "service", *self.fixed):
            if name in self.columns() and int(self.columns()[name].min()) < 0:
                raise Refused(f"“{name}”一列有缺失", where=name, do="请补全后再校准", code="calibration.gap")
        most = int(np.abs(self.value).max())
        if most and n > LARGEST // (most * most):
            raise Refused("评分数值过大，不能精确求和", do="请改用较大的计分单位", code="calibration.range")

    @property
    def size(self) -> int:
        """How many marks."""
        return int(self.value.size)

    def columns(self) -> dict[str, Ints]:
        """All columns of codes by name.

        Clause: SPEC B3
        """
        named = {"official": self.official.codes, "rater": self.rater.codes}
        if self.group is not None:
            named["group"] = self.group.codes
        if self.service is not None:
            named["service"] = self.service.codes
        return named | {k: c.codes for k, c in self.fixed.items()} | dict(self.ties)

    def where(self, kept: NDArray[Any]) -> "Marks":
        """Only these rows; codes and names stay as they are.

        Clause: SPEC B3
        Shapes: kept (n,) of bool, or row numbers.
        """

        def cut(column: Column) -> Column:
            return Column(column.names, column.codes[kept])

        return Marks(
            value=self.value[kept],
            official=cut(self.official),
            rater=cut(self.rater),
            group=None if self.group is None else cut(self.group),
            service=None if self.service is None else cut(self.service),
            fixed={name: cut(column) for name, column in self.fixed.items()},
            ties={name: codes[kept] for name, codes in self.ties.items()},
            step=self.step,
        )

    def points(self) -> Floats:
        """The marks in points.

        Clause: SPEC B2
        Shapes: returns (n,).
        """
        return np.asarray(self.value * self.step, dtype=np.float64)
