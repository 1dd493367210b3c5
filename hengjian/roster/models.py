"""Organisations in their tree and zones, posts, officials, tenures: dated, never deleted.

A row's ``since`` and ``until`` are days, both inside; ``until`` empty means still going on.
Overlaps are excluded by the database (migration 0002) with range types alone: no extension.
"""

import pgtrigger
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Concat
from django.utils.translation import gettext_lazy as _

CODE_LENGTH = 40
CODE_FORM = r"^[0-9A-Za-z][0-9A-Za-z._-]*$"


class Level(models.TextChoices):
    """Which layer of government an organisation or post belongs to."""

    CITY = "city", _("市级")
    COUNTY = "county", _("县级")
    TOWNSHIP = "township", _("乡镇级")

    @property
    def depth(self) -> int:
        """0 for the city; a parent is never deeper than its child."""
        return list(Level).index(self)


class Rank(models.TextChoices):
    """Rank of a leading post; who decides on a person depends on it (NORMS X28)."""

    BUREAU_PRINCIPAL = "bureau_principal", _("厅局级正职")
    BUREAU_DEPUTY = "bureau_deputy", _("厅局级副职")
    DIVISION_PRINCIPAL = "division_principal", _("县处级正职")
    DIVISION_DEPUTY = "division_deputy", _("县处级副职")
    SECTION_PRINCIPAL = "section_principal", _("乡科级正职")
    SECTION_DEPUTY = "section_deputy", _("乡科级副职")
    UNIT = "unit", _("股级及以下")


class ImportBatch(models.Model):
    """One import that was accepted: which file, by whom, when, and how much it changed."""

    kind = models.CharField(_("种类"), max_length=20)
    filename = models.CharField(_("文件名"), max_length=255)
    file_digest = models.CharField(_("文件摘要"), max_length=64)
    by = models.CharField(_("经办人"), max_length=150)
    at = models.DateTimeField(_("时间"))
    counts = models.JSONField(_("数量"))

    class Meta:
        verbose_name = _("名册导入批次")
        verbose_name_plural = _("名册导入批次")
        ordering = ["-at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(file_digest__regex=r"^[0-9a-f]{64}$"), name="import_batch_digest_form"
            ),
            models.CheckConstraint(condition=~Q(by=""), name="import_batch_names_its_author"),
        ]

    def __str__(self) -> str:
        return f"{self.filename} · {self.by}"


