"""Inducement and retaliation, and what is decided about them."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from hengjian.ratings.followups.models.sealed import Left, Sealed

KINDS = (Left.INDUCEMENT, Left.RETALIATION)


class ReportState(models.TextChoices):
    """Where a report stands."""

    OPEN = "open", _("已登记")
    PROTECTED = "protected", _("已采取保护措施")
    CHECKING = "checking", _("初步核实")
    FILED = "filed", _("已立案")
    SUSPENDED = "suspended", _("已停职")
    KEPT = "kept", _("不予停职")
    FOUND = "found", _("查实")
    UNFOUNDED = "unfounded", _("查无实据")
    CLEARED = "cleared", _("已澄清正名")
    CLOSED = "closed", _("已办结")


class ReportVerb(models.TextChoices):
    """What moves a report, or is written under it."""

    PROTECT = "protect", _("采取保护措施")
    CHECK = "check", _("开始初核")
    NOTE = "note", _("办理记录")
    FILE = "file", _("立案")
    SUSPEND = "suspend", _("决定停职")
    KEEP = "keep", _("决定不予停职")
    FIND = "find", _("认定属实")
    DISMISS = "dismiss", _("认定不实")
    CLEAR = "clear", _("澄清正名")
    CLOSE = "close", _("办结")
    DATE = "date", _("确定期限")
    ERASE = "erase", _("销毁封存内容")


BY_ITSELF = (ReportVerb.DATE, ReportVerb.ERASE)
DECISIONS = (ReportVerb.SUSPEND, ReportVerb.KEEP)


class Report(models.Model):
    """That somebody says raters were pressed, bought or punished; its text is sealed. Open by itself. 举报"""

    sealed = models.OneToOneField(
        Sealed, models.PROTECT, primary_key=True, related_name="report", verbose_name=_("封存内容")
    )
    kind = models.CharField(_("种类"), max_length=12, choices=Left.choices)
    official = models.CharField(_("干部编号"), max_length=40, blank=True, default="", db_collation="C")
    post = models.CharField(_("岗位代码"), max_length=40, blank=True, default="", db_collation="C")
    on = models.DateField(_("日期"))
    due_on = models.DateField(_("期限"), null=True)

    class Meta:
        verbose_name = _("举报")
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=KINDS), name="report_kind_known"),
            models.CheckConstraint(
                condition=Q(official="", post="") | ~Q(official="") & ~Q(post=""), name="report_names_a_seat"
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class ReportStep(models.Model):
    """One measure or decision about a report; ``clause`` is the ground of a decision. 举报办理记录"""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    report = models.ForeignKey(
        Report, models.PROTECT, related_name="steps", db_index=False, verbose_name=_("举报")
    )
    number = models.PositiveSmallIntegerField(_("序号"))
    verb = models.CharField(_("事项"), max_length=10, choices=ReportVerb.choices)
    state = models.CharField(_("状态"), max_length=10, choices=ReportState.choices)
    by = models.CharField(_("经办人"), max_length=150, blank=True, default="")
    clause = models.CharField(_("依据"), max_length=120, blank=True, default="")
    reason = models.CharField(_("说明"), max_length=2_000)
    at = models.DateTimeField(_("时间"))
    due_on = models.DateField(_("期限"), null=True)

    class Meta:
        verbose_name = _("举报办理记录")
        constraints = [
            models.UniqueConstraint(fields=["report", "number"], name="reportstep_numbered_once"),
            models.CheckConstraint(condition=Q(verb__in=ReportVerb.values), name="reportstep_verb_known"),
            models.CheckConstraint(condition=Q(state__in=ReportState.values), name="reportstep_state_known"),
            models.CheckConstraint(condition=~Q(reason=""), name="reportstep_has_reason"),
            models.CheckConstraint(condition=~Q(by="") | Q(verb__in=BY_ITSELF), name="reportstep_signed"),
            models.CheckConstraint(
                condition=~Q(verb__in=DECISIONS) | ~Q(clause=""), name="reportstep_decided_by_clause"
            ),
            models.CheckConstraint(condition=Q(number__gte=1), name="reportstep_numbered_from_one"),
        ]

    def __str__(self) -> str:
        return f"{self.report_id} {self.number}"
