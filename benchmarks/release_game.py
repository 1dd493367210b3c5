"""How much a rated official learns of one ballot from releases, by size of batch and days it is held.

    .venv/bin/python -m benchmarks.release_game [games, 20000]

The rules of release without the database; tests/unit/ratings/ballots/test_releases.py holds them against
the real ones, plays this game with the shipped policy, and a simpler one through the database. The official
knows one rater and the day of the ballot, how others rate (8 on average, standard deviation 1.5), and the
rules; sees every release; and weighs every batch that may hold the ballot by how likely it holds it (the
likelihood ratio: no better call is possible but for the rounding). ``low``: the rater gives 1 to 4, or rates
as others do. ``far``: 2 or 9. The line between the two guesses is learned on half of the games and judged on
the other half. Synthetic.
"""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from math import floor

import numpy as np

from benchmarks.measure import write
from hengjian.ratings.ballots.levels import shown_levels

DAYS, TOTAL = 180, 130
CAST = 14  # days after the half-year in which a ballot may still come
MEAN, SPREAD = 8.0, 1.5
MARKS = np.arange(1, 11)
FAR = True


@dataclass(frozen=True)
class Guard:
    """What protects: as the policy's ``ratings.release_*`` say."""

    more: int
    hold: int
    delay: int = 21
    first: int = 30
    apart: int = 14
    decimals: int = 1
    pause: int = 0  # days before the half-year's end from which what comes waits for its last release
    known_from: int = 0  # the days between which the known rater's ballot came
    known_until: int = DAYS - 60
    total: int = TOTAL


def released(
    counts_from: np.ndarray, marks: np.ndarray, guard: Guard, below: Callable[[int], int]
) -> Iterator[tuple[int, int, float]]:
    """Day, count and mean of each release; the last day on which one is found due is half a year's."""
    day, before, last, closes = 0, 0, -guard.apart, DAYS + CAST + guard.hold + 1
    while day < closes + guard.apart:
        day += 1
        count = int((counts_from < day).sum())
        if count - before < (guard.more if before else guard.first) or day < last + guard.apart:
            continue
        if before and DAYS - guard.pause < day < closes:
            continue
        day += below(guard.delay + 1)
        inside = counts_from < day
        before, last, scale = int(inside.sum()), day, 10**guard.decimals
        yield day, before, floor(float(marks[inside].mean()) * scale + 0.5) / scale


def _drawn(
    low: bool, far: bool, guard: Guard, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, int]:
    """The marks, the days from which they count, and the day of the ballot that the official knows of."""
    marks = np.clip(np.rint(random.normal(MEAN, SPREAD, guard.total)), 1, 10).astype(int)
    days = random.integers(0, DAYS, guard.total)
    days[0] = mine = int(random.integers(guard.known_from, guard.known_until))
    if low:
        marks[0] = 2 if far else random.integers(1, 5)
    elif far:
        marks[0] = 9
    return marks, days + random.integers(0, guard.hold + 1, guard.total), mine


def suspicion(low: bool, far: bool, guard: Guard, random: np.random.Generator) -> float:
    """The logarithm of how much likelier the releases are with a low mark of the known rater."""
    marks, counts_from, mine = _drawn(low, far, guard, random)
    before, mean_before, seen = 0, 0.0, 0
    bad, good, rest = 0.0, 0.0, 1.0
    for day, count, mean in released(counts_from, marks, guard, lambda end: int(random.integers(0, end))):
        until = min(max(day - mine, 0), guard.hold + 1)
        likely, seen = (until - seen) / (guard.hold + 1), until
        if likely > 0:
            by_low, by_other = _ratios(count * mean - before * mean_before, count, before, far, guard)
            bad, good, rest = bad + likely * by_low, good + likely * by_other, rest - likely
        before, mean_before = count, mean
    return float(np.log(max(bad + rest, 1e-300)) - np.log(max(good + rest, 1e-300)))


Show = Callable[[dict[str, int]], dict[str, int]]


