"""Filters kept by an account; remarks about a thing, with those whom they mention."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

TEXT = 1_000
USER = settings.AUTH_USER_MODEL


class Listing(models.TextChoices):
    """The lists whose filters can be kept."""

    OFFICIALS = "officials", _("干部名单")
    QUARANTINE = "quarantine", _("待核记录")
    FOLLOWUPS = "followups", _("回访办理")
    TRAIL = "trail", _("查询留痕")
    RANKING = "ranking", _("排名")


class About(models.TextChoices):
    """What remarks can be about; the key is that thing's number. Not a contest: its reviewers judge apart."""

    QUARANTINE = "quarantine", _("待核记录")
    FOLLOWUP = "followup", _("回访单")


class KeptFilter(models.Model):
    """A filter of a list under a name, for its account alone. It may be thrown away."""

    user = models.ForeignKey(USER, models.CASCADE, related_name="+", verbose_name=_("账号"))
    listing = models.CharField(_("清单"), max_length=12, choices=Listing.choices)
    name = models.CharField(_("名称"), max_length=40)
    query = models.CharField(_("筛选条件"), max_length=500)
    at = models.DateTimeField(_("保存时间"))

    class Meta:
        verbose_name = _("常用筛选")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["user", "listing", "name"], name="filter_name_once"),
            models.CheckConstraint(condition=Q(listing__in=Listing.values), name="filter_listing_known"),
            models.CheckConstraint(condition=~Q(name="") & ~Q(query=""), name="filter_says_something"),
        ]

    def __str__(self) -> str:
        return self.name


class Remark(models.Model):
    """What somebody remarks about a thing that is being done. Append-only. 办理意见"""

    about = models.CharField(_("事项种类"), max_length=12, choices=About.choices)
    key = models.CharField(_("事项编号"), max_length=40, db_collation="C")
    text = models.CharField(_("内容"), max_length=TEXT)
    by = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name=_("经办人"))
    at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = _("办理意见")
        ordering = ["id"]
        indexes = [models.Index(fields=["about", "key"], name="remark_about")]
        constraints = [
            models.CheckConstraint(condition=Q(about__in=About.values), name="remark_about_known"),
            models.CheckConstraint(condition=~Q(text="") & ~Q(key=""), name="remark_says_something"),
        ]

    def __str__(self) -> str:
        return f"{self.about} {self.key}"


class Mention(models.Model):
    """Somebody who is mentioned in a remark and told so, without its content. Append-only. 提及"""

    remark = models.ForeignKey(Remark, models.PROTECT, related_name="mentions", verbose_name=_("办理意见"))
    user = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name=_("账号"))

    class Meta:
        verbose_name = _("提及")
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["remark", "user"], name="mention_once")]

    def __str__(self) -> str:
        return f"{self.remark_id} · {self.user_id}"


class NoticesRead(models.Model):
    """Up to which mention an account has read its notices."""

    user = models.OneToOneField(
        USER, models.CASCADE, primary_key=True, related_name="+", verbose_name=_("账号")
    )
    up_to = models.BigIntegerField(_("已读到"))

    class Meta:
        verbose_name = _("通知已读")
        constraints = [models.CheckConstraint(condition=Q(up_to__gte=0), name="notices_read_up_to")]

    def __str__(self) -> str:
        return f"{self.user_id}"
