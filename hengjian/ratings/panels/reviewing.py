"""A drawn roll is looked through by a person: members added and struck with reasons, then it is signed.

Crash points: each operation is one transaction; killed anywhere it leaves everything or nothing.
"""

import re
from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from hengjian.notary.recording import notarise
from hengjian.ratings.panels import tokens
from hengjian.ratings.panels.drawing import Candidate, by_events
from hengjian.ratings.panels.errors import PanelRefused
from hengjian.ratings.panels.influence import Influence, influences
from hengjian.ratings.panels.models import (
    SELF,
    Asked,
    Declaration,
    Member,
    Outsider,
    OutsiderKind,
    Roll,
    RollSignature,
    Round,
    SignedSheet,
    TokenIssue,
    Withdrawal,
    WithdrawalKind,
)
from hengjian.ratings.panels.operations import Office
from hengjian.ratings.panels.rolls import (
    DEALINGS,
    asked_in,
    declared_apart,
    put_on,
    rules_of,
    units_over,
    withdraw,
)
from hengjian.ratings.panels.rules import OUTSIDERS, Channel, PanelRules
from hengjian.roster.models import Organisation, TieKind
from hengjian.roster.queries import SeatRow, seats_on
from hengjian.roster.ties import ties_on
from hengjian.terms.canonical import digest_of

ADDED = "added"  # a member's basis when a person, not a rule, put him on the roll


@dataclass(frozen=True)
class Addition:
    """Somebody whom a person puts on a roll: an official or outsider by code, for which group, and why."""

    rater: str
    group: str
    stratum: str
    reason: str


def add_member(roll: Roll, addition: Addition, office: Office) -> Member:
    """Put somebody on a roll that is not signed yet, for a reason.

    Raises: PanelRefused when it is signed, the rater is unknown, on it already, or kept away by a tie or by
    dealings that it declared.
    """
    _reasoned(addition.reason, office)
    with transaction.atomic():
        roll = unsigned(roll)
        rules = rules_of(roll.round, office)
        channels = {(one.group, one.stratum): one for one in rules.channels}
        channel = channels.get((addition.group, addition.stratum))
        if channel is None:
            raise PanelRefused(_("制度中没有这个评价主体"), do=_("请从清单中选择"), code="panels.group")
        drawn = _added(addition.rater, channel, roll, rules)
        there = asked_in(roll.round).get(drawn.code)
        if there is not None and Member.objects.filter(roll=roll, asked=there).exists():
            raise PanelRefused(_("该评价人已在名单上或已退出"), do=_("请查看名单"), code="panels.twice")
        if there is not None and _apart(there, roll):
            raise PanelRefused(str(DEALINGS), do=_("请改由其他评价人"), code="panels.dealings")
        return put_on(roll, [drawn], office, addition.reason.strip())[0]


def strike(member: Member, office: Office, *, reason: str) -> Withdrawal:
    """Take a member off a roll that is not signed yet, for a reason."""
    _reasoned(reason, office)
    with transaction.atomic():
        unsigned(member.roll)
        if member.group == SELF:
            raise PanelRefused(_("自评不能免去"), do=_("自评由干部本人完成"), code="panels.self")
        return withdraw(member, WithdrawalKind.STRUCK, reason, office)


def recuse(member: Member, office: Office, *, reason: str) -> Withdrawal:
    """A rater withdraws, before or after the signature, for a reason; not once marking has begun.

    Clause: SPEC T-B10
    """
    _reasoned(reason, office)
    with transaction.atomic():
        Roll.objects.select_for_update().get(pk=member.roll_id)
        handed = SignedSheet.objects.filter(pk=member.pk).exists()
        if member.group == SELF or handed or TokenIssue.objects.filter(voucher=member.pk).exists():
            raise PanelRefused(
                _("自评不能回避；已提交或已领取评价凭证的也不能再回避"),
                do=_("如有利害关系，请书面告知组织部门"), code="panels.handed_in",
            )  # fmt: skip
        return withdraw(member, WithdrawalKind.RECUSED, reason, office)


