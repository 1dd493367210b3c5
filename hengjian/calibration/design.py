"""Marks counted into integers: all that the mixed-model equations need, in any order of rows."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from hengjian.calibration.marks import Floats, Ints, Marks

Codes = NDArray[np.int32]
LIGHT, HEAVY = 32, 160
AT_ONCE = 1 << 24
PART = 1 << 20
PORTION = 256


@dataclass(frozen=True)
class Term:
    """One term of the model and where its levels stand among the dense levels.

    Clause: SPEC B3
    """

    name: str
    random: bool
    start: int
    stop: int

    @property
    def at(self) -> slice:
        """Its levels."""
        return slice(self.start, self.stop)

    @property
    def size(self) -> int:
        """How many levels."""
        return self.stop - self.start


@dataclass(frozen=True)
class Pairs:
    """How often two dense levels meet in marks of raters who gave ``n`` marks; upper triangle.

    Clause: SPEC B3
    Shapes: place (m,) row x width + column; count (m,).
    """

    n: int
    place: NDArray[Any]
    count: NDArray[Any]

    def parts(self) -> Iterator[slice]:
        """Slices of bounded size, so that work on many pairs needs little memory.

        Clause: SPEC B3
        """
        for start in range(0, self.place.size, PART):
            yield slice(start, start + PART)


@dataclass(frozen=True)
class Heavy:
    """Raters with so many marks that a dense row is cheaper than pairs.

    Clause: SPEC B3
    Shapes: n (h,); rows (h, width).
    """

    n: Floats
    rows: Floats

    def parts(self) -> Iterator["Heavy"]:
        """Portions of bounded size.

        Clause: SPEC B3
        """
        for start in range(0, self.n.size, PORTION):
            yield Heavy(self.n[start : start + PORTION], self.rows[start : start + PORTION])


@dataclass(frozen=True)
class Design:
    """Counts and sums of integers that stand for the marks.

    Clause: SPEC B3
    Shapes: levels (w, w) counts; seen (raters, w) counts; n, rater_sum (raters,); level_sum (w,).
    ``centre`` was taken off every mark before summing; ``square`` is the sum of squares after that.
    Everything is an integer held exactly, so the order of rows cannot matter.
    """

    terms: tuple[Term, ...]
    marks: int
    centre: int
    square: float
    levels: sparse.csr_matrix
    seen: sparse.csr_matrix
    n: Floats
    rater_sum: Floats
    level_sum: Floats
    rater_names: tuple[str, ...]

    @property
    def width(self) -> int:
        """How many dense levels: everything but the raters."""
        return self.terms[-1].stop

    @property
    def random(self) -> tuple[Term, ...]:
        """The terms with a variance, raters left out."""
        return tuple(term for term in self.terms if term.random)

    def term(self, name: str) -> Term | None:
        """The term of this name, if the model has it.

        Clause: SPEC B3
        """
        return next((term for term in self.terms if term.name == name), None)

    @cached_property
    def heavy(self) -> NDArray[np.bool_]:
        """Which raters are kept as dense rows."""
        return np.asarray(np.diff(self.seen.indptr) > max(LIGHT, min(self.width // 16, HEAVY)))

    @cached_property
    def counted(self) -> Pairs:
        """Pairs of levels over all marks."""
        return _pairs(0, sparse.triu(self.levels, format="csr"), self.width)

    @cached_property
    def classes(self) -> tuple[Pairs, ...]:
        """Pairs of levels over the raters who gave 1, 2, ... marks; light raters only."""
        return tuple(self._classes())

    def _classes(self) -> Iterator[Pairs]:
        light = np.flatnonzero(~self.heavy)
        ordered = light[np.argsort(self.n[light], kind="stable")]
        sizes, starts = np.unique(self.n[ordered], return_index=True)
        for size, rows in zip(sizes.tolist(), np.split(ordered, starts[1:]), strict=True):
            for part in self._portions(rows):
                met = sparse.triu(part.T.tocsr() @ part, format="csr")
                yield _pairs(int(size), met, self.width)

    def _portions(self, rows: NDArray[Any]) -> Iterator[sparse.csr_matrix]:
        """Raters in portions whose pairs fit in little memory."""
        many = np.cumsum(np.diff(self.seen.indptr)[rows].astype(np.int64) ** 2)
        for portion in np.split(rows, np.flatnonzero(np.diff(many // AT_ONCE)) + 1):
            yield self.seen[portion].astype(np.float32)

    @cached_property
    def dense(self) -> Heavy:
        """The heavy raters."""
        rows = np.flatnonzero(self.heavy)
        return Heavy(self.n[rows], self.seen[rows].toarray())


def _pairs(n: int, met: Any, width: int) -> Pairs:
    met.sort_indices()
    kind = np.int32 if width * width < 2**31 else np.int64
    rows: NDArray[Any] = np.repeat(np.arange(width, dtype=kind), np.diff(met.indptr))
    rows *= width
    rows += met.indices
    smallest = np.min_scalar_type(int(met.data.max(initial=0)))  # most counts fit in a byte
    return Pairs(n, rows, met.data.astype(smallest))


def design_of(marks: Marks) -> Design:
    """Count the marks.

    Clause: SPEC B3, NORMS X8
    The first level of a fixed column is the reference and has no column of its own.
    """
    placed, terms = layout(marks)
    centre = int(np.rint(marks.value.mean()))
    value = marks.value - centre
    rater, names = raters_of(marks)
    width = terms[-1].stop
    seen = _seen(rater, placed, (len(names), width))
    level_sum = np.zeros(width)
    for at in placed:
        kept = at >= 0
        level_sum += np.bincount(at[kept], weights=value[kept], minlength=width)
    return Design(
        terms=terms,
        marks=marks.size,
        centre=centre,
        square=float(int(np.dot(value, value))),
        levels=_met(placed, terms),
        seen=seen,
        n=np.bincount(rater, minlength=len(names)).astype(np.float64),
        rater_sum=np.bincount(rater, weights=value, minlength=len(names)).astype(np.float64),
        level_sum=level_sum,
        rater_names=names,
    )


def layout(marks: Marks) -> tuple[list[Codes], tuple[Term, ...]]:
    """Where each mark stands in each term (-1 for none), and the terms.

    Clause: SPEC B3
    Shapes: each (n,).
    """
    codes: list[Codes] = []
    terms: list[Term] = []

    def add(name: str, column: Ints, size: int, *, random: bool) -> None:
        start = terms[-1].stop if terms else 0
        if size:
            codes.append(np.where(column < 0, -1, column + start).astype(np.int32))
            terms.append(Term(name, random, start, start + size))

    add("level", np.zeros(marks.size, dtype=np.int64), 1, random=False)
    for name, fixed in marks.fixed.items():
        add(name, fixed.codes - 1, len(fixed) - 1, random=False)
    for name, tie in marks.ties.items():
        add(name, (tie != 0).astype(np.int64) - 1, int(bool(tie.any())), random=False)
    for name, column in (("service", marks.service), ("group", marks.group), ("official", marks.official)):
        if column is not None and len(column) > 1:
            add(name, column.codes, len(column), random=True)
    return codes, tuple(terms)


def raters_of(marks: Marks) -> tuple[Ints, tuple[str, ...]]:
    """Give each mark of an unknown rater a rater of its own, in an order that rows do not decide.

    Clause: SPEC B3, SPEC B4
    Shapes: codes (n,), names (raters,).
    """
    rater: Ints = marks.rater.codes.copy()
    lone = np.flatnonzero(rater < 0)
    if not lone.size:
        return rater, marks.rater.names
    keys = [marks.value[lone], *(column[lone] for column in marks.columns().values())]
    rater[lone[np.lexsort(keys)]] = len(marks.rater) + np.arange(lone.size)
    return rater, (*marks.rater.names, *[""] * lone.size)


def _seen(rater: Ints, placed: list[Codes], shape: tuple[int, int]) -> sparse.csr_matrix:
    seen = sparse.csr_matrix(shape)
    for at in placed:  # term by term: least memory
        kept = np.flatnonzero(at >= 0)
        ones = np.ones(kept.size, dtype=np.float32)
        # csr of a coo: duplicates are summed and columns sorted, whatever the order of rows
        part = sparse.coo_matrix((ones, (rater[kept].astype(np.int32), at[kept])), shape=shape).tocsr()
        part.sum_duplicates()
        seen = part if seen.nnz == 0 else seen + part
    seen.sort_indices()
    return seen.astype(np.float64)


def _met(placed: list[Codes], terms: tuple[Term, ...]) -> sparse.csr_matrix:
    blocks: list[list[Any]] = [[None] * len(terms) for _ in terms]
    for i, (one, row) in enumerate(zip(placed, terms, strict=True)):
        for j, (other, column) in enumerate(zip(placed, terms, strict=True)):
            if j < i:
                blocks[i][j] = blocks[j][i].T.tocsr()
                continue
            kept = (one >= 0) & (other >= 0)
            key = (one[kept] - row.start).astype(np.int64) * column.size + (other[kept] - column.start)
            blocks[i][j] = _table(key, row.size, column.size)
    met = sparse.bmat(blocks, format="csr")
    met.sort_indices()
    return met


def _table(key: Ints, rows: int, columns: int) -> sparse.csr_matrix:
    if rows * columns <= max(10**6, 4 * key.size):
        found = np.bincount(key, minlength=rows * columns)
        places = np.flatnonzero(found)
        counts = found[places]
    else:
        places, counts = np.unique(key, return_counts=True)
    shape = (rows, columns)
    at = (places // columns, places % columns)
    return sparse.csr_matrix((counts.astype(np.float64), at), shape=shape)
