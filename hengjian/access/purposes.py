"""What a look at a person can be for, and what was looked at."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Purpose(TextChoices):
    """Why somebody looks at a person; chosen by the looker from this list and no other.

    Clause: SPEC F4
    """

    REVIEW = "review", _("审核考核结果")
    REPLY = "reply", _("答复本人或单位询问")
    VERIFY = "verify", _("核查事实和数据")
    PETITION = "petition", _("办理信访举报")
    APPEAL = "appeal", _("办理复核、申诉")
    AUDIT = "audit", _("审计监督")
    OTHER = "other", _("其他（须写明）")
    OWN = "own", _("本人查看")
    MASKED = "masked", _("未选目的（已遮蔽）")


CHOSEN = tuple(one for one in Purpose if one not in {Purpose.OWN, Purpose.MASKED})


class Shown(TextChoices):
    """What kind of page was looked at."""

    RANKING = "ranking", _("排名")
    SHEET = "sheet", _("得分表")
    WORKINGS = "workings", _("计算过程")
    RECORD = "record", _("原始记录")
    COMPARISON = "comparison", _("与另一次结果的比较")
    EXPORT = "export", _("名册导出")
    PANEL = "panel", _("评价团名单")
    ROSTER = "roster", _("干部名册")
