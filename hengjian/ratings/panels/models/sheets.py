"""What raters filled in, signed or blind, and the closing that makes marks of it.

SignedSheet
    One for each member who signs. Its leaf is written with it.
BlindSheet
    Known by the digest of its token alone: no day, no hour, a random number. The table is written anew in
    the order of those numbers after each sheet. It has no leaf before the round closes, since the order of
    leaves is an order of arrival; then its marks get theirs, shuffled, and the closing commits to the set.
Draft
    What somebody who signs has saved. Anonymous raters' drafts stay in their browser.
"""

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from hengjian.ratings.panels.models.asking import TokenKey
from hengjian.ratings.panels.models.marks import MarkBatch
from hengjian.ratings.panels.models.rolls import Member, Round

_HEX = r"^[0-9a-f]{64}$"


class Draft(models.Model):
    """A sheet that is not handed in yet; it goes with the sheet or the closing. 暂存"""

    member = models.OneToOneField(
        Member, models.PROTECT, primary_key=True, related_name="draft", verbose_name=_("成员")
    )
    answers = models.JSONField(_("打分"), default=dict)
    text = models.CharField(_("文字"), max_length=2000, blank=True)
    seconds = models.PositiveIntegerField(_("用时（秒）"), default=0)
    saved_at = models.DateTimeField(_("暂存时间"))

    class Meta:
        verbose_name = _("暂存")

    def __str__(self) -> str:
        return str(self.member_id)


class SignedSheet(models.Model):
    """A sheet handed in with the rater's name; the official's own assessment too. 署名评价表"""

    member = models.OneToOneField(
        Member, models.PROTECT, primary_key=True, related_name="sheet", verbose_name=_("成员")
    )
    answers = models.JSONField(_("打分"))
    text = models.CharField(_("文字"), max_length=2000, blank=True)
    seconds = models.PositiveIntegerField(_("用时（秒）"))
    at = models.DateTimeField(_("提交时间"))

    class Meta:
        verbose_name = _("署名评价表")
        constraints = [models.CheckConstraint(condition=~Q(answers={}), name="signedsheet_says_something")]

    def __str__(self) -> str:
        return str(self.member_id)


class BlindSheet(models.Model):
    """A sheet handed in by token: nobody knows by whom. 匿名评价表"""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    key = models.ForeignKey(TokenKey, models.PROTECT, related_name="+", verbose_name=_("匿名评分公钥"))
    token = models.CharField(_("凭证摘要"), max_length=64, unique=True, db_collation="C")
    answers = models.JSONField(_("打分"))
    seconds = models.PositiveSmallIntegerField(_("用时（取整）"))

    class Meta:
        verbose_name = _("匿名评价表")
        constraints = [
            models.CheckConstraint(condition=Q(token__regex=_HEX), name="blindsheet_token_is_sha256"),
            models.CheckConstraint(condition=~Q(answers={}), name="blindsheet_says_something"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class RoundClosing(models.Model):
    """The end of a round: its sheets became marks, both sides at once. 评价轮次结束"""

    round = models.OneToOneField(
        Round, models.PROTECT, primary_key=True, related_name="closing", verbose_name=_("评价轮次")
    )
    batch = models.OneToOneField(
        MarkBatch, models.PROTECT, null=True, related_name="+", verbose_name=_("打分批次")
    )
    signed = models.PositiveIntegerField(_("署名评价表数"))
    blind = models.PositiveIntegerField(_("匿名评价表数"))
    withheld = models.PositiveIntegerField(_("因人数不足不予使用的表数"))
    digest = models.CharField(_("评价表摘要"), max_length=64)
    by = models.CharField(_("经办人"), max_length=150)
    at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = _("评价轮次结束")
        constraints = [
            models.CheckConstraint(condition=Q(digest__regex=_HEX), name="roundclosing_digest_is_sha256"),
            models.CheckConstraint(condition=~Q(by=""), name="roundclosing_has_author"),
        ]

    def __str__(self) -> str:
        return str(self.round_id)
