"""The room's registration with Django."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class FollowupsConfig(AppConfig):
    """Follow-up of ratings."""

    name = "hengjian.ratings.followups"
    label = "followups"
    verbose_name = _("回访与整改")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Name the tables whose every row is a leaf of the log; what is sealed is none: it is erased."""
        from hengjian.notary.protected import protect
        from hengjian.ratings.followups import models

        protect(models.Look, models.Reminder, models.Contest, models.Flag, models.Opinion, models.Ruling)
        # in the log nobody can tell in which order they came
        protect(models.Case, models.Step, models.Report, models.ReportStep, shuffled=True)
