"""What the pages on any-time ratings show, gathered from both rooms; they never meet in a row of a person."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cache

from django.utils.translation import gettext as _

from hengjian.console import pictures
from hengjian.console.people import Who
from hengjian.cycles import rating_audit
from hengjian.cycles.models import Cycle
from hengjian.cycles.wording import either
from hengjian.notary.recording import day_of
from hengjian.policy.folder import PolicyFolder, load, shipped
from hengjian.ratings.ballots import queries as ballots
from hengjian.ratings.ballots.queries import Standing
from hengjian.ratings.ballots.rules import levels_of, rules_of
from hengjian.ratings.ballots.tallies import Received, received
from hengjian.ratings.invitations import queries as invitations
from hengjian.ratings.invitations.checks import KINDS
from hengjian.ratings.invitations.punctuality import Punctuality, punctuality
from hengjian.roster.queries import SeatRow, seats_during
from hengjian.terms.numbers import shown
from hengjian.terms.period import Period

POLICY = "seed"
DAY = timedelta(days=1)
RECENT = timedelta(days=14)  # for which the home page reminds of late events


@cache
def policy_files() -> PolicyFolder:
    """The policy under which invitations go out and ballots are released."""
    return load(shipped()[POLICY])


def synthetic() -> bool:
    """Whether this is the demonstration city."""
    return Cycle.objects.filter(synthetic=True).exists()


def half_of(day: date) -> Period:
    """The half-year of a day."""
    return Period(f"{day.year}-H{1 if day.month <= 6 else 2}")


def halves(today: date, count: int = 4) -> list[Period]:
    """This half-year and those before it."""
    found = [half_of(today)]
    while len(found) < count:
        found.append(half_of(found[-1].start - DAY))
    return found


def newest(known: Sequence[Period]) -> Period:
    """The newest of these half-years that has events; the newest when none has."""
    last = invitations.last_event()
    return next((one for one in known if last is not None and last >= one.start), known[0])


@dataclass(frozen=True)
class FunnelRow:
    """One unit: asked, as the invitations know it; answered, as the box knows it."""

    name: str
    counts: tuple[int | None, ...]
    received: Received

    @property
    def came(self) -> tuple[int | None, int | None]:
        """Answered and valid."""
        return self.received.answered, self.received.valid


def funnel(
    period: Period, now: datetime, today: date
) -> tuple[list[FunnelRow], list[tuple[str, tuple[int | None, ...]]]]:
    """By unit with what came back, and by channel without: a ballot knows no channel."""
    rules = policy_files().in_force(min(today, period.end))
    units = {(s.official, s.post): s.organisation_name for s in _seats(period, today)}
    came = received(period, now, rules_of(rules), units)
    rows = [
        FunnelRow(step.name, step.counts(), came.get(step.name, Received(None, None)))
        for step in invitations.funnel(period.start, period.end, "unit", rules)
    ]
    by_channel = invitations.funnel(period.start, period.end, "channel", rules)
    return rows, [(step.name, step.counts()) for step in by_channel]


def sources(period: Period, today: date, scopes: Sequence[str] = ("",)) -> list[Punctuality]:
    """How soon each source handed over the events of a half-year."""
    rules = policy_files().in_force(min(today, period.end))
    return punctuality(period.start, period.end, rules, scopes)


def persons(period: Period, today: date) -> int:
    """How many different people got tokens of a half-year; none while it runs, or where they are few."""
    rules = policy_files().in_force(min(today, period.end))
    found = invitations.persons(period, today, rules)
    return found if found >= rules.number("ratings.smallest_cell") else 0


def behind(today: date, scopes: Sequence[str]) -> list[Punctuality]:
    """The sources with late events in the last days, for whoever answers for these units."""
    found = punctuality(today - RECENT, today, policy_files().in_force(today), scopes)
    return [one for one in found if one.behind]


def funnel_picture(rows: Sequence[tuple[str, tuple[int | None, ...]]]) -> pictures.Picture | None:
    """The stages one below the other, over the channels of which every stage is shown."""
    stages = (_("办件"), _("应邀"), _("送达"), _("打开"), _("领取凭证"))
    whole = [[n for n in counts if n is not None] for _name, counts in rows if None not in counts]
    totals = [sum(counts[n] for counts in whole) for n in range(len(stages))]
    if not any(totals):
        return None
    caption = _("从办件到领取评价凭证的人次；只计各环节都显示的渠道，有环节不显示的渠道不计在内。")
    return pictures.funnel("stages", caption, _("人次"), list(zip(stages, totals, strict=True)))


@dataclass(frozen=True)
class SeatResult:
    """One post's standing; ``few``: the organisation is reminded."""

    seat: SeatRow
    standing: Standing
    few: bool

    @property
    def interval(self) -> str:
        """From low to high, on a hundred."""
        return f"{shown(self.standing.low)}–{shown(self.standing.high)}" if self.standing.enough else ""


