"""A round of marking, who is asked in it about whom, and the signature that fixes that. Append-only.

A roll is drawn up by the policy's rules, changed by named persons with reasons, then signed. From then on
the database takes no further member (migration 0004); a member may still withdraw.
"""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

_HEX = r"^[0-9a-f]{64}$"
_PERIOD = r"^\d{4}(-(Q[1-4]|H[12]|M(0?[1-9]|1[0-2])))?$"
SELF = "self"  # the official's own assessment: a member of the own roll, of no group of the policy
# a policy's groups whose members' sheets may carry a name
SIGNING = ("organisation_department", "superiors", "third_party", SELF)


class Round(models.Model):
    """One marking of the officials of some organisations for one period. 评价轮次"""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    period = models.CharField(_("周期"), max_length=10)
    title = models.CharField(_("名称"), max_length=100)
    organisations = ArrayField(models.CharField(max_length=40), verbose_name=_("机构"))
    policy = models.CharField(_("制度"), max_length=64)
    policy_digest = models.CharField(_("制度摘要"), max_length=64)
    self_by = models.DateField(_("自评截止日（含）"))
    opens_on = models.DateField(_("评价开始日"))
    closes_on = models.DateField(_("评价截止日（含）"))
    by = models.CharField(_("组织人"), max_length=150)
    at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = _("评价轮次")
        ordering = ["-at"]
        constraints = [
            models.CheckConstraint(condition=Q(period__regex=_PERIOD), name="round_period_form"),
            models.CheckConstraint(condition=Q(policy_digest__regex=_HEX), name="round_policy_is_sha256"),
            models.CheckConstraint(
                condition=Q(self_by__lt=F("opens_on"), opens_on__lte=F("closes_on")),
                name="round_self_assessment_comes_first",
            ),
            models.CheckConstraint(condition=Q(organisations__len__gte=1), name="round_names_organisations"),
            models.CheckConstraint(condition=~Q(title="") & ~Q(by=""), name="round_has_title_and_author"),
        ]

    def __str__(self) -> str:
        return self.title


class OutsiderKind(models.TextChoices):
    """What somebody who is not on the roster of officials rates as."""

    DEPARTMENT = "department", _("考核组成员")
    STAFF = "staff", _("一般工作人员")
    DELEGATE = "delegate", _("两代表一委员")
    SERVICE_USER = "service_user", _("服务对象")
    INSTITUTION = "institution", _("第三方机构")
    GRID_WORKER = "grid_worker", _("网格长")


class Outsider(models.Model):
    """A rater who is not an official, by number alone; who that is stands in the office's paper list.

    ``name`` is an institution's; of a natural person none is kept. 名册外评价人
    """

    code = models.CharField(_("评价人编号"), max_length=40, unique=True, db_collation="C")
    kind = models.CharField(_("类别"), max_length=12, choices=OutsiderKind.choices)
    organisation = models.ForeignKey(
        "roster.Organisation", models.PROTECT, related_name="+", verbose_name=_("所在机构")
    )
    name = models.CharField(_("机构名称"), max_length=100, blank=True)
    since = models.DateField(_("起"))
    until = models.DateField(_("止（含）"), null=True, blank=True)
    by = models.CharField(_("登记人"), max_length=150)
    at = models.DateTimeField(_("登记时间"))

    class Meta:
        verbose_name = _("名册外评价人")
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=OutsiderKind.values), name="outsider_kind_known"),
            models.CheckConstraint(
                condition=Q(kind=OutsiderKind.INSTITUTION) & ~Q(name="")
                | ~Q(kind=OutsiderKind.INSTITUTION) & Q(name=""),
                name="outsider_names_institutions_only",
            ),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gte=F("since")), name="outsider_ends_after_start"
            ),
            models.CheckConstraint(
                condition=Q(code__regex=r"^[0-9A-Za-z][0-9A-Za-z._-]*$"), name="outsider_code_form"
            ),
        ]

    def __str__(self) -> str:
        return self.code


class Roll(models.Model):
    """Who is asked about one official on one post in a round. 评价团名单"""

    round = models.ForeignKey(Round, models.PROTECT, related_name="rolls", verbose_name=_("评价轮次"))
    official = models.ForeignKey("roster.Official", models.PROTECT, related_name="+", verbose_name=_("干部"))
    post = models.ForeignKey("roster.Post", models.PROTECT, related_name="+", verbose_name=_("岗位"))
    by = models.CharField(_("拟定人"), max_length=150)
    at = models.DateTimeField(_("拟定时间"))

    class Meta:
        verbose_name = _("评价团名单")
        constraints = [
            models.UniqueConstraint(fields=["round", "official", "post"], name="roll_once_a_seat"),
            models.CheckConstraint(condition=~Q(by=""), name="roll_has_author"),
        ]

    def __str__(self) -> str:
        return f"{self.official_id} @ {self.post_id}"


