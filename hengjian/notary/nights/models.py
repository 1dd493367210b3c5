"""The tables of the nights.

Tonight
    A working list. Who deletes from it delays an entry until the reconciliation finds it without a place.
    Until its night a row is bound by nothing that was published: whoever owns the database can take it away
    whole, as he can take away a ballot of the day.
Night, NightPlace
    Not trusted: a night's row is a leaf of the log, and the root in it is over the entries at its places; the
    reconciliation computes it again. Lost: nothing can be shown of single rows of that night any more.
"""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from hengjian.notary.models import LARGEST_DELIVERY, Commitment


class Tonight(models.Model):
    """A delivery that waits for the night; ``after``: the last night that there was. 待入夜"""

    delivery = models.BigIntegerField(primary_key=True)
    count = models.PositiveIntegerField(_("条数"))
    after = models.PositiveIntegerField(_("前一夜"))

    class Meta:
        verbose_name = _("待入夜")
        constraints = [
            models.CheckConstraint(
                condition=Q(count__gte=1, count__lte=LARGEST_DELIVERY), name="tonight_count_in_range"
            )
        ]

    def __str__(self) -> str:
        return str(self.delivery)


class Night(models.Model):
    """One leaf for all that nightly kinds wrote since the last night, however much or little. 每夜存证

    Of ``size`` places those without a row are filled from ``seed``: no proof says how many rows there were.
    """

    number = models.PositiveIntegerField(_("序号"), primary_key=True)
    on = models.DateField(_("日期"), unique=True)
    size = models.PositiveIntegerField(_("位数"))
    root = models.CharField(_("树根"), max_length=64)
    seed = models.BinaryField(_("填充种子"))

    class Meta:
        verbose_name = _("每夜存证")
        constraints = [
            models.CheckConstraint(condition=Q(number__gte=1, size__gte=1), name="night_numbered_from_one"),
            models.CheckConstraint(condition=Q(root__regex=r"^[0-9a-f]{64}$"), name="night_root_is_a_hash"),
        ]

    def __str__(self) -> str:
        return str(self.on)


class NightPlace(models.Model):
    """The place of an entry in the tree of its night, drawn by chance. 夜内位置"""

    commitment = models.OneToOneField(
        Commitment, models.PROTECT, primary_key=True, related_name="+", verbose_name=_("存证条目")
    )
    night = models.ForeignKey(Night, models.PROTECT, related_name="places", verbose_name=_("每夜存证"))
    place = models.PositiveIntegerField(_("位置"))

    class Meta:
        verbose_name = _("夜内位置")
        constraints = [models.UniqueConstraint(fields=["night", "place"], name="nightplace_one_entry")]

    def __str__(self) -> str:
        return f"{self.night_id} {self.place}"
