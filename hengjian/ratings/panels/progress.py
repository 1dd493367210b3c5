"""How far a round is: by group, never who; of anonymous groups not even a count that is too small.

Clause: SPEC B1, NORMS L5, NORMS L8
"""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from hengjian.notary.recording import day_of
from hengjian.ratings.panels.filling import group_name
from hengjian.ratings.panels.models import (
    SELF,
    Asked,
    BlindSheet,
    Link,
    Member,
    Outsider,
    Roll,
    Round,
    RoundClosing,
    SignedSheet,
)
from hengjian.ratings.panels.rolls import code_of
from hengjian.ratings.panels.rules import PanelRules
from hengjian.roster.models import Tie


@dataclass(frozen=True)
class GroupProgress:
    """One group of a round: sheets asked for and handed in; None where the count is too small to be told.

    Of an anonymous group that still marks, ``done`` goes up in steps of the least number (``coarse``): who
    looks before and after somebody was at it learns nothing.
    """

    group: str
    stratum: str
    name: str
    signed: bool
    asked: int
    done: int | None
    coarse: bool = False

    @property
    def share(self) -> float | None:
        """Handed in, as a fraction of one."""
        return None if self.done is None or not self.asked else self.done / self.asked


@dataclass(frozen=True)
class RollRow:
    """One roll on a list; ``most`` is empty before the signature."""

    id: int
    official: str
    title: str
    organisation: str
    members: int
    away: int
    signed: bool
    most: float | None


@dataclass(frozen=True)
class MemberRow:
    """A rater on a roll, as the office sees it: by code, how drawn, whether and why away."""

    id: int
    code: str
    official: bool
    group: str
    stratum: str
    signed: bool
    home: str
    basis: str
    ties: tuple[str, ...]
    reason: str
    away: str
    away_reason: str


@dataclass(frozen=True)
class LinkRow:
    """A link that was handed out. ``state``: serving, expired, revoked; never whether somebody opened it."""

    id: str
    rater: str
    kind: str
    expires_at: datetime
    state: str


@dataclass(frozen=True)
class Reminder:
    """Somebody to be reminded; of anonymous raters all are, so that the list tells nothing."""

    rater: str
    group: str
    signed: bool


def rounds() -> list[Round]:
    """All rounds, the newest first."""
    return list(Round.objects.select_related("closing"))


@dataclass(frozen=True)
class RoundWork:
    """What the office and the leaders still have to do about a round."""

    round: Round
    unsigned: int
    over: bool


def work(on: date) -> list[RoundWork]:
    """The rounds that are not closed, with the rolls to sign and whether their days are over.

    Clause: SPEC B1
    """
    rows = Round.objects.filter(closing__isnull=True)
    found = rows.annotate(unsigned=Count("rolls", filter=Q(rolls__signature__isnull=True)))
    return [RoundWork(one, one.unsigned, on > one.closes_on) for one in found.order_by("closes_on", "at")]


def progress(held: Round, rules: PanelRules) -> list[GroupProgress]:
    """Each group of a round with sheets asked for and handed in, on signed rolls."""
    rows = _active(held).values_list("group", "stratum", "signed")
    asked = Counter(rows)
    signed = SignedSheet.objects.filter(member__roll__round=held)
    done = Counter(signed.values_list("member__group", "member__stratum", "member__signed"))
    blind = BlindSheet.objects.filter(key__roll__round=held).values_list("key__group", "key__stratum")
    done.update((group, stratum, False) for group, stratum in blind)
    order = [SELF, *(channel.group for channel in rules.channels)]
    running = not RoundClosing.objects.filter(pk=held.pk).exists()
    return [
        GroupProgress(
            group, stratum, _name(rules, group, stratum), named, asked[group, stratum, named],
            _told(done[group, stratum, named], rules.least, named=named, running=running),
            running and not named,
        )
        for group, stratum, named in sorted(asked, key=lambda key: (order.index(key[0]), key[1], not key[2]))
    ]  # fmt: skip