def declare(asked: Asked, dealings: tuple[str, ...], office: Office) -> Declaration:
    """A third party declares its independence, and its dealings: it marks neither those units nor any below.

    Clause: NORMS X4
    ``dealings``: codes of organisations.
    Raises: PanelRefused when it is no third party, has declared before, or names a unit that there is not.
    """
    if asked.outsider is None or asked.outsider.kind != OutsiderKind.INSTITUTION:
        raise PanelRefused(_("只有第三方机构需要声明"), do=_("可直接评价"), code="panels.declaration")
    rules, known = rules_of(asked.round, office), Organisation.objects.filter(code__in=dealings)
    unknown = sorted(set(dealings) - set(known.values_list("code", flat=True)))
    if unknown:
        raise PanelRefused(
            _("没有这些机构代码：%s") % "、".join(unknown),
            do=_("请按机构名册填写代码，以空格或顿号分开"), code="panels.dealings_unknown",
        )  # fmt: skip
    with transaction.atomic():
        Round.objects.select_for_update().get(pk=asked.round_id)  # no roll is drawn up meanwhile
        Asked.objects.select_for_update().get(pk=asked.pk)
        if Declaration.objects.filter(pk=asked.pk).exists():
            raise PanelRefused(
                _("本轮已经声明"), do=_("如有变化，请书面告知组织部门"), code="panels.declared"
            )
        made = Declaration.objects.create(
            asked=asked, dealings=sorted(set(dealings)), wording=rules.declaration,
            by=office.by, at=office.now,
        )  # fmt: skip
        notarise(office.now, made)
        members = Member.objects.filter(asked=asked, withdrawal__isnull=True)
        for member in members.select_related("roll__post__organisation"):
            if not units_over(member.roll).isdisjoint(dealings):
                withdraw(member, WithdrawalKind.RECUSED, str(DEALINGS), office)
    return made


def codes_in(text: str) -> tuple[str, ...]:
    """The codes that a person wrote, with blanks or commas between."""
    return tuple(filter(None, re.split(r"[\s,，、;；]+", text)))


def active(roll: Roll) -> QuerySet[Member]:
    """The members who mark, the official's own assessment left out."""
    return Member.objects.filter(roll=roll, withdrawal__isnull=True).exclude(group=SELF)


def influence_of(roll: Roll, rules: PanelRules, seat: SeatRow) -> tuple[Influence, ...]:
    """What one mark of each group can move on this roll; anonymous groups with too few are not asked.

    Clause: SPEC B1, NORMS L5
    """
    asked = [group[:2] for group, members in tokens.cells_of(roll, rules).items() for _one in members]
    asked += active(roll).filter(signed=True).values_list("group", "stratum")
    return influences(rules, asked, by_events(rules, seat))


def sign_roll(
    roll: Roll, office: Office, *, note: str = "", make: tokens.MakeKey = tokens.new_key
) -> RollSignature:
    """Sign a roll: it is fixed, and its anonymous groups get their keys.

    Clause: SPEC B1
    Raises: PanelRefused when it is signed, or one person's mark moves more than allowed and no note says why.
    """
    rules, seat = rules_of(roll.round, office), seat_of(roll)
    cells = tokens.cells_of(roll, rules)
    keys = {cell: make() for cell in cells}  # outside of the transaction: making one takes a moment
    with transaction.atomic():
        roll = unsigned(roll)
        if tokens.cells_of(roll, rules) != cells:
            raise PanelRefused(_("名单刚刚有变动"), do=_("请重新核对后签署"), code="panels.changed")
        signature = _signature(roll, influence_of(roll, rules, seat), rules, (office, note.strip()))
        tokens.store(roll, cells, keys, office)
    return signature


