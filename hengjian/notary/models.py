"""The tables of the log. How far each is trusted, what its attacker can do, what loss it survives:

Commitment, Receipt, Head, Signature, Publication, Erasure, ContentForm, Adoption
    Append-only by triggers, which an owner of the database can remove: so they are NOT trusted.
    Whoever changes them is found out by anybody who holds a cosigned checkpoint and the published
    files, and by the reconciliation. Lost after publication: the log is rebuilt from the published
    files; before: with the business rows of the same transactions.
Tile, Bundle
    Not trusted: every hash in them is bound by the signed root. They grow to the right only. Lost:
    rebuilt from the published files, or from commitments and receipts.
Salt
    Trusted with privacy, not with truth: who reads salts and rows can open commitments (as he can
    read the rows); who loses them can no longer open them, while the log goes on standing.
Pending
    A working list. Who deletes from it delays an entry until the reconciliation finds it unnumbered.
Reconciliation, Difference
    Not trusted: who changes them hides one night's report, and the next night's finds the same again.
WitnessState, Alarm
    Not trusted: what was last heard, for people to read. Lost: learnt again.

A backup that is put back makes all of these older together; the published checkpoint and the
witnesses remember more, and the sequencer then refuses to run (:mod:`hengjian.notary.guard`).
"""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

WITHIN = 20  # bits of a commitment's number that count within its delivery
LARGEST_DELIVERY = 1 << 16
TILE = 256
HASH = 32


