"""Forms: what a rater is asked for, saved and handed in; signed with a name, or blind with a token.

Clause: SPEC B1, SPEC T-B11
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation

from django.db import transaction
from django.db.models import Model
from django.utils.translation import gettext as _

from hengjian.notary.recording import day_of, notarise
from hengjian.policy.model import Instrument
from hengjian.ratings.panels import tokens
from hengjian.ratings.panels.errors import PanelRefused
from hengjian.ratings.panels.models import (
    SELF,
    Asked,
    Declaration,
    Draft,
    Member,
    OutsiderKind,
    Roll,
    RollSignature,
    RoundClosing,
    SignedSheet,
    TokenIssue,
    TokenKey,
    Voucher,
    Withdrawal,
)
from hengjian.ratings.panels.operations import Office
from hengjian.ratings.panels.reviewing import seat_of
from hengjian.ratings.panels.rolls import rules_of
from hengjian.ratings.panels.rules import PanelRules, Question

LONGEST_TEXT = 2000
MOST_SECONDS = 24 * 60 * 60
Answers = dict[str, str]


@dataclass(frozen=True)
class Form:
    """One sheet as it is to be filled in: about whom, on which scale, what is asked, whether signed."""

    member: int
    official: str
    post: str
    title: str
    organisation: str
    group: str
    group_name: str
    signed: bool
    instrument: Instrument
    questions: tuple[Question, ...]
    answers: Answers
    text: str
    seconds: int

    @property
    def own(self) -> bool:
        """Whether this is the official's own assessment."""
        return self.group == SELF

    @property
    def steps(self) -> tuple[int, ...]:
        """The scale's whole numbers, where they are few enough to choose from."""
        low, high = int(self.instrument.lowest), int(self.instrument.highest)
        return tuple(range(low, high + 1)) if high - low <= 10 else ()


@dataclass(frozen=True)
class Task:
    """One sheet on a rater's list.

    ``state``: open, saved, issued (its token is signed), done, early, late, declare, unsigned, few, recused.
    """

    member: int
    official: str
    title: str
    organisation: str
    group_name: str
    signed: bool
    own: bool
    state: str


def tasks(asked: Asked, office: Office) -> list[Task]:
    """What a rater has to do in a round: the signed rolls that name him, the own assessment first.

    Of an anonymous sheet no more is known than that its token was signed.
    """
    rows = (
        Member.objects.filter(asked=asked, roll__signature__isnull=False)
        .select_related("roll__official", "roll__post__organisation", "roll__round")
        .order_by("roll__post__organisation__path", "roll__post__code", "pk")
    )
    rules = rules_of(asked.round, office)
    stands = _stands(list(rows), asked)
    found = [_task(member, rules, stands, office.now) for member in rows]
    return sorted(found, key=lambda task: not task.own)


def form(member: Member, office: Office) -> Form:
    """A member's sheet with what was saved of it. Raises: PanelRefused when it is not open now."""
    check_open(member, office.now)
    rules, roll = rules_of(member.roll.round, office), member.roll
    draft = Draft.objects.filter(pk=member.pk).first() if member.signed else None
    seat = seat_of(roll)
    return Form(
        member=member.pk, official=roll.official.code, post=roll.post.code, title=roll.post.title,
        organisation=roll.post.organisation.name, group=member.group,
        group_name=group_name(rules, member.group), signed=member.signed,
        instrument=rules.instrument(member.group), questions=rules.questions(seat, member.group),
        answers=draft.answers if draft else {}, text=draft.text if draft else "",
        seconds=draft.seconds if draft else 0,
    )  # fmt: skip


def group_name(rules: PanelRules, group: str) -> str:
    """A group's name; the own assessment's too."""
    return str(_("自评")) if group == SELF else rules.groups[group].name


def save(member: Member, given: Mapping[str, str], text: str, seconds: int, office: Office) -> Draft:
    """Save a signed sheet that is not finished. Raises: PanelRefused for what is not on the form."""
    asked = _signed_form(member, office)
    answers = checked(given, asked, complete=False)
    with transaction.atomic():
        Roll.objects.select_for_update().get(pk=member.roll_id)
        _check_not_handed_in(member)
        saved, _made = Draft.objects.update_or_create(
            member=member,
            defaults={
                "answers": answers, "text": _text(text), "seconds": _seconds(seconds),
                "saved_at": office.now,
            },
        )  # fmt: skip
    return saved


