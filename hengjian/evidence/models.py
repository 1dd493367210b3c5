"""Records, the batches they came in, and the quarantine. Every table here is append-only.

Nothing is edited: a correction is a new record whose ``supersedes`` names the old one, and what a
person decided about a quarantined row is a row of its own.
"""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

_HEX = r"^[0-9a-f]{64}$"


class RecordKind(models.TextChoices):
    """What a feed carries."""

    METRIC = "metric", _("指标数值")
    CASE = "case", _("办件")
    PROJECT = "project", _("政府投资项目")


class FeedVersion(models.Model):
    """A feed's declaration as it stood when a batch was admitted."""

    digest = models.CharField(_("摘要"), max_length=64, primary_key=True)
    code = models.CharField(_("来源代码"), max_length=40, db_index=True)
    kind = models.CharField(_("种类"), max_length=10, choices=RecordKind)
    text = models.TextField(_("说明文件"))

    class Meta:
        verbose_name = _("来源说明")
        constraints = [
            models.CheckConstraint(condition=Q(digest__regex=_HEX), name="feedversion_digest_is_sha256"),
            models.CheckConstraint(condition=Q(kind__in=RecordKind.values), name="feedversion_kind_known"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.digest[:12]}"


class Batch(models.Model):
    """One file or form that went through the door, in one transaction."""

    id = models.UUIDField(primary_key=True)
    feed = models.CharField(_("来源代码"), max_length=40, db_index=True)
    feed_version = models.ForeignKey(FeedVersion, models.PROTECT, verbose_name=_("来源说明"))
    kind = models.CharField(_("种类"), max_length=10, choices=RecordKind)
    source_name = models.CharField(_("文件名"), max_length=255)
    source_digest = models.CharField(_("文件摘要"), max_length=64)
    by = models.CharField(_("接收人"), max_length=64)
    at = models.DateTimeField(_("接收时间"))
    read = models.PositiveIntegerField(_("读入"))
    admitted = models.PositiveIntegerField(_("接收"))
    superseding = models.PositiveIntegerField(_("其中更正"))
    known = models.PositiveIntegerField(_("已有"))
    refused = models.PositiveIntegerField(_("待核"))
    compared = models.PositiveIntegerField(_("与来源判定比较"))
    agreed = models.PositiveIntegerField(_("与来源判定一致"))

    class Meta:
        verbose_name = _("批次")
        constraints = [
            models.CheckConstraint(
                condition=Q(read=F("admitted") + F("known") + F("refused")), name="batch_counts_add_up"
            ),
            models.CheckConstraint(
                condition=Q(superseding__lte=F("admitted")), name="batch_superseding_within_admitted"
            ),
            models.CheckConstraint(
                condition=Q(agreed__lte=F("compared")), name="batch_agreed_within_compared"
            ),
            models.CheckConstraint(
                condition=Q(source_digest__regex=_HEX), name="batch_source_digest_is_sha256"
            ),
            models.CheckConstraint(condition=~Q(by=""), name="batch_has_author"),
        ]

    def __str__(self) -> str:
        return f"{self.feed} {self.source_name}"


class Record(models.Model):
    """What every record has: origin, organisation, digest, and what it replaces."""

    id = models.BigAutoField(primary_key=True)
    batch = models.ForeignKey(Batch, models.PROTECT, related_name="+", verbose_name=_("批次"))
    row = models.PositiveIntegerField(_("行号"))
    feed = models.CharField(_("来源代码"), max_length=40)
    organisation = models.ForeignKey(
        "roster.Organisation", models.PROTECT, related_name="+", verbose_name=_("机构")
    )
    digest = models.CharField(_("摘要"), max_length=64, db_index=True)
    admitted_at = models.DateTimeField(_("接收时间"))
    supersedes = models.OneToOneField(
        "self", models.PROTECT, null=True, related_name="successor", verbose_name=_("更正")
    )

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(condition=Q(digest__regex=_HEX), name="%(class)s_digest_is_sha256"),
            models.CheckConstraint(
                condition=Q(supersedes__isnull=True) | ~Q(supersedes=F("id")),
                name="%(class)s_never_supersedes_itself",
            ),
        ]


