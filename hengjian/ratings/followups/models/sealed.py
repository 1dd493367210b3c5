"""What raters and reporters leave to be named, and who opened it."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Left(models.TextChoices):
    """What somebody left."""

    CONTACT = "contact", _("联系方式")
    INDUCEMENT = "inducement", _("诱导或干扰评价")
    RETALIATION = "retaliation", _("打击报复")


class DayBox(models.Model):
    """What was sealed and left today; the night, or a handler's look at reports, takes it on. 当日封存件

    Nobody who reads :class:`Sealed` later sees in which order, or beside what, it came in.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    left = models.CharField(_("种类"), max_length=12, choices=Left.choices)
    ballot = models.UUIDField(_("评价票"), null=True)
    key = models.CharField(_("接收公钥"), max_length=64, blank=True, default="", db_collation="C")
    box = models.BinaryField(_("密封内容"))
    on = models.DateField(_("日期"))
    due_on = models.DateField(_("期限"), null=True)

    class Meta:
        verbose_name = _("当日封存件")
        constraints = [
            models.CheckConstraint(
                condition=Q(left__in=Left.values) & ~Q(box=b""), name="daybox_kind_known_and_not_empty"
            ),
            models.CheckConstraint(
                condition=~Q(left=Left.CONTACT) | Q(ballot__isnull=False), name="daybox_contact_of_a_ballot"
            ),
            models.UniqueConstraint(
                fields=["ballot"], condition=Q(left=Left.CONTACT), name="daybox_one_contact_for_a_ballot"
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class Sealed(models.Model):
    """A name and a way to reach it, or a report's text, under a public key; emptied in the end. 封存内容

    ``ballot``: no foreign key, since it may be a ballot of today that is not in the box yet.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    left = models.CharField(_("种类"), max_length=12, choices=Left.choices)
    ballot = models.UUIDField(_("评价票"), null=True)
    key = models.CharField(_("接收公钥"), max_length=64, blank=True, default="", db_collation="C")
    box = models.BinaryField(_("密封内容"))
    on = models.DateField(_("日期"))
    due_on = models.DateField(_("期限"), null=True)
    erased_on = models.DateField(_("销毁日期"), null=True)

    class Meta:
        verbose_name = _("封存内容")
        constraints = [
            models.CheckConstraint(condition=Q(left__in=Left.values), name="sealed_kind_known"),
            models.CheckConstraint(
                condition=~Q(left=Left.CONTACT) | Q(ballot__isnull=False), name="sealed_contact_of_a_ballot"
            ),
            models.UniqueConstraint(
                fields=["ballot"], condition=Q(left=Left.CONTACT), name="sealed_one_contact_for_a_ballot"
            ),
            models.CheckConstraint(
                condition=Q(erased_on__isnull=True) & ~Q(box=b"") | Q(erased_on__isnull=False, box=b""),
                name="sealed_until_erased",
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class Why(models.TextChoices):
    """For what something sealed is opened."""

    CALL_BACK = "call_back", _("电话或上门回访")
    CHECK = "check", _("核实反映的事实")
    PROTECT = "protect", _("采取保护措施")
    ANSWER = "answer", _("答复评价人或举报人")


class Look(models.Model):
    """That somebody opens something sealed, written before it is opened. 查看封存内容"""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    sealed = models.ForeignKey(Sealed, models.PROTECT, related_name="looks", verbose_name=_("封存内容"))
    by = models.CharField(_("查看人"), max_length=150)
    why = models.CharField(_("目的"), max_length=10, choices=Why.choices)
    note = models.CharField(_("说明"), max_length=200, blank=True, default="")
    at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = _("查看封存内容")
        constraints = [
            models.CheckConstraint(condition=~Q(by=""), name="look_signed"),
            models.CheckConstraint(condition=Q(why__in=Why.values), name="look_why_known"),
        ]

    def __str__(self) -> str:
        return str(self.pk)
