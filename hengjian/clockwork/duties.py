"""Which duties there are and when each is due; what is done stands in the face that runs them."""

from dataclasses import dataclass
from datetime import time, timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from hengjian.clockwork.timing import Timing


@dataclass(frozen=True)
class Duty:
    """One duty: its name, what people call it, when it is due."""

    name: str
    title: Promise | str
    when: Promise | str
    timing: Timing


def _every(minutes: int) -> Timing:
    return Timing(every=timedelta(minutes=minutes))


DUTIES = (
    # quiet hours and the 24 hours are the policy's; this only says how often somebody looks
    Duty("deliver", _("发送评价邀请"), _("每分钟"), _every(1)),
    # the pauses after a failure are the outbox's own
    Duty("pushes", _("推送事项通知"), _("每分钟"), _every(1)),
    Duty("keys", _("移交并公布签发公钥"), _("每两分钟"), _every(2)),
    Duty("ballots", _("评价票入箱、分批公布"), _("每日 0 时 10 分"), Timing(at=time(0, 10))),
    Duty("followups", _("回访单、提醒、升级、到期销毁"), _("每日 0 时 40 分"), Timing(at=time(0, 40))),
    # by approved lists only; its erasures are in this night's leaf
    Duty("retention", _("到期检查、按批准的清单销毁"), _("每日 0 时 50 分"), Timing(at=time(0, 50))),
    # after all that the night does for marks: its rows are in this night's leaf
    Duty("night", _("每夜存证合并"), _("每日 1 时 10 分"), Timing(at=time(1, 10))),
    # the hours are the log's own; this only says how often somebody looks
    Duty("anchor", _("锚定日志树头"), _("每小时"), _every(15)),
    Duty("accounts", _("登录超时清理、离任账号停用"), _("每 10 分钟"), _every(10)),
    # the running log does it too; whoever comes first does it
    Duty("reconcile", _("存证核对"), _("每日 2 时起"), _every(10)),
)
BY_NAME = {duty.name: duty for duty in DUTIES}
