"""What is due, what was sent, what stands. Every table is append-only: the state follows from the rows.

An anchor without receipt is due; with attempts it is on its way; with a receipt it stands.
Not trusted: whoever changes a row is found by ``hengjian anchor check``, which reads the places back. Lost:
``send`` finds on the chain what was sent; time-stamps are asked for anew, with a later time.
"""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Anchor(models.Model):
    """A head that was due at an hour at one place. 锚定"""

    id = models.BigAutoField(primary_key=True)
    target = models.CharField(_("锚定点"), max_length=40)
    hour = models.DateTimeField(_("整点"))
    size = models.BigIntegerField(_("条目数"))
    root = models.BinaryField(_("树根"))
    origin = models.CharField(_("日志名称"), max_length=255)

    class Meta:
        app_label = "notary"
        verbose_name = _("锚定")
        ordering = ["target", "size"]
        constraints = [
            models.UniqueConstraint(fields=["target", "size"], name="anchor_size_once_a_target"),
            models.UniqueConstraint(fields=["target", "hour"], name="anchor_hour_once_a_target"),
            models.CheckConstraint(condition=Q(size__gt=0), name="anchor_size_positive"),
            models.CheckConstraint(condition=~Q(target="") & ~Q(origin=""), name="anchor_names_its_place"),
        ]

    def __str__(self) -> str:
        return f"{self.target} {self.size}"


class AnchorAttempt(models.Model):
    """A signed transaction, written down before it was sent. 锚定交易"""

    id = models.BigAutoField(primary_key=True)
    anchor = models.ForeignKey(Anchor, models.PROTECT, related_name="attempts", verbose_name=_("锚定"))
    at = models.DateTimeField(_("时间"))
    nonce = models.BigIntegerField(_("账户交易序号"))
    price = models.DecimalField(_("燃料价格"), max_digits=78, decimal_places=0)
    transaction = models.CharField(_("交易哈希"), max_length=66, unique=True)
    raw = models.BinaryField(_("已签名交易"))

    class Meta:
        app_label = "notary"
        verbose_name = _("锚定交易")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(nonce__gte=0, price__gte=0), name="attempt_numbers_positive"),
            models.CheckConstraint(
                condition=Q(transaction__regex="^0x[0-9a-f]{64}$"), name="attempt_transaction_is_a_hash"
            ),
        ]

    def __str__(self) -> str:
        return self.transaction


class AnchorReceipt(models.Model):
    """That an anchor stands: in a block that is deep enough, or by a token of the authority. 锚定凭据"""

    anchor = models.OneToOneField(
        Anchor, models.PROTECT, primary_key=True, related_name="receipt", verbose_name=_("锚定")
    )
    at = models.DateTimeField(_("记下时间"))
    stamped_at = models.DateTimeField(_("区块或时间戳的时间"))
    block = models.BigIntegerField(_("区块号"), null=True)
    block_hash = models.CharField(_("区块哈希"), max_length=66, default="")
    transaction = models.CharField(_("交易哈希"), max_length=66, default="")
    token = models.BinaryField(_("时间戳"), null=True)

    class Meta:
        app_label = "notary"
        verbose_name = _("锚定凭据")
        constraints = [
            models.CheckConstraint(
                condition=Q(block__gte=0, token__isnull=True) & ~Q(transaction="") & ~Q(block_hash="")
                | Q(block__isnull=True, transaction="", block_hash="", token__isnull=False),
                name="anchorreceipt_is_a_block_or_a_token",
            )
        ]

    def __str__(self) -> str:
        return str(self.anchor_id)
