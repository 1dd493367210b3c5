"""Systems of record, their keys, and what they were answered. Append-only; each row but a receipt is a leaf.

RecordSystem
    Which units' and kinds' events a system may hand over. Whoever adds one could invite whom he likes to
    rate: so it stands in the log with its author, and a change is a new row.
SystemKey, KeyRevocation
    The hash of a key of 256 bits; the key itself was shown once. Stolen, the hash opens nothing.
SystemReceipt
    The answer to a delivery under its idempotency key, so that a repeated request gets the same one.
    No contact and no person stands in it.
"""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from hengjian.ratings.invitations.models.asked import EventBatch

_HEX = r"^[0-9a-f]{64}$"
CODE = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$"


class RecordSystem(models.Model):
    """A system of record and its scope; the newest row of a code holds. 来源系统"""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    code = models.CharField(_("代码"), max_length=40)
    name = models.CharField(_("名称"), max_length=100)
    # both empty: everything
    organisations = ArrayField(models.CharField(max_length=40), verbose_name=_("单位范围"), default=list)
    kinds = ArrayField(models.CharField(max_length=40), verbose_name=_("事项种类"), default=list)
    by = models.CharField(_("登记人"), max_length=150)
    at = models.DateTimeField(_("登记时间"))

    class Meta:
        verbose_name = _("来源系统")
        constraints = [
            models.CheckConstraint(condition=Q(code__regex=CODE), name="recordsystem_code_form"),
            models.CheckConstraint(condition=~Q(name="") & ~Q(by=""), name="recordsystem_named_and_signed"),
            models.UniqueConstraint(fields=["code", "at"], name="recordsystem_one_at_a_time"),
        ]

    def __str__(self) -> str:
        return self.code


class SystemKey(models.Model):
    """A key of a system of record: its hash. 来源系统密钥"""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    system = models.CharField(_("来源系统"), max_length=40)
    hash = models.CharField(_("密钥摘要"), max_length=64, unique=True)
    by = models.CharField(_("签发人"), max_length=150)
    at = models.DateTimeField(_("签发时间"))

    class Meta:
        verbose_name = _("来源系统密钥")
        constraints = [
            models.CheckConstraint(condition=Q(hash__regex=_HEX), name="systemkey_keeps_only_a_hash"),
            models.CheckConstraint(condition=~Q(by="") & ~Q(system=""), name="systemkey_signed"),
        ]

    def __str__(self) -> str:
        return f"{self.system} {str(self.pk)[:8]}"


class KeyRevocation(models.Model):
    """That a key opens nothing any more. 密钥吊销"""

    key = models.OneToOneField(SystemKey, models.PROTECT, primary_key=True, related_name="revocation")
    reason = models.CharField(_("理由"), max_length=200)
    by = models.CharField(_("吊销人"), max_length=150)
    at = models.DateTimeField(_("吊销时间"))

    class Meta:
        verbose_name = _("密钥吊销")
        constraints = [
            models.CheckConstraint(condition=~Q(by="") & ~Q(reason=""), name="keyrevocation_says_why"),
        ]

    def __str__(self) -> str:
        return str(self.key_id)


class SystemReceipt(models.Model):
    """What a system was answered to a delivery, under the key that it chose for it. 接口回执"""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    system = models.CharField(_("来源系统"), max_length=40)
    idempotency = models.CharField(_("幂等键"), max_length=80)
    content = models.CharField(_("内容摘要"), max_length=64)
    batch = models.ForeignKey(EventBatch, models.PROTECT, related_name="+", verbose_name=_("批次"))
    answer = models.JSONField(_("回复"))
    at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = _("接口回执")
        constraints = [
            models.UniqueConstraint(fields=["system", "idempotency"], name="systemreceipt_once"),
            models.CheckConstraint(
                condition=Q(content__regex=_HEX) & ~Q(idempotency=""), name="systemreceipt_names_content"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.system} {self.idempotency}"