class Commitment(models.Model):
    """An entry of the log: salted commitment to a row, with public metadata. 存证条目

    Its number is (delivery << 20) + place: what one call appends lies together, so that one receipt
    serves all of it. Numbers of shuffled kinds are random and say nothing about time.
    """

    id = models.BigIntegerField(primary_key=True)
    kind = models.CharField(_("种类"), max_length=40)
    key = models.CharField(_("记录"), max_length=128)
    schema = models.PositiveSmallIntegerField(_("格式版本"))
    on = models.DateField(_("日期"))
    entry = models.BinaryField(_("条目"))

    class Meta:
        verbose_name = _("存证条目")
        constraints = [
            models.UniqueConstraint(fields=["kind", "key"], name="commitment_once_a_row"),
            models.CheckConstraint(condition=Q(id__gte=0), name="commitment_number_positive"),
            models.CheckConstraint(condition=~Q(kind="") & ~Q(key=""), name="commitment_names_a_row"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"


class Salt(models.Model):
    """What opens a commitment; destroyed when the row is erased. 存证盐值

    No foreign key: it would cost more than the row (one query an entry in bulk); the reconciliation
    finds a salt without its commitment.
    """

    commitment_id = models.BigIntegerField(primary_key=True)
    salt = models.BinaryField(_("盐值"))

    class Meta:
        verbose_name = _("存证盐值")

    def __str__(self) -> str:
        return str(self.commitment_id)


class Erasure(models.Model):
    """That a salt was destroyed: by whom, when, why. The leaf stands. 删除记录"""

    commitment = models.OneToOneField(
        Commitment, models.PROTECT, primary_key=True, related_name="+", verbose_name=_("存证条目")
    )
    by = models.CharField(_("操作人"), max_length=64)
    at = models.DateTimeField(_("时间"))
    reason = models.CharField(_("理由"), max_length=400)

    class Meta:
        verbose_name = _("删除记录")
        constraints = [
            models.CheckConstraint(condition=~Q(by="") & ~Q(reason=""), name="erasure_has_author_and_reason")
        ]

    def __str__(self) -> str:
        return str(self.commitment_id)


class ContentForm(models.Model):
    """The columns that leaves of a kind are over, under one number, each with how it is written. 存证内容格式

    Its own columns never change: nothing says by which form a form is read.
    """

    name = models.CharField(_("名称"), max_length=60, primary_key=True)  # kind/number
    kind = models.CharField(_("种类"), max_length=40)
    schema = models.PositiveSmallIntegerField(_("格式版本"))
    columns = models.JSONField(_("各列"))
    public = models.JSONField(_("公开的列"))

    class Meta:
        verbose_name = _("存证内容格式")
        constraints = [models.UniqueConstraint(fields=["kind", "schema"], name="contentform_once_a_number")]

    def __str__(self) -> str:
        return self.name


class Adoption(models.Model):
    """That rows written before the log were logged later: how many, by whom, when, why. 补入存证"""

    kind = models.CharField(_("种类"), max_length=40)
    count = models.PositiveIntegerField(_("条数"))
    by = models.CharField(_("操作人"), max_length=64)
    at = models.DateTimeField(_("时间"))
    reason = models.CharField(_("理由"), max_length=400)

    class Meta:
        verbose_name = _("补入存证")
        constraints = [
            models.CheckConstraint(
                condition=~Q(by="") & ~Q(reason="") & Q(count__gte=1), name="adoption_has_author_and_reason"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.count}"


class Pending(models.Model):
    """A delivery that has no place in the log yet; written with it, removed by its receipt. 待编号"""

    delivery = models.BigIntegerField(primary_key=True)
    count = models.PositiveIntegerField(_("条数"))
    at = models.DateTimeField(_("时间"), db_default=models.functions.Now())

    class Meta:
        verbose_name = _("待编号")
        constraints = [
            models.CheckConstraint(
                condition=Q(count__gte=1, count__lte=LARGEST_DELIVERY), name="pending_count_in_range"
            )
        ]

    def __str__(self) -> str:
        return str(self.delivery)


class Receipt(models.Model):
    """The places that a delivery got: ``first`` and the ``count - 1`` after it. 存证回执"""

    delivery = models.BigIntegerField(primary_key=True)
    first = models.BigIntegerField(_("起始序号"), unique=True)
    count = models.PositiveIntegerField(_("条数"))

    class Meta:
        verbose_name = _("存证回执")
        constraints = [
            models.CheckConstraint(
                condition=Q(first__gte=0, count__gte=1, count__lte=LARGEST_DELIVERY),
                name="receipt_places_in_range",
            )
        ]

    def __str__(self) -> str:
        return f"{self.first}+{self.count}"


class Tile(models.Model):
    """256 hashes of the tree side by side, or fewer at the right edge. 哈希瓦片"""

    level = models.PositiveSmallIntegerField(_("层"))
    index = models.BigIntegerField(_("序号"))
    hashes = models.BinaryField(_("哈希"))
    pk = models.CompositePrimaryKey("level", "index")

    class Meta:
        verbose_name = _("哈希瓦片")
        constraints = [
            models.CheckConstraint(condition=Q(level__lte=7, index__gte=0), name="tile_within_tree")
        ]

    def __str__(self) -> str:
        return f"{self.level}/{self.index}"


class Bundle(models.Model):
    """Up to 256 entries as they are served. 条目包"""

    index = models.BigIntegerField(_("序号"), primary_key=True)
    width = models.PositiveSmallIntegerField(_("条数"))
    entries = models.BinaryField(_("条目"))

    class Meta:
        verbose_name = _("条目包")
        constraints = [
            models.CheckConstraint(
                condition=Q(index__gte=0, width__gte=1, width__lte=TILE), name="bundle_width_in_range"
            )
        ]

    def __str__(self) -> str:
        return str(self.index)


class Head(models.Model):
    """The log at one size; written in one commit with what made it grow. 日志树头"""

    size = models.BigIntegerField(_("条目数"), primary_key=True)
    root = models.BinaryField(_("树根"))
    at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = _("日志树头")
        constraints = [models.CheckConstraint(condition=Q(size__gte=0), name="head_size_positive")]

    def __str__(self) -> str:
        return str(self.size)


class Signature(models.Model):
    """A line under a head: the log's own signature, or a witness's cosignature. 树头签名"""

    head = models.ForeignKey(Head, models.PROTECT, related_name="signatures", verbose_name=_("日志树头"))
    name = models.CharField(_("签名人"), max_length=255)
    key_id = models.CharField(_("密钥编号"), max_length=8)
    witness = models.CharField(_("见证人"), max_length=255)  # empty: the log itself
    line = models.TextField(_("签名行"))
    stamp = models.BigIntegerField(_("签名时间"), null=True)
    at = models.DateTimeField(_("收到时间"))

    class Meta:
        verbose_name = _("树头签名")
        constraints = [
            models.UniqueConstraint(fields=["head", "name", "key_id"], name="signature_once_a_key"),
            models.CheckConstraint(condition=~Q(name="") & ~Q(line=""), name="signature_has_signer"),
        ]

    def __str__(self) -> str:
        return f"{self.head_id} {self.name}"


class Publication(models.Model):
    """That a head's files were written for everybody. 日志发布"""

    head = models.OneToOneField(
        Head, models.PROTECT, primary_key=True, related_name="publication", verbose_name=_("日志树头")
    )
    at = models.DateTimeField(_("发布时间"))
    cosigned = models.BooleanField(_("达到见证人数"))

    class Meta:
        verbose_name = _("日志发布")

    def __str__(self) -> str:
        return str(self.head_id)


class WitnessState(models.Model):
    """What was last heard of a witness. 见证人状态"""

    name = models.CharField(_("见证人"), max_length=255, primary_key=True)
    size = models.BigIntegerField(_("已见条目数"), default=0)
    answered_at = models.DateTimeField(_("最近应答"), null=True)
    asked_at = models.DateTimeField(_("最近询问"), null=True)
    fault = models.CharField(_("未成原因"), max_length=200, default="")

    class Meta:
        verbose_name = _("见证人状态")
        constraints = [models.CheckConstraint(condition=Q(size__gte=0), name="witness_size_positive")]

    def __str__(self) -> str:
        return self.name


class Alarm(models.Model):
    """Something that a person must see to; it closes by itself when the cause is gone. 存证警报"""

    code = models.CharField(_("代码"), max_length=60)
    subject = models.CharField(_("对象"), max_length=200)
    about = models.JSONField(_("情况"), default=dict)
    opened_at = models.DateTimeField(_("发生时间"))
    seen_at = models.DateTimeField(_("最近一次"))
    closed_at = models.DateTimeField(_("解除时间"), null=True)

    class Meta:
        verbose_name = _("存证警报")
        constraints = [
            models.UniqueConstraint(
                fields=["code", "subject"], condition=Q(closed_at__isnull=True), name="alarm_open_once"
            ),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True) | Q(closed_at__gte=F("opened_at")),
                name="alarm_closed_after_opened",
            ),
        ]
        indexes = [models.Index(fields=["-opened_at"], name="alarm_newest")]

    def __str__(self) -> str:
        return f"{self.code} {self.subject}"


class Reconciliation(models.Model):
    """One run that held every protected row against its leaf. 存证核对

    ``at_step`` and ``place`` say how far it came, so that a run that was killed goes on from there.
    """

    started_at = models.DateTimeField(_("开始时间"))
    finished_at = models.DateTimeField(_("完成时间"), null=True)
    size = models.BigIntegerField(_("条目数"))
    at_step = models.CharField(_("步骤"), max_length=60)
    place = models.JSONField(_("进度"), default=dict)
    leaves = models.BigIntegerField(_("已核条目"), default=0)
    rows = models.BigIntegerField(_("已核记录"), default=0)
    erased = models.BigIntegerField(_("已删除"), default=0)
    found = models.PositiveIntegerField(_("不一致"), default=0)

    class Meta:
        verbose_name = _("存证核对")
        constraints = [
            models.CheckConstraint(
                condition=Q(finished_at__isnull=True) | Q(finished_at__gte=F("started_at")),
                name="reconciliation_finished_after_started",
            ),
        ]
        indexes = [models.Index(fields=["-started_at"], name="reconciliation_newest")]

    def __str__(self) -> str:
        return str(self.pk)


class Difference(models.Model):
    """Where a row and its leaf do not agree: which, and in what; never the content. 存证不一致"""

    reconciliation = models.ForeignKey(
        Reconciliation, models.PROTECT, related_name="differences", verbose_name=_("存证核对")
    )
    what = models.CharField(_("不一致之处"), max_length=40)
    kind = models.CharField(_("种类"), max_length=40)
    key = models.CharField(_("记录"), max_length=200)
    leaf = models.BigIntegerField(_("序号"), null=True)

    class Meta:
        verbose_name = _("存证不一致")
        constraints = [models.CheckConstraint(condition=~Q(what=""), name="difference_says_what")]

    def __str__(self) -> str:
        return f"{self.what} {self.kind} {self.key}"
