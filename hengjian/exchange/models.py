"""Keys of the interface: approved, drawn, ended, used; every table append-only. 接口密钥

Trusted: no more than the database. A key's secret stands nowhere; of it only the hash is kept.
"""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from hengjian.access.purposes import CHOSEN

USER = settings.AUTH_USER_MODEL
PURPOSES = [one.value for one in CHOSEN]


class Part(models.TextChoices):
    """What a key opens; nothing else is opened by it."""

    CYCLES = "cycles", _("考核周期")
    RESULTS = "results", _("结果（排名、得分表、计算过程）")
    POLICIES = "policies", _("制度（指标、计分表、参数）")
    ROSTER = "roster", _("名册（任职）")
    QUARANTINE = "quarantine", _("待核记录数")
    LOG = "log", _("存证（树头、证明）")


class AccessKey(models.Model):
    """A key as the security administrator approved it, for an account whose grants bound it. 接口密钥"""

    account = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name=_("账号"))
    title = models.CharField(_("用于"), max_length=80)
    parts = ArrayField(models.CharField(max_length=12), verbose_name=_("范围"))
    organisation = models.CharField(_("机构"), max_length=200, blank=True, default="")
    names = models.BooleanField(_("可见姓名"), default=False)
    purpose = models.CharField(_("目的"), max_length=12)
    note = models.CharField(_("目的说明"), max_length=200, blank=True, default="")
    until = models.DateField(_("有效期至"))
    by = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name=_("批准人"))
    at = models.DateTimeField(_("批准时间"))

    class Meta:
        verbose_name = _("接口密钥")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=~Q(title=""), name="accesskey_titled"),
            models.CheckConstraint(
                condition=Q(parts__len__gt=0, parts__contained_by=list(Part.values)),
                name="accesskey_parts_known",
            ),
            models.CheckConstraint(condition=Q(purpose__in=PURPOSES), name="accesskey_purpose_known"),
            models.CheckConstraint(
                condition=~Q(purpose="other") | ~Q(note=""), name="accesskey_other_is_explained"
            ),
            models.CheckConstraint(condition=~Q(by=F("account")), name="accesskey_two_people"),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.title}"


class KeySecret(models.Model):
    """The secret of a key, drawn once by the account's holder; only its hash and first letters. 密钥领取"""

    key = models.OneToOneField(AccessKey, models.PROTECT, primary_key=True, related_name="secret")
    prefix = models.CharField(_("前缀"), max_length=12)
    digest = models.CharField(_("摘要"), max_length=64, unique=True)
    at = models.DateTimeField(_("领取时间"))

    class Meta:
        verbose_name = _("密钥领取")
        constraints = [
            models.CheckConstraint(condition=Q(digest__regex=r"^[0-9a-f]{64}$"), name="keysecret_digest"),
        ]

    def __str__(self) -> str:
        return self.prefix


class KeyEnd(models.Model):
    """A key that opens nothing any more, by whom and why. 密钥停用"""

    key = models.OneToOneField(AccessKey, models.PROTECT, primary_key=True, related_name="ending")
    reason = models.CharField(_("理由"), max_length=200)
    by = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name=_("停用人"))
    at = models.DateTimeField(_("停用时间"))

    class Meta:
        verbose_name = _("密钥停用")
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="keyend_has_reason")]

    def __str__(self) -> str:
        return str(self.key_id)


class KeyUse(models.Model):
    """That a key was used on a day; no more is kept of it. 密钥使用日"""

    key = models.ForeignKey(AccessKey, models.PROTECT, related_name="uses", verbose_name=_("接口密钥"))
    day = models.DateField(_("日期"))

    class Meta:
        verbose_name = _("密钥使用日")
        constraints = [models.UniqueConstraint(fields=["key", "day"], name="keyuse_once_a_day")]

    def __str__(self) -> str:
        return f"{self.key_id} {self.day}"
