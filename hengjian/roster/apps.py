"""The room's registration with Django."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RosterConfig(AppConfig):
    """Zones, organisations, posts, officials and tenures."""

    name = "hengjian.roster"
    label = "roster"
    verbose_name = _("机构与人员")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Name the tables whose every row is a leaf of the log."""
        from hengjian.notary.protected import protect
        from hengjian.roster import models

        protect(models.ImportBatch, models.Change, models.Tie, models.TieEnding)