def told_by_levels(
    guard: Guard, far: bool, games: int, random: np.random.Generator, show: Show, *, once: bool = True
) -> float:
    """The advantage of who watches the five levels beside count and mean, by the best straight rule.

    ``once``: the table of the last release alone is told; otherwise one with each. What changed in each cell,
    weighed by how likely the batch holds the ballot, and whether a cell appeared. The rule is learned on a
    third of the games, the line and the judgement have the rest.
    """
    kinds = [
        np.array([_changes(low, far, guard, random, show, once) for _ in range(games // 2)])
        for low in (True, False)
    ]
    third = games // 6
    learn = np.concatenate([kind[:third] for kind in kinds])
    centred = learn - learn.mean(axis=0)
    spread = centred.T @ centred / len(learn) + 1e-6 * np.eye(learn.shape[1])
    rule = np.linalg.solve(spread, kinds[0][:third].mean(axis=0) - kinds[1][:third].mean(axis=0))
    low, high = (kind[third:] @ rule for kind in kinds)
    return advantage(low, high)


def _changes(
    low: bool, far: bool, guard: Guard, random: np.random.Generator, show: Show, once: bool
) -> list[float]:
    marks, counts_from, mine = _drawn(low, far, guard, random)
    made = list(released(counts_from, marks, guard, lambda end: int(random.integers(0, end))))
    changes, before, seen, off = np.zeros(10), np.zeros(5), 0, 0.0
    count_before, sum_before = 0, 0.0
    for day, count, mean in made:
        until = min(max(day - mine, 0), guard.hold + 1)
        likely, seen = (until - seen) / (guard.hold + 1), until
        off += likely * (count * mean - sum_before - (count - count_before) * OTHERS)
        if not once or day == made[-1][0]:
            cells, share = _cells(marks[counts_from < day], show), 1.0 if once else likely
            changes[:5] += share * (cells - before - (count if once else count - count_before) * LEVELS)
            changes[5:] += share * ((cells > 0) & (before == 0))
            before = cells
        count_before, sum_before = count, count * mean
    return [off, *changes]


def _cells(marks: np.ndarray, show: Show) -> np.ndarray:
    counts = np.bincount((marks - 1) // 2, minlength=5)
    told = show({str(at + 1): int(n) for at, n in enumerate(counts)})
    return np.array([float(told.get(str(at + 1), 0)) for at in range(5)])


def _ratios(total: float, count: int, before: int, far: bool, guard: Guard) -> tuple[float, float]:
    """How much likelier a batch's sum is with a low mark in it, and with another, than with neither known."""
    new = count - before
    noise = np.sqrt(max(1, new - 1) * VARIANCE + (count**2 + before**2) * 100.0**-guard.decimals / 12)

    def of(values: np.ndarray, weights: np.ndarray) -> float:
        off = (total - (new - 1) * OTHERS - values) / noise
        return float((weights * np.exp(-off * off / 2)).sum())

    plain = of(MARKS, WEIGHTS)
    if far:
        return of(np.array([2]), np.ones(1)) / plain, of(np.array([9]), np.ones(1)) / plain
    return of(np.arange(1, 5), np.full(4, 0.25)) / plain, 1.0


def _weights() -> np.ndarray:
    drawn = np.clip(np.rint(np.random.default_rng(1).normal(MEAN, SPREAD, 200_000)), 1, 10)
    return np.array([(drawn == mark).mean() for mark in MARKS])


WEIGHTS = _weights()
OTHERS = float((WEIGHTS * MARKS).sum())
LEVELS = WEIGHTS.reshape(5, 2).sum(axis=1)
VARIANCE = float((WEIGHTS * MARKS**2).sum()) - OTHERS**2


def told(guard: Guard, far: bool, games: int, random: np.random.Generator) -> float:
    """The advantage over so many games."""
    low, high = (
        np.array([suspicion(low, far, guard, random) for _ in range(games // 2)]) for low in (True, False)
    )
    return advantage(low, high)


def advantage(low: np.ndarray, high: np.ndarray) -> float:
    """Right calls of low marks less false ones, at a line learned on the other half of the games."""
    learn_low, learn_high, low, high = low[::2], high[::2], low[1::2], high[1::2]
    lines = np.quantile(np.concatenate([learn_low, learn_high]), np.linspace(0.01, 0.99, 99))
    line = max(lines, key=lambda at: (learn_low > at).mean() - (learn_high > at).mean())
    return float((low > line).mean() - (high > line).mean())


def main() -> None:
    """Play and print."""
    games = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    random = np.random.default_rng(5)
    rows = []
    guards = [Guard(more, 0, delay=7) for more in (20, 30, 40)]
    guards += [Guard(30, 28, delay=delay) for delay in (0, 7, 21)] + [Guard(40, 14, delay=7)]
    shipped = Guard(40, 14, delay=7, pause=60)
    late = replace(shipped, known_from=DAYS - 60, known_until=DAYS)
    guards += [shipped, *(replace(late, total=total) for total in (80, TOTAL, 180))]
    for guard in [*guards, Guard(1, 0, delay=0, first=1, apart=0, decimals=4)]:
        row: dict[str, float | int] = {
            "batch": guard.more, "delay": guard.delay, "hold": guard.hold, "pause": guard.pause,
            "known_from_day": guard.known_from, "ballots": guard.total,
        }  # fmt: skip
        row |= {name: told(guard, name == "far", games, random) for name in ("low", "far")}
        row["far_with_levels"] = told_by_levels(guard, FAR, games, random, shown_levels)
        row["far_with_exact_levels"] = told_by_levels(guard, FAR, games, random, dict)
        rows.append(row)
    write("release_game", rows, {"advantage": "at most 0.30; the last row is live figures"})


if __name__ == "__main__":
    main()
