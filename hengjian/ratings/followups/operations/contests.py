"""An official contests what was released; two people of other units decide, each by himself.

An opinion names the ballots that should not count. Two opinions that name the same ballots settle it; else a
third is asked for, and a ballot goes out when two name it. The ballots stand, and the audit counts them.
"""

import uuid
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from hengjian.access.permissions import check_can_contest_marks, check_can_decide_marks
from hengjian.access.queries import own_official_ids
from hengjian.notary.recording import day_of, notarise
from hengjian.ratings.ballots import operations as ballots
from hengjian.ratings.ballots.models import Ballot, Exclusion, Release
from hengjian.ratings.followups.checks import check_not_of
from hengjian.ratings.followups.clocks import Clocks
from hengjian.ratings.followups.errors import FollowupRefused
from hengjian.ratings.followups.models import Case, Contest, Flag, FlagKind, Ground, Kind, Opinion, Ruling
from hengjian.ratings.followups.operations.cases import Act, text_of
from hengjian.ratings.followups.told import told_on
from hengjian.ratings.followups.turns import in_turn
from hengjian.terms.errors import NotPermitted

NEEDED, MOST = 2, 3
_DECIDED = "经两名与被评单位无关的复核人分别复核，认定属于{}，自下一次公布起不计入得分；票保留备查。"
READ_BY_RATER = {
    Ground.MISTAKEN: _DECIDED.format("误评"),
    Ground.MALICIOUS: _DECIDED.format("恶意评价"),
    Ground.FLOODED: _DECIDED.format("集中刷评"),
}


@dataclass(frozen=True)
class About:
    """What is contested: a release by its number, or a theme by its case."""

    release: int | None = None
    theme: str = ""


def file(about: About, ground: str, act: Act, clocks: Clocks) -> Contest:
    """Contest a release or a theme, within the days of the policy, so many times in a half-year.

    Nobody contests the mark of a certain person: the rated side never saw one (NORMS L5).
    Clause: SPEC T-C15
    Raises: NotPermitted for what is not the own; FollowupRefused when too late, too often, or saying nothing.
    """
    on = day_of(act.now)
    check_can_contest_marks(act.by, on)
    if ground not in Ground.values:
        raise FollowupRefused(_("没有这种理由"), where="ground", do=_("请重新选择"), code="followups.ground")
    with transaction.atomic():
        made, told = _contest(about, on, clocks)
        if made.official not in own_official_ids(act.by, on):
            raise NotPermitted(
                _("只能对本人的评价提出异议"), do=_("请从本人的清单进入"), code="followups.own"
            )
        if on > told + timedelta(days=clocks.days["contest_days"]):
            raise FollowupRefused(
                _("已过提出异议的期限"), do=_("期限自公布之日起算"), code="followups.contest_late"
            )
        _check_often(made, clocks.days["contests_half_year"])
        made.ground, made.statement, made.by, made.at = ground, text_of(act.reason), act.by.username, act.now
        made.due_on = clocks.after("contest_decide_days", on)
        made.save(force_insert=True)
        notarise(act.now, made)
    return made


def _contest(about: About, on: date, clocks: Clocks) -> tuple[Contest, date]:
    """A contest of what was shown, and the day on which it was."""
    if about.theme:
        theme = Case.objects.filter(pk=_number(about.theme), kind=Kind.THEME).first()
        told = told_on(theme, on, clocks) if theme else None
        if theme is not None and told is not None:
            seat = {"official": theme.official, "post": theme.post, "period": theme.period}
            return Contest(theme=theme, **seat), told
    release = Release.objects.filter(pk=about.release or 0).select_related("due").first()
    if release is None:
        raise FollowupRefused(_("没有可以提出异议的公布"), do=_("请从本人的清单进入"), code="followups.about")
    due = release.due
    seat = {"official": due.official, "post": due.post, "period": due.period}
    return Contest(release=release, **seat), day_of(release.at)


def _check_often(made: Contest, most: int) -> None:
    in_turn(f"contests {made.official} {made.period}")
    if Contest.objects.filter(official=made.official, period=made.period).count() >= most:
        raise FollowupRefused(
            _("本半年已提出 %s 次异议") % most, do=_("请在已提出的异议中一并说明"), code="followups.often"
        )


