"""Rounds opened, raters outside the roster listed, rolls drawn up by the policy's rules.

Crash points: each operation is one transaction; killed anywhere it leaves everything or nothing.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hengjian.notary.recording import notarise
from hengjian.ratings.panels.drawing import Candidate, Ground, candidates, ground
from hengjian.ratings.panels.errors import PanelRefused
from hengjian.ratings.panels.models import (
    SELF,
    Asked,
    Declaration,
    Member,
    Outsider,
    OutsiderKind,
    Roll,
    Round,
    Withdrawal,
    WithdrawalKind,
)
from hengjian.ratings.panels.operations import Office
from hengjian.ratings.panels.rules import Channel, PanelRules
from hengjian.roster.models import Official, Organisation, Post, TieKind
from hengjian.roster.queries import SeatRow
from hengjian.terms.period import Period

ADDED = "added"  # a member's basis when a person, not a rule, put him on the roll
DEALINGS = gettext_lazy("声明与该单位或其上级单位有业务往来")


@dataclass(frozen=True)
class RoundPlan:
    """What a round is to be: the period, whose officials, and the three days."""

    period: str
    title: str
    organisations: tuple[str, ...]
    self_by: date
    opens_on: date
    closes_on: date


@dataclass(frozen=True)
class OutsiderDraft:
    """A rater who is not an official; ``name`` only of an institution."""

    code: str
    kind: str
    organisation: str
    since: date
    until: date | None = None
    name: str = ""


def rules_of(held: Round, office: Office) -> PanelRules:
    """The rules under which a round was opened. Raises: PanelRefused when those have changed since."""
    rules = PanelRules(office.policy.in_force(held.opens_on))
    if rules.digest != held.policy_digest:
        raise PanelRefused(
            _("制度中关于评价团的规定与本轮评价启动时不同"), where=held.title,
            do=_("请恢复启动时的规定，修改自下一轮起适用"), code="panels.policy",
        )  # fmt: skip
    return rules


def open_round(plan: RoundPlan, office: Office) -> Round:
    """Open a round for the officials of some organisations.

    Clause: SPEC B1, SPEC T-B11
    Raises: PanelRefused when the days are out of order or an organisation is not on the roster.
    """
    Period(plan.period)
    rules = PanelRules(office.policy.in_force(plan.opens_on))
    if not plan.self_by < plan.opens_on <= plan.closes_on:
        raise PanelRefused(
            _("自评应先于评价，评价开始不得晚于截止"), do=_("请核对三个日期"), code="panels.days"
        )
    known = set(Organisation.objects.filter(code__in=plan.organisations).values_list("code", flat=True))
    strange = sorted(set(plan.organisations) - known)
    if strange or not known or not plan.title.strip():
        what = _("机构“%s”不在册") % strange[0] if strange else _("没有写明名称或机构")
        raise PanelRefused(what, do=_("请补填或核对机构代码"), code="panels.organisations")
    with transaction.atomic():
        held = Round.objects.create(
            period=plan.period, title=plan.title.strip(), organisations=sorted(known),
            policy=office.policy.id, policy_digest=rules.digest, self_by=plan.self_by,
            opens_on=plan.opens_on, closes_on=plan.closes_on, by=office.by, at=office.now,
        )  # fmt: skip
        notarise(office.now, held)
    return held


def enrol(drafts: Iterable[OutsiderDraft], office: Office) -> list[Outsider]:
    """Put raters who are not officials on the list; those who are on it already stay as they are.

    Raises: PanelRefused for another kind, an unknown organisation, or a natural person's name.
    """
    drafts = list(drafts)
    homes = {one.code: one for one in Organisation.objects.filter(code__in={d.organisation for d in drafts})}
    known = set(Outsider.objects.filter(code__in={d.code for d in drafts}).values_list("code", flat=True))
    known |= set(Official.objects.filter(code__in={d.code for d in drafts}).values_list("code", flat=True))
    rows = []
    for draft in drafts:
        institution = draft.kind == OutsiderKind.INSTITUTION
        if draft.kind not in OutsiderKind.values or draft.organisation not in homes:
            what = _("评价人 %s 的类别或所在机构有误") % draft.code
            raise PanelRefused(what, do=_("请核对"), code="panels.outsider")
        if institution != bool(draft.name):
            what = _("评价人 %s：机构必须写名称，个人不得写姓名") % draft.code
            raise PanelRefused(what, do=_("个人只用编号"), code="panels.outsider_name")
        if draft.code not in known:
            rows.append(
                Outsider(
                    code=draft.code, kind=draft.kind, organisation=homes[draft.organisation],
                    name=draft.name, since=draft.since, until=draft.until, by=office.by, at=office.now,
                )
            )  # fmt: skip
    with transaction.atomic():
        made = Outsider.objects.bulk_create(rows)
        notarise(office.now, *made)
    return made


def draw_up(held: Round, office: Office) -> list[Roll]:
    """Draw the roll of every official of the round's organisations who has none yet.

    Whom a tie keeps away is drawn and withdrawn at once, with the tie as the reason.
    Clause: SPEC B1, SPEC T-B10
    """
    rules = rules_of(held, office)
    with transaction.atomic():
        Round.objects.select_for_update().get(pk=held.pk)
        around = ground(rules, held.organisations, held.opens_on)
        there = set(Roll.objects.filter(round=held).values_list("official__code", "post__code"))
        seats = [seat for seat in around.rated if (seat.official, seat.post) not in there]
        return [_draw(held, seat, around, office) for seat in seats]


def _draw(held: Round, seat: SeatRow, around: Ground, office: Office) -> Roll:
    official, post = Official.objects.get(code=seat.official), Post.objects.get(code=seat.post)
    roll = Roll.objects.create(round=held, official=official, post=post, by=office.by, at=office.now)
    notarise(office.now, roll)
    channel = Channel(SELF, "", (SELF,))
    own = Candidate(seat.official, seat.organisation, channel, SELF, official=True, signed=True)
    found = [own, *candidates(seat, around)]
    apart = declared_apart(roll)
    for one, member in zip(found, put_on(roll, found, office), strict=True):
        if one.conflicts:
            why = "、".join(str(TieKind(kind).label) for kind in one.conflicts)
            withdraw(member, WithdrawalKind.CONFLICT, why, office)
        elif member.asked_id in apart:
            withdraw(member, WithdrawalKind.RECUSED, str(DEALINGS), office)
    return roll


def declared_apart(roll: Roll) -> set[uuid.UUID]:
    """Who of the round has declared dealings with the roll's unit, or with one above it.

    Clause: NORMS X4
    """
    units = sorted(units_over(roll))
    found = Declaration.objects.filter(asked__round=roll.round_id, dealings__overlap=units)
    return set(found.values_list("asked_id", flat=True))


def units_over(roll: Roll) -> frozenset[str]:
    """The codes of the roll's unit and of those above it."""
    return frozenset(roll.post.organisation.path.strip("/").split("/"))


