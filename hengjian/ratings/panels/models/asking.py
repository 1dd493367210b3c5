"""How a rater is let in: one-time links, and the one blind signature that an anonymous sheet needs.

Link, LinkOpening, LinkRevocation
    Only the hash of a link's secret is kept. A link is opened once; what goes on is that browser's session.
TokenKey
    Public: one for each roll and group (coarser or finer by home unit as the least group allows). Whoever
    adds one could print sheets: each is a leaf of the log, and how many tokens were signed is counted.
TokenSecret
    The sealed private half; destroyed when the round closes.
Voucher, TokenIssue
    Who may have a token under which key, and that it was signed for one blinded message. The message and
    the signature that comes out of it are unknown here (docs/decisions/0012).
"""

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from hengjian.ratings.panels.models.rolls import Asked, Member, Roll

_HEX = r"^[0-9a-f]{64}$"


class Link(models.Model):
    """A link for one rater without an account: shown once, opened once. 一次性链接"""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    asked = models.ForeignKey(Asked, models.PROTECT, related_name="links", verbose_name=_("受邀评价人"))
    secret_hash = models.CharField(_("链接密钥摘要"), max_length=64, unique=True)
    expires_at = models.DateTimeField(_("有效至"))
    by = models.CharField(_("发放人"), max_length=150)
    at = models.DateTimeField(_("发放时间"))

    class Meta:
        verbose_name = _("一次性链接")
        constraints = [
            models.CheckConstraint(condition=Q(secret_hash__regex=_HEX), name="link_keeps_only_a_hash"),
            models.CheckConstraint(condition=Q(expires_at__gt=F("at")), name="link_expires_after_issue"),
            models.CheckConstraint(condition=~Q(by=""), name="link_has_author"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class LinkOpening(models.Model):
    """The link was opened, on this day; it opens nothing any more. 链接启用"""

    link = models.OneToOneField(
        Link, models.PROTECT, primary_key=True, related_name="opening", verbose_name=_("一次性链接")
    )
    on = models.DateField(_("日期"))

    class Meta:
        verbose_name = _("链接启用")

    def __str__(self) -> str:
        return str(self.link_id)


class LinkRevocation(models.Model):
    """The link was taken back, with whatever session it opened. 链接作废"""

    link = models.OneToOneField(
        Link, models.PROTECT, primary_key=True, related_name="revocation", verbose_name=_("一次性链接")
    )
    reason = models.CharField(_("理由"), max_length=200)
    by = models.CharField(_("经办人"), max_length=150)
    at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = _("链接作废")
        constraints = [
            models.CheckConstraint(
                condition=~Q(reason="") & ~Q(by=""), name="linkrevocation_has_reason_and_author"
            )
        ]

    def __str__(self) -> str:
        return str(self.link_id)


class TokenKey(models.Model):
    """The public key under which one group of a roll marks without names. 匿名评分公钥"""

    id = models.CharField(_("公钥编号"), primary_key=True, max_length=64, db_collation="C")
    roll = models.ForeignKey(Roll, models.PROTECT, related_name="+", verbose_name=_("评价团名单"))
    group = models.CharField(_("评价主体"), max_length=40)
    stratum = models.CharField(_("分层"), max_length=40, blank=True)
    cell = models.CharField(_("来源单元"), max_length=90)
    variant = models.CharField(_("签名方式"), max_length=48)
    spki = models.TextField(_("公钥"))
    vouchers = models.PositiveIntegerField(_("可发凭证数"))

    class Meta:
        verbose_name = _("匿名评分公钥")
        constraints = [
            models.CheckConstraint(condition=Q(id__regex=_HEX), name="tokenkey_id_is_sha256"),
            models.UniqueConstraint(fields=["roll", "group", "stratum", "cell"], name="tokenkey_once_a_cell"),
        ]

    def __str__(self) -> str:
        return self.id[:16]


class TokenSecret(models.Model):
    """The sealed private half of a key, as long as its round is open. 匿名评分私钥"""

    key = models.OneToOneField(
        TokenKey, models.PROTECT, primary_key=True, related_name="secret", verbose_name=_("匿名评分公钥")
    )
    sealed = models.TextField(_("密封的私钥"))

    class Meta:
        verbose_name = _("匿名评分私钥")

    def __str__(self) -> str:
        return str(self.key_id)


class Voucher(models.Model):
    """That a member may have one token under a key. 凭证资格"""

    member = models.OneToOneField(
        Member, models.PROTECT, primary_key=True, related_name="voucher", verbose_name=_("成员")
    )
    key = models.ForeignKey(TokenKey, models.PROTECT, related_name="+", verbose_name=_("匿名评分公钥"))

    class Meta:
        verbose_name = _("凭证资格")

    def __str__(self) -> str:
        return str(self.member_id)


class TokenIssue(models.Model):
    """A member's one token was signed, unseen; no day, no hour. 凭证签发"""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    voucher = models.OneToOneField(Voucher, models.PROTECT, related_name="issue", verbose_name=_("凭证资格"))
    blinded_hash = models.CharField(_("盲化消息摘要"), max_length=64)

    class Meta:
        verbose_name = _("凭证签发")
        constraints = [
            models.CheckConstraint(condition=Q(blinded_hash__regex=_HEX), name="tokenissue_blinded_is_sha256")
        ]

    def __str__(self) -> str:
        return str(self.pk)