class Asked(models.Model):
    """One person or institution asked in a round: whom an account or a link lets in. 受邀评价人"""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    round = models.ForeignKey(Round, models.PROTECT, related_name="+", verbose_name=_("评价轮次"))
    official = models.ForeignKey(
        "roster.Official", models.PROTECT, null=True, related_name="+", verbose_name=_("干部")
    )
    outsider = models.ForeignKey(
        Outsider, models.PROTECT, null=True, related_name="+", verbose_name=_("名册外评价人")
    )

    class Meta:
        verbose_name = _("受邀评价人")
        constraints = [
            models.CheckConstraint(
                condition=Q(official__isnull=False, outsider__isnull=True)
                | Q(official__isnull=True, outsider__isnull=False),
                name="asked_is_one_of_two",
            ),
            models.UniqueConstraint(fields=["round", "official"], name="asked_official_once"),
            models.UniqueConstraint(fields=["round", "outsider"], name="asked_outsider_once"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class Member(models.Model):
    """A rater on a roll: in which group, and by which rule or whose decision. 评价团成员

    ``home`` is the rater's organisation; ``signed`` says that the sheet will carry the rater's name.
    ``ties`` are the recorded ones that the policy does not forbid.
    """

    roll = models.ForeignKey(Roll, models.PROTECT, related_name="members", verbose_name=_("评价团名单"))
    asked = models.ForeignKey(Asked, models.PROTECT, related_name="members", verbose_name=_("受邀评价人"))
    group = models.CharField(_("评价主体"), max_length=40)
    stratum = models.CharField(_("分层"), max_length=40, blank=True)
    signed = models.BooleanField(_("署名"))
    home = models.CharField(_("所在机构代码"), max_length=40)
    basis = models.CharField(_("产生方式"), max_length=40)
    ties = ArrayField(models.CharField(max_length=12), verbose_name=_("登记的关系"), default=list)
    reason = models.CharField(_("增补理由"), max_length=200, blank=True)
    by = models.CharField(_("经办人"), max_length=150)
    at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = _("评价团成员")
        constraints = [
            models.UniqueConstraint(fields=["roll", "asked"], name="member_once_a_roll"),
            models.CheckConstraint(
                condition=Q(signed=False) | Q(group__in=SIGNING), name="member_signs_only_where_allowed"
            ),
            models.CheckConstraint(
                condition=~Q(group=SELF) | Q(signed=True), name="member_signs_the_own_assessment"
            ),
            models.CheckConstraint(
                condition=~Q(basis="added") | ~Q(reason=""), name="member_added_with_reason"
            ),
            models.CheckConstraint(condition=~Q(group="") & ~Q(by=""), name="member_has_group_and_author"),
        ]

    def __str__(self) -> str:
        return f"{self.roll_id} {self.group}"


class WithdrawalKind(models.TextChoices):
    """Why a member no longer is one."""

    CONFLICT = "conflict", _("按规则回避")
    RECUSED = "recused", _("本人申请回避")
    STRUCK = "struck", _("审核调整")


class Withdrawal(models.Model):
    """That a member does not mark after all: by rule, on the own request, or struck in review. 回避与退出"""

    member = models.OneToOneField(
        Member, models.PROTECT, primary_key=True, related_name="withdrawal", verbose_name=_("成员")
    )
    kind = models.CharField(_("种类"), max_length=10, choices=WithdrawalKind.choices)
    reason = models.CharField(_("理由"), max_length=200)
    by = models.CharField(_("经办人"), max_length=150)
    at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = _("回避与退出")
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=WithdrawalKind.values), name="withdrawal_kind_known"),
            models.CheckConstraint(
                condition=~Q(reason="") & ~Q(by=""), name="withdrawal_has_reason_and_author"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.member_id} {self.kind}"


class Declaration(models.Model):
    """A third party's declaration of independence for a round, and where it is not independent. 独立性声明"""

    asked = models.OneToOneField(
        Asked, models.PROTECT, primary_key=True, related_name="declaration", verbose_name=_("受邀评价人")
    )
    dealings = ArrayField(
        models.CharField(max_length=40), verbose_name=_("有业务往来的机构"), default=list, blank=True
    )
    wording = models.CharField(_("声明文本"), max_length=400)
    by = models.CharField(_("声明人"), max_length=150)
    at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = _("独立性声明")
        constraints = [
            models.CheckConstraint(
                condition=~Q(wording="") & ~Q(by=""), name="declaration_has_text_and_author"
            )
        ]

    def __str__(self) -> str:
        return str(self.asked_id)


class RollSignature(models.Model):
    """A person's signature under a roll: from now on it is fixed. 名单签署

    ``digest`` is over the members who are asked; ``note`` says why a roll stands in which one person's mark
    moves more than the policy allows.
    """

    roll = models.OneToOneField(
        Roll, models.PROTECT, primary_key=True, related_name="signature", verbose_name=_("评价团名单")
    )
    digest = models.CharField(_("名单摘要"), max_length=64)
    most_moved = models.DecimalField(_("一人最多影响的分数"), max_digits=6, decimal_places=2)
    allowed = models.DecimalField(_("允许的分数"), max_digits=6, decimal_places=2)
    note = models.CharField(_("说明"), max_length=400, blank=True)
    by = models.CharField(_("签署人"), max_length=150)
    at = models.DateTimeField(_("签署时间"))

    class Meta:
        verbose_name = _("名单签署")
        constraints = [
            models.CheckConstraint(condition=Q(digest__regex=_HEX), name="rollsignature_digest_is_sha256"),
            models.CheckConstraint(condition=~Q(by=""), name="rollsignature_has_author"),
            models.CheckConstraint(
                condition=Q(most_moved__lte=F("allowed")) | ~Q(note=""),
                name="rollsignature_says_why_one_dominates",
            ),
        ]

    def __str__(self) -> str:
        return str(self.roll_id)
