"""Whether marks of different units hang together, so that leniency can be told from merit."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from hengjian.calibration.errors import NotComparable
from hengjian.calibration.marks import Column, Floats, Ints, Marks

AIM = 0.05
LEAST = 0.01


@dataclass(frozen=True)
class Linking:
    """How units are linked by marks given across them.

    Clause: SPEC B3, NORMS X8

    A mark is bridging when its source (the rater's group, or the rater where there are no groups)
    gives most of its marks to another unit than that of the official marked. ``part`` numbers the
    parts that hang together, ``share_of`` is each unit's share of bridging marks among those that
    it received or its own sources gave elsewhere.
    Shapes: part, share_of (units,).
    """

    units: tuple[str, ...]
    share: float
    share_of: Floats
    part: Ints
    aim: float = AIM

    @property
    def reaches_aim(self) -> bool:
        """Whether the share of bridging marks reaches what is aimed at."""
        return self.share >= self.aim

    @property
    def parts(self) -> tuple[tuple[str, ...], ...]:
        """Units of each part."""
        found: dict[int, list[str]] = {}
        for unit, part in zip(self.units, self.part.tolist(), strict=True):
            found.setdefault(part, []).append(unit)
        return tuple(tuple(names) for names in found.values())

    def require(self, least: float = LEAST) -> None:
        """Refuse a common rank where units are not linked, or by too few marks.

        Clause: NORMS X8
        Raises: NotComparable with the share and the parts.
        """
        if len(self.units) < 2:
            return
        worst = min(self.share, float(self.share_of.min()))
        if len(self.parts) > 1 or worst < least:
            raise NotComparable(worst, least, self.parts)


def linking_of(marks: Marks, units: Sequence[str], aim: float = AIM) -> Linking:
    """Count bridging marks; ``units`` names the home unit of each official, in the order of the column.

    Clause: SPEC B3, NORMS X8
    An anonymous mark without a group links nothing: nobody knows where its source marks otherwise.
    """
    home = Column.of(units)
    unit = home.codes[marks.official.codes]
    source, sources = _sources(marks)
    table = sparse.coo_matrix((np.ones(unit.size), (source, unit)), shape=(sources, len(home))).tocsr()
    table.sum_duplicates()
    main = np.asarray(table.argmax(axis=1)).reshape(-1)
    crossing = main[source] != unit
    received = np.bincount(unit, minlength=len(home))
    inward = np.bincount(unit[crossing], minlength=len(home))
    outward = np.bincount(main[source][crossing], minlength=len(home))
    graph = sparse.bmat([[None, table], [table.T, None]], format="csr")
    _, label = connected_components(graph, directed=False)
    touched = np.maximum(received + outward, 1)
    return Linking(
        units=home.names,
        share=float(crossing.mean()),
        share_of=(inward + outward) / touched,
        part=np.unique(label[sources:], return_inverse=True)[1].astype(np.int64),
        aim=aim,
    )


def _sources(marks: Marks) -> tuple[Ints, int]:
    if marks.group is not None:
        return marks.group.codes, len(marks.group)
    source = marks.rater.codes.copy()
    lone = np.flatnonzero(source < 0)
    source[lone] = len(marks.rater) + np.arange(lone.size)
    return source, len(marks.rater) + lone.size
