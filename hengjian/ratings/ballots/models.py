"""Ballots, the keys they are accepted under, and what was released of them. Append-only.

AcceptedKey
    Public. Whoever adds one could print ballots: each is a leaf of the log, and so is every ballot, so a
    key or a ballot too many is seen by who counts tokens. Lost: given again by the issuing side.
Arrival, ArrivalNote
    What came in today, durable and acknowledged. The night puts it into the box, all of a day in one
    transaction and in the order of random numbers, with its leaves, and empties these two tables: so neither
    a row's place, nor its transaction's number, nor its leaf says when in the day it came. Until then
    nothing but the table's triggers guards it (docs/decisions/0013).
Ballot, SetAside, Reply
    The box. Hold a day and nothing finer, no address, no browser, no number that grows. Not trusted for
    truth: triggers can be removed by the owner; whoever changes a row is found by the reconciliation.
Exclusion
    That two people decided with a reason that a ballot does not count. The ballot stands, and is counted
    among the excluded: whoever adds exclusions moves the next release, and everybody sees how many there are.
Due, Release, ReleaseLevels
    What readers get to see, and nothing else. A day for a release is drawn by chance and kept.
"""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

_HEX = r"^[0-9a-f]{64}$"
LOWEST, HIGHEST = 1, 10
LONGEST_COMMENT = 2_000


class AcceptedKey(models.Model):
    """A public key whose blind signatures open the box of one official, post and half-year. 接收公钥"""

    key_id = models.CharField(_("公钥编号"), max_length=64, primary_key=True, db_collation="C")
    spki = models.BinaryField(_("公钥"))
    variant = models.CharField(_("签名方式"), max_length=48)
    official = models.CharField(_("干部编号"), max_length=40, db_collation="C")
    post = models.CharField(_("岗位代码"), max_length=40, db_collation="C")
    period = models.CharField(_("周期"), max_length=10, db_collation="C")
    on = models.DateField(_("接收日期"))

    class Meta:
        verbose_name = _("接收公钥")
        constraints = [
            models.CheckConstraint(condition=Q(key_id__regex=_HEX), name="acceptedkey_id_is_sha256"),
            models.CheckConstraint(condition=Q(period__regex=r"^\d{4}-H[12]$"), name="acceptedkey_half_year"),
            models.CheckConstraint(condition=~Q(official="") & ~Q(post=""), name="acceptedkey_names_a_seat"),
        ]
        indexes = [models.Index(fields=["period", "official", "post"], name="acceptedkey_by_seat")]

    def __str__(self) -> str:
        return self.key_id[:16]


class How(models.TextChoices):
    """Who filled the ballot in. Both weigh the same."""

    SELF = "self", _("本人填写")
    ASSISTED = "assisted", _("协助填写")


