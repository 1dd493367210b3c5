"""What looks unusual in a post's ballots: floods, comments alike, runs of the same mark and tags. Pure.

Nothing is dropped: a flag is a question to two people. The usual traffic of a post is told from the weeks
before a day, with its own ups and downs: a village visit makes several ratings on one day and is no flood.
"""

import unicodedata
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from rapidfuzz import fuzz, process
from scipy.stats import binom, nbinom

from hengjian.policy.policy import Policy

MOST_COMPARED = 3_000  # comments of one post and half-year; the newest, and the count of the rest is told
PRIOR_DAYS = 14.0  # how many days of the usual are believed before a post has any of its own
PRIOR_DAILY = 0.5
LEAST_SPREAD = 2.0  # variance over mean: ratings come in visits, not one by one


@dataclass(frozen=True)
class Mark:
    """Of a ballot what is compared."""

    ballot: uuid.UUID
    mark: int
    tags: tuple[str, ...]
    comment: str
    on: date


@dataclass(frozen=True)
class Found:
    """Ballots that look unusual together; ``key`` finds the same thing again tomorrow."""

    kind: str
    key: str
    ballots: tuple[uuid.UUID, ...]
    figures: dict[str, float | int | str]


@dataclass(frozen=True)
class Limits:
    """The policy's numbers; ``chance`` is a share."""

    least: int
    chance: float
    days: int
    alike: float
    length: int
    alike_least: int


def limits_of(policy: Policy) -> Limits:
    """The limits of a policy in force.

    Clause: NORMS L10
    Raises: PolicyError when the policy lacks one.
    """

    def number(key: str) -> float:
        return policy.number(f"followups.flag_{key}")

    return Limits(
        least=int(number("least")), chance=number("chance") / 100, days=int(number("usual_days")),
        alike=number("alike"), length=int(number("alike_length")), alike_least=int(number("alike_least")),
    )  # fmt: skip


def unusual(marks: Sequence[Mark], days: Iterable[date], limits: Limits) -> list[Found]:
    """What looks unusual on these days among the ballots of one post, official and half-year.

    Clause: NORMS L10
    """
    by_day: dict[date, list[Mark]] = defaultdict(list)
    for mark in marks:
        by_day[mark.on].append(mark)
    found: list[Found] = []
    for day in days:
        found += _floods(by_day, day, limits)
        found += _runs(by_day, marks, day, limits)
    return [*found, *_alike(marks, limits)]


def _floods(by_day: dict[date, list[Mark]], day: date, limits: Limits) -> Iterator[Found]:
    count = len(by_day.get(day, ()))
    if count < limits.least or not by_day:
        return
    first = max(min(by_day), day - timedelta(days=limits.days))
    usual = [len(by_day.get(day - timedelta(days=back), ())) for back in range(1, (day - first).days + 1)]
    mean, spread = _usual(usual)
    chance = float(nbinom.sf(count - 1, mean / (spread - 1), 1 / spread))
    if chance < limits.chance:
        ballots = tuple(sorted((mark.ballot for mark in by_day[day]), key=str))
        yield Found(
            "flood", day.isoformat(), ballots,
            {"count": count, "usual": round(mean, 2), "chance": float(f"{chance:.1e}")},
        )  # fmt: skip


def _usual(counts: Sequence[int]) -> tuple[float, float]:
    """Mean and variance over mean of the days before, held to the prior while they are few."""
    total, days = float(sum(counts)), len(counts)
    mean = (total + PRIOR_DAILY * PRIOR_DAYS) / (days + PRIOR_DAYS)
    if days < 2:
        return mean, LEAST_SPREAD * 2
    own = float(np.var(counts, ddof=1)) / max(total / days, 1e-9) if total else 0.0
    weight = days / (days + PRIOR_DAYS)
    return mean, max(LEAST_SPREAD, weight * own + (1 - weight) * LEAST_SPREAD * 2)


def _runs(
    by_day: dict[date, list[Mark]], marks: Sequence[Mark], day: date, limits: Limits
) -> Iterator[Found]:
    today = by_day.get(day, [])
    others = Counter((mark.mark, mark.tags) for mark in marks if mark.on != day)
    total = sum(others.values())
    for (mark, tags), count in Counter((one.mark, one.tags) for one in today).items():
        if count < limits.least:
            continue
        # a pattern of which little is known is believed to be as common as a third of all
        share = min(0.95, (others[mark, tags] + 10.0 / 3) / (total + 10.0))
        chance = float(binom.sf(count - 1, len(today), share))
        if chance < limits.chance:
            ballots = (one.ballot for one in today if (one.mark, one.tags) == (mark, tags))
            yield Found(
                "run", f"{day.isoformat()} {mark} {','.join(tags)}"[:80], tuple(sorted(ballots, key=str)),
                {"count": count, "of": len(today), "mark": mark, "tags": "、".join(tags),
                 "chance": float(f"{chance:.1e}")},
            )  # fmt: skip


def _alike(marks: Sequence[Mark], limits: Limits) -> Iterator[Found]:
    told = [(mark, plain(mark.comment)) for mark in sorted(marks, key=lambda one: one.on, reverse=True)]
    told = [(mark, text) for mark, text in told if len(text) >= limits.length][:MOST_COMPARED]
    if len(told) < limits.alike_least:
        return
    texts = [text for _mark, text in told]
    near = process.cdist(texts, texts, scorer=fuzz.ratio, score_cutoff=limits.alike, dtype=np.uint8)
    for group in _groups(near >= limits.alike):
        if len(group) >= limits.alike_least:
            ballots = sorted((told[at][0].ballot for at in group), key=str)
            oldest = min(group, key=lambda at: (told[at][0].on, str(told[at][0].ballot)))
            yield Found(
                "alike",
                f"{told[oldest][0].ballot} {len(group).bit_length()}",
                tuple(ballots),
                {"count": len(group)},
            )


def _groups(near: np.ndarray) -> Iterator[list[int]]:
    """Comments that are alike, one with the next."""
    left = set(range(len(near)))
    while left:
        waiting = [left.pop()]
        group: list[int] = []
        while waiting:
            group.append(waiting.pop())
            new = left.intersection(np.flatnonzero(near[group[-1]]).tolist())
            left -= new
            waiting += new
        yield group


def plain(text: str) -> str:
    """A comment without punctuation, blanks and differences of width and case.

    Clause: NORMS L10
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(letter for letter in folded if letter.isalnum())
