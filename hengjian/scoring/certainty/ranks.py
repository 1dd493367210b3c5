"""How sure each score and each rank is: intervals, and the chance of truly being last."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from hengjian.scoring.certainty.draws import BINS, BLOCK, Counts, Ready, block_of, counted, ready_of
from hengjian.scoring.certainty.scores import Scores
from hengjian.scoring.engine.scoring import Engine
from hengjian.scoring.facts import Floats, Ints
from hengjian.terms.errors import Refused

MOST = 32_000  # places are counted in 16 bits

Count = Callable[[Ready, Floats, Floats, Counts], None]


@dataclass(frozen=True)
class Certainty:
    """Where each official stands inside the comparable group, and how far that is sure.

    Clause: SPEC D2, NORMS L20
    Shapes: all (n,) in the order of the scores; rank 1 is best, 0 for an official without a total.
    ``low`` and ``high`` hold the true rank with probability ``level``, ``least`` and ``most`` the
    true total. ``last`` is the probability of truly being last, ``last_three`` of being among the
    last three. ``seed`` gives the same bits again, whatever the number of threads.
    """

    rank: Ints
    of: Ints
    low: Ints
    high: Ints
    total: Floats
    least: Floats
    most: Floats
    last: Floats
    last_three: Floats
    draws: int
    seed: int
    level: float


def certainty_of(
    scores: Scores,
    *,
    draws: int,
    seed: int,
    level: float = 0.90,
    engine: Engine = "reference",
    threads: int = 1,
) -> Certainty:
    """Draw totals from the errors of the cells and the ranges of the weights, and rank every draw.

    Clause: SPEC D2, NORMS L20
    Policy: uncertainty.draws
    Draws come in blocks with seeds of their own and are counted in integers: the same bits for any
    number of threads and for both engines.
    Raises: Refused without draws, or for more officials in one group than 32,000.
    """
    if draws < 1:
        raise Refused("抽样次数应为正数", code="certainty.draws")
    ready = ready_of(scores)
    if np.diff(ready.start).max(initial=0) > MOST:
        raise Refused("可比组人数过多", do="请按可比组分别计算", code="certainty.group")
    count = _counting(engine)
    blocks = list(enumerate(np.random.SeedSequence(seed).spawn(-(-draws // BLOCK))))

    def part(mine: list[tuple[int, np.random.SeedSequence]]) -> Counts:
        found = Counts.none(ready)
        for at, own in mine:
            weights, normal = block_of(ready, own, min(BLOCK, draws - at * BLOCK))
            count(ready, weights, normal, found)
        return found

    if threads == 1:
        whole = part(blocks)
    else:
        with ThreadPoolExecutor(threads) as pool:
            parts = list(pool.map(part, [blocks[at::threads] for at in range(threads)]))
        whole = parts[0]
        for other in parts[1:]:
            whole.add(other)
    return _read(scores, ready, whole, (draws, seed, level))


def _counting(engine: Engine) -> Count:
    if engine == "reference":
        return counted
    from hengjian.scoring.engine.kernel import numba_or_refuse

    numba_or_refuse()
    from hengjian.scoring.certainty import draw_loops

    def count(ready: Ready, weights: Floats, normal: Floats, counts: Counts) -> None:
        names = ("points", "square", "shared", "present", "full", "joined", "card", "adjustment", "start",
                 "centre", "width")  # fmt: skip
        given = tuple(getattr(ready, name) for name in names)
        draw_loops.run_block(
            given, weights, normal, (counts.place, counts.last, counts.last_three, counts.bins)
        )

    return count


def _read(scores: Scores, ready: Ready, counts: Counts, how: tuple[int, int, float]) -> Certainty:
    draws, seed, level = how
    tail = (1.0 - level) / 2.0
    share = np.cumsum(counts.place, axis=1) / draws
    # in integers: the first place at which more than the tail has been counted
    low, high = (share <= tail).sum(axis=1) + 1, (share < 1.0 - tail).sum(axis=1) + 1
    totals = scores.totals()
    rank, of = np.zeros(scores.size, dtype=np.int64), np.zeros(scores.size, dtype=np.int64)
    keys = np.rint(totals[ready.rows] * 1e6)
    for at in range(ready.start.size - 1):
        here = slice(int(ready.start[at]), int(ready.start[at + 1]))
        order = np.sort(keys[here])
        rank[ready.rows[here]] = order.size - np.searchsorted(order, keys[here], side="right") + 1
        of[ready.rows[here]] = order.size
    least, most = _ends(ready, counts, draws, tail)
    return Certainty(
        rank=rank,
        of=of,
        low=_spread(low, ready, scores.size, 0),
        high=_spread(high, ready, scores.size, 0),
        total=totals,
        least=_spread(least, ready, scores.size, np.nan),
        most=_spread(most, ready, scores.size, np.nan),
        last=_spread(counts.last / draws, ready, scores.size, np.nan),
        last_three=_spread(counts.last_three / draws, ready, scores.size, np.nan),
        draws=draws,
        seed=seed,
        level=level,
    )


def _ends(ready: Ready, counts: Counts, draws: int, tail: float) -> tuple[Floats, Floats]:
    """Both ends of the totals' intervals, by counting bins and sharing out inside one."""
    upto = np.cumsum(counts.bins, axis=1)

    def at(share: float) -> Floats:
        wanted = share * draws
        place = np.minimum((upto < wanted).sum(axis=1), BINS - 1)
        rows = np.arange(place.size)
        inside = np.maximum(counts.bins[rows, place], 1)
        part = (wanted - (upto[rows, place] - counts.bins[rows, place])) / inside
        return np.asarray(ready.centre + (place - BINS // 2 + np.clip(part, 0.0, 1.0)) * ready.width)

    sure = ready.width <= 1e-6  # nothing is drawn: no error and no room
    return np.where(sure, ready.centre, at(tail)), np.where(sure, ready.centre, at(1.0 - tail))


def _spread(values: Any, ready: Ready, size: int, nothing: float) -> Any:
    found = np.full(size, nothing, dtype=np.asarray(values).dtype)
    found[ready.rows] = values
    return found
