"""Filters kept by an account; remarks about a thing, with those whom they mention; files attached to it."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

TEXT = 1_000
TITLE, NAME, REASON = 80, 120, 200
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


class Form(models.TextChoices):
    """What a file can be, told by its content."""

    PDF = "pdf", _("PDF 文件")
    DOCX = "docx", _("Word 文档")
    XLSX = "xlsx", _("Excel 表格")
    PNG = "png", _("PNG 图片")
    JPEG = "jpeg", _("JPEG 图片")


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


class Attachment(models.Model):
    """A title about a thing, under which files stand in versions. Append-only. 附件"""

    about = models.CharField(_("事项种类"), max_length=12, choices=About.choices)
    key = models.CharField(_("事项编号"), max_length=40, db_collation="C")
    title = models.CharField(_("附件名称"), max_length=TITLE)
    by = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name=_("上传人"))
    at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = _("附件")
        ordering = ["id"]
        indexes = [models.Index(fields=["about", "key"], name="attachment_about")]
        constraints = [
            models.CheckConstraint(condition=Q(about__in=About.values), name="attachment_about_known"),
            models.CheckConstraint(condition=~Q(title="") & ~Q(key=""), name="attachment_says_something"),
        ]

    def __str__(self) -> str:
        return f"{self.about} {self.key}"


class Version(models.Model):
    """One file under an attachment; the bytes stand under their digest. Append-only. 附件版本"""

    attachment = models.ForeignKey(
        Attachment, models.PROTECT, related_name="versions", db_index=False, verbose_name=_("附件")
    )
    number = models.PositiveSmallIntegerField(_("版本"))
    name = models.CharField(_("文件名"), max_length=NAME)
    form = models.CharField(_("类型"), max_length=4, choices=Form.choices)
    size = models.PositiveIntegerField(_("大小"))
    digest = models.CharField(_("SHA-256 摘要"), max_length=64, db_collation="C")
    by = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name=_("上传人"))
    at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = _("附件版本")
        ordering = ["attachment", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["attachment", "number"], name="attachment_version_once"),
            models.CheckConstraint(
                condition=Q(number__gte=1) & Q(size__gte=1), name="attachment_version_counts"
            ),
            models.CheckConstraint(
                condition=Q(form__in=Form.values) & ~Q(name=""), name="attachment_form_known"
            ),
            models.CheckConstraint(condition=Q(digest__regex="^[0-9a-f]{64}$"), name="attachment_digest"),
        ]

    def __str__(self) -> str:
        return f"{self.attachment_id}-{self.number}"


class StoredFile(models.Model):
    """The bytes of this version are kept. Goes only by an approved list, with the bytes. 附件文件"""

    version = models.OneToOneField(
        Version, models.PROTECT, primary_key=True, related_name="stored", verbose_name=_("附件版本")
    )

    class Meta:
        verbose_name = _("附件文件")

    def __str__(self) -> str:
        return str(self.version_id)


class Withdrawal(models.Model):
    """An attachment taken back by whoever made it: nothing is handed out any more. Append-only. 附件撤回"""

    attachment = models.OneToOneField(
        Attachment, models.PROTECT, primary_key=True, related_name="withdrawal", verbose_name=_("附件")
    )
    reason = models.CharField(_("撤回理由"), max_length=REASON)
    by = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name=_("撤回人"))
    at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = _("附件撤回")
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="attachment_withdrawal_says_why")]

    def __str__(self) -> str:
        return str(self.attachment_id)


class Fetch(models.Model):
    """Somebody took a file. Append-only. 附件下载

    Not a look at an official: what is attached to a follow-up must not tell the rated side that there is one.
    """

    version = models.ForeignKey(Version, models.PROTECT, related_name="fetches", verbose_name=_("附件版本"))
    by = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name=_("下载人"))
    at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = _("附件下载")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.version_id} · {self.by_id}"