class Ballot(models.Model):
    """One mark with tags and perhaps a comment; an amendment is a new row. 评价票"""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    key = models.ForeignKey(
        AcceptedKey, models.PROTECT, related_name="+", db_index=False, verbose_name=_("接收公钥")
    )
    token = models.CharField(_("凭证摘要"), max_length=64, null=True, db_collation="C")
    receipt = models.CharField(_("回执摘要"), max_length=64, db_collation="C")
    mark = models.PositiveSmallIntegerField(_("评分"))
    tags = ArrayField(models.CharField(max_length=40), verbose_name=_("标签"), default=list)
    comment = models.CharField(_("意见"), max_length=LONGEST_COMMENT, blank=True, default="")
    how = models.CharField(_("填写方式"), max_length=8, choices=How.choices)
    on = models.DateField(_("日期"))
    supersedes = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="+", db_index=False, verbose_name=_("修改前的票")
    )

    class Meta:
        verbose_name = _("评价票")
        constraints = [
            models.CheckConstraint(
                condition=Q(mark__gte=LOWEST, mark__lte=HIGHEST), name="ballot_mark_on_scale"
            ),
            models.CheckConstraint(condition=Q(how__in=How.values), name="ballot_how_known"),
            models.CheckConstraint(
                condition=Q(receipt__regex=_HEX) & (Q(token__isnull=True) | Q(token__regex=_HEX)),
                name="ballot_digests_are_sha256",
            ),
            models.CheckConstraint(
                condition=Q(token__isnull=False, supersedes__isnull=True)
                | Q(token__isnull=True, supersedes__isnull=False),
                name="ballot_by_token_or_amendment",
            ),
            models.CheckConstraint(
                condition=Q(supersedes__isnull=True) | ~Q(supersedes=F("id")),
                name="ballot_never_supersedes_itself",
            ),
            # of the ballots that were never amended nothing stands in this index
            models.UniqueConstraint(
                fields=["supersedes"], condition=Q(supersedes__isnull=False), name="ballot_amended_once"
            ),
            models.UniqueConstraint(fields=["token"], name="ballot_token_once"),
            models.UniqueConstraint(
                fields=["receipt"], condition=Q(supersedes__isnull=True), name="ballot_receipt_once"
            ),
        ]
        indexes = [
            models.Index(fields=["key", "on"], name="ballot_by_key_and_day"),
            models.Index(
                fields=["receipt"], condition=Q(supersedes__isnull=False), name="ballot_amended_by_receipt"
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class Arrival(models.Model):
    """A ballot on the day on which it came; the night puts it into the box. 当日来票

    ``digest``: of a token, or, for an amendment, of what it replaces: so that neither serves twice.
    """

    digest = models.BinaryField(_("凭证摘要"), primary_key=True)
    id = models.UUIDField(_("票号"))  # no index: found by digest or receipt
    key = models.BinaryField(_("接收公钥"))
    receipt = models.BinaryField(_("回执摘要"))
    mark = models.PositiveSmallIntegerField(_("评分"))
    tags = ArrayField(models.CharField(max_length=40), verbose_name=_("标签"), default=list)
    comment = models.CharField(_("意见"), max_length=LONGEST_COMMENT, blank=True, default="")
    how = models.CharField(_("填写方式"), max_length=8, choices=How.choices)
    on = models.DateField(_("日期"))
    supersedes = models.UUIDField(_("修改前的票"), null=True)

    class Meta:
        verbose_name = _("当日来票")
        constraints = [
            models.CheckConstraint(
                condition=Q(mark__gte=LOWEST, mark__lte=HIGHEST), name="arrival_mark_on_scale"
            ),
            models.CheckConstraint(condition=Q(how__in=How.values), name="arrival_how_known"),
            models.UniqueConstraint(
                fields=["receipt"], condition=Q(supersedes__isnull=True), name="arrival_receipt_once"
            ),
        ]
        indexes = [
            # of the ballots that were never amended nothing stands in this index
            models.Index(
                fields=["receipt"], condition=Q(supersedes__isnull=False), name="arrival_amended_by_receipt"
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class Note(models.TextChoices):
    """What came in besides ballots."""

    ANSWER = "answer", _("评价人的回复")
    FLAW = "flaw", _("存不下的票")


class ArrivalNote(models.Model):
    """A rater's answer, or a ballot that the database refused, on the day on which it came. 当日来件"""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    what = models.CharField(_("种类"), max_length=6, choices=Note.choices)
    ballot = models.UUIDField(_("评价票"), null=True)  # perhaps itself of today: no foreign key
    text = models.TextField(_("内容"))
    reason = models.CharField(_("原因"), max_length=400, blank=True, default="")
    on = models.DateField(_("日期"))

    class Meta:
        verbose_name = _("当日来件")
        constraints = [
            models.CheckConstraint(
                condition=Q(what=Note.ANSWER, ballot__isnull=False, reason="") & ~Q(text="")
                | Q(what=Note.FLAW, ballot__isnull=True) & ~Q(reason=""),
                name="arrivalnote_answer_or_flaw",
            ),
        ]
        indexes = [models.Index(fields=["ballot"], name="arrivalnote_by_ballot")]

    def __str__(self) -> str:
        return str(self.pk)


class Exclusion(models.Model):
    """That a ballot, in all its versions, does not count: who decided, with whom, and why. 不计入的票"""

    ballot = models.OneToOneField(
        Ballot, models.PROTECT, primary_key=True, related_name="exclusion", verbose_name=_("评价票")
    )
    reason = models.CharField(_("理由"), max_length=400)
    by = models.CharField(_("决定人"), max_length=64)
    second = models.CharField(_("复核人"), max_length=64)
    on = models.DateField(_("日期"))

    class Meta:
        verbose_name = _("不计入的票")
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="exclusion_has_reason"),
            models.CheckConstraint(
                condition=~Q(by="") & ~Q(second="") & ~Q(by=F("second")), name="exclusion_by_two_people"
            ),
        ]

    def __str__(self) -> str:
        return str(self.ballot_id)


class SetAside(models.Model):
    """A ballot that the database itself refused, kept as it came, with the reason. 搁置的票"""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    raw = models.TextField(_("原样"))
    reason = models.CharField(_("原因"), max_length=400)
    on = models.DateField(_("日期"))

    class Meta:
        verbose_name = _("搁置的票")
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="setaside_has_reason")]

    def __str__(self) -> str:
        return str(self.pk)