def opine(subject: Contest | Flag, chosen: Iterable[str], act: Act) -> Ruling | None:
    """Say which ballots should not count, perhaps none; gives the ruling when it settles the matter.

    Clause: SPEC T-C15, NORMS L10
    Raises: NotPermitted for whoever is of the rated unit; FollowupRefused for a second opinion of the same
        person, a ballot that is not of the matter, or when it is settled.
    """
    reason, picked = text_of(act.reason), sorted({_number(one) for one in chosen}, key=str)
    with transaction.atomic():
        held = type(subject).objects.select_for_update().get(pk=subject.pk)
        check_not_of(act.by, held.post, day_of(act.now), check_can_decide_marks)
        _check_open(held, act)
        _check_of_it(held, picked)
        about: dict[str, Contest | Flag] = {"contest": held} if isinstance(held, Contest) else {"flag": held}
        made = Opinion.objects.create(
            **about, by=act.by.get_username(), ballots=picked, reason=reason, at=act.now
        )
        notarise(act.now, made)
        return _ruled(held, about, act)


def _check_open(held: Contest | Flag, act: Act) -> None:
    if hasattr(held, "ruling"):
        raise FollowupRefused(_("已有复核结论"), do=_("无须再次复核"), code="followups.ruled")
    if held.opinions.filter(by=act.by.get_username()).exists():
        raise FollowupRefused(_("您已提出过复核意见"), do=_("请等待另一名复核人"), code="followups.opined")
    if isinstance(held, Contest) and held.by == act.by.get_username():
        raise NotPermitted(_("不能复核自己提出的异议"), do=_("请由他人复核"), code="followups.own")


def _check_of_it(held: Contest | Flag, picked: list[uuid.UUID]) -> None:
    known = Ballot.objects.filter(
        pk__in=picked, key__official=held.official, key__post=held.post, key__period=held.period
    )
    within = set(picked) <= set(held.ballots) if isinstance(held, Flag) else True
    if known.count() != len(picked) or not within:
        raise FollowupRefused(
            _("所选的票不属于本次复核"), do=_("请从页面上选择"), code="followups.other_ballot"
        )


def _ruled(held: Contest | Flag, about: dict[str, Contest | Flag], act: Act) -> Ruling | None:
    opinions = list(held.opinions.order_by("at", "by"))
    named = [set(opinion.ballots) for opinion in opinions]
    agreed = len(named) == NEEDED and named[0] == named[1]
    if not agreed and len(named) < MOST:
        return None
    counts = Counter(ballot for names in named for ballot in names)
    out = sorted((ballot for ballot, count in counts.items() if count >= NEEDED), key=str)
    made = Ruling.objects.create(
        **about, ballots=out, first=opinions[0].by, second=opinions[1].by, at=act.now
    )
    notarise(act.now, made)
    _exclude(out, opinions, held, act)
    return made


def _exclude(out: list[uuid.UUID], opinions: list[Opinion], held: Contest | Flag, act: Act) -> None:
    """By the two who named the ballot. The rater reads why by receipt, in words without their reasons."""
    ground = Ground(held.ground) if isinstance(held, Contest) else Ground.FLOODED
    if isinstance(held, Flag) and held.kind == FlagKind.ALIKE:
        ground = Ground.MALICIOUS
    for ballot in out:
        if Exclusion.objects.filter(ballot__receipt__in=_receipts(ballot)).exists():
            continue
        first, second = [opinion.by for opinion in opinions if ballot in opinion.ballots][:NEEDED]
        ballots.exclude(str(ballot), READ_BY_RATER[ground], first, second, day_of(act.now))


def _receipts(ballot: uuid.UUID) -> list[str]:
    return list(Ballot.objects.filter(pk=ballot).values_list("receipt", flat=True))


def _number(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(str(text))
    except ValueError as fault:
        raise FollowupRefused(
            _("编号不对"), where=str(text)[:40], do=_("请从页面上选择"), code="followups.number"
        ) from fault