def hand_in(member: Member, given: Mapping[str, str], text: str, seconds: int, office: Office) -> SignedSheet:
    """Hand a signed sheet in, once, under the rater's name.

    Clause: SPEC B1
    Raises: PanelRefused when an answer is missing, or it is handed in already.
    """
    asked = _signed_form(member, office)
    answers = checked(given, asked, complete=True)
    if asked.own and not text.strip():
        raise PanelRefused(_("自评要写述职说明"), where="text", do=_("请补填"), code="panels.text")
    with transaction.atomic():
        Roll.objects.select_for_update().get(pk=member.roll_id)
        _check_not_handed_in(member)
        sheet = SignedSheet.objects.create(
            member=member, answers=answers, text=_text(text), seconds=_seconds(seconds), at=office.now
        )
        Draft.objects.filter(pk=member.pk).delete()
        notarise(office.now, sheet)
    return sheet


def token_for(member: Member, blinded: bytes, office: Office) -> bytes:
    """Sign an anonymous member's blinded token while the form is open.

    Clause: SPEC B4
    """
    check_open(member, office.now)
    if member.signed:
        raise PanelRefused(_("这张表署名提交"), do=_("请用页面上的提交按钮"), code="panels.signed_form")
    return tokens.sign_token(member, blinded, office)


def cast(token: tokens.Token, given: Mapping[str, str], seconds: int, office: Office) -> None:
    """Take an anonymous sheet in: by its token alone, with nothing that tells whose it is.

    Clause: SPEC B4, NORMS L6
    Raises: PanelRefused when the token is none, the round is not open, or an answer does not fit.
    """
    key = tokens.verified(token)
    _check_days(key.roll, office.now)
    rules = rules_of(key.roll.round, office)
    asked = _blind_form(key, rules)
    tokens.take_in(token, key, checked(given, asked, complete=True), seconds, rules.seconds_step)


def check_open(member: Member, now: datetime) -> None:
    """Refuse a sheet that cannot be filled in now.

    The own assessment comes first: until its last day only that is open, afterwards only the others.
    Raises: PanelRefused
    """
    state = _state(member, _stands([member], member.asked), now)
    if state in {"open", "saved", "issued"}:
        return
    words = {
        "early": (_("评价还没有开始"), _("自评截止后开放")),
        "late": (_("评价已经截止"), _("不再接收")),
        "done": (_("已经提交"), _("提交后不能更改")),
        "declare": (_("请先作出独立性声明"), _("声明后开放评价")),
        "recused": (_("已回避或退出"), _("不需要再评价")),
        "unsigned": (_("名单尚未签署"), _("签署后开放")),
        "few": (_("匿名评价人数不足，不开展评价"), _("不需要再评价")),
    }
    what, do = words[state]
    raise PanelRefused(what, do=do, code=f"panels.form_{state}")


def checked(given: Mapping[str, str], asked: Form, *, complete: bool) -> Answers:
    """The answers as they are stored: whole numbers on the scale; empty is 不了解 and left out.

    Raises: PanelRefused for a strange indicator or a value off the scale, or when nothing is answered.
    """
    known = [question.code for question in asked.questions]
    strange = sorted(set(given) - set(known))
    if strange:
        raise tokens.malformed(strange[0][:40])
    found = {
        code: _value(str(given[code]), code, asked) for code in known if str(given.get(code, "")).strip()
    }
    if complete and not found:
        raise PanelRefused(_("至少要评一项"), do=_("不了解的可以留空"), code="panels.empty")
    if complete and asked.own and len(found) < len(known):
        raise PanelRefused(_("自评要逐项打分"), do=_("请补填"), code="panels.self_incomplete")
    return found


def _value(text: str, code: str, asked: Form) -> str:
    scale = asked.instrument
    try:
        value = Decimal(text.strip())
    except InvalidOperation:
        value = Decimal("NaN")
    whole = value.is_finite() and value == value.to_integral_value()
    if not whole or not scale.lowest <= value <= scale.highest:
        raise PanelRefused(
            _("分值应为 %(low)g 至 %(high)g 的整数") % {"low": scale.lowest, "high": scale.highest},
            where=code, do=_("请重新选择"), code="panels.value",
        )  # fmt: skip
    return str(int(value))


