"""What this room refuses."""

from datetime import datetime

from django.utils.translation import gettext as _

from hengjian.cycles.transitions import State, verbs_from
from hengjian.terms.calendar import SHANGHAI
from hengjian.terms.errors import NotPermitted, Refused


def unknown_cycle(cycle_id: str) -> Refused:
    """No cycle of this id."""
    return Refused(
        _("没有编号为“%(id)s”的考核周期") % {"id": cycle_id},
        do=_("用 hengjian cycle list 查看已有的周期"),
        code="cycles.unknown",
    )


def wrong_state(cycle_id: str, verb: str, state: str) -> Refused:
    """The verb is not allowed in the present state; says what is."""
    allowed = "、".join(dict.fromkeys(verbs_from(state))) or _("无")
    return Refused(
        _("周期 %(id)s 现为“%(state)s”，不能执行 %(verb)s")
        % {"id": cycle_id, "state": State(state).label, "verb": verb},
        do=_("现在可以执行：%(allowed)s") % {"allowed": allowed},
        code="cycles.wrong_state",
    )


def reason_missing(verb: str) -> Refused:
    """The change needs a reason."""
    return Refused(
        _("%(verb)s 必须写明理由") % {"verb": verb},
        do=_("请填写理由（命令行用 --reason）"),
        code="cycles.reason_missing",
    )


def too_early(cut_off: datetime) -> Refused:
    """Before the cut-off only with a reason."""
    until = f"{cut_off.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
    return Refused(
        _("数据截止时间 %(until)s 还没有到") % {"until": until},
        do=_("请等到截止；确需提前的，写明理由（命令行用 --reason）"),
        code="cycles.too_early",
    )


def same_person(by: str) -> NotPermitted:
    """Whoever froze, scored or edited cannot review."""
    return NotPermitted(
        _("审核人不能是冻结、计分或修改结果的人（%(by)s）") % {"by": by},
        do=_("请由另一人审核"),
        code="cycles.second_person",
    )


def unknown_area(code: str) -> Refused:
    """No seat of this area in the cycle."""
    return Refused(
        _("这个周期没有“%(code)s”的任职") % {"code": code},
        do=_("请从看板中的县区、单位打开"),
        code="cycles.unknown_area",
    )
