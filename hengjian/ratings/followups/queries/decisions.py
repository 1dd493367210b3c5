"""Contests and flags: for reviewers of other units, and what the contesting official gets to know."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import QuerySet

from hengjian.access.models import User
from hengjian.access.permissions import check_can_contest_marks, check_can_decide_marks
from hengjian.access.queries import own_official_ids
from hengjian.access.roles import Role
from hengjian.notary.recording import day_of
from hengjian.ratings.ballots.models import Ballot, Exclusion, Release
from hengjian.ratings.ballots.redaction import redacted
from hengjian.ratings.ballots.rules import Rules
from hengjian.ratings.followups.checks import check_not_of, posts_for, unit_names
from hengjian.ratings.followups.clocks import Clocks, decide_by
from hengjian.ratings.followups.models import Contest, Flag, Opinion, Ruling
from hengjian.ratings.followups.queries.cases import low_ballots, tone
from hengjian.ratings.followups.told import outcome_told
from hengjian.roster.models import Official
from hengjian.terms.period import Period

Names = dict[str, tuple[str, str]]  # title and unit of posts, by code


@dataclass(frozen=True)
class Row:
    """A contest or a flag in a list. ``outcome``: "" while it is open or not to be told."""

    id: str
    about: str
    title: str
    unit: str
    period: str
    ground: str
    on: date
    due_on: date | None
    tone: str
    opinions: int
    outcome: str
    own: bool = False


@dataclass(frozen=True)
class Candidate:
    """A ballot on which reviewers may decide."""

    id: str
    mark: int
    tags: tuple[str, ...]
    comment: str
    on: date
    excluded: bool


@dataclass(frozen=True)
class View:
    """A contest's or a flag's page. Of opinions only the own one, until the matter is settled."""

    row: Row
    subject: Contest | Flag
    candidates: tuple[Candidate, ...]
    opinions: tuple[Opinion, ...]
    ruling: Ruling | None
    may: bool


@dataclass(frozen=True)
class Target:
    """What an official may contest now."""

    release: int
    period: str
    number: int
    on: date
    until: date


def contests(viewer: User, on: date, clocks: Clocks) -> list[Row]:
    """The contests that this reviewer may decide on, the open ones first.

    Clause: SPEC T-C15
    Raises: NotPermitted.
    """
    check_can_decide_marks(viewer, on)
    posts = posts_for(viewer, on, Role.REVIEWER).values("code")
    found = list(_contests().filter(post__in=posts).order_by("due_on", "id"))
    names = unit_names({one.post for one in found})
    made = [_row(one, on, clocks, viewer, _outcome(one), names) for one in found]
    return sorted(made, key=lambda row: bool(row.outcome))


def flags(viewer: User, on: date, clocks: Clocks) -> list[Row]:
    """The flags that this reviewer may decide on, the open ones first.

    Clause: NORMS L10
    Raises: NotPermitted.
    """
    check_can_decide_marks(viewer, on)
    posts = posts_for(viewer, on, Role.REVIEWER).values("code")
    found = list(
        Flag.objects.filter(post__in=posts)
        .select_related("ruling")
        .prefetch_related("opinions")
        .order_by("-on", "id")
    )
    names = unit_names({one.post for one in found})
    made = [_row(one, on, clocks, viewer, _outcome(one), names) for one in found]
    return sorted(made, key=lambda row: bool(row.outcome))


def own_contests(viewer: User, on: date, clocks: Clocks, rules: Rules) -> list[Row]:
    """The official's own contests; the outcome with the next release, never which ballots or how many.

    Clause: NORMS L5, SPEC T-C15
    Raises: NotPermitted.
    """
    check_can_contest_marks(viewer, on)
    found = list(_contests().filter(official__in=own_official_ids(viewer, on)).order_by("-at"))
    names = unit_names({one.post for one in found})
    return [
        _row(one, on, clocks, viewer, _outcome(one) if _told(one, on, rules) else "", names) for one in found
    ]


def targets(viewer: User, on: date, clocks: Clocks) -> list[Target]:
    """The releases that the official may contest today, the newest first.

    Clause: SPEC T-C15
    Raises: NotPermitted.
    """
    check_can_contest_marks(viewer, on)
    wait = timedelta(days=clocks.days["contest_days"])
    mine = Release.objects.filter(due__official__in=own_official_ids(viewer, on)).select_related("due")
    made = [Target(r.pk, r.due.period, r.due.number, day_of(r.at), day_of(r.at) + wait) for r in mine]
    return sorted((one for one in made if one.on <= on <= one.until), key=lambda one: one.on, reverse=True)


def view(viewer: User, kind: str, number: str, on: date, clocks: Clocks, rules: Rules) -> View | None:
    """A contest or a flag for a reviewer; None when there is none of this number.

    Clause: SPEC T-C15, NORMS L10
    Raises: NotPermitted for whoever is of the rated unit.
    """
    check_can_decide_marks(viewer, on)
    subject = _found(kind, number)
    if subject is None:
        return None
    check_not_of(viewer, subject.post, on, check_can_decide_marks)
    ruling = getattr(subject, "ruling", None)
    opinions = subject.opinions.order_by("at", "by")
    if ruling is None:
        opinions = opinions.filter(by=viewer.get_username())
    may = ruling is None and not opinions.exists() and getattr(subject, "by", "") != viewer.get_username()
    return View(
        _row(subject, on, clocks, viewer, _outcome(subject)), subject,
        _candidates(_ballots_of(subject, on, rules)), tuple(opinions), ruling, may,
    )  # fmt: skip


def _found(kind: str, number: str) -> Contest | Flag | None:
    models: dict[str, type[Contest | Flag]] = {"contest": Contest, "flag": Flag}
    try:
        return models[kind].objects.filter(pk=uuid.UUID(number)).first()
    except (KeyError, ValueError):
        return None


def _ballots_of(subject: Contest | Flag, on: date, rules: Rules) -> list[Ballot]:
    if isinstance(subject, Flag):
        return list(Ballot.objects.filter(pk__in=subject.ballots).order_by("on", "id"))
    seat = (subject.period, subject.official, subject.post)
    before = min(on, day_of(subject.release.at) if subject.release else day_of(subject.at))
    kept = low_ballots(seat, before, rules)
    named = {ballot for opinion in subject.opinions.all() for ballot in opinion.ballots}
    gone = Ballot.objects.filter(pk__in=named - {ballot.pk for ballot in kept})
    return sorted([*kept, *gone], key=lambda one: (one.on, str(one.pk)))


def _candidates(ballots: Iterable[Ballot]) -> tuple[Candidate, ...]:
    ballots = list(ballots)
    names = list(Official.objects.values_list("name", flat=True))
    out = set(
        Exclusion.objects.filter(ballot__receipt__in=[one.receipt for one in ballots]).values_list(
            "ballot__receipt", flat=True
        )
    )
    return tuple(
        Candidate(
            str(one.pk), one.mark, tuple(one.tags), redacted(one.comment, names), one.on, one.receipt in out
        )
        for one in ballots
    )


def _contests() -> QuerySet[Contest]:
    """Contests with all that a row of them shows."""
    return Contest.objects.select_related("ruling", "theme", "release__due").prefetch_related("opinions")


def _row(
    one: Contest | Flag, on: date, clocks: Clocks, viewer: User, outcome: str, names: Names | None = None
) -> Row:
    title, unit = (unit_names({one.post}) if names is None else names).get(one.post, ("", ""))
    near = clocks.after("remind_days", on)
    if isinstance(one, Flag):
        return Row(
            str(one.pk),
            "",
            title,
            unit,
            one.period,
            one.kind,
            one.on,
            None,
            "",
            len(one.opinions.all()),
            outcome,
        )
    about = one.theme.tag if one.theme else str(one.release.due.number) if one.release else ""
    settled, due_on = hasattr(one, "ruling"), decide_by(one, clocks)
    return Row(
        str(one.pk), about, title, unit, one.period, one.ground, day_of(one.at), due_on,
        "" if settled else tone("", due_on, on, near), len(one.opinions.all()), outcome,
        one.by == viewer.get_username(),
    )  # fmt: skip


def _outcome(one: Contest | Flag) -> str:
    ruling: Ruling | None = getattr(one, "ruling", None)
    return "" if ruling is None else "upheld" if ruling.ballots else "rejected"


def _told(one: Contest, on: date, rules: Rules) -> bool:
    ruling: Ruling | None = getattr(one, "ruling", None)
    whole = rules.whole_from(Period(one.period))
    return ruling is not None and outcome_told(one, day_of(ruling.at), whole, on)