def put_on(roll: Roll, found: Sequence[Candidate], office: Office, reason: str = "") -> list[Member]:
    """Write candidates as members, in their order."""
    asked = _asked(roll.round, found, office)
    rows = Member.objects.bulk_create(
        Member(
            roll=roll, asked=asked[one.code], group=one.channel.group, stratum=one.channel.stratum,
            signed=one.signed, home=one.home, basis=one.source, ties=list(one.ties), reason=reason,
            by=office.by, at=office.now,
        )
        for one in found
    )  # fmt: skip
    notarise(office.now, *rows)
    return rows


def withdraw(member: Member, kind: WithdrawalKind, reason: str, office: Office) -> Withdrawal:
    """Write that a member does not mark. Raises: PanelRefused when that is so already."""
    if Withdrawal.objects.filter(pk=member.pk).exists():
        raise PanelRefused(_("该成员已经退出"), do=_("请查看名单"), code="panels.withdrawn")
    found = Withdrawal.objects.create(
        member=member, kind=kind, reason=reason.strip()[:200], by=office.by, at=office.now
    )
    notarise(office.now, found)
    return found


def _asked(held: Round, found: Iterable[Candidate], office: Office) -> dict[str, Asked]:
    """Whoever is asked in the round, by code; those who were not yet, now are."""
    wanted = {one.code: one.official for one in found}
    there = asked_in(held)
    new = sorted(set(wanted) - set(there))
    officials = {one.code: one for one in Official.objects.filter(code__in=[c for c in new if wanted[c]])}
    outsiders = {one.code: one for one in Outsider.objects.filter(code__in=[c for c in new if not wanted[c]])}
    rows = [Asked(round=held, official=officials.get(c), outsider=outsiders.get(c)) for c in new]
    notarise(office.now, *Asked.objects.bulk_create(rows))
    return there | dict(zip(new, rows, strict=True))


def asked_in(held: Round) -> dict[str, Asked]:
    """Whoever is asked in a round, by code."""
    rows = Asked.objects.filter(round=held).select_related("official", "outsider")
    return {code_of(one): one for one in rows}


def code_of(asked: Asked) -> str:
    """The official's or outsider's code."""
    person = asked.official or asked.outsider
    return person.code if person is not None else ""
