"""Events, invitations, deliveries, issuer keys. States are rows; nothing here knows a ballot.

Append-only is everything but :class:`Contact` (emptied when it has served), :class:`IssuerSecret`
(destroyed when its half-year is over) and :class:`OptOut` (a person may come back). Of the opening of a
link and the issue of a token only the day is kept; keys of rows are drawn by chance and tell no order.
"""

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

_HEX = r"^[0-9a-f]{64}$"
HALF = r"^\d{4}-H[12]$"


class ChannelName(models.TextChoices):
    """By which way an invitation reaches the person."""

    EMAIL = "email", _("电子邮件")
    SMS = "sms", _("短信")
    WECHAT = "wechat", _("微信")
    PRINTED = "printed", _("窗口二维码")
    ASSISTED = "assisted", _("代录（热线、纸质）")


HANDED = (ChannelName.PRINTED, ChannelName.ASSISTED)  # given by hand, not sent


class EndReason(models.TextChoices):
    """Why an invitation was not, or not certainly, delivered."""

    OPTED_OUT = "opted_out", _("本人退订")
    CAPPED = "capped", _("半年次数已满")
    FREQUENT = "frequent", _("七日内邀请过多")
    REFUSED = "refused", _("对方拒收")
    LATE = "late", _("时限内未能送达")
    UNCERTAIN = "uncertain", _("是否送达不明")
    UNREADABLE = "unreadable", _("联系方式无法读取")


UNSENT = (EndReason.OPTED_OUT, EndReason.CAPPED, EndReason.FREQUENT)  # never tried


class EventBatch(models.Model):
    """One delivery of events from a system of record, admitted in one transaction. 办事事项批次"""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    source_name = models.CharField(_("文件名"), max_length=255)
    source_digest = models.CharField(_("文件摘要"), max_length=64)
    policy_digest = models.CharField(_("制度摘要"), max_length=64)
    by = models.CharField(_("接收人"), max_length=150)
    at = models.DateTimeField(_("接收时间"))
    read = models.PositiveIntegerField(_("读入行"))
    admitted = models.PositiveIntegerField(_("接收行"))
    repeated = models.PositiveIntegerField(_("重复行"))
    refused = models.PositiveIntegerField(_("待核记录"))

    class Meta:
        verbose_name = _("办事事项批次")
        constraints = [
            models.CheckConstraint(
                condition=Q(read=F("admitted") + F("repeated") + F("refused")),
                name="eventbatch_counts_add_up",
            ),
            models.CheckConstraint(condition=~Q(by=""), name="eventbatch_has_author"),
        ]

    def __str__(self) -> str:
        return self.source_name


class IssuerKey(models.Model):
    """The public key that signs tokens for one official in one half-year. 签发公钥"""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    official = models.ForeignKey("roster.Official", models.PROTECT, related_name="+", verbose_name=_("干部"))
    half = models.CharField(_("半年"), max_length=7)
    slot = models.CharField(_("位置摘要"), max_length=64, unique=True)
    variant = models.CharField(_("签名方式"), max_length=60)
    spki = models.TextField(_("公钥（DER 的 Base64）"), unique=True)
    at = models.DateTimeField(_("建立时间"))

    class Meta:
        verbose_name = _("签发公钥")
        constraints = [
            models.UniqueConstraint(fields=["official", "half"], name="issuerkey_one_a_half"),
            models.CheckConstraint(condition=Q(half__regex=HALF), name="issuerkey_half_form"),
            models.CheckConstraint(condition=Q(slot__regex=_HEX), name="issuerkey_slot_is_sha256"),
        ]

    def __str__(self) -> str:
        return f"{self.half} {self.slot[:8]}"


class IssuerSecret(models.Model):
    """The private half of an issuer key, sealed; destroyed when its time is over. 签发私钥"""

    key = models.OneToOneField(IssuerKey, models.PROTECT, primary_key=True, related_name="secret")
    sealed = models.TextField(_("密封的私钥"))

    class Meta:
        verbose_name = _("签发私钥")
        constraints = [
            models.CheckConstraint(
                condition=Q(sealed__startswith="-----BEGIN ENCRYPTED PRIVATE KEY-----"),
                name="issuersecret_is_sealed",
            ),
        ]

    def __str__(self) -> str:
        return str(self.key_id)