def _text(text: str) -> str:
    if len(text.strip()) > LONGEST_TEXT or "\0" in text:
        raise PanelRefused(
            _("文字超过 %s 字") % LONGEST_TEXT, where="text", do=_("请缩短"), code="panels.text"
        )
    return text.strip()


def _seconds(seconds: int) -> int:
    return min(max(seconds, 0), MOST_SECONDS)


def _signed_form(member: Member, office: Office) -> Form:
    if not member.signed:
        raise PanelRefused(_("这张表匿名提交"), do=_("请用页面上的提交按钮"), code="panels.blind_form")
    return form(member, office)


def _blind_form(key: TokenKey, rules: PanelRules) -> Form:
    roll = key.roll
    return Form(
        member=0, official=roll.official.code, post=roll.post.code, title="", organisation="",
        group=key.group, group_name="", signed=False, instrument=rules.instrument(key.group),
        questions=rules.questions(seat_of(roll), key.group), answers={}, text="", seconds=0,
    )  # fmt: skip


def _check_not_handed_in(member: Member) -> None:
    if SignedSheet.objects.filter(pk=member.pk).exists():
        raise PanelRefused(_("已经提交"), do=_("提交后不能更改"), code="panels.form_done")


def _check_days(roll: Roll, now: datetime) -> None:
    held, today = roll.round, day_of(now)
    closed = RoundClosing.objects.filter(pk=held.pk).exists()
    if closed or not held.opens_on <= today <= held.closes_on:
        raise PanelRefused(_("不在评价期内"), do=_("不再接收"), code="panels.form_late")


def _task(member: Member, rules: PanelRules, stands: "_Stands", now: datetime) -> Task:
    roll = member.roll
    return Task(
        member=member.pk, official=roll.official.code, title=roll.post.title,
        organisation=roll.post.organisation.name, group_name=group_name(rules, member.group),
        signed=member.signed, own=member.group == SELF, state=_state(member, stands, now),
    )  # fmt: skip


@dataclass(frozen=True)
class _Stands:
    """What has been done by a rater's members, read once for all of them."""

    away: frozenset[int]
    handed: frozenset[int]
    signed_rolls: frozenset[int]
    vouchers: frozenset[int]
    issued: frozenset[int]
    drafts: frozenset[int]
    closed: bool
    declare: bool


def _stands(members: Sequence[Member], asked: Asked) -> _Stands:
    mine, rolls = [one.pk for one in members], {one.roll_id for one in members}

    def among(model: type[Model], key: str = "pk") -> frozenset[int]:
        return frozenset(model._default_manager.filter(**{f"{key}__in": mine}).values_list(key, flat=True))

    return _Stands(
        away=among(Withdrawal), handed=among(SignedSheet), vouchers=among(Voucher),
        issued=among(TokenIssue, "voucher"), drafts=among(Draft),
        signed_rolls=frozenset(RollSignature.objects.filter(pk__in=rolls).values_list("pk", flat=True)),
        closed=RoundClosing.objects.filter(pk=asked.round_id).exists(), declare=_must_declare(asked),
    )  # fmt: skip


def _state(member: Member, stands: _Stands, now: datetime) -> str:
    held, today, own = member.roll.round, day_of(now), member.group == SELF
    held_back = (
        ("recused", member.pk in stands.away),
        ("done", member.pk in stands.handed),
        ("unsigned", member.roll_id not in stands.signed_rolls),
        ("few", not member.signed and member.pk not in stands.vouchers),
        ("late", stands.closed or today > (held.self_by if own else held.closes_on)),
        ("early", not own and today < held.opens_on),
        ("declare", stands.declare),
        ("issued", member.pk in stands.issued),
        ("saved", member.pk in stands.drafts),
    )
    return next((state for state, so in held_back if so), "open")


def _must_declare(asked: Asked) -> bool:
    institution = asked.outsider is not None and asked.outsider.kind == OutsiderKind.INSTITUTION
    return institution and not Declaration.objects.filter(pk=asked.pk).exists()