class Metric(Record):
    """A measured value of an organisation in a period. 指标数值"""

    metric = models.CharField(_("指标代码"), max_length=64)
    period = models.CharField(_("周期"), max_length=10)
    value = models.DecimalField(_("数值"), max_digits=24, decimal_places=6)
    unit = models.CharField(_("单位"), max_length=40)
    target = models.DecimalField(_("目标值"), max_digits=24, decimal_places=6, null=True)
    source = models.CharField(_("数据来源部门"), max_length=80)

    class Meta(Record.Meta):
        verbose_name = _("指标数值")
        constraints = [
            *Record.Meta.constraints,
            models.UniqueConstraint(
                fields=["organisation", "metric", "period"],
                condition=Q(supersedes__isnull=True),
                name="metric_one_first_version",
            ),
            models.CheckConstraint(
                condition=Q(period__regex=r"^\d{4}(-(Q[1-4]|H[12]|M(0?[1-9]|1[0-2])))?$"),
                name="metric_period_form",
            ),
        ]
        indexes = [models.Index(fields=["period", "metric"], name="metric_by_period")]

    def __str__(self) -> str:
        return f"{self.metric} {self.period}"


class CaseStatus(models.TextChoices):
    """Where a case stands in the source."""

    OPEN = "open", _("办理中")
    CLOSED = "closed", _("已办结")
    WITHDRAWN = "withdrawn", _("已撤回或并案")


class DueBasis(models.TextChoices):
    """What a due time rests on; empty when no due time is known."""

    LEGAL = "legal", _("法定期限")
    PROMISED = "promised", _("承诺期限")
    CALCULATED = "calculated", _("按规则推算")


class Case(Record):
    """A hotline-type case: timestamps and codes, nothing narrative (NORMS X41). 办件"""

    external_id = models.CharField(_("来源编号"), max_length=80)
    case_kind = models.CharField(_("办件类型"), max_length=64)
    status = models.CharField(_("状态"), max_length=10, choices=CaseStatus)
    opened_at = models.DateTimeField(_("受理时间"))
    due_at = models.DateTimeField(_("办理期限"), null=True)
    due_basis = models.CharField(_("期限依据"), max_length=10, choices=DueBasis)
    closed_at = models.DateTimeField(_("办结时间"), null=True)
    reopened = models.BooleanField(_("重办"), null=True)
    satisfied = models.BooleanField(_("满意"), null=True)
    counted_on = models.DateField(_("计入日期"))

    class Meta(Record.Meta):
        verbose_name = _("办件")
        constraints = [
            *Record.Meta.constraints,
            models.UniqueConstraint(
                fields=["feed", "external_id"],
                condition=Q(supersedes__isnull=True),
                name="case_one_first_version",
            ),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True) | Q(closed_at__gte=F("opened_at")),
                name="case_closed_after_opened",
            ),
            models.CheckConstraint(
                condition=Q(due_at__isnull=True, due_basis="")
                | Q(due_at__isnull=False, due_basis__in=DueBasis.values),
                name="case_due_time_has_basis",
            ),
            models.CheckConstraint(
                condition=Q(status="open", closed_at__isnull=True)
                | Q(status="closed", closed_at__isnull=False)
                | Q(status="withdrawn"),
                name="case_status_fits_closing",
            ),
        ]
        indexes = [
            models.Index(fields=["counted_on", "organisation"], name="case_by_day"),
            models.Index(fields=["due_at"], condition=Q(status="open"), name="case_open_by_due"),
        ]

    def __str__(self) -> str:
        return f"{self.feed} {self.external_id}"


class Project(Record):
    """A government investment project's account for a period; realised amounts only. 政府投资项目"""

    code = models.CharField(_("项目代码"), max_length=80)
    period = models.CharField(_("周期"), max_length=10)
    name = models.CharField(_("项目名称"), max_length=120)
    project_kind = models.CharField(_("项目类型"), max_length=64)
    total_investment = models.DecimalField(_("总投资（元）"), max_digits=24, decimal_places=6)
    fiscal_money = models.DecimalField(_("财政资金（元）"), max_digits=24, decimal_places=6)
    debt_ratio = models.DecimalField(_("债务率（%）"), max_digits=24, decimal_places=6)
    debt_cap = models.DecimalField(_("债务率上限（%）"), max_digits=24, decimal_places=6, null=True)
    cash_flows = models.JSONField(_("全生命周期现金流"), default=list)
    benefit_band = models.CharField(_("效益档"), max_length=64)
    realised = models.DecimalField(_("已实现金额（元）"), max_digits=24, decimal_places=6, null=True)

    class Meta(Record.Meta):
        verbose_name = _("政府投资项目")
        constraints = [
            *Record.Meta.constraints,
            models.UniqueConstraint(
                fields=["code", "period"],
                condition=Q(supersedes__isnull=True),
                name="project_one_first_version",
            ),
            models.CheckConstraint(
                condition=Q(total_investment__gte=0, fiscal_money__gte=0, debt_ratio__gte=0)
                & (Q(debt_cap__isnull=True) | Q(debt_cap__gte=0))
                & (Q(realised__isnull=True) | Q(realised__gte=0)),
                name="project_amounts_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(fiscal_money__lte=F("total_investment")),
                name="project_fiscal_money_within_total",
            ),
            models.CheckConstraint(
                condition=Q(period__regex=r"^\d{4}(-(Q[1-4]|H[12]|M(0?[1-9]|1[0-2])))?$"),
                name="project_period_form",
            ),
        ]
        indexes = [models.Index(fields=["period"], name="project_by_period")]

    def __str__(self) -> str:
        return f"{self.code} {self.period}"


