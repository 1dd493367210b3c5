"""What is stored once and never changed: policies, snapshots, sheets, publications."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from hengjian.cycles.models.cycle import Cycle

DIGEST = r"^[0-9a-f]{64}$"


class StoredPolicy(models.Model):
    """The files of a policy, verbatim, as they were at a freeze."""

    digest = models.CharField(_("摘要"), max_length=64, primary_key=True)
    name = models.CharField(_("名称"), max_length=200)
    files = models.BinaryField(_("文件"))

    class Meta:
        verbose_name = _("封存的制度")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(digest__regex=DIGEST), name="policy_digest_form")
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.digest[:12]}"


class StoredSnapshot(models.Model):
    """The facts of a cycle at its cut-off, part by part, compressed."""

    cycle = models.ForeignKey(Cycle, models.PROTECT, related_name="snapshots", verbose_name=_("周期"))
    root = models.CharField(_("根摘要"), max_length=64)
    policy = models.ForeignKey(StoredPolicy, models.PROTECT, verbose_name=_("制度"))
    parts = models.BinaryField(_("内容"))
    by = models.CharField(_("操作人"), max_length=150)
    at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = _("数据快照")
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(root__regex=DIGEST), name="snapshot_root_form")
        ]

    def __str__(self) -> str:
        return f"{self.cycle_id} {self.root[:12]}"


class StoredSheet(models.Model):
    """The score sheet computed from one snapshot under its policy, compressed."""

    cycle = models.ForeignKey(Cycle, models.PROTECT, related_name="sheets", verbose_name=_("周期"))
    snapshot = models.OneToOneField(StoredSnapshot, models.PROTECT, verbose_name=_("数据快照"))
    root = models.CharField(_("根摘要"), max_length=64)
    lines = models.BinaryField(_("内容"))
    seats = models.PositiveIntegerField(_("任职数"))
    engine = models.CharField(_("引擎"), max_length=20)
    code_version = models.CharField(_("程序版本"), max_length=40)
    at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = _("得分表")
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(root__regex=DIGEST), name="sheet_root_form")
        ]

    def __str__(self) -> str:
        return f"{self.cycle_id} {self.root[:12]}"


class Publication(models.Model):
    """A published result: the bundle's digest and root, where the file was written, and by whom."""

    cycle = models.OneToOneField(Cycle, models.PROTECT, verbose_name=_("周期"))
    sheet = models.OneToOneField(StoredSheet, models.PROTECT, verbose_name=_("得分表"))
    root = models.CharField(_("根摘要"), max_length=64)
    bundle_digest = models.CharField(_("结果包摘要"), max_length=64)
    path = models.CharField(_("结果包位置"), max_length=400)
    by = models.CharField(_("发布人"), max_length=150)
    at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = _("发布")
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(root__regex=DIGEST), name="publication_root_form"),
            models.CheckConstraint(condition=Q(bundle_digest__regex=DIGEST), name="publication_digest_form"),
        ]

    def __str__(self) -> str:
        return f"{self.cycle_id} {self.root[:12]}"
