"""What a watching official learns about one mark from the problems that he is told.

The game of tests/unit/ratings/ballots/test_releases.py, played with themes: the official knows one rater and
the day; with even odds the rater gives a low mark and then chooses one tag; 130 ballots in the half-year;
others give a low mark with some chance, a third of these with that tag. The official sees with which release
the theme is told, or that it is not. The advantage is that of the best possible guess.
"""

from bisect import bisect_left
from collections import Counter
from datetime import date, timedelta
from random import Random

import pytest

from hengjian.ratings.ballots.rules import Rules
from hengjian.ratings.followups.told import first_told

FIRST, SPAN, BALLOTS, GAMES = date(2026, 1, 1), 181, 130, 1_000


def releases(ripe: list[int], random: Random, rules: Rules) -> list[date]:
    """As the policy has them: the first, batches with days between and a delay, the last after the pause."""
    days, counted, last, ripe = [], 0, -99, sorted(ripe)
    for day in range(SPAN + 60):
        least = rules.more if days else rules.least
        paused = days and SPAN - rules.pause < day < SPAN + rules.cast_days + rules.hold + 1
        if not paused and bisect_left(ripe, day) - counted >= least and day - last >= rules.days:
            last = day + random.randint(0, rules.delay)
            counted = bisect_left(ripe, last)
            days.append(FIRST + timedelta(days=last))
    return days


def advantage(low: float, sure: bool, least: int, rules: Rules) -> float:
    """Of the best guess: half the distance between what is seen in both cases."""
    random = Random(f"{low} {sure} {least}")
    seen: dict[bool, Counter[int]] = {True: Counter(), False: Counter()}
    for game in range(GAMES):
        is_low = game % 2 == 0
        came = [random.randrange(SPAN) for _ in range(BALLOTS)]
        out = releases([day + random.randint(0, rules.hold) for day in came], random, rules)
        marks = [day for day in came[1:] if random.random() < low and random.random() < 1 / 3]
        if is_low and (sure or random.random() < 1 / 3):
            marks.append(came[0])
        told = first_told(out, [FIRST + timedelta(days=day) for day in marks], rules.hold, least)
        counts = FIRST + timedelta(days=came[0] + rules.hold)
        with_own = next((day for day in out if day > counts), None)
        seen[is_low][0 if told is None else 1 if told != with_own else 2] += 1
    half = GAMES // 2
    return sum(abs(seen[True][what] - seen[False][what]) for what in range(3)) / half / 2


@pytest.mark.parametrize("low", [0.05, 0.1, 0.2])
@pytest.mark.parametrize("sure", [True, False])
def test_little_is_learnt_about_one_mark(low, sure, clocks, rules) -> None:
    """0.23 at most against a rater who surely chooses that tag, 0.05 else (6,000 games); chance adds 0.04."""
    assert clocks.days["hold_days"] == rules.hold
    assert advantage(low, sure, clocks.days["theme_tell_least"], rules) <= (0.27 if sure else 0.09)


def test_told_at_once_it_would_say_whose_mark_it_was() -> None:
    """Without waiting for a release the day itself tells: the third mark came on the day before."""
    random, right = Random(3), 0
    for _ in range(400):
        marks = sorted(random.randrange(SPAN) for _ in range(2))
        own = random.randrange(marks[1], SPAN)
        days = [FIRST + timedelta(days=n) for n in range(SPAN + 1)]
        told = first_told(days, [FIRST + timedelta(days=day) for day in (*marks, own)], 0, 3)
        right += told == FIRST + timedelta(days=own + 1)
    assert right == 400


def test_first_told() -> None:
    days = [FIRST + timedelta(days=n) for n in (5, 10, 20)]
    marks = [FIRST, FIRST + timedelta(days=4), FIRST + timedelta(days=5)]
    assert first_told(days, marks, 0, 3) == days[1]
    assert first_told(days, marks, 5, 3) == days[2]
    assert first_told(days, marks, 5, 2) == days[1]
    assert first_told(days, marks, 0, 4) is None
