"""How much a rated official learns of one ballot from releases, by size of batch.

    .venv/bin/python -m benchmarks.release_game [games, 20000]

The rules of release without the database (tests/unit/ratings/ballots/test_releases.py plays the same game
through the real one). The official knows one rater and the day of the ballot, and how others rate: 8 on
average, standard deviation 1.5. ``low``: the rater gives 1 to 4, or rates as others do. ``far``: 2 or 9.
The line between the two guesses is learned on half of the games and judged on the other half. Synthetic.
"""

import sys

import numpy as np

from benchmarks.measure import write

DAYS, FIRST, APART, DELAY = 180, 30, 14, 7


def suspicion(low: bool, far: bool, more: int, total: int, random: np.random.Generator) -> float:
    """The deficit of the batch that holds the known ballot, in points."""
    marks = np.clip(np.rint(random.normal(8, 1.5, total)), 1, 10)
    days = random.integers(0, DAYS, total)
    days[0] = random.integers(0, DAYS - 60)
    if low:
        marks[0] = 2 if far else random.integers(1, 5)
    elif far:
        marks[0] = 9
    mine, day = days[0], 0
    before, mean_before, last = 0, 0.0, -APART
    while day < DAYS:
        day += 1
        count = int((days < day).sum())
        if count - before < (more if before else FIRST) or day < last + APART:
            continue
        day += int(random.integers(0, DELAY + 1))
        inside = days < day
        count, mean = int(inside.sum()), round(float(marks[inside].mean()) * 10) / 10
        if mine < day:
            return 8.0 * (count - before) - (count * mean - before * mean_before)
        before, mean_before, last = count, mean, day
    return 0.0


def advantage(low: np.ndarray, high: np.ndarray) -> float:
    """Right calls of low marks less false ones, at a line learned on the other half of the games."""
    learn_low, learn_high, low, high = low[::2], high[::2], low[1::2], high[1::2]
    lines = np.linspace(-20, 30, 101)
    line = max(lines, key=lambda at: (learn_low > at).mean() - (learn_high > at).mean())
    return float((low > line).mean() - (high > line).mean())


def main() -> None:
    """Play and print."""
    games = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    random = np.random.default_rng(5)
    rows = []
    for more in (20, 25, 30, 35, 40):
        row: dict[str, float | int] = {"batch": more}
        for name, far in (("low", False), ("far", True)):
            played = [
                np.array([suspicion(low, far, more, 130, random) for _ in range(games // 2)])
                for low in (True, False)
            ]
            row[name] = advantage(*played)
        rows.append(row)
    write("release_game", rows, {"advantage": "at most 0.30"})


if __name__ == "__main__":
    main()
