"""The reads of this room. Figures come from releases alone; what stands behind them has no other way out.

* :func:`standing`, :func:`marks_for`, :func:`themes`: of the latest release at a moment, nothing live.
* :func:`reminders`: of whom there is no release; "enough" is told by releases alone.
* :func:`problems`: for the problem list.
* :func:`receipt`: for whoever holds the code.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import sqrt
from typing import Protocol, TypeVar

from django.db.models import QuerySet

from hengjian.notary.recording import day_of
from hengjian.policy.policy import Policy
from hengjian.ratings.ballots.models import HIGHEST, LOWEST, Ballot, Release
from hengjian.ratings.ballots.releases import valid
from hengjian.ratings.ballots.rules import Rules, levels_of, rules_of
from hengjian.ratings.ballots.shown import ReceiptView, receipt
from hengjian.scoring.snapshot import Marks, Released, Seat
from hengjian.terms.period import Period

__all__ = [
    "ReceiptView", "Standing", "marks_for", "problems", "receipt", "released_for",
    "releases_at", "reminders", "standing", "themes", "whole_from",
]  # fmt: skip
GROUP, STRATUM = "public", "masses"
NORMAL_95 = 1.96
DAY_AFTER = timedelta(days=1)


class Place(Protocol):
    """Who on which post, by codes."""

    @property
    def official(self) -> str:
        """The official's code."""

    @property
    def post(self) -> str:
        """The post's code."""


P = TypeVar("P", bound=Place)


@dataclass(frozen=True)
class Standing:
    """What may be seen of an official's public marks in a half-year.

    Clause: NORMS X6
    ``mean`` on the ballot's scale; ``points``, ``low`` and ``high`` on 0-100, shrunk. ``enough`` is false
    while there is no release: then nothing else is told, the number of ballots neither.
    """

    official: str
    post: str
    period: str
    enough: bool
    count: int | None = None
    mean: float | None = None
    points: float | None = None
    low: float | None = None
    high: float | None = None
    tags: tuple[tuple[str, int], ...] = ()
    released_on: datetime | None = None
    levels: tuple[int | None, ...] = ()  # the worst first; at least so many, None where too few


@dataclass(frozen=True)
class Problem:
    """A tag that several low marks of one post share."""

    official: str
    post: str
    tag: str
    count: int


def releases_at(period: str, moment: datetime) -> dict[tuple[str, str], Release]:
    """The latest release of each official and post at a moment.

    Clause: NORMS L5
    """
    rows = Release.objects.filter(due__period=period, at__lte=moment).select_related("due", "levels")
    return {(row.due.official, row.due.post): row for row in rows.order_by("due__number")}


def standing(official: str, post: str, period: Period, moment: datetime, policy: Policy) -> Standing:
    """What may be seen of one official and post.

    Clause: NORMS X10
    """
    found = releases_at(period.text, moment).get((official, post))
    if found is None:
        return Standing(official, post, period.text, enough=False)
    points, low, high = _shrunk(float(found.mean), found.count, policy)
    return Standing(
        official, post, period.text, enough=True, count=found.count, mean=float(found.mean), points=points,
        low=low, high=high, tags=tuple(sorted(found.tags.items())), released_on=found.at,
        levels=_levels(found, moment, policy),
    )  # fmt: skip


def _levels(found: Release, moment: datetime, policy: Policy) -> tuple[int | None, ...]:
    """As kept with the release, once the half-year is whole; nothing for one from before they were kept.

    Tables that follow each other would tell 0.32 of an extreme mark; the last alone tells hardly more than
    the mean.
    Clause: NORMS L5, NORMS X5
    """
    if day_of(moment) < rules_of(policy).whole_from(Period(found.due.period)):
        return ()
    kept = getattr(found, "levels", None)
    return tuple(kept.cells.get(str(n)) for n, _ in enumerate(levels_of(policy), start=1)) if kept else ()


