"""Drawing up a list, deciding on it, holding back; requests of persons and their answers."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection, transaction
from django.utils.translation import gettext as _

from hengjian.access import keeping
from hengjian.access.models import User
from hengjian.notary.recording import day_of, notarise
from hengjian.retention.classes import BY_NAME, DataClass
from hengjian.retention.due import found
from hengjian.retention.errors import RetentionRefused
from hengjian.retention.models import (
    Answer,
    Approval,
    Asks,
    Hold,
    HoldEnding,
    ListedUnit,
    Listing,
    Request,
)
from hengjian.retention.terms import Term

LONGEST_REASON = 400
_LOCK = 0x7265746E  # "retn"


@dataclass(frozen=True)
class Act:
    """Who acts, and when."""

    by: User
    now: datetime

    @property
    def on(self) -> date:
        """The day in Shanghai."""
        return day_of(self.now)

    @property
    def name(self) -> str:
        """The account's sign-in name."""
        return self.by.get_username()


def class_of(name: str) -> DataClass:
    """The class of this name. Raises: RetentionRefused when there is none."""
    if name not in BY_NAME:
        raise RetentionRefused(_("没有这类数据"), do=_("请从清单中选一类"), code="retention.no_class")
    return BY_NAME[name]


def digest_of(keys: Iterable[str]) -> str:
    """What binds an approval to exactly these units."""
    return hashlib.sha256("\n".join(sorted(keys)).encode()).hexdigest()


def draw_up(name: str, terms: Mapping[str, Term], act: Act) -> Listing:
    """List what is due of a class, without what is held back; it waits for somebody else's approval.

    Clause: SPEC T-I9
    Raises: NotPermitted; RetentionRefused when nothing is due, or a list of the class is still open.
    """
    chosen = class_of(name)
    check_may_list(act.by, act.on, chosen)
    with transaction.atomic():
        _in_turn()
        open_ones = Listing.objects.filter(data_class=name, report=None).exclude(approval__agreed=False)
        if open_ones.exists():
            raise RetentionRefused(
                _("这类数据已有一份清单未办结"), do=_("请先审批或等它办完"), code="retention.open_list"
            )
        looked = found(chosen, terms, act.on)
        if not looked.free:
            raise RetentionRefused(
                _("这类数据没有可以销毁的"), do=_("请等保存期满"), code="retention.nothing_due"
            )
        term = terms[name]
        made = Listing.objects.create(
            data_class=name, before=term.before(act.on), term=term.months, clause=term.clause,
            units=len(looked.free), rows=looked.rows(), held=len(looked.held), digest=digest_of(looked.free),
            by=act.name, at=act.now,
        )  # fmt: skip
        ListedUnit.objects.bulk_create(
            (ListedUnit(listing=made, key=key) for key in sorted(looked.free)), batch_size=2_000
        )
        notarise(act.now, made)
    return made


def decide(listing: Listing, digest: str, reason: str, act: Act, *, agreed: bool) -> Approval:
    """Approve a list or refuse it; whoever drew it up cannot.

    Clause: SPEC T-I9
    Raises: NotPermitted; RetentionRefused for the own list, another digest, one that is decided.
    """
    check_may_approve(act.by, act.on, class_of(listing.data_class))
    if listing.by == act.name:
        raise RetentionRefused(_("拟定清单的人不能审批"), do=_("请由另一人审批"), code="retention.own_list")
    if digest != listing.digest or digest != digest_of(_keys(listing)):
        raise RetentionRefused(
            _("清单与所看到的不一致"), do=_("请重新打开清单核对"), code="retention.other_list"
        )
    with transaction.atomic():
        if Approval.objects.filter(pk=Listing.objects.select_for_update().get(pk=listing.pk).pk).exists():
            raise RetentionRefused(_("这份清单已审批"), do=_("请看办理情况"), code="retention.decided")
        made = Approval.objects.create(
            listing=listing, listed_by=listing.by, digest=digest, agreed=agreed,
            reason=_said(reason), by=act.name, at=act.now,
        )  # fmt: skip
        notarise(act.now, made)
        if not agreed:
            ListedUnit.objects.filter(listing=listing).delete()
    return made


def _in_turn() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def _keys(listing: Listing) -> list[str]:
    return list(ListedUnit.objects.filter(listing=listing).values_list("key", flat=True))


def hold(data_class: str, official: str, clause: str, reason: str, act: Act) -> Hold:
    """Hold back the destruction of a class, or of what is about an official, by clause and reason.

    Raises: NotPermitted; RetentionRefused without clause or reason.
    """
    keeping.check_can_hold_records(act.by, act.on)
    if data_class:
        class_of(data_class)
    with transaction.atomic():
        made = Hold.objects.create(
            data_class=data_class, official=official.strip(), clause=_said(clause, 200),
            reason=_said(reason), by=act.name, at=act.now,
        )  # fmt: skip
        notarise(act.now, made)
    return made


def end_hold(held: Hold, reason: str, act: Act) -> HoldEnding:
    """End a hold. Raises: NotPermitted; RetentionRefused when it has ended."""
    keeping.check_can_hold_records(act.by, act.on)
    with transaction.atomic():
        if HoldEnding.objects.filter(pk=Hold.objects.select_for_update().get(pk=held.pk).pk).exists():
            raise RetentionRefused(_("已经解除"), do=_("请刷新页面"), code="retention.hold_ended")
        made = HoldEnding.objects.create(hold=held, reason=_said(reason), by=act.name, at=act.now)
        notarise(act.now, made)
    return made


def ask(asks: str, official: str, reference: str, due_on: date, act: Act) -> Request:
    """Note a person's request about the own data, by the number of the letter, never by name.

    Clause: SPEC T-I9
    Raises: NotPermitted; RetentionRefused without a kind or number.
    """
    keeping.check_can_answer_requests(act.by, act.on)
    if asks not in Asks.values:
        raise RetentionRefused(_("请选择请求事项"), do=_("请从清单中选一项"), code="retention.no_ask")
    with transaction.atomic():
        made = Request.objects.create(
            asks=asks, official=official.strip(), reference=_said(reference, 80), due_on=due_on,
            by=act.name, at=act.now,
        )  # fmt: skip
        notarise(act.now, made)
    return made


def answer(request: Request, reason: str, act: Act, *, granted: bool) -> Answer:
    """Answer a request; a refusal says why. Raises: NotPermitted; RetentionRefused when it is answered."""
    keeping.check_can_answer_requests(act.by, act.on)
    with transaction.atomic():
        if Answer.objects.filter(pk=Request.objects.select_for_update().get(pk=request.pk).pk).exists():
            raise RetentionRefused(_("这件请求已答复"), do=_("请刷新页面"), code="retention.answered")
        made = Answer.objects.create(
            request=request, granted=granted, reason=_said(reason), by=act.name, at=act.now
        )
        notarise(act.now, made)
    return made


def check_may_list(user: User, on: date, chosen: DataClass) -> None:
    """Refuse whoever may not draw up a list of this class."""
    (keeping.check_can_list_traces if chosen.trace else keeping.check_can_list_records)(user, on)


def check_may_approve(user: User, on: date, chosen: DataClass) -> None:
    """Refuse whoever may not approve a list of this class."""
    check = keeping.check_can_approve_traces if chosen.trace else keeping.check_can_approve_records
    check(user, on)


def _said(text: str, longest: int = LONGEST_REASON) -> str:
    said = text.strip()
    if not said or len(said) > longest:
        raise RetentionRefused(
            _("请填写，且不超过 %s 字") % longest, do=_("请写明依据和理由"), code="retention.no_reason"
        )
    return said
