"""Marks that are contested or look unusual, and what two people decide about them."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from hengjian.ratings.ballots.models import Release
from hengjian.ratings.followups.models.case import Case

ONE_OF = Q(contest__isnull=True, flag__isnull=False) | Q(contest__isnull=False, flag__isnull=True)


class Ground(models.TextChoices):
    """Why marks are contested."""

    MISTAKEN = "mistaken", _("误评（评错对象或事项）")
    MALICIOUS = "malicious", _("恶意差评")
    FLOODED = "flooded", _("刷评、有组织集中评价")


class Contest(models.Model):
    """An official contests marks of a release or of a theme, the only things that he saw. 评价异议"""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    release = models.ForeignKey(
        Release, models.PROTECT, null=True, related_name="+", verbose_name=_("评价公布")
    )
    theme = models.ForeignKey(Case, models.PROTECT, null=True, related_name="+", verbose_name=_("回访单"))
    official = models.CharField(_("干部编号"), max_length=40, db_collation="C")
    post = models.CharField(_("岗位代码"), max_length=40, db_collation="C")
    period = models.CharField(_("周期"), max_length=10, db_collation="C")
    ground = models.CharField(_("理由类别"), max_length=10, choices=Ground.choices)
    statement = models.CharField(_("异议内容"), max_length=2_000)
    by = models.CharField(_("提出人"), max_length=150)
    at = models.DateTimeField(_("提出时间"))
    due_on = models.DateField(_("复核期限"), null=True)

    class Meta:
        verbose_name = _("评价异议")
        constraints = [
            models.CheckConstraint(
                condition=Q(release__isnull=True, theme__isnull=False)
                | Q(release__isnull=False, theme__isnull=True),
                name="contest_about_what_was_shown",
            ),
            models.CheckConstraint(condition=Q(ground__in=Ground.values), name="contest_ground_known"),
            models.CheckConstraint(condition=~Q(statement="") & ~Q(by=""), name="contest_says_something"),
        ]
        indexes = [models.Index(fields=["period", "official", "post"], name="contest_by_seat")]

    def __str__(self) -> str:
        return str(self.pk)


class FlagKind(models.TextChoices):
    """What looks unusual."""

    FLOOD = "flood", _("评价数量突增")
    ALIKE = "alike", _("意见文字雷同")
    RUN = "run", _("成批相同评价")


class Flag(models.Model):
    """Ballots that look unusual together, for people to judge; they count until two decide. 异常提示"""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    kind = models.CharField(_("种类"), max_length=5, choices=FlagKind.choices)
    official = models.CharField(_("干部编号"), max_length=40, db_collation="C")
    post = models.CharField(_("岗位代码"), max_length=40, db_collation="C")
    period = models.CharField(_("周期"), max_length=10, db_collation="C")
    key = models.CharField(_("特征"), max_length=80)
    ballots = ArrayField(models.UUIDField(), verbose_name=_("评价票"))
    figures = models.JSONField(_("数值"))
    on = models.DateField(_("发现日期"))

    class Meta:
        verbose_name = _("异常提示")
        constraints = [
            models.UniqueConstraint(fields=["period", "official", "post", "kind", "key"], name="flag_once"),
            models.CheckConstraint(condition=Q(kind__in=FlagKind.values), name="flag_kind_known"),
            models.CheckConstraint(condition=Q(ballots__len__gte=2), name="flag_of_several"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class Opinion(models.Model):
    """What one reviewer thinks, who does not know what others think, and the ballots to exclude. 复核意见"""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    contest = models.ForeignKey(
        Contest, models.PROTECT, null=True, related_name="opinions", verbose_name=_("评价异议")
    )
    flag = models.ForeignKey(
        Flag, models.PROTECT, null=True, related_name="opinions", verbose_name=_("异常提示")
    )
    by = models.CharField(_("复核人"), max_length=150)
    ballots = ArrayField(models.UUIDField(), verbose_name=_("不计入的票"), default=list)
    reason = models.CharField(_("理由"), max_length=2_000)
    at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = _("复核意见")
        constraints = [
            models.CheckConstraint(condition=ONE_OF, name="opinion_about_one_thing"),
            models.UniqueConstraint(fields=["contest", "by"], name="opinion_once_on_a_contest"),
            models.UniqueConstraint(fields=["flag", "by"], name="opinion_once_on_a_flag"),
            models.CheckConstraint(condition=~Q(reason="") & ~Q(by=""), name="opinion_signed_with_reason"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class Ruling(models.Model):
    """What follows from two opinions that agree: the ballots that no longer count, perhaps none. 复核结论"""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    contest = models.OneToOneField(
        Contest, models.PROTECT, null=True, related_name="ruling", verbose_name=_("评价异议")
    )
    flag = models.OneToOneField(
        Flag, models.PROTECT, null=True, related_name="ruling", verbose_name=_("异常提示")
    )
    ballots = ArrayField(models.UUIDField(), verbose_name=_("不计入的票"), default=list)
    first = models.CharField(_("复核人"), max_length=150)
    second = models.CharField(_("另一复核人"), max_length=150)
    at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = _("复核结论")
        constraints = [
            models.CheckConstraint(condition=ONE_OF, name="ruling_about_one_thing"),
            models.CheckConstraint(
                condition=~Q(first="") & ~Q(second="") & ~Q(first=models.F("second")),
                name="ruling_by_two_people",
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)
