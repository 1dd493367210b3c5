"""What the door asks of a mark: the policy in force on that day, and the official on the post."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from django.utils.translation import gettext as _

from hengjian.policy.folder import PolicyFolder
from hengjian.policy.model import PanelGroup
from hengjian.policy.policy import Policy
from hengjian.ratings.panels.marks import MarkDraft, Reason
from hengjian.ratings.panels.models import SIGNED_GROUPS
from hengjian.ratings.panels.rules import PanelRules
from hengjian.terms.calendar import SHANGHAI
from hengjian.terms.errors import Refused
from hengjian.terms.period import Period

Tenures = Mapping[tuple[str, str], tuple[int, int, tuple[tuple[date, date | None], ...]]]


@dataclass
class Context:
    """What the checks look at; policies are resolved once per day."""

    policy: PolicyFolder
    tenures: Tenures
    now: datetime
    _days: dict[date, Policy | Refused] = field(default_factory=dict)

    def on(self, day: date) -> Policy | Refused:
        """The policy in force on the day, or why there is none."""
        if day not in self._days:
            try:
                self._days[day] = self.policy.in_force(day)
            except Refused as refusal:
                self._days[day] = refusal
        return self._days[day]


def judged(draft: MarkDraft, context: Context) -> tuple[MarkDraft, list[Reason]]:
    """The draft with its instrument filled in, and every reason against it."""
    reasons = [*_when(draft, context), *_seat(draft, context)]
    policy = context.on(draft.given_on)
    if isinstance(policy, Refused):
        return draft, [*reasons, Reason("marks.policy", policy.what, policy.do, "评价日期")]
    groups = PanelRules(policy).groups
    group = groups.get(draft.group)
    if group is None:
        return draft, [*reasons, _choice("评价主体", draft.group, groups)]
    draft = replace(draft, instrument=draft.instrument or group.instrument)
    return draft, [*reasons, *_group(draft, group, policy)]


def _choice(column: str, value: str, allowed: object) -> Reason:
    names = "、".join(str(one) for one in allowed) or _("留空")  # type: ignore[attr-defined]
    return Reason("marks.choice", _("制度中没有“%s”") % value, _("可用：%s") % names, column)


def _when(draft: MarkDraft, context: Context) -> list[Reason]:
    reasons = []
    try:
        Period(draft.period)
    except Refused as refusal:
        reasons.append(Reason("marks.period", refusal.what, refusal.do, "考核周期"))
    if draft.given_on > context.now.astimezone(SHANGHAI).date():
        what = _("评价日期 %s 晚于接收日期") % draft.given_on
        reasons.append(Reason("marks.future", what, _("请核对日期"), "评价日期"))
    return reasons


def _seat(draft: MarkDraft, context: Context) -> list[Reason]:
    found = context.tenures.get((draft.official, draft.post))
    held = found is not None and any(
        since <= draft.given_on and (until is None or until >= _start(draft)) for since, until in found[2]
    )
    if held:
        return []
    what = _("干部 %(official)s 在本周期没有岗位 %(post)s") % {
        "official": draft.official, "post": draft.post,
    }  # fmt: skip
    return [Reason("marks.seat", what, _("请核对编号，或先在任职名册中登记"), "岗位代码")]


def _start(draft: MarkDraft) -> date:
    try:
        return Period(draft.period).start
    except Refused:
        return draft.given_on


def _group(draft: MarkDraft, group: PanelGroup, policy: Policy) -> list[Reason]:
    reasons = []
    strata = [stratum.code for stratum in group.strata]
    if draft.stratum not in (strata or [""]):
        reasons.append(_choice("分层", draft.stratum or _("（空）"), strata))
    if draft.instrument != group.instrument:
        reasons.append(_choice("量表", draft.instrument, [group.instrument]))
    else:
        reasons += _scale(draft, policy)
    allowed = _indicators(group, policy)
    if draft.indicator and draft.indicator not in allowed:
        reasons.append(_choice("指标代码", draft.indicator, allowed))
    return [*reasons, *_signature(draft)]


def _scale(draft: MarkDraft, policy: Policy) -> list[Reason]:
    scale = policy.instruments[draft.instrument]
    if scale.lowest <= draft.value <= scale.highest:
        return []
    what = _("%(value)s 超出量表“%(scale)s”") % {"value": draft.value, "scale": scale.name}
    do = _("应在 %(low)g 到 %(high)g 之间") % {"low": scale.lowest, "high": scale.highest}
    return [Reason("marks.scale", what, do, "分值")]


def _indicators(group: PanelGroup, policy: Policy) -> list[str]:
    judged_by_panel = [i.code for i in policy.indicators.values() if i.source.kind == "panel"]
    return [code for code in judged_by_panel if not group.indicators or code in group.indicators]


def _signature(draft: MarkDraft) -> list[Reason]:
    if draft.rater and draft.group not in SIGNED_GROUPS:
        what, do = _("匿名的评价主体不得填评价人"), _("请清空署名评价人这一列")
        return [Reason("marks.signed", what, do, "署名评价人")]
    if draft.rater and draft.ballots != 1:
        return [Reason("marks.ballots", _("署名的打分一行一票"), _("请把票数改为 1"), "票数")]
    return []
