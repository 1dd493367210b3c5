"""Low marks and themes that are followed up, step by step."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from hengjian.ratings.ballots.models import Ballot

HALF_YEAR = r"^\d{4}-H[12]$"


class Kind(models.TextChoices):
    """What a case is about."""

    LOW_MARK = "low_mark", _("低分回访")
    THEME = "theme", _("同类问题整改")


class State(models.TextChoices):
    """Where a case stands."""

    OPEN = "open", _("待分派")
    ASSIGNED = "assigned", _("办理中")
    ANSWERED = "answered", _("已答复待审核")
    RETURNED = "returned", _("退回重办")
    ESCALATED = "escalated", _("升级督办")
    CLOSED = "closed", _("已办结")


class Verb(models.TextChoices):
    """What moves a case, or is written under it."""

    OPEN = "open", _("建立")
    ASSIGN = "assign", _("分派")
    CALL = "call", _("回访记录")
    ANSWER = "answer", _("答复")
    RETURN = "return", _("退回")
    CLOSE = "close", _("办结")
    REOPEN = "reopen", _("重新办理")
    ESCALATE = "escalate", _("升级")
    DATE = "date", _("确定期限")
    ERASE = "erase", _("销毁联系方式")


BY_ITSELF = (Verb.OPEN, Verb.ESCALATE, Verb.DATE, Verb.ERASE)


class Case(models.Model):
    """A low ballot, or a tag that several low ballots of one post share, that somebody must answer. 回访单"""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    kind = models.CharField(_("种类"), max_length=10, choices=Kind.choices)
    ballot = models.ForeignKey(
        Ballot, models.PROTECT, null=True, related_name="+", db_index=False, verbose_name=_("评价票")
    )
    official = models.CharField(_("干部编号"), max_length=40, db_collation="C")
    post = models.CharField(_("岗位代码"), max_length=40, db_collation="C")
    period = models.CharField(_("周期"), max_length=10, db_collation="C")
    tag = models.CharField(_("标签"), max_length=40, blank=True, default="")
    on = models.DateField(_("建立日期"))

    class Meta:
        verbose_name = _("回访单")
        constraints = [
            models.CheckConstraint(
                condition=Q(kind=Kind.LOW_MARK, ballot__isnull=False, tag="")
                | Q(kind=Kind.THEME, ballot__isnull=True) & ~Q(tag=""),
                name="case_of_a_ballot_or_a_tag",
            ),
            models.CheckConstraint(condition=Q(period__regex=HALF_YEAR), name="case_half_year"),
            models.CheckConstraint(condition=~Q(official="") & ~Q(post=""), name="case_names_a_seat"),
            models.UniqueConstraint(
                fields=["ballot"], condition=Q(ballot__isnull=False), name="case_once_for_a_ballot"
            ),
            models.UniqueConstraint(
                fields=["period", "official", "post", "tag"],
                condition=Q(ballot__isnull=True),
                name="case_once_for_a_theme",
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class Step(models.Model):
    """One thing done about a case: by whom, why, when, and how the case stands since. 办理记录"""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    case = models.ForeignKey(
        Case, models.PROTECT, related_name="steps", db_index=False, verbose_name=_("回访单")
    )
    number = models.PositiveSmallIntegerField(_("序号"))
    verb = models.CharField(_("事项"), max_length=10, choices=Verb.choices)
    state = models.CharField(_("状态"), max_length=10, choices=State.choices)
    by = models.CharField(_("经办人"), max_length=150, blank=True, default="")
    handler = models.CharField(_("承办人"), max_length=150, blank=True, default="")
    reason = models.CharField(_("说明"), max_length=2_000)
    at = models.DateTimeField(_("时间"))
    due_on = models.DateField(_("办理期限"), null=True)

    class Meta:
        verbose_name = _("办理记录")
        constraints = [
            models.UniqueConstraint(fields=["case", "number"], name="step_numbered_once"),
            models.CheckConstraint(condition=Q(verb__in=Verb.values), name="step_verb_known"),
            models.CheckConstraint(condition=Q(state__in=State.values), name="step_state_known"),
            models.CheckConstraint(condition=~Q(reason=""), name="step_has_reason"),
            models.CheckConstraint(condition=~Q(by="") | Q(verb__in=BY_ITSELF), name="step_signed"),
            models.CheckConstraint(
                condition=~Q(state=State.ASSIGNED) | ~Q(handler=""), name="step_assigned_to_somebody"
            ),
            models.CheckConstraint(condition=Q(number__gte=1), name="step_numbered_from_one"),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.number}"


class Notice(models.TextChoices):
    """Why somebody is reminded."""

    NEAR = "near", _("即将到期")
    PAST = "past", _("已经超期")


class Reminder(models.Model):
    """That a deadline came near or passed; ``about`` is the number of a case, report or contest. 期限提醒"""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    about = models.UUIDField(_("事项"))
    notice = models.CharField(_("提醒"), max_length=4, choices=Notice.choices)
    due_on = models.DateField(_("办理期限"))
    on = models.DateField(_("提醒日期"))

    class Meta:
        verbose_name = _("期限提醒")
        constraints = [
            models.UniqueConstraint(fields=["about", "notice", "due_on"], name="reminder_once"),
            models.CheckConstraint(condition=Q(notice__in=Notice.values), name="reminder_notice_known"),
        ]

    def __str__(self) -> str:
        return f"{self.about} {self.notice}"