def _seats(period: Period, today: date, under: Sequence[str] = ()) -> list[SeatRow]:
    return seats_during(period, min(today, period.end), under=under)


def results(
    period: Period, now: datetime, today: date, county: str, under: Sequence[str] = ()
) -> list[SeatResult]:
    """The posts that serve the public, as released; posts with fewer than the least number are marked.

    ``under``: the organisations that the reader may see; none given: all.
    """
    policy = policy_files().in_force(min(today, period.end))
    seats = [s for s in _seats(period, today, under) if s.public_facing and county in {"", s.county}]
    few = {seat.id for seat in ballots.reminders(period, now, seats)}
    found = []
    for seat in seats:
        there = seat.id not in few
        standing = (
            ballots.standing(seat.official, seat.post, period, now, policy)
            if there
            else Standing(seat.official, seat.post, period.text, enough=False)
        )
        found.append(SeatResult(seat, standing, few=not there))
    return found


def levels(period: Period, today: date) -> list[str]:
    """The names of the national five levels, the worst first."""
    found = levels_of(policy_files().in_force(min(today, period.end)))
    return [either(one.name, one.name_en) for one in found]


def levels_from(period: Period, today: date) -> date | None:
    """The day from which the five levels are told, while it lies ahead."""
    day = rules_of(policy_files().in_force(min(today, period.end))).whole_from(period)
    return day if today < day else None


def audited(period: Period, today: date) -> rating_audit.Audit:
    """Tokens beside ballots of a half-year, or the day from which they can be told."""
    return rating_audit.audit(period, today, policy_files().in_force(min(today, period.end)))


def titles(period: Period, today: date) -> dict[tuple[str, str], tuple[str, str]]:
    """Post and organisation by codes of official and post."""
    return {(s.official, s.post): (s.title, s.organisation_name) for s in _seats(period, today)}


def least_batch(period: Period, today: date) -> int:
    """How many new ballots a further release needs."""
    return rules_of(policy_files().in_force(min(today, period.end))).more


def counties(period: Period, today: date) -> list[tuple[str, str]]:
    """Codes and names of counties with seats."""
    from hengjian.roster.queries import organisations_on

    codes = {seat.county for seat in _seats(period, today)}
    rows = organisations_on(min(today, period.end))
    return [(row.code, row.short_name) for row in rows if row.code in codes]


def results_picture(found: Iterable[tuple[SeatResult, Who]]) -> pictures.Picture | None:
    """Shrunk marks with their intervals, the highest first; posts as far as the reader may see them."""
    enough = [(one, who) for one, who in found if one.standing.enough]
    if not enough:
        return None
    rows = [
        pictures.Span(
            who.title or who.name,
            round(s.low or 0.0, 2),
            round(s.points or 0.0, 2),
            round(s.high or 0.0, 2),
        )
        for one, who in sorted(enough, key=lambda pair: -(pair[0].standing.points or 0.0))
        for s in (one.standing,)
    ]
    caption = _("收缩后的群众评分（百分制）与 95% 区间；区间相交的不宜分高下。")
    best, least = rows[0], rows[-1]
    finding = _("最高的是%(best)s（%(low)g–%(high)g），最低的是%(least)s（%(from)g–%(to)g）；%(apart)s。") % {
        "best": best.name, "low": best.low, "high": best.high,
        "least": least.name, "from": least.low, "to": least.high,
        "apart": _("两者的区间不相交") if best.low > least.high else _("两者的区间相交，不宜分高下"),
    }  # fmt: skip
    head = (_("岗位"), _("低"), _("评分"), _("高"))
    drawn = pictures.spans("units", caption, finding, _("分"), head, rows)
    return replace(drawn, spec=drawn.spec | {"from": 0, "to": 100})


def kinds(today: date) -> dict[str, str]:
    """The names of kinds of events, by code."""
    rules = policy_files().in_force(today).parameters
    found = {code.removeprefix(KINDS): one for code, one in rules.items() if code.startswith(KINDS)}
    return {code: either(one.name, one.name_en) for code, one in found.items()}


@dataclass(frozen=True)
class ChannelHealth:
    """One way: what went, what failed, what waits."""

    name: str
    sent: int
    failed: int
    waiting: int
    retrying: int
    oldest: datetime | None
    endings: tuple[tuple[str, int], ...]
    codes: tuple[tuple[str, int], ...]


def channels(now: datetime, days: int = 7) -> list[ChannelHealth]:
    """Each channel of the last days."""
    ended = invitations.failures(day_of(now - days * DAY), day_of(now))
    by_name: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for name, reasons in ended.items():
        by_name[name] = sorted(reasons.items(), key=lambda pair: -pair[1])
    return [
        ChannelHealth(
            one.channel, one.sent, one.failed, one.waiting, one.retrying, one.oldest,
            tuple(by_name[one.channel]), one.codes,
        )
        for one in invitations.health(now - days * DAY)
    ]  # fmt: skip