class ServiceEvent(models.Model):
    """One matter done for people, as the system of record tells it. 办事事项"""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    batch = models.ForeignKey(EventBatch, models.PROTECT, related_name="+", verbose_name=_("批次"))
    source = models.CharField(_("来源系统"), max_length=40)
    external = models.CharField(_("来源编号"), max_length=80)
    kind = models.CharField(_("事项种类"), max_length=40)
    on = models.DateField(_("办结日期"))
    organisation = models.ForeignKey(
        "roster.Organisation", models.PROTECT, related_name="+", verbose_name=_("机构")
    )
    official = models.ForeignKey("roster.Official", models.PROTECT, related_name="+", verbose_name=_("干部"))
    post = models.ForeignKey("roster.Post", models.PROTECT, related_name="+", verbose_name=_("岗位"))
    unit_title = models.CharField(_("单位名称"), max_length=100)
    post_title = models.CharField(_("岗位名称"), max_length=200)
    confirmed_by = models.CharField(_("确认人"), max_length=80)

    class Meta:
        verbose_name = _("办事事项")
        constraints = [
            models.UniqueConstraint(fields=["source", "external"], name="serviceevent_once"),
            models.CheckConstraint(condition=~Q(source="") & ~Q(external=""), name="serviceevent_has_source"),
            models.CheckConstraint(condition=~Q(kind=""), name="serviceevent_has_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.external}"


class RefusedEvent(models.Model):
    """A refused row with its reasons, without contact and person. 待核事项"""

    batch = models.ForeignKey(EventBatch, models.PROTECT, related_name="+", verbose_name=_("批次"))
    row = models.PositiveIntegerField(_("行号"))
    raw = models.JSONField(_("原样"))
    reasons = models.JSONField(_("原因"))

    class Meta:
        verbose_name = _("待核事项")
        constraints = [
            models.CheckConstraint(condition=~Q(reasons=[]), name="refusedevent_has_reasons"),
            models.UniqueConstraint(fields=["batch", "row"], name="refusedevent_once"),
        ]

    def __str__(self) -> str:
        return f"第 {self.row} 行"


class Invitation(models.Model):
    """One person's invitation to rate one event. 评价邀请"""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    event = models.ForeignKey(ServiceEvent, models.PROTECT, related_name="+", verbose_name=_("事项"))
    key = models.ForeignKey(IssuerKey, models.PROTECT, related_name="+", verbose_name=_("签发公钥"))
    person_key = models.CharField(_("当事人密钥摘要"), max_length=64)
    channel = models.CharField(_("渠道"), max_length=10, choices=ChannelName.choices)
    offered_at = models.DateTimeField(_("接收时间"))
    deadline = models.DateTimeField(_("送达时限"))
    expires_on = models.DateField(_("有效期至（含）"))

    class Meta:
        verbose_name = _("评价邀请")
        constraints = [
            models.UniqueConstraint(fields=["event", "person_key"], name="invitation_one_a_person"),
            models.CheckConstraint(condition=Q(person_key__regex=_HEX), name="invitation_person_is_a_digest"),
            models.CheckConstraint(
                condition=Q(channel__in=ChannelName.values), name="invitation_channel_known"
            ),
            models.CheckConstraint(condition=Q(deadline__gt=F("offered_at")), name="invitation_has_time"),
        ]
        indexes = [
            models.Index(fields=["person_key", "key"], name="invitation_by_person"),
            models.Index(fields=["offered_at"], name="invitation_by_time"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class Contact(models.Model):
    """A sealed address that waits for its delivery, emptied with the last try. 联系方式

    What is left then is the address's digest, for the opt-out by the link; it goes with the link's window.
    """

    invitation = models.OneToOneField(Invitation, models.PROTECT, primary_key=True, related_name="contact")
    sealed = models.BinaryField(_("密封的地址"))
    address_key = models.CharField(_("地址摘要"), max_length=64)
    next_at = models.DateTimeField(_("下次发送"), null=True)
    tries = models.PositiveSmallIntegerField(_("已试次数"), default=0)
    claimed_at = models.DateTimeField(_("领取时间"), null=True)

    class Meta:
        verbose_name = _("联系方式")
        constraints = [
            models.CheckConstraint(
                condition=Q(next_at__isnull=False) & ~Q(sealed=b"")
                | Q(next_at__isnull=True, claimed_at__isnull=True, sealed=b""),
                name="contact_emptied_when_done",
            ),
            models.CheckConstraint(condition=Q(address_key__regex=_HEX), name="contact_keeps_a_digest"),
        ]
        indexes = [
            models.Index(
                fields=["next_at"],
                name="contact_due",
                condition=Q(claimed_at__isnull=True, next_at__isnull=False),
            ),
            models.Index(
                fields=["claimed_at"], name="contact_claimed", condition=Q(claimed_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return str(self.invitation_id)


class Attempt(models.Model):
    """One try to deliver, written before it is made, with the hash of the secret it carries. 发送"""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    invitation = models.ForeignKey(Invitation, models.PROTECT, related_name="attempts")
    secret_hash = models.CharField(_("链接密钥摘要"), max_length=64, unique=True)
    at = models.DateTimeField(_("时间"))
    by = models.CharField(_("经手人"), max_length=150, blank=True)

    class Meta:
        verbose_name = _("发送")
        constraints = [
            models.CheckConstraint(condition=Q(secret_hash__regex=_HEX), name="attempt_keeps_only_a_hash"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class Delivery(models.Model):
    """What became of an attempt. 发送结果"""

    attempt = models.OneToOneField(Attempt, models.PROTECT, primary_key=True, related_name="delivery")
    sent = models.BooleanField(_("已送出"))
    code = models.CharField(_("原因代码"), max_length=60, blank=True)
    at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = _("发送结果")
        constraints = [
            models.CheckConstraint(condition=Q(sent=True) | ~Q(code=""), name="delivery_failed_says_why"),
        ]

    def __str__(self) -> str:
        return f"{self.attempt_id} {self.sent}"


class Ending(models.Model):
    """An invitation that was listed instead of sent, and why. 未送达"""

    invitation = models.OneToOneField(Invitation, models.PROTECT, primary_key=True, related_name="ending")
    reason = models.CharField(_("原因"), max_length=12, choices=EndReason.choices)
    at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = _("未送达的邀请")
        constraints = [
            models.CheckConstraint(condition=Q(reason__in=EndReason.values), name="ending_reason_known"),
        ]

    def __str__(self) -> str:
        return f"{self.invitation_id} {self.reason}"


class Opening(models.Model):
    """The link was opened, first on this day. 打开链接"""

    invitation = models.OneToOneField(Invitation, models.PROTECT, primary_key=True, related_name="opening")
    on = models.DateField(_("日期"))

    class Meta:
        verbose_name = _("打开链接")

    def __str__(self) -> str:
        return str(self.invitation_id)


class Issue(models.Model):
    """The one token of an invitation was signed, unseen, on this day. 发放凭证"""

    invitation = models.OneToOneField(Invitation, models.PROTECT, primary_key=True, related_name="issue")
    blinded_hash = models.CharField(_("盲化消息摘要"), max_length=64)
    on = models.DateField(_("日期"))

    class Meta:
        verbose_name = _("发放凭证")
        constraints = [
            models.CheckConstraint(condition=Q(blinded_hash__regex=_HEX), name="issue_blinded_is_sha256"),
        ]

    def __str__(self) -> str:
        return str(self.invitation_id)


class OptOut(models.Model):
    """An address that asked for no more invitations, as a digest. 退订"""

    address_key = models.CharField(_("地址摘要"), max_length=64, primary_key=True)
    on = models.DateField(_("日期"))

    class Meta:
        verbose_name = _("退订")
        constraints = [
            models.CheckConstraint(condition=Q(address_key__regex=_HEX), name="optout_is_a_digest"),
        ]

    def __str__(self) -> str:
        return self.address_key[:8]
