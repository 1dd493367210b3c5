"""Suspected leaks and what was done about them: append-only, leaves of the log. 泄露事件

Trusted: no more than the database. No text here names the person whose data leaked: the ticket does.
"""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Source(models.TextChoices):
    """How it became known."""

    PRINT = "print", _("纸质或截图外传")
    FILE = "file", _("导出文件外传")
    ACCOUNT = "account", _("账号被他人使用")
    SYSTEM = "system", _("系统或备份失窃")
    OTHER = "other", _("其他")


class LeakVerb(models.TextChoices):
    """What is done about a leak; the law asks for remedy at once, for reports and for telling persons."""

    CONTAIN = "contain", _("采取补救措施")
    ASSESS = "assess", _("评估影响")
    REPORT = "report", _("报告主管部门")
    TELL = "tell", _("通知本人")
    HAND_OVER = "hand_over", _("移交有关机关")
    NOTE = "note", _("补充说明")
    CLOSE = "close", _("办结")


class Leak(models.Model):
    """A suspected leak; ``code`` is the query code at the foot of the copy, where it bears one. 泄露事件"""

    code = models.CharField(_("查询编号"), max_length=12, blank=True, default="", db_collation="C")
    source = models.CharField(_("情形"), max_length=8, choices=Source.choices)
    what = models.CharField(_("发现经过"), max_length=1000)
    found_at = models.DateTimeField(_("发现时间"))
    report_by = models.DateTimeField(_("报告期限"))
    by = models.CharField(_("登记人"), max_length=150)
    at = models.DateTimeField(_("登记时间"))

    class Meta:
        verbose_name = _("泄露事件")
        constraints = [
            models.CheckConstraint(condition=Q(source__in=Source.values), name="leak_source_known"),
            models.CheckConstraint(condition=~Q(what="") & ~Q(by=""), name="leak_says_what"),
            models.CheckConstraint(
                condition=Q(code__regex=r"^([2-9A-HJ-NP-Z]{10})?$"), name="leak_code_form"
            ),
            models.CheckConstraint(
                condition=Q(found_at__lte=models.F("at"), report_by__gt=models.F("found_at")),
                name="leak_times_in_order",
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class LeakStep(models.Model):
    """One thing done about a leak. 泄露处置记录"""

    leak = models.ForeignKey(Leak, models.PROTECT, related_name="steps", verbose_name=_("泄露事件"))
    number = models.PositiveSmallIntegerField(_("序号"))
    verb = models.CharField(_("事项"), max_length=10, choices=LeakVerb.choices)
    text = models.CharField(_("情况"), max_length=1000)
    by = models.CharField(_("经办人"), max_length=150)
    at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = _("泄露处置记录")
        constraints = [
            models.UniqueConstraint(fields=["leak", "number"], name="leakstep_numbered"),
            models.UniqueConstraint(fields=["leak"], condition=Q(verb="close"), name="leakstep_closed_once"),
            models.CheckConstraint(condition=Q(verb__in=LeakVerb.values), name="leakstep_verb_known"),
            models.CheckConstraint(condition=~Q(text="") & ~Q(by=""), name="leakstep_says_what"),
        ]

    def __str__(self) -> str:
        return f"{self.leak_id} {self.verb}"
