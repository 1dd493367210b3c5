"""The room's registration with Django."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PanelsConfig(AppConfig):
    """Marks of the panel's groups."""

    name = "hengjian.ratings.panels"
    label = "panels"
    verbose_name = _("评价团打分")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Name the tables whose every row is a leaf of the log."""
        from hengjian.notary.protected import protect
        from hengjian.ratings.panels import models

        protect(models.MarkBatch, models.RefusedMarkDecision)
        protect(models.Round, models.RoundClosing, models.Outsider, models.Roll, models.RollSignature)
        protect(models.Asked, models.Member, models.Withdrawal, models.Declaration)
        protect(models.Link, models.LinkRevocation, models.TokenKey, models.Voucher, models.SignedSheet)
        # in the log nobody can tell in which order they came
        protect(models.Mark, models.RefusedMark, shuffled=True)