def roll_rows(held: Round) -> list[RollRow]:
    """A round's rolls, by organisation and post."""
    rows = (
        Roll.objects.filter(round=held)
        .select_related("official", "post__organisation", "signature")
        .annotate(
            present=Count("members", filter=Q(members__withdrawal__isnull=True) & ~Q(members__group=SELF)),
            gone=Count("members", filter=Q(members__withdrawal__isnull=False)),
        )
        .order_by("post__organisation__path", "post__code", "pk")
    )
    return [
        RollRow(
            one.pk, one.official.code, one.post.title, one.post.organisation.name, one.present, one.gone,
            hasattr(one, "signature"),
            float(one.signature.most_moved) if hasattr(one, "signature") else None,
        )
        for one in rows
    ]  # fmt: skip


def member_rows(roll: Roll) -> list[MemberRow]:
    """A roll's members with those who are away, in the order of drawing."""
    related = ("asked__official", "asked__outsider", "withdrawal")
    rows = Member.objects.filter(roll=roll).exclude(group=SELF).select_related(*related).order_by("pk")
    return [
        MemberRow(
            one.pk, code_of(one.asked), one.asked.official_id is not None, one.group, one.stratum, one.signed,
            one.home, one.basis, tuple(one.ties), one.reason,
            str(one.withdrawal.get_kind_display()) if hasattr(one, "withdrawal") else "",
            one.withdrawal.reason if hasattr(one, "withdrawal") else "",
        )
        for one in rows
    ]  # fmt: skip


def link_rows(held: Round, now: datetime) -> list[LinkRow]:
    """The links of a round, by rater, the newest first."""
    related = ("asked__official", "asked__outsider", "revocation")
    rows = Link.objects.filter(asked__round=held).select_related(*related)
    found = [
        LinkRow(
            str(one.pk), code_of(one.asked),
            str(one.asked.outsider.get_kind_display()) if one.asked.outsider else "", one.expires_at,
            _link_state(one, now),
        )
        for one in rows.order_by("-at")
    ]  # fmt: skip
    return sorted(found, key=lambda row: row.rater)


def reminders(held: Round, rules: PanelRules, now: datetime) -> list[Reminder]:
    """Whom to remind from some days before the last day on.

    Who signs is reminded while a sheet is missing; anonymous raters are all reminded, whatever they did.
    """
    today = day_of(now)
    if not held.closes_on - timedelta(days=rules.remind_days) <= today <= held.closes_on:
        return []
    handed = SignedSheet.objects.filter(pk=OuterRef("pk"))
    rows = _active(held).exclude(group=SELF).exclude(Q(signed=True) & Exists(handed))
    rows = rows.select_related("asked__official", "asked__outsider")
    found = {(code_of(one.asked), group_name(rules, one.group), one.signed) for one in rows.order_by("pk")}
    return [Reminder(*one) for one in sorted(found)]


def asked_for(official: str) -> list[Asked]:
    """Where an official with an account is asked, in rounds that are open."""
    rows = Asked.objects.filter(official__code=official, round__closing__isnull=True)
    return list(rows.select_related("round", "official", "outsider").order_by("-round__at"))


def outsiders() -> list[Outsider]:
    """The list of raters who are not officials."""
    return list(Outsider.objects.select_related("organisation"))


def ties() -> list[Tie]:
    """Recorded ties, the newest first."""
    return list(Tie.objects.select_related("one", "other", "ending").order_by("-at", "-pk")[:500])


def _active(held: Round) -> QuerySet[Member]:
    rows = Member.objects.filter(roll__round=held, withdrawal__isnull=True, roll__signature__isnull=False)
    return rows.filter(Q(signed=True) | Q(voucher__isnull=False))


def _told(done: int, least: int, *, named: bool, running: bool) -> int | None:
    """Clause: NORMS L5, NORMS L8"""
    if named:
        return done
    if done < least:
        return None
    return done - done % least if running else done


def _name(rules: PanelRules, group: str, stratum: str) -> str:
    if not stratum:
        return group_name(rules, group)
    return next(one.name for one in rules.groups[group].strata if one.code == stratum)


def _link_state(link: Link, now: datetime) -> str:
    if hasattr(link, "revocation"):
        return "revoked"
    if now >= link.expires_at:
        return "expired"
    return "serving"
