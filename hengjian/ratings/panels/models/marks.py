"""Marks, the batches they came in, and the marks that were refused. Append-only.

An anonymous mark cannot be told from its neighbour, so it cannot be corrected alone: a corrected
file supersedes the whole earlier file. No row number, no hour, no order of arrival is kept; a
salted key of the rater stands only beside signed marks. ``cell`` is the raters' home unit and channel,
as coarse as the least group allows; ``ties`` are recorded ones between a rater who signs and the official.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

_HEX = r"^[0-9a-f]{64}$"
SIGNED_GROUPS = ("organisation_department", "superiors", "third_party")


class MarkBatch(models.Model):
    """One file of marks, admitted in one transaction. 打分批次"""

    id = models.UUIDField(primary_key=True)
    source_name = models.CharField(_("文件名"), max_length=255)
    source_digest = models.CharField(_("文件摘要"), max_length=64, unique=True)
    policy = models.CharField(_("制度"), max_length=64)
    policy_digest = models.CharField(_("制度摘要"), max_length=64)
    by = models.CharField(_("接收人"), max_length=64)
    at = models.DateTimeField(_("接收时间"))
    read = models.PositiveIntegerField(_("读入行"))
    admitted = models.PositiveIntegerField(_("接收行"))
    refused = models.PositiveIntegerField(_("待核记录"))
    marks = models.PositiveIntegerField(_("打分数"))
    supersedes = models.OneToOneField(
        "self", models.PROTECT, null=True, related_name="successor", verbose_name=_("更正批次")
    )

    class Meta:
        verbose_name = _("打分批次")
        constraints = [
            models.CheckConstraint(
                condition=Q(read=F("admitted") + F("refused")), name="markbatch_counts_add_up"
            ),
            models.CheckConstraint(
                condition=Q(source_digest__regex=_HEX) & Q(policy_digest__regex=_HEX),
                name="markbatch_digests_are_sha256",
            ),
            models.CheckConstraint(condition=~Q(by=""), name="markbatch_has_author"),
            models.CheckConstraint(
                condition=Q(supersedes__isnull=True) | ~Q(supersedes=F("id")),
                name="markbatch_never_supersedes_itself",
            ),
        ]

    def __str__(self) -> str:
        return self.source_name


class Mark(models.Model):
    """One mark on one official in one post, on the instrument's own scale. 打分"""

    batch = models.ForeignKey(MarkBatch, models.PROTECT, related_name="+", verbose_name=_("批次"))
    official = models.ForeignKey("roster.Official", models.PROTECT, related_name="+", verbose_name=_("干部"))
    post = models.ForeignKey("roster.Post", models.PROTECT, related_name="+", verbose_name=_("岗位"))
    period = models.CharField(_("周期"), max_length=10)
    indicator = models.CharField(_("指标"), max_length=64)
    group = models.CharField(_("评价主体"), max_length=40)
    stratum = models.CharField(_("分层"), max_length=40)
    instrument = models.CharField(_("量表"), max_length=40)
    value = models.DecimalField(_("分值"), max_digits=9, decimal_places=3)
    given_on = models.DateField(_("评价日期"))
    rater_key = models.CharField(_("署名评价人密钥摘要"), max_length=64)
    cell = models.CharField(_("来源单元"), max_length=90, default="", blank=True)
    ties = ArrayField(models.CharField(max_length=12), verbose_name=_("登记的关系"), default=list)
    digest = models.CharField(_("摘要"), max_length=64)

    class Meta:
        verbose_name = _("打分")
        constraints = [
            models.CheckConstraint(
                condition=Q(ties=[]) | ~Q(rater_key=""), name="mark_ties_only_where_signed"
            ),
            models.CheckConstraint(condition=Q(digest__regex=_HEX), name="mark_digest_is_sha256"),
            models.CheckConstraint(
                condition=Q(rater_key="") | Q(group__in=SIGNED_GROUPS, rater_key__regex=_HEX),
                name="mark_rater_only_where_signed",
            ),
            models.CheckConstraint(condition=~Q(group=""), name="mark_has_group"),
            models.CheckConstraint(
                condition=Q(period__regex=r"^\d{4}(-(Q[1-4]|H[12]|M(0?[1-9]|1[0-2])))?$"),
                name="mark_period_form",
            ),
        ]
        indexes = [models.Index(fields=["period", "official", "post"], name="mark_by_seat")]

    def __str__(self) -> str:
        return f"{self.period} {self.group} {self.indicator}"


class RefusedMark(models.Model):
    """A refused row of marks as it came; of an anonymous group nothing about the rater. 待核打分"""

    batch = models.ForeignKey(MarkBatch, models.PROTECT, related_name="+", verbose_name=_("批次"))
    row = models.PositiveIntegerField(_("行号"))
    raw = models.JSONField(_("原样"))
    reasons = models.JSONField(_("原因"))

    class Meta:
        verbose_name = _("待核打分")
        constraints = [
            models.CheckConstraint(condition=~Q(reasons=[]), name="refusedmark_has_reasons"),
            models.UniqueConstraint(fields=["batch", "row"], name="refusedmark_once"),
        ]

    def __str__(self) -> str:
        return f"第 {self.row} 行"


class RefusedMarkDecision(models.Model):
    """What a named person did about a refused row of marks. 待核打分的处理"""

    refused_mark = models.OneToOneField(
        RefusedMark, models.PROTECT, related_name="decision", verbose_name=_("待核打分")
    )
    outcome = models.CharField(
        _("结果"),
        max_length=10,
        choices=[("corrected", _("已更正")), ("readmitted", _("已重新接收")), ("dismissed", _("不予接收"))],
    )
    batch = models.ForeignKey(
        MarkBatch, models.PROTECT, null=True, related_name="+", verbose_name=_("所成批次")
    )
    changes = models.JSONField(_("更正内容"), default=dict)
    by = models.CharField(_("处理人"), max_length=64)
    at = models.DateTimeField(_("处理时间"))
    reason = models.CharField(_("理由"), max_length=400)

    class Meta:
        verbose_name = _("待核打分的处理")
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome="dismissed", batch__isnull=True)
                | Q(outcome__in=["corrected", "readmitted"], batch__isnull=False),
                name="markdecision_batch_fits_outcome",
            ),
            models.CheckConstraint(
                condition=~Q(by="") & ~Q(reason=""), name="markdecision_has_author_and_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.refused_mark_id} {self.outcome}"