def _shrunk(mean: float, count: int, policy: Policy) -> tuple[float, float, float]:
    """Points shrunk to the policy's prior, with an interval that depends on the count alone."""
    group = next((group for group in policy.groups if group.code == GROUP), None)
    prior, strength = (group.prior or 0.0, group.strength) if group else (0.0, 0.0)
    share = count / (count + strength) if group and group.prior is not None else 1.0
    scale = 100 / (HIGHEST - LOWEST)
    points = share * (mean - LOWEST) * scale + (1 - share) * prior
    half = NORMAL_95 * share * scale * policy.number("ratings.spread") / sqrt(count)
    return points, max(0.0, points - half), min(100.0, points + half)


def themes(official: str, post: str, period: Period, moment: datetime, rules: Rules) -> list[tuple[str, str]]:
    """For the rated unit: the tags of the latest release, as words; never a comment.

    Clause: NORMS L5
    """
    found = releases_at(period.text, moment).get((official, post))
    return [(tag.name, tag.name_en) for tag in rules.tags if found and tag.code in found.tags]


def marks_for(period: Period, cut_off: datetime, seats: Iterable[Seat], policy: Policy) -> Iterator[Marks]:
    """For a freeze: the public's marks as released, so that a bundle shows no more than a release does.

    Each of the counted marks stands in with the released mean: the group's mean is the same, and single
    marks stay where they are (docs/decisions/0013). A seat without a release has no marks. A half-year
    counts; a quarter does not (NORMS X10).
    """
    group = next((group for group in policy.groups if group.code == GROUP), None)
    for one in released_for(period, cut_off, seats, policy):
        if group is not None:
            yield Marks(one.seat, "", GROUP, STRATUM, group.instrument, (one.mean,) * one.count)


def released_for(
    period: Period, cut_off: datetime, seats: Iterable[Seat], policy: Policy
) -> Iterator[Released]:
    """For a freeze: which release each seat's marks come from; ``instead`` is left to the caller.

    Clause: NORMS X6, NORMS X10
    """
    group = next((group for group in policy.groups if group.code == GROUP), None)
    if group is None or STRATUM not in {stratum.code for stratum in group.strata}:
        return
    latest = releases_at(period.text, cut_off)
    for seat in seats:
        found = latest.get((seat.official, seat.post))
        if found is not None and found.count >= group.minimum:
            yield Released(
                seat.id, GROUP, STRATUM, found.due.number, day_of(found.at), found.count, float(found.mean),
                instead=False,
            )  # fmt: skip


def whole_from(period: Period, policy: Policy) -> date | None:
    """From which day the public's marks of a half-year are whole; None where no release weighs.

    Clause: NORMS X10, NORMS L5
    """
    group = next((group for group in policy.groups if group.code == GROUP), None)
    if group is None or "-H" not in period.text or STRATUM not in {one.code for one in group.strata}:
        return None
    return rules_of(policy).whole_from(period) if "ratings.release_hold" in policy.parameters else None


def reminders(period: Period, moment: datetime, seats: Iterable[P]) -> list[P]:
    """The seats without a release: the organisation is reminded, no score moves.

    "Enough" means what :func:`standing` means by it, here and everywhere: a live count would tell on which
    day the thirtieth came.
    Clause: NORMS X13, NORMS L5
    """
    latest = releases_at(period.text, moment)
    return [seat for seat in seats if (seat.official, seat.post) not in latest]


def problems(period: Period, on: date, rules: Rules) -> list[Problem]:
    """Tags of criticism that enough low marks of one post share: for the problem list.

    Clause: NORMS L7
    """
    bad = {tag.code for tag in rules.tags if not tag.good}
    counts = Counter(
        (official, post, tag)
        for official, post, tags in _low(period, on, rules).values_list("key__official", "key__post", "tags")
        for tag in tags
        if tag in bad
    )
    return [Problem(*key, count) for key, count in sorted(counts.items()) if count >= rules.problem_marks]


def _low(period: Period, on: date, rules: Rules) -> QuerySet[Ballot]:
    return valid(on + DAY_AFTER).filter(key__period=period.text, mark__lte=rules.low_mark)
