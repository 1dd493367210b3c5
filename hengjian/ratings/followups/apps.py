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
        """Name the tables whose rows are in the log; what is sealed is not: it is erased.

        All of them within the leaf of a night: a leaf for each would count yesterday's low marks.
        """
        from hengjian.notary.protected import protect
        from hengjian.ratings.followups import models as m

        protect(m.Case, m.Step, m.Reminder, m.Look, m.Report, m.ReportStep, nightly=True)
        protect(m.Contest, m.Flag, m.Opinion, m.Ruling, nightly=True)