class Side(models.TextChoices):
    """Who wrote a line under a ballot."""

    STAFF = "staff", _("办理单位")
    RATER = "rater", _("评价人")


class Reply(models.Model):
    """What was done about a ballot, read by receipt, and what its rater answers. 回复"""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    ballot = models.ForeignKey(Ballot, models.PROTECT, related_name="replies", verbose_name=_("评价票"))
    side = models.CharField(_("由谁"), max_length=5, choices=Side.choices)
    text = models.CharField(_("内容"), max_length=LONGEST_COMMENT)
    by = models.CharField(_("经办人"), max_length=64, blank=True, default="")
    on = models.DateField(_("日期"))
    number = models.PositiveSmallIntegerField(_("序号"))

    class Meta:
        verbose_name = _("回复")
        constraints = [
            models.UniqueConstraint(fields=["ballot", "number"], name="reply_numbered_once"),
            models.CheckConstraint(condition=~Q(text=""), name="reply_says_something"),
            models.CheckConstraint(
                condition=Q(side=Side.RATER, by="") | (Q(side=Side.STAFF) & ~Q(by="")),
                name="reply_signed_by_staff_only",
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class Due(models.Model):
    """That a batch is due, and the day drawn by chance on which it comes out. 待公布批次"""

    official = models.CharField(_("干部编号"), max_length=40, db_collation="C")
    post = models.CharField(_("岗位代码"), max_length=40, db_collation="C")
    period = models.CharField(_("周期"), max_length=10, db_collation="C")
    number = models.PositiveSmallIntegerField(_("批次序号"))
    found_on = models.DateField(_("达标日期"))
    release_on = models.DateField(_("公布日期"))

    class Meta:
        verbose_name = _("待公布批次")
        constraints = [
            models.UniqueConstraint(fields=["period", "official", "post", "number"], name="due_once"),
            models.CheckConstraint(condition=Q(release_on__gte=F("found_on")), name="due_not_before_found"),
            models.CheckConstraint(condition=Q(number__gte=1), name="due_numbered_from_one"),
        ]

    def __str__(self) -> str:
        return f"{self.period} {self.official} {self.number}"


class Release(models.Model):
    """What of the ballots may be seen: count, mean to one decimal, tags used often enough. 评价公布"""

    due = models.OneToOneField(Due, models.PROTECT, related_name="release", verbose_name=_("待公布批次"))
    at = models.DateTimeField(_("公布时间"))
    count = models.PositiveIntegerField(_("有效评价"))
    mean = models.DecimalField(_("平均分"), max_digits=8, decimal_places=4)
    tags = models.JSONField(_("标签"))

    class Meta:
        verbose_name = _("评价公布")
        constraints = [
            models.CheckConstraint(
                condition=Q(mean__gte=LOWEST, mean__lte=HIGHEST), name="release_mean_on_scale"
            ),
            models.CheckConstraint(condition=Q(count__gte=1), name="release_counts_something"),
        ]

    def __str__(self) -> str:
        return str(self.due)


class ReleaseLevels(models.Model):
    """The national five levels of a release, coarsely: at least so many, by level; what is small is left out.

    Kept as it was told, and reported upward as it stands here. 评价五级
    """

    release = models.OneToOneField(
        Release, models.PROTECT, primary_key=True, related_name="levels", verbose_name=_("评价公布")
    )
    cells = models.JSONField(_("各级人次"), default=dict)

    class Meta:
        verbose_name = _("评价五级")

    def __str__(self) -> str:
        return str(self.release)
