"""A cycle, its audit trail, and what persons add to its facts."""

import re
from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from hengjian.cycles.transitions import State

SLUG = r"^[a-z0-9][a-z0-9-]{0,59}$"
SLUG_FORM = re.compile(SLUG)


class Cycle(models.Model):
    """One assessment: a period, a policy on a day, a scope, and the state it is in."""

    id = models.CharField(_("编号"), max_length=60, primary_key=True)
    title = models.CharField(_("名称"), max_length=120)
    period = models.CharField(_("考核周期"), max_length=8)
    policy = models.CharField(_("制度"), max_length=400)
    on = models.DateField(_("适用规则之日"))
    cut_off = models.DateTimeField(_("数据截止时间"))
    organisations = models.JSONField(_("单位范围"), default=list, blank=True)
    levels = models.JSONField(_("层级范围"), default=list, blank=True)
    synthetic = models.BooleanField(_("合成数据"), default=False)
    state = models.CharField(_("状态"), max_length=12, choices=State.choices, default=State.OPEN)
    supersedes = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="corrections",
        verbose_name=_("更正对象"),
    )

    class Meta:
        verbose_name = _("考核周期")
        ordering: ClassVar = ["-cut_off", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(state__in=[s.value for s in State]), name="cycle_state_known"),
            models.CheckConstraint(condition=Q(id__regex=SLUG), name="cycle_id_slug"),
            models.CheckConstraint(
                condition=Q(supersedes__isnull=True) | ~Q(supersedes=F("id")),
                name="cycle_not_its_own_correction",
            ),
            models.CheckConstraint(condition=~Q(policy=""), name="cycle_has_policy"),
        ]

    def __str__(self) -> str:
        return self.title


class AuditEntry(models.Model):
    """One change of a cycle's state: who, when, why. Never changed, never deleted."""

    cycle = models.ForeignKey(Cycle, models.PROTECT, related_name="audit", verbose_name=_("周期"))
    source = models.CharField(_("原状态"), max_length=12, blank=True)
    target = models.CharField(_("新状态"), max_length=12, choices=State.choices)
    verb = models.CharField(_("操作"), max_length=20)
    by = models.CharField(_("操作人"), max_length=150)
    at = models.DateTimeField(_("时间"))
    reason = models.TextField(_("理由"), blank=True)

    class Meta:
        verbose_name = _("状态变更记录")
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(by=""), name="audit_names_a_person"),
            models.CheckConstraint(
                condition=Q(target__in=[s.value for s in State]), name="audit_target_known"
            ),
            models.UniqueConstraint(fields=["cycle"], condition=Q(source=""), name="audit_opened_once"),
        ]

    def __str__(self) -> str:
        return f"{self.cycle_id}: {self.source} → {self.target}"


class Added(models.QuerySet[Any]):
    """What persons added to the facts of cycles."""

    def standing(self) -> "Added":
        """Without what was withdrawn."""
        return self.filter(withdrawal=None)


class Adjustment(models.Model):
    """Points that a named person adds or takes away while the cycle is open, with reason and clause."""

    cycle = models.ForeignKey(Cycle, models.PROTECT, related_name="adjustments", verbose_name=_("周期"))
    record = models.CharField(_("摘要"), max_length=64, unique=True)
    seat = models.CharField(_("任职"), max_length=120)
    points = models.FloatField(_("分值"))
    reason = models.TextField(_("理由"))
    clause = models.CharField(_("依据条款"), max_length=60)
    author = models.CharField(_("提出人"), max_length=150)
    on = models.DateField(_("日期"))
    objects = Added.as_manager()

    class Meta:
        verbose_name = _("加减分")
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(reason=""), name="adjustment_has_reason"),
            models.CheckConstraint(condition=~Q(clause=""), name="adjustment_has_clause"),
            models.CheckConstraint(condition=~Q(author=""), name="adjustment_has_author"),
            models.CheckConstraint(
                condition=Q(points__gte=-100) & Q(points__lte=100) & ~Q(points=0),
                name="adjustment_points_in_range",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.seat}: {self.points:+g}"


class NotApplicable(models.Model):
    """An indicator that does not apply to one seat of the cycle; its weight is spread and shown."""

    cycle = models.ForeignKey(Cycle, models.PROTECT, related_name="not_applicable", verbose_name=_("周期"))
    seat = models.CharField(_("任职"), max_length=120)
    indicator = models.CharField(_("指标"), max_length=60)
    reason = models.TextField(_("理由"))
    author = models.CharField(_("提出人"), max_length=150)
    on = models.DateField(_("日期"))
    objects = Added.as_manager()

    class Meta:
        verbose_name = _("不适用指标")
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(reason=""), name="not_applicable_has_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.seat}: {self.indicator}"


class Withdrawal(models.Model):
    """Something added in error and taken back while the cycle is open; both stay to be read."""

    cycle = models.ForeignKey(Cycle, models.PROTECT, related_name="withdrawals", verbose_name=_("周期"))
    adjustment = models.OneToOneField(
        Adjustment, models.PROTECT, null=True, related_name="withdrawal", verbose_name=_("加减分")
    )
    not_applicable = models.OneToOneField(
        NotApplicable, models.PROTECT, null=True, related_name="withdrawal", verbose_name=_("不适用指标")
    )
    reason = models.TextField(_("理由"))
    author = models.CharField(_("撤回人"), max_length=150)
    on = models.DateField(_("日期"))

    class Meta:
        verbose_name = _("撤回记入")
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(adjustment__isnull=True) ^ Q(not_applicable__isnull=True),
                name="withdrawal_of_one_thing",
            ),
            models.CheckConstraint(condition=~Q(reason="") & ~Q(author=""), name="withdrawal_has_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.adjustment or self.not_applicable}"
