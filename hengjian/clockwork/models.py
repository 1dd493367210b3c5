"""Runs of duties. For whoever looks after the system; trusted with nothing, lost without harm."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

QUIET = ("ballots", "followups", "night")  # a number of what they did would be one of low marks


class Outcome(models.TextChoices):
    """What became of a run."""

    RUNNING = "running", _("进行中")
    DONE = "done", _("完成")
    IDLE = "idle", _("未配置，略过")
    FAILED = "failed", _("失败")
    LOST = "lost", _("中断")


class Run(models.Model):
    """One run of a duty. 任务运行"""

    duty = models.CharField(_("任务"), max_length=40)
    worker = models.CharField(_("工作进程"), max_length=80)
    began_at = models.DateTimeField(_("开始时间"))
    ended_at = models.DateTimeField(_("结束时间"), null=True)
    outcome = models.CharField(_("结果"), max_length=8, choices=Outcome.choices, default=Outcome.RUNNING)
    said = models.JSONField(_("做了什么"), default=dict)
    fault = models.CharField(_("错误"), max_length=200, blank=True, default="")

    class Meta:
        verbose_name = _("任务运行")
        constraints = [
            models.CheckConstraint(condition=Q(outcome__in=Outcome.values), name="run_outcome_known"),
            models.CheckConstraint(
                condition=Q(outcome="running", ended_at__isnull=True)
                | (~Q(outcome="running") & Q(ended_at__isnull=False)),
                name="run_ended_has_outcome",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("began_at")),
                name="run_ends_after_begin",
            ),
            models.CheckConstraint(condition=~Q(outcome="failed") | ~Q(fault=""), name="run_failed_says_why"),
            models.CheckConstraint(
                condition=~Q(duty__in=QUIET) | Q(said={}), name="run_says_no_count_of_marks"
            ),
            models.UniqueConstraint(
                fields=["duty"], condition=Q(outcome="running"), name="run_one_at_a_time"
            ),
        ]
        indexes = [models.Index(fields=["duty", "-began_at"], name="run_by_duty")]

    def __str__(self) -> str:
        return f"{self.duty} {self.outcome}"
