"""Alarms: what a person must see to. They close by themselves when the cause is gone."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from hengjian.notary.models import Alarm

WITNESS_SILENT = "notary.witness_silent"
WITNESS_REFUSES = "notary.witness_refuses"
NO_QUORUM = "notary.no_quorum"
UNHEARD = "notary.witnesses_unheard"
STOPPED = "notary.publication_stopped"
DISK = "notary.publication_failed"
TAMPERED = "notary.tampered"
DIFFERS = "notary.differs"


@dataclass(frozen=True)
class Wording:
    """What an alarm says, with places for its ``about``, and what to do."""

    what: str | Promise
    do: str | Promise


_WORDINGS: dict[str, Wording] = {
    WITNESS_SILENT: Wording(_("见证人 %(subject)s 没有应答：%(why)s"), _("请联系见证单位，核对其服务和网络")),
    WITNESS_REFUSES: Wording(
        _("见证人 %(subject)s 拒绝联署：%(why)s"), _("请与见证单位核对日志公钥和已见条目数")
    ),
    NO_QUORUM: Wording(_("见证人数不足，缺 %(missing)s"), _("请恢复见证人；存证接收不受影响")),
    UNHEARD: Wording(
        _("启动后还没有听到足够的见证人，暂不编号，缺 %(missing)s"),
        _("请恢复见证人；在此之前无法确认数据库不是旧备份，记录照常接收并排队"),
    ),
    STOPPED: Wording(
        _("见证人数不足超过 %(hours)s 小时，日志停止发布"), _("请恢复见证人，达到人数后自动恢复发布")
    ),
    DISK: Wording(_("日志文件写不进发布目录：%(why)s"), _("请检查磁盘空间和目录权限，系统会自动重试")),
    DIFFERS: Wording(
        _("存证核对发现 %(found)s 处不一致（核对编号 %(reconciliation)s）"),
        _("请查看核对报告，保留现场，报告安全审计员"),
    ),
    TAMPERED: Wording(_("存证停止运行：%(why)s"), _("请保留现场，报告安全审计员")),
}


def register(code: str, what: str | Promise, do: str | Promise) -> None:
    """Let another room say what an alarm of its own means."""
    _WORDINGS[code] = Wording(what, do)


def wording(alarm: Alarm) -> tuple[str, str]:
    """What the alarm says, and what to do, in the language chosen."""
    known = _WORDINGS.get(alarm.code)
    if known is None:
        return alarm.code, ""
    values = {"subject": alarm.subject, **alarm.about}
    try:
        return str(known.what) % values, str(known.do)
    except KeyError:
        return alarm.code, str(known.do)


def open_alarm(code: str, subject: str, about: Mapping[str, Any], at: datetime) -> Alarm:
    """Open an alarm, or note that its cause still stands."""
    with transaction.atomic():
        known = Alarm.objects.select_for_update().filter(code=code, subject=subject, closed_at=None).first()
        if known is None:
            return Alarm.objects.create(
                code=code, subject=subject, about=dict(about), opened_at=at, seen_at=at
            )
        known.about, known.seen_at = dict(about), max(at, known.seen_at)
        known.save(update_fields=["about", "seen_at"])
        return known


def close_alarm(code: str, subject: str, at: datetime) -> bool:
    """Close an alarm whose cause is gone; gives whether there was one."""
    with transaction.atomic():
        known = Alarm.objects.select_for_update().filter(code=code, subject=subject, closed_at=None).first()
        if known is None:
            return False
        known.closed_at = max(at, known.opened_at)
        known.save(update_fields=["closed_at"])
        return True
