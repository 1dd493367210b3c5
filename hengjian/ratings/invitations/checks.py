"""Whether an event may make an invitation: source, kind, day, handler, confirmation, contact."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from django.db.models import Q
from django.utils.translation import gettext as _

from hengjian.access.models import Grant, User
from hengjian.access.queries import grants_in_force
from hengjian.access.roles import Role
from hengjian.notary.recording import day_of
from hengjian.policy.folder import PolicyFolder
from hengjian.policy.policy import Policy
from hengjian.ratings.invitations.errors import InvitationRefused
from hengjian.ratings.invitations.models import HANDED, Invitation
from hengjian.ratings.invitations.sheet import EventDraft, Reason
from hengjian.roster.models import Tenure

KINDS = "service_events."
_FORMS = {
    # ASCII alone: our SMTP speaks no other addresses
    "email": re.compile(r"(?=[!-~]+\Z)[^\s@<>\",;:]{1,64}@[^\s@<>\",;:]{1,180}"),
    "sms": re.compile(r"\+?[0-9]{6,15}"),
    "wechat": re.compile(r"[0-9A-Za-z_-]{6,64}"),
}


@dataclass(frozen=True)
class Held:
    """An official on a post from a day to a day, with what the page shows of it."""

    since: date
    until: date | None
    official: int
    post: int
    organisation: int
    organisation_code: str
    unit: str
    title: str
    name: str = ""


@dataclass(frozen=True)
class Scope:
    """What one system of record may hand over; empty kinds, no organisations: everything."""

    kinds: frozenset[str] = frozenset()
    organisations: frozenset[str] | None = None


EVERYTHING = Scope()


@dataclass(frozen=True)
class Context:
    """What rows are held against, read once for a whole delivery."""

    policy: PolicyFolder
    today: date
    by: str
    sources: frozenset[str]
    scope: Scope = EVERYTHING

    @cached_property
    def tenures(self) -> Mapping[tuple[str, str], list[Held]]:
        """Tenures by codes of official and post."""
        found: dict[tuple[str, str], list[Held]] = {}
        for one in Tenure.objects.select_related("official", "post__organisation"):
            home = one.post.organisation
            held = Held(
                one.since, one.until, one.official_id, one.post_id, home.pk, home.code, home.short_name,
                one.post.title, one.official.name,
            )  # fmt: skip
            found.setdefault((one.official.code, one.post.code), []).append(held)
        return found

    @cached_property
    def own(self) -> frozenset[str]:
        """The officials whose account hands the rows in."""
        grants = Grant.objects.filter(user__username=self.by, role=Role.OFFICIAL)
        live = grants.filter(Q(ends_on__isnull=True) | Q(ends_on__gt=self.today))
        return frozenset(live.values_list("official_id", flat=True))

    def rules(self, day: date) -> Policy:
        """The policy in force on a day."""
        return self.policy.in_force(day)

    def held(self, draft: EventDraft) -> Held | None:
        """The tenure in which the event was handled."""
        for one in self.tenures.get((draft.official, draft.post), []):
            if one.since <= draft.on and (one.until is None or draft.on <= one.until):
                return one
        return None


def judged(draft: EventDraft, context: Context) -> tuple[Reason, ...]:
    """Why the row is refused; nothing when it may come in.

    Clause: SPEC B2, NORMS X14
    """
    return (
        *_of_its_origin(draft, context),
        *_of_its_confirmation(draft, context),
        *_of_its_scope(draft, context.scope),
        *_of_its_handler(draft, context),
        *_of_its_contact(draft),
    )


def _of_its_origin(draft: EventDraft, context: Context) -> Iterator[Reason]:
    if draft.source not in context.sources:
        known = "、".join(sorted(context.sources)) or _("（没有）")
        yield Reason(
            "events.source", _("没有登记来源系统“%s”") % draft.source, _("已登记：%s") % known, "来源系统"
        )
    if draft.on > context.today:
        yield Reason("events.future", _("办结日期在今天之后"), _("请核对"), "办结日期")
        return
    longest = int(context.rules(context.today).number("ratings.event_days"))
    if (context.today - draft.on).days > longest:
        yield Reason(
            "events.late",
            _("办结已超过 %s 日，不再邀请评价") % longest,
            _("请查明来源系统为何迟报"),
            "办结日期",
        )
        return
    yield from _of_its_kind(draft, context.rules(draft.on))


def _of_its_kind(draft: EventDraft, rules: Policy) -> Iterator[Reason]:
    if KINDS + draft.kind not in rules.parameters:
        known = "、".join(
            sorted(key.removeprefix(KINDS) for key in rules.parameters if key.startswith(KINDS))
        )
        yield Reason(
            "events.kind", _("制度里没有事项种类“%s”") % draft.kind, _("可写：%s") % known, "事项种类"
        )
    elif rules.number(KINDS + draft.kind) and not draft.confirmed_by.strip():
        yield _unconfirmed()


def _of_its_confirmation(draft: EventDraft, context: Context) -> Iterator[Reason]:
    """Nobody confirms what was done by himself, by code or by name, whatever the kind."""
    held, said = context.held(draft), "".join(draft.confirmed_by.split())
    if said and said in {draft.official, held.name if held else draft.official}:
        yield _unconfirmed()


def _unconfirmed() -> Reason:
    return Reason(
        "events.unconfirmed",
        _("这类事项须由经办人以外的人确认"),
        _("请填确认人（如村委会）"),
        "确认人",
    )


def check_not_of_the_unit(invitation: Invitation, by: str, now: datetime) -> None:
    """Refuse who would type for the person concerned and is rated, or of the rated unit.

    Whoever holds a role for that unit or one below it is of it, and so is whoever holds the rated official's
    own sheet or one of that unit. A name that is no account is the hotline's own, noted as it is written.
    Clause: NORMS L10, NORMS L15
    Raises: InvitationRefused
    """
    user = User.objects.filter(username=by).first()
    if user is None:
        return
    unit = invitation.event.organisation.path.strip("/")
    held, on = grants_in_force(user, day_of(now)), day_of(now)
    within = [one for one in held.exclude(organisation="") if _inside(one.organisation.strip("/"), unit)]
    own = held.exclude(official_id="").values("official_id")
    there = Tenure.objects.filter(Q(until=None) | Q(until__gte=on), official__code__in=own, since__lte=on)
    paths = there.values_list("post__organisation__path", flat=True)
    if within or any(_inside(path.strip("/"), unit) for path in paths):
        raise InvitationRefused(
            _("您是被评价单位的人员，不能代录对本单位的评价"),
            do=_("请转给评价热线或其他单位的代录人员"),
            code="invitations.own_unit",
        )


def _inside(path: str, unit: str) -> bool:
    return path == unit or path.startswith(unit + "/")


def _of_its_scope(draft: EventDraft, scope: Scope) -> Iterator[Reason]:
    if scope.kinds and draft.kind not in scope.kinds:
        allowed = "、".join(sorted(scope.kinds))
        yield Reason(
            "events.scope_kind", _("这个来源系统不报送这类事项"), _("可报：%s") % allowed, "事项种类"
        )
    if scope.organisations is not None and draft.organisation not in scope.organisations:
        yield Reason(
            "events.scope_unit",
            _("机构不在这个来源系统的范围内"),
            _("请核对机构代码或登记的范围"),
            "机构代码",
        )


def _of_its_handler(draft: EventDraft, context: Context) -> Iterator[Reason]:
    held = context.held(draft)
    if held is None:
        yield Reason(
            "events.tenure",
            _("办结当日 %(official)s 不在岗位 %(post)s") % {"official": draft.official, "post": draft.post},
            _("请核对干部编号、岗位代码和名册"),
            "干部编号",
        )
    elif held.organisation_code != draft.organisation:
        yield Reason(
            "events.organisation",
            _("岗位 %(post)s 属于机构 %(code)s") % {"post": draft.post, "code": held.organisation_code},
            _("请核对机构代码"),
            "机构代码",
        )
    if draft.official in context.own:
        yield Reason("events.own", _("不得由被评价的干部本人报送"), _("请由来源系统报送"), "干部编号")


def _of_its_contact(draft: EventDraft) -> Iterator[Reason]:
    """The reasons name the column only: a contact is never quoted."""
    if draft.channel in HANDED:
        if not draft.who:
            yield Reason("events.person", _("缺少当事人标识"), _("请填，用于次数上限"), "当事人标识")
        return
    form = _FORMS.get(draft.channel)
    if form is None:
        yield Reason("events.channel", _("无法识别的渠道"), "、".join([*_FORMS, *HANDED]), "渠道")
    elif not draft.contact:
        yield Reason("events.contact", _("缺少联系方式"), _("请填联系方式或其代号"), "联系方式")
    elif draft.reference and draft.channel == "email":
        yield Reason("events.contact", _("电子邮件须有地址"), _("代号只用于短信和微信"), "联系方式代号")
    elif not draft.reference and not form.fullmatch(draft.address.strip()):
        yield Reason("events.contact", _("联系方式与渠道不符"), _("请核对"), "联系方式")