class Quarantined(models.Model):
    """A refused row as it came: nothing dropped, nothing half-written. 待核记录

    It waits until there is a :class:`QuarantineDecision` about it.
    """

    batch = models.ForeignKey(Batch, models.PROTECT, related_name="+", verbose_name=_("批次"))
    feed = models.CharField(_("来源代码"), max_length=40)
    kind = models.CharField(_("种类"), max_length=10, choices=RecordKind)
    row = models.PositiveIntegerField(_("行号"))
    raw = models.JSONField(_("原样"))
    raw_digest = models.CharField(_("原样摘要"), max_length=64)
    reasons = models.JSONField(_("原因"))
    at = models.DateTimeField(_("列入时间"))

    class Meta:
        verbose_name = _("待核记录")
        constraints = [
            # one row of a source stands here once, however often its file is handed in
            models.UniqueConstraint(fields=["feed", "raw_digest"], name="quarantined_once"),
            models.CheckConstraint(condition=Q(raw_digest__regex=_HEX), name="quarantined_digest_is_sha256"),
            models.CheckConstraint(condition=~Q(reasons=[]), name="quarantined_has_reasons"),
        ]

    def __str__(self) -> str:
        return f"{self.feed} 第 {self.row} 行"


class Found(models.TextChoices):
    """What an inspector found about a refused row."""

    HOLDS = "holds", _("记录属实")
    FAILS = "fails", _("记录不实")
    UNCLEAR = "unclear", _("无法核实")


class QuarantineOpinion(models.Model):
    """What an inspector found about a refused row; the office reads it before it decides. 核查意见"""

    quarantined = models.ForeignKey(
        Quarantined, models.PROTECT, related_name="opinions", verbose_name=_("待核记录")
    )
    found = models.CharField(_("核查结论"), max_length=10, choices=Found)
    text = models.CharField(_("核查情况"), max_length=400)
    by = models.CharField(_("核查人"), max_length=64)
    at = models.DateTimeField(_("核查时间"))

    class Meta:
        verbose_name = _("核查意见")
        constraints = [
            models.CheckConstraint(condition=Q(found__in=Found.values), name="opinion_finding_known"),
            models.CheckConstraint(condition=~Q(by="") & ~Q(text=""), name="opinion_has_author_and_text"),
        ]

    def __str__(self) -> str:
        return f"{self.quarantined_id} {self.found}"


class Outcome(models.TextChoices):
    """How a quarantined row ended."""

    CORRECTED = "corrected", _("已更正")
    READMITTED = "readmitted", _("已重新接收")
    DISMISSED = "dismissed", _("不予接收")


class QuarantineDecision(models.Model):
    """What a named person did about a quarantined row, and the record that came of it. 待核记录的处理"""

    quarantined = models.OneToOneField(
        Quarantined, models.PROTECT, related_name="decision", verbose_name=_("待核记录")
    )
    outcome = models.CharField(_("结果"), max_length=10, choices=Outcome)
    changes = models.JSONField(_("更正内容"), default=dict)
    record = models.CharField(_("所成记录摘要"), max_length=64)
    by = models.CharField(_("处理人"), max_length=64)
    at = models.DateTimeField(_("处理时间"))
    reason = models.CharField(_("理由"), max_length=400)

    class Meta:
        verbose_name = _("待核记录的处理")
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome="dismissed", record="")
                | Q(outcome__in=["corrected", "readmitted"], record__regex=_HEX),
                name="decision_record_fits_outcome",
            ),
            models.CheckConstraint(
                condition=Q(outcome="readmitted", changes={})
                | Q(outcome="dismissed", changes={})
                | (Q(outcome="corrected") & ~Q(changes={})),
                name="decision_changes_fit_outcome",
            ),
            models.CheckConstraint(
                condition=~Q(by="") & ~Q(reason=""), name="decision_has_author_and_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quarantined_id} {self.outcome}"
