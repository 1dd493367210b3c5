"""Keys of the interface, and subscriptions to what happens: approved, drawn, ended. 接口密钥、推送订阅

Trusted: no more than the database. A key's secret stands nowhere; of it only the hash is kept. A secret that
signs notices has to be used again: it is sealed by a file outside the database. All tables are append-only
but the outbox (happenings and their pushes) and receipts of writes, which are emptied when they have served.
"""

import uuid

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
    RELEASES = "releases", _("群众评价公布结果")
    FEEDS = "feeds", _("报送归口数据（写入）")
    ROSTER_IN = "roster_in", _("导入名册（写入）")


class AccessKey(models.Model):
    """A key as the security administrator approved it, for an account whose grants bound it. 接口密钥"""

    account = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name=_("账号"))
    title = models.CharField(_("用于"), max_length=80)
    parts = ArrayField(models.CharField(max_length=12), verbose_name=_("范围"))
    feeds = ArrayField(models.CharField(max_length=40), default=list, verbose_name=_("可报送的来源"))
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
            models.CheckConstraint(
                condition=Q(parts__contains=["feeds"], feeds__len__gt=0)
                | ~Q(parts__contains=["feeds"]) & Q(feeds__len=0),
                name="accesskey_feeds_named",
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


class KeyReceipt(models.Model):
    """What a key was answered to a write, under the number that it chose for it. 写入回执"""

    key = models.ForeignKey(AccessKey, models.PROTECT, related_name="+", verbose_name=_("接口密钥"))
    idempotency = models.CharField(_("幂等键"), max_length=80)
    content = models.CharField(_("内容摘要"), max_length=64)
    answer = models.JSONField(_("回复"))
    at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = _("写入回执")
        constraints = [
            models.UniqueConstraint(fields=["key", "idempotency"], name="keyreceipt_once"),
            models.CheckConstraint(
                condition=Q(content__regex=r"^[0-9a-f]{64}$") & ~Q(idempotency=""),
                name="keyreceipt_names_content",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key_id} {self.idempotency}"


class KeyUse(models.Model):
    """That a key was used on a day; no more is kept of it. 密钥使用日"""

    key = models.ForeignKey(AccessKey, models.PROTECT, related_name="uses", verbose_name=_("接口密钥"))
    day = models.DateField(_("日期"))

    class Meta:
        verbose_name = _("密钥使用日")
        constraints = [models.UniqueConstraint(fields=["key", "day"], name="keyuse_once_a_day")]

    def __str__(self) -> str:
        return f"{self.key_id} {self.day}"


class Kind(models.TextChoices):
    """What is told to whoever subscribed. Of public marks no more than that some came out."""

    FROZEN = "cycle.frozen", _("周期数据已冻结")
    REVIEWED = "cycle.reviewed", _("周期结果已审核")
    PUBLISHED = "cycle.published", _("周期结果已公布")
    CORRECTED = "cycle.corrected", _("周期已由更正周期取代")
    RELEASED = "marks.released", _("有群众评价公布")
    QUARANTINE = "quarantine.waiting", _("有数据转入待核")


class PushState(models.TextChoices):
    """What became of one notice to one subscriber."""

    WAITING = "waiting", _("待发送")
    DELIVERED = "delivered", _("已送达")
    FAILED = "failed", _("未送达")
    STOPPED = "stopped", _("已停止")


class Subscription(models.Model):
    """Where an account's platform is told of which happenings, as the administrator approved it. 推送订阅"""

    account = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name=_("账号"))
    title = models.CharField(_("用于"), max_length=80)
    url = models.CharField(_("接收地址"), max_length=300)
    kinds = ArrayField(models.CharField(max_length=24), verbose_name=_("事项种类"))
    until = models.DateField(_("有效期至"))
    by = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name=_("批准人"))
    at = models.DateTimeField(_("批准时间"))

    class Meta:
        verbose_name = _("推送订阅")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=~Q(title=""), name="subscription_titled"),
            models.CheckConstraint(
                condition=Q(url__regex=r"^https?://[^/?#@]+([/?].*)?$"), name="subscription_web_address"
            ),
            models.CheckConstraint(
                condition=Q(kinds__len__gt=0, kinds__contained_by=list(Kind.values)),
                name="subscription_kinds_known",
            ),
            models.CheckConstraint(condition=~Q(by=F("account")), name="subscription_two_people"),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.title}"


class PushSecret(models.Model):
    """A secret that signs notices, drawn by the account's holder; sealed by a file's secret. 推送密钥

    A later one takes the place of the one before it, which signs beside it for a day.
    """

    subscription = models.ForeignKey(
        Subscription, models.PROTECT, related_name="secrets", verbose_name=_("推送订阅")
    )
    sealed = models.TextField(_("密封的密钥"))
    at = models.DateTimeField(_("领取时间"))

    class Meta:
        verbose_name = _("推送密钥")
        ordering = ["-id"]
        constraints = [models.CheckConstraint(condition=~Q(sealed=""), name="pushsecret_is_sealed")]

    def __str__(self) -> str:
        return str(self.subscription_id)


class SubscriptionEnd(models.Model):
    """A subscription that is told nothing more; without a person it was the receiver's answer. 订阅停用"""

    subscription = models.OneToOneField(Subscription, models.PROTECT, primary_key=True, related_name="ending")
    reason = models.CharField(_("理由"), max_length=200)
    by = models.ForeignKey(USER, models.PROTECT, related_name="+", null=True, verbose_name=_("停用人"))
    at = models.DateTimeField(_("停用时间"))

    class Meta:
        verbose_name = _("订阅停用")
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="subscriptionend_has_reason")]

    def __str__(self) -> str:
        return str(self.subscription_id)


class Happening(models.Model):
    """Something of which platforms are told, written in the transaction in which it happened. 推送事项

    A subject is a cycle's number or a feed's code: never a person, never a count.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    kind = models.CharField(_("事项种类"), max_length=24, choices=Kind.choices)
    subject = models.CharField(_("编号"), max_length=80, blank=True, default="")
    at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = _("推送事项")
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="happening_kind_known"),
            models.CheckConstraint(
                condition=~Q(kind="marks.released") | Q(subject=""), name="happening_of_marks_names_nothing"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"


class Push(models.Model):
    """One happening on its way to one subscriber. Lost without harm to anything else. 推送"""

    happening = models.ForeignKey(
        Happening, models.CASCADE, related_name="pushes", verbose_name=_("推送事项")
    )
    subscription = models.ForeignKey(
        Subscription, models.PROTECT, related_name="pushes", verbose_name=_("推送订阅")
    )
    state = models.CharField(_("状态"), max_length=9, choices=PushState.choices, default=PushState.WAITING)
    tries = models.PositiveSmallIntegerField(_("次数"), default=0)
    next_at = models.DateTimeField(_("下次发送"), null=True)
    tried_at = models.DateTimeField(_("最近发送"), null=True)
    code = models.CharField(_("结果"), max_length=40, blank=True, default="")

    class Meta:
        verbose_name = _("推送")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=PushState.values), name="push_state_known"),
            models.CheckConstraint(
                condition=Q(state="waiting", next_at__isnull=False)
                | ~Q(state="waiting") & Q(next_at__isnull=True),
                name="push_waits_for_a_time",
            ),
            models.UniqueConstraint(fields=["happening", "subscription"], name="push_once_a_subscriber"),
        ]
        indexes = [
            models.Index(fields=["next_at"], condition=Q(state="waiting"), name="push_due"),
        ]

    def __str__(self) -> str:
        return f"{self.happening_id} {self.state}"
