"""Totals drawn from what is known, and every official's place in them: NumPy, the judge of the kernel."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hengjian.scoring.certainty.scores import Scores
from hengjian.scoring.certainty.weights import drawn_weights
from hengjian.scoring.facts import Floats, Ints

Small = NDArray[np.int32]

BLOCK = 256
BINS = 512
UNIT = 1e6


@dataclass(frozen=True)
class Ready:
    """The officials who have a total, in order of group, with all that a block of draws needs.

    Clause: SPEC D2
    Shapes: points, square, shared, present (n, k), 0 where a cell is missing; full, joined, card,
    centre, width, adjustment (n,); start (groups + 1,). ``full``: no cell of the card is missing;
    ``joined``: a common error stands behind the cells. ``centre`` and ``width`` place the bins in
    which totals are counted.
    """

    rows: Ints
    points: Floats
    square: Floats
    shared: Floats
    present: Floats
    full: np.ndarray
    joined: np.ndarray
    card: Ints
    adjustment: Floats
    start: Ints
    centre: Floats
    width: Floats
    weights: Floats
    room: Floats


@dataclass(frozen=True)
class Counts:
    """How often each official took each place: integers, so that blocks add up in any order.

    Clause: SPEC D2
    Shapes: place (n, largest group), last, last_three (n,), bins (n, BINS).
    """

    place: Small
    last: Small
    last_three: Small
    bins: Small

    @classmethod
    def none(cls, ready: Ready) -> "Counts":
        """Nothing counted yet.

        Clause: SPEC D2
        """
        n, most = ready.rows.size, int(np.diff(ready.start).max(initial=0))
        shapes = ((n, most), (n,), (n,), (n, BINS))
        return cls(*(np.zeros(shape, dtype=np.int32) for shape in shapes))

    def add(self, other: "Counts") -> None:
        """Count another's too.

        Clause: SPEC D2
        """
        for name in self.__dataclass_fields__:
            getattr(self, name)[...] += getattr(other, name)


def ready_of(scores: Scores) -> Ready:
    """Lay officials out for the draws.

    Clause: SPEC D2
    """
    centre = scores.totals()
    rows = np.flatnonzero(~np.isnan(centre))
    rows = rows[np.argsort(scores.group[rows], kind="stable")]
    held = scores.of(rows)
    present = held.present
    on_card = held.weights[held.card] > 0.0
    own = np.where(present, held.own, 0.0)
    shared = np.where(present, held.shared, 0.0)
    _, sizes = np.unique(held.group, return_counts=True)
    # no total lies farther out than six errors of all cells and what weights can move
    reach = 6.0 * np.sqrt((own**2).sum(axis=1) + (shared**2).max(axis=1, initial=0.0))
    points = np.where(present, held.points, 0.0)
    spread = np.abs(points - np.where(present, (centre[rows] - held.adjustment)[:, None], 0.0))
    weights = held.weights[held.card]
    moving = (held.room[held.card] * spread * present).sum(axis=1) / np.maximum(
        np.where(present, weights, 0.0).sum(axis=1), 1e-9
    )
    return Ready(
        rows=rows,
        points=points,
        square=own**2,
        shared=shared,
        present=present.astype(np.float64),
        full=np.asarray((present == on_card).all(axis=1)),
        joined=np.asarray((shared > 0.0).any(axis=1)),
        card=held.card,
        adjustment=held.adjustment,
        start=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        centre=centre[rows],
        width=np.maximum(2.0 * (reach + moving) / (BINS - 2), 1.0 / UNIT),
        weights=held.weights,
        room=held.room,
    )


def block_of(ready: Ready, seed: np.random.SeedSequence, many: int) -> tuple[Floats, Floats]:
    """The random figures of one block: weights of the cards, and a standard normal for each official.

    Clause: SPEC D2
    Shapes: weights (cards, k, many), normal (n, many).
    The total is linear in the cells, so at given weights the noise of all its cells together is one
    normal figure: nothing is lost by drawing that instead of each cell's.
    """
    draw = np.random.Generator(np.random.SFC64(seed))
    weights = drawn_weights(ready.weights, ready.room, many, draw)
    return weights, draw.standard_normal((ready.rows.size, many))


def totals_of(ready: Ready, weights: Floats, normal: Floats) -> Floats:
    """Totals of a block.

    Clause: SPEC A2, SPEC D2
    Shapes: weights (cards, k, many), normal (n, many); returns (n, many).
    """
    num, whole, square, joint = (np.zeros(normal.shape) for _ in range(4))
    for at in range(ready.points.shape[1]):
        weight = weights[ready.card, at]
        num = num + weight * ready.points[:, at, None]
        whole = whole + weight * ready.present[:, at, None]
        square = square + weight * weight * ready.square[:, at, None]
        joint = joint + weight * ready.shared[:, at, None]
    error = np.sqrt(square + joint * joint)
    return np.asarray((num + normal * error) / whole + ready.adjustment[:, None])


def counted(ready: Ready, weights: Floats, normal: Floats, counts: Counts) -> None:
    """Count places and totals of a block, in plain NumPy.

    Clause: SPEC D2
    """
    totals = totals_of(ready, weights, normal)
    keys = np.rint(totals * UNIT).astype(np.int64)
    for at in range(ready.start.size - 1):
        here = slice(int(ready.start[at]), int(ready.start[at + 1]))
        above, below, who = _places(np.ascontiguousarray(keys[here].T))
        who += here.start
        np.add.at(counts.place.reshape(-1), (who * counts.place.shape[1] + above).reshape(-1), 1)
        np.add.at(counts.last, who[below == 0], 1)
        np.add.at(counts.last_three, who[below < 3], 1)
    bins = np.clip(np.floor((totals - ready.centre[:, None]) / ready.width[:, None]) + BINS // 2, 0, BINS - 1)
    place = bins.astype(np.int64) + np.arange(keys.shape[0])[:, None] * BINS
    counts.bins[...] += np.bincount(place.reshape(-1), minlength=counts.bins.size).reshape(counts.bins.shape)


def _places(keys: Ints) -> tuple[Ints, Ints, Ints]:
    """How many stand strictly above and below, and whose figures these are, in rising order of key.

    Shapes: keys, and all that is returned, (draws, officials).
    """
    size = keys.shape[1]
    bits = size.bit_length()
    order = np.sort((keys << bits) | np.arange(size), axis=1)
    own, place = order >> bits, np.arange(size)
    fresh = np.ones(keys.shape, dtype=np.bool_)
    fresh[:, 1:] = own[:, 1:] != own[:, :-1]
    below = np.maximum.accumulate(np.where(fresh, place, 0), axis=1)
    ends = np.ones(keys.shape, dtype=np.bool_)
    ends[:, :-1] = fresh[:, 1:]
    upto = np.minimum.accumulate(np.where(ends, place + 1, size)[:, ::-1], axis=1)[:, ::-1]
    return size - upto, below, order & ((1 << bits) - 1)