def seat_of(roll: Roll) -> SeatRow:
    """The seat that a roll is about, as on the day on which its round opens."""
    home = roll.post.organisation.code
    for seat in seats_on(roll.round.opens_on, under=[home]):
        if (seat.official, seat.post) == (roll.official.code, roll.post.code):
            return seat
    raise PanelRefused(
        _("干部在评价开始日已不在该岗位"), do=_("请核对任职，另行拟定名单"), code="panels.seat"
    )


def unsigned(roll: Roll) -> Roll:
    """The roll, locked until the end of the transaction. Raises: PanelRefused when it is signed."""
    found = Roll.objects.select_for_update().get(pk=roll.pk)
    if RollSignature.objects.filter(pk=found.pk).exists():
        raise PanelRefused(
            _("名单已签署，不再改动"), do=_("评价人有利害关系的，由本人申请回避"), code="panels.signed"
        )
    return found


def _signature(
    roll: Roll, found: tuple[Influence, ...], rules: PanelRules, who: tuple[Office, str]
) -> RollSignature:
    office, note = who
    most = max((one.points for one in found), default=0.0)
    if most > rules.most_moved and not note:
        group = rules.groups[next(one.group for one in found if one.points == most)].name
        raise PanelRefused(
            _("“%(group)s”一人打分最多影响 %(points).2f 分，超过允许的 %(allowed)g 分")
            % {"group": group, "points": most, "allowed": rules.most_moved},
            do=_("请增补评价人；确实不能增补的，写明理由后签署"), code="panels.dominates",
        )  # fmt: skip
    members = active(roll).order_by("asked").values_list("asked", "group", "stratum", "signed")
    signature = RollSignature.objects.create(
        roll=roll, digest=digest_of([[str(a), g, s, n] for a, g, s, n in members]),
        most_moved=round(most, 2), allowed=rules.most_moved, note=note, by=office.by, at=office.now,
    )  # fmt: skip
    notarise(office.now, signature)
    return signature


def _added(code: str, channel: Channel, roll: Roll, rules: PanelRules) -> Candidate:
    on, rated = roll.round.opens_on, roll.official.code
    outsider = Outsider.objects.filter(code=code).select_related("organisation").first()
    if outsider is not None:
        sources = [one for one in channel.sources if OUTSIDERS.get(one) == outsider.kind]
        if not sources:
            raise PanelRefused(
                _("“%s”不能以这一评价主体打分") % outsider.get_kind_display(),
                do=_("请另选评价主体"), code="panels.kind",
            )  # fmt: skip
        signed = sources[0] in rules.signing
        return Candidate(code, outsider.organisation.code, channel, ADDED, official=False, signed=signed)
    held = next((seat for seat in seats_on(on) if seat.official == code), None)
    if held is None or code == rated:
        what = _("名册中没有在任的评价人 %s") % code if code != rated else _("本人不能评价本人")
        raise PanelRefused(what, do=_("请核对编号"), code="panels.rater")
    kinds = ties_on(on, {rated}).get(frozenset((code, rated)), frozenset())
    against = sorted(kinds & rules.conflicting)
    if against:
        why = "、".join(str(TieKind(one).label) for one in against)
        raise PanelRefused(_("应当回避：%s") % why, do=_("请另选评价人"), code="panels.conflict")
    signed = channel.group in {"superiors", "organisation_department"}
    ties = tuple(sorted(kinds))
    return Candidate(code, held.organisation, channel, ADDED, official=True, signed=signed, ties=ties)


def _apart(asked: Asked, roll: Roll) -> bool:
    """Whether dealings were declared. Locked: no declaration slips in before the member is written."""
    Asked.objects.select_for_update().get(pk=asked.pk)
    return asked.pk in declared_apart(roll)


def _reasoned(reason: str, office: Office) -> None:
    if not office.by.strip() or not reason.strip():
        raise PanelRefused(_("要写明理由"), do=_("请补填理由"), code="panels.reason")
