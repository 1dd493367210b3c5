"""Lists of what is to be destroyed, who approved them, what was done; what is held back; persons' requests.

Trusted: no more than the database. Listing, Approval, Report, Hold, HoldEnding, Request and Answer are
append-only and leaves of the log. ListedUnit and Due are working lists: whoever changes the first breaks the
digest that was approved, whoever changes the second only a number on a page. None names a person.
"""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

_DIGEST = r"^[0-9a-f]{64}$"


class Listing(models.Model):
    """A list of what is to be destroyed of one class, drawn up by one person. 销毁清单"""

    data_class = models.CharField(_("数据类别"), max_length=40)
    before = models.DateField(_("截止日（不含）"))
    term = models.PositiveIntegerField(_("保存期（月）"))
    clause = models.CharField(_("依据"), max_length=200)
    units = models.PositiveIntegerField(_("对象数"))
    rows = models.PositiveIntegerField(_("记录数"))
    held = models.PositiveIntegerField(_("暂缓数"))
    digest = models.CharField(_("清单摘要"), max_length=64)
    by = models.CharField(_("拟定人"), max_length=150)
    at = models.DateTimeField(_("拟定时间"))

    class Meta:
        verbose_name = _("销毁清单")
        constraints = [
            models.CheckConstraint(condition=Q(digest__regex=_DIGEST), name="listing_digest_form"),
            models.CheckConstraint(
                condition=Q(units__gte=1, term__gte=1) & ~Q(by="") & ~Q(clause=""), name="listing_says_what"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.data_class} {self.before}"


class Mark(models.TextChoices):
    """What became of one unit of a list."""

    WAITING = "waiting", _("待销毁")
    ERASED = "erased", _("已销毁")
    HELD = "held", _("暂缓")


class ListedUnit(models.Model):
    """One unit on a list, by its key; removed with the report. 清单对象"""

    listing = models.ForeignKey(Listing, models.PROTECT, related_name="listed", verbose_name=_("销毁清单"))
    key = models.CharField(_("编号"), max_length=64, db_collation="C")
    mark = models.CharField(_("状态"), max_length=8, choices=Mark.choices, default=Mark.WAITING)
    rows = models.JSONField(_("记录数"), default=dict)

    class Meta:
        verbose_name = _("清单对象")
        constraints = [
            models.UniqueConstraint(fields=["listing", "key"], name="listedunit_once"),
            models.CheckConstraint(condition=Q(mark__in=Mark.values), name="listedunit_mark_known"),
        ]
        indexes = [models.Index(fields=["listing"], condition=Q(mark="waiting"), name="listedunit_waiting")]

    def __str__(self) -> str:
        return f"{self.listing_id} {self.key}"


class Approval(models.Model):
    """That a list may be carried out, or not, said by somebody who did not draw it up. 销毁审批"""

    listing = models.OneToOneField(
        Listing, models.PROTECT, primary_key=True, related_name="approval", verbose_name=_("销毁清单")
    )
    listed_by = models.CharField(_("拟定人"), max_length=150)
    digest = models.CharField(_("清单摘要"), max_length=64)
    agreed = models.BooleanField(_("同意"))
    reason = models.CharField(_("意见"), max_length=400)
    by = models.CharField(_("审批人"), max_length=150)
    at = models.DateTimeField(_("审批时间"))

    class Meta:
        verbose_name = _("销毁审批")
        constraints = [
            models.CheckConstraint(
                condition=~Q(by="") & ~Q(reason="") & ~Q(by=F("listed_by")), name="approval_by_another"
            ),
            models.CheckConstraint(condition=Q(digest__regex=_DIGEST), name="approval_digest_form"),
        ]

    def __str__(self) -> str:
        return f"{self.listing_id} {self.agreed}"


class Report(models.Model):
    """What was destroyed by a list: numbers by kind of record, no person. 销毁报告"""

    listing = models.OneToOneField(
        Listing, models.PROTECT, primary_key=True, related_name="report", verbose_name=_("销毁清单")
    )
    units = models.PositiveIntegerField(_("已销毁对象数"))
    held = models.PositiveIntegerField(_("暂缓对象数"))
    rows = models.JSONField(_("各类记录数"))
    at = models.DateTimeField(_("完成时间"))

    class Meta:
        verbose_name = _("销毁报告")

    def __str__(self) -> str:
        return str(self.listing_id)


class Hold(models.Model):
    """Data of a class (empty: all), of an official (empty: all), are not destroyed for now. 暂缓销毁"""

    data_class = models.CharField(_("数据类别"), max_length=40, blank=True, default="")
    official = models.CharField(_("干部编号"), max_length=64, blank=True, default="", db_collation="C")
    clause = models.CharField(_("依据"), max_length=200)
    reason = models.CharField(_("理由"), max_length=400)
    by = models.CharField(_("办理人"), max_length=150)
    at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = _("暂缓销毁")
        constraints = [
            models.CheckConstraint(condition=~Q(clause="") & ~Q(reason="") & ~Q(by=""), name="hold_says_why"),
        ]

    def __str__(self) -> str:
        return f"{self.data_class} {self.official}"


class HoldEnding(models.Model):
    """The end of a hold. 解除暂缓"""

    hold = models.OneToOneField(
        Hold, models.PROTECT, primary_key=True, related_name="ending", verbose_name=_("暂缓销毁")
    )
    reason = models.CharField(_("理由"), max_length=400)
    by = models.CharField(_("办理人"), max_length=150)
    at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = _("解除暂缓")
        constraints = [
            models.CheckConstraint(condition=~Q(reason="") & ~Q(by=""), name="holdending_says_why"),
        ]

    def __str__(self) -> str:
        return str(self.hold_id)


class Due(models.Model):
    """How much of a class was due when the worker last looked. 到期情况"""

    data_class = models.CharField(_("数据类别"), max_length=40, primary_key=True)
    units = models.PositiveIntegerField(_("到期对象数"))
    held = models.PositiveIntegerField(_("暂缓数"))
    at = models.DateTimeField(_("检查时间"))

    class Meta:
        verbose_name = _("到期情况")

    def __str__(self) -> str:
        return self.data_class


class Asks(models.TextChoices):
    """What a person may ask for."""

    COPY = "copy", _("查阅、复制")
    CORRECT = "correct", _("更正、补充")
    ERASE = "erase", _("删除")
    EXPLAIN = "explain", _("解释处理规则")


class Request(models.Model):
    """A person's request about the own data, by the number of the letter. 个人信息请求"""

    asks = models.CharField(_("事项"), max_length=8, choices=Asks.choices)
    official = models.CharField(_("干部编号"), max_length=64, blank=True, default="", db_collation="C")
    reference = models.CharField(_("来件编号"), max_length=80)
    due_on = models.DateField(_("答复期限"))
    by = models.CharField(_("登记人"), max_length=150)
    at = models.DateTimeField(_("登记时间"))

    class Meta:
        verbose_name = _("个人信息请求")
        constraints = [
            models.CheckConstraint(condition=Q(asks__in=Asks.values), name="request_asks_known"),
            models.CheckConstraint(condition=~Q(reference="") & ~Q(by=""), name="request_has_reference"),
        ]

    def __str__(self) -> str:
        return self.reference


class Answer(models.Model):
    """What was answered to a request, with the reason when it was refused. 请求答复"""

    request = models.OneToOneField(
        Request, models.PROTECT, primary_key=True, related_name="answer", verbose_name=_("个人信息请求")
    )
    granted = models.BooleanField(_("同意"))
    reason = models.CharField(_("处理情况或拒绝理由"), max_length=400)
    by = models.CharField(_("答复人"), max_length=150)
    at = models.DateTimeField(_("答复时间"))

    class Meta:
        verbose_name = _("请求答复")
        constraints = [
            models.CheckConstraint(condition=~Q(reason="") & ~Q(by=""), name="answer_says_why"),
        ]

    def __str__(self) -> str:
        return str(self.request_id)