class Change(models.Model):
    """One field of one roster row that was changed, with the old value: nothing is lost silently."""

    batch = models.ForeignKey(
        ImportBatch, on_delete=models.PROTECT, related_name="changes", verbose_name=_("批次")
    )
    kind = models.CharField(_("种类"), max_length=20)
    key = models.CharField(_("对象"), max_length=140)
    field = models.CharField(_("字段"), max_length=40)
    old = models.CharField(_("原值"), max_length=500, blank=True)
    new = models.CharField(_("新值"), max_length=500, blank=True)
    reason = models.CharField(_("理由"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("名册变更")
        verbose_name_plural = _("名册变更")
        ordering = ["id"]
        indexes = [models.Index(fields=["kind", "key"], name="change_of_a_row")]
        constraints = [models.CheckConstraint(condition=~Q(old=F("new")), name="change_changes_something")]

    def __str__(self) -> str:
        return f"{self.key} {self.field}: {self.old} → {self.new}"


def _dated(name: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=Q(until__isnull=True) | Q(until__gte=F("since")), name=f"{name}_ends_after_start"
    )


def _coded(name: str) -> models.CheckConstraint:
    return models.CheckConstraint(condition=Q(code__regex=CODE_FORM), name=f"{name}_code_form")


class Organisation(models.Model):
    """A division of the state or an office in it; ``path`` holds the codes from the root down."""

    code = models.CharField(_("机构代码"), max_length=CODE_LENGTH, unique=True, db_collation="C")
    name = models.CharField(_("全称"), max_length=200)
    short_name = models.CharField(_("简称"), max_length=100)
    level = models.CharField(_("层级"), max_length=10, choices=Level.choices)
    parent = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("上级机构"),
    )
    path = models.CharField(_("代码路径"), max_length=400, unique=True, db_collation="C")
    since = models.DateField(_("设立日"))
    until = models.DateField(_("撤销日（含）"), null=True, blank=True)

    class Meta:
        verbose_name = _("机构")
        verbose_name_plural = _("机构")
        ordering = ["path"]
        constraints = [
            _coded("organisation"),
            _dated("organisation"),
            models.CheckConstraint(condition=Q(level__in=Level.values), name="organisation_level_known"),
            models.CheckConstraint(condition=~Q(name="") & ~Q(short_name=""), name="organisation_has_names"),
            models.CheckConstraint(
                condition=Q(path__endswith=Concat(Value("/"), F("code"), Value("/"))),
                name="organisation_path_ends_in_code",
            ),
            models.CheckConstraint(
                condition=Q(parent__isnull=False) | Q(path=Concat(Value("/"), F("code"), Value("/"))),
                name="organisation_root_path",
            ),
            models.CheckConstraint(
                condition=Q(parent__isnull=True) | ~Q(parent=F("id")),
                name="organisation_not_its_own_parent",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class BoundaryMap(models.Model):
    """The outlines of counties and townships as somebody brought them; the newest is drawn. Append-only.

    ``shapes``: by code, polygons of rings of places (longitude, latitude); nothing else of the file is kept.
    """

    shapes = models.JSONField(_("图形"))
    digest = models.CharField(_("图形摘要"), max_length=64)
    filename = models.CharField(_("文件名"), max_length=255)
    synthetic = models.BooleanField(_("合成数据"))
    by = models.CharField(_("经办人"), max_length=150)
    at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = _("区划地图")
        verbose_name_plural = _("区划地图")
        ordering = ["-at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(digest__regex=r"^[0-9a-f]{64}$"), name="boundary_map_digest_form"
            ),
            models.CheckConstraint(
                condition=~Q(by="") & ~Q(shapes={}), name="boundary_map_has_shapes_and_author"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.filename} · {self.by}"


class ZoneAssignment(models.Model):
    """The functional zone of an organisation, and of those under it that have none of their own."""

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="zones", verbose_name=_("机构")
    )
    zone = models.CharField(_("功能区"), max_length=CODE_LENGTH)
    since = models.DateField(_("起"))
    until = models.DateField(_("止（含）"), null=True, blank=True)

    class Meta:
        verbose_name = _("功能区划定")
        verbose_name_plural = _("功能区划定")
        ordering = ["organisation__code", "since"]
        constraints = [
            _dated("zone"),
            models.CheckConstraint(condition=Q(zone__regex=CODE_FORM), name="zone_code_form"),
            models.UniqueConstraint(fields=["organisation", "since"], name="zone_one_start_a_day"),
        ]

    def __str__(self) -> str:
        return f"{self.organisation_id} · {self.zone}"


class Post(models.Model):
    """A post in an organisation: what a scorecard is drawn up for.

    ``single_holder``: one person at a time. ``public_facing`` False: no rating by the public
    is expected (NORMS X13).
    """

    code = models.CharField(_("岗位代码"), max_length=CODE_LENGTH, unique=True, db_collation="C")
    title = models.CharField(_("岗位名称"), max_length=200)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="posts", verbose_name=_("机构")
    )
    category = models.CharField(_("岗位类别"), max_length=CODE_LENGTH)
    level = models.CharField(_("层级"), max_length=10, choices=Level.choices)
    rank = models.CharField(_("职级"), max_length=20, choices=Rank.choices, blank=True)
    public_facing = models.BooleanField(_("面向群众"))
    single_holder = models.BooleanField(_("一岗一人"))
    since = models.DateField(_("设立日"))
    until = models.DateField(_("撤销日（含）"), null=True, blank=True)

    class Meta:
        verbose_name = _("岗位")
        verbose_name_plural = _("岗位")
        ordering = ["code"]
        constraints = [
            _coded("post"),
            _dated("post"),
            models.CheckConstraint(condition=Q(level__in=Level.values), name="post_level_known"),
            models.CheckConstraint(condition=Q(rank__in=["", *Rank.values]), name="post_rank_known"),
            models.CheckConstraint(condition=~Q(title=""), name="post_has_title"),
            models.CheckConstraint(condition=Q(category__regex=CODE_FORM), name="post_category_form"),
            models.UniqueConstraint(fields=["id", "single_holder"], name="post_with_its_single_holder"),
        ]

    def __str__(self) -> str:
        return self.title


class Official(models.Model):
    """A person who holds posts. Everything else that is known of a person stands elsewhere."""

    code = models.CharField(_("干部编号"), max_length=CODE_LENGTH, unique=True, db_collation="C")
    name = models.CharField(_("姓名"), max_length=100)
    sort_key = models.CharField(_("拼音排序"), max_length=400, db_collation="C", db_index=True)

    class Meta:
        verbose_name = _("干部")
        verbose_name_plural = _("干部")
        ordering = ["sort_key", "code"]
        constraints = [
            _coded("official"),
            models.CheckConstraint(condition=~Q(name="") & ~Q(sort_key=""), name="official_has_name"),
        ]

    def __str__(self) -> str:
        return self.name


class Tenure(models.Model):
    """An official on a post from a day to a day.

    ``single_holder`` repeats the post's, held equal by a foreign key over both columns, so that the
    database itself can exclude two holders at once. ``opening_debt_ratio`` is frozen at hand-over.
    """

    official = models.ForeignKey(
        Official, on_delete=models.PROTECT, related_name="tenures", verbose_name=_("干部")
    )
    post = models.ForeignKey(Post, on_delete=models.PROTECT, related_name="tenures", verbose_name=_("岗位"))
    single_holder = models.BooleanField(_("一岗一人"))
    since = models.DateField(_("任职日"))
    until = models.DateField(_("免职日（含）"), null=True, blank=True)
    opening_debt_ratio = models.DecimalField(
        _("接任时债务率（%）"), max_digits=12, decimal_places=4, null=True, blank=True
    )

    class Meta:
        verbose_name = _("任职")
        verbose_name_plural = _("任职")
        ordering = ["official__code", "since", "post__code"]
        constraints = [
            _dated("tenure"),
            models.CheckConstraint(
                condition=Q(opening_debt_ratio__isnull=True) | Q(opening_debt_ratio__gte=0),
                name="tenure_debt_ratio_not_negative",
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="opening_debt_ratio_frozen",
                operation=pgtrigger.UpdateOf("opening_debt_ratio"),  # type: ignore[no-untyped-call]
                when=pgtrigger.Before,
                condition=pgtrigger.Q(old__opening_debt_ratio__isnull=False)
                & pgtrigger.Q(old__opening_debt_ratio__df=pgtrigger.F("new__opening_debt_ratio")),
                func="""
                    IF current_setting('hengjian.amend_opening_debt_ratio', true) = 'on' THEN
                        RETURN NEW;
                    END IF;
                    RAISE EXCEPTION 'opening_debt_ratio is frozen at hand-over (NORMS X19)'
                        USING ERRCODE = 'check_violation', CONSTRAINT = 'tenure_debt_ratio_frozen';
                """,
            )
        ]

    def __str__(self) -> str:
        return f"{self.official_id} · {self.post_id} · {self.since}"


class TieKind(models.TextChoices):
    """What can stand between two officials that a reader of marks should know of."""

    RELATIVE = "relative", _("亲属")
    CASE = "case", _("个案利害关系")
    HOMETOWN = "hometown", _("同乡")
    FORMER_UNIT = "former_unit", _("曾经共事")
    SUBORDINATE = "subordinate", _("上下级（现任或曾任）")


class Tie(models.Model):
    """A tie between two officials, from a day to a day, as somebody reported it. Append-only.

    Both directions are one row: ``one`` is the smaller number. What ends it early is a :class:`TieEnding`.
    """

    one = models.ForeignKey(Official, models.PROTECT, related_name="+", verbose_name=_("一方"))
    other = models.ForeignKey(Official, models.PROTECT, related_name="+", verbose_name=_("另一方"))
    kind = models.CharField(_("关系"), max_length=12, choices=TieKind.choices)
    since = models.DateField(_("起"))
    until = models.DateField(_("止（含）"), null=True, blank=True)
    source = models.CharField(_("来源"), max_length=200)
    by = models.CharField(_("登记人"), max_length=150)
    at = models.DateTimeField(_("登记时间"))

    class Meta:
        verbose_name = _("干部关系")
        verbose_name_plural = _("干部关系")
        constraints = [
            _dated("tie"),
            models.CheckConstraint(condition=Q(kind__in=TieKind.values), name="tie_kind_known"),
            models.CheckConstraint(condition=Q(one__lt=F("other")), name="tie_between_two_in_order"),
            models.CheckConstraint(condition=~Q(source="") & ~Q(by=""), name="tie_has_source_and_author"),
            models.UniqueConstraint(fields=["one", "other", "kind", "since"], name="tie_recorded_once"),
        ]

    def __str__(self) -> str:
        return f"{self.one_id} {self.kind} {self.other_id}"


class TieEnding(models.Model):
    """That a recorded tie ended, or was recorded by mistake: from a day on, for a reason. 关系终止"""

    tie = models.OneToOneField(
        Tie, models.PROTECT, primary_key=True, related_name="ending", verbose_name=_("干部关系")
    )
    on = models.DateField(_("终止日"))
    reason = models.CharField(_("理由"), max_length=200)
    by = models.CharField(_("登记人"), max_length=150)
    at = models.DateTimeField(_("登记时间"))

    class Meta:
        verbose_name = _("关系终止")
        verbose_name_plural = _("关系终止")
        constraints = [
            models.CheckConstraint(
                condition=~Q(reason="") & ~Q(by=""), name="tieending_has_reason_and_author"
            )
        ]

    def __str__(self) -> str:
        return f"{self.tie_id} {self.on}"
