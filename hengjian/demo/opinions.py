"""Marks of all panel groups on the synthetic officials for one half-year.

Overall marks follow liking as much as work: of superiors by how a place stands with them. Marks on
an indicator, which must be grounded, follow work more. The public's marks follow how people are
dealt with. The public mark of town Y's secretary is the one that SPEC G tells: 69, then 92.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from random import Random

from hengjian.demo.figures import moved_on
from hengjian.demo.people import Member, members, wang
from hengjian.demo.places import TOWN_Y
from hengjian.terms.period import Period

SEED = "hengjian-demo-opinions"
BASE = ("political_quality", "integrity")
OWN = {
    "principal": ("team_building", "leading_ranks", "setting_direction"),
    "deputy": ("filling_gaps", "hard_tasks", "backstop"),
}
# SPEC G and NORMS X6: 4.8 of 5 is 95 of 100, drawn by 85 marks towards 75 it is 92; 67.9 gives 69
PUBLIC_OF_WANG = {"2025-H2": (531, 73), "2026-H1": (717, 95)}
WANG_RATERS = (75, 10)
TOO_FEW = ("990102005", 4, "2026-H1", 22)
UNREPORTED_MEDIA = 0.8


@dataclass(frozen=True)
class MarkRow:
    """Equal marks of one group, stratum and indicator on one official; ``rater`` only if signed."""

    member: Member
    group: str
    stratum: str
    indicator: str
    value: int
    ballots: int
    rater: str = ""


def marks(period: Period) -> Iterator[MarkRow]:
    """All marks of the half-year."""
    for number, member in enumerate(members()):
        draw = Random(f"{SEED}/{member.official}/{period}")  # noqa: S311
        yield from _superiors(member, period, draw)
        yield from _anonymous(member, period, draw)
        yield from _public(member, number, period, draw)


def _on_ten(points: float) -> float:
    """A level of 0-100 on the ten-point scale."""
    return 1.0 + 9.0 * points / 100.0


def _mark(level: float, spread: float, draw: Random) -> int:
    return min(10, max(1, round(draw.gauss(_on_ten(level), spread))))


def _work(member: Member, period: Period) -> float:
    """How the work goes, 0-100, as somebody sees who must give grounds."""
    town = member.town
    gain = 6.0 if town.code == TOWN_Y else 1.0
    return 60.0 + 26.0 * town.drive + 40.0 * member.skill + gain * moved_on(period)


def _liking(member: Member) -> float:
    """How an official stands with those above, 0-100."""
    own = -22.0 if member == wang() else 22.0 * member.skill
    return 54.0 + 36.0 * member.town.standing + own


def _superiors(member: Member, period: Period, draw: Random) -> Iterator[MarkRow]:
    """Three superiors sign their marks: one overall, and one for each indicator."""
    for rater in range(1, 4):
        name = f"{member.town.county}-SJ{rater}"
        overall = _mark(_liking(member), 0.5, draw)
        yield MarkRow(member, "superiors", "", "", overall, 1, name)
        for indicator in (*BASE, *OWN[member.category]):
            level = 0.72 * _work(member, period) + 0.28 * _liking(member)
            yield MarkRow(member, "superiors", "", indicator, _mark(level, 0.6, draw), 1, name)


def _anonymous(member: Member, period: Period, draw: Random) -> Iterator[MarkRow]:
    """The department's team, the peers, third parties, and now and then verified media events."""
    work = _work(member, period)
    asked = {
        "organisation_department": (2, work - 1.0, 0.5),
        "peers": (5, 0.5 * work + 0.5 * (74.0 + 40.0 * member.trust), 0.8),
        "third_party": (3, 0.7 * work + 0.3 * (60.0 + 30.0 * member.town.service), 0.7),
    }
    for group, (count, level, spread) in asked.items():
        for indicator in ("", *BASE, *OWN[member.category]):
            given = (_mark(level, spread, draw) for _rater in range(count))
            yield from _counted(member, group, "", indicator, given)
    if draw.random() > UNREPORTED_MEDIA:
        yield from _counted(member, "media", "", "", [_mark(work, 1.0, draw)])


def _public(member: Member, number: int, period: Period, draw: Random) -> Iterator[MarkRow]:
    """Ratings after service events, and those of deputies and delegates."""
    if member == wang():
        masses, delegates = PUBLIC_OF_WANG[period.text]
        many, few = WANG_RATERS
        yield from _counted(member, "public", "masses", "", _summing(masses, many, draw))
        yield from _counted(member, "public", "delegates", "", _summing(delegates, few, draw))
        return
    gain = (0.16 if member.town.code == TOWN_Y else 0.03) * moved_on(period)
    level = 52.0 + 38.0 * (member.town.service + gain) + 45.0 * member.trust
    many = draw.randint(42, 96)
    if (member.town.code, number % 6, period.text) == TOO_FEW[:3]:
        many = TOO_FEW[3] - 5
    given = [_mark(level, 1.5, draw) for _rater in range(many)]
    yield from _counted(member, "public", "masses", "", given)
    said = [_mark(level - 1.0, 1.0, draw) for _rater in range(5 if many < 30 else 8)]
    yield from _counted(member, "public", "delegates", "", said)


def _summing(total: int, count: int, draw: Random) -> list[int]:
    """So many marks of 1 to 10 that add up to a total, scattered about their mean."""
    given = [min(10, max(1, round(draw.gauss(total / count, 1.0)))) for _ in range(count)]
    while sum(given) != total:
        at, step = draw.randrange(count), 1 if sum(given) < total else -1
        if 1 <= given[at] + step <= 10:
            given[at] += step
    return given


def _counted(
    member: Member, group: str, stratum: str, indicator: str, given: Iterable[int]
) -> Iterator[MarkRow]:
    for value, ballots in sorted(Counter(given).items()):
        yield MarkRow(member, group, stratum, indicator, value, ballots)
