"""The Django app ``cycles``."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CyclesConfig(AppConfig):
    """Assessment cycles and their results."""

    name = "hengjian.cycles"
    label = "cycles"
    verbose_name = _("考核周期")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Name the tables whose every row is a leaf of the log."""
        from hengjian.cycles import models
        from hengjian.notary.protected import protect

        protect(models.StoredPolicy)
        protect(
            models.AuditEntry,
            models.Adjustment,
            models.NotApplicable,
            models.Withdrawal,
            models.StoredSnapshot,
            models.StoredSheet,
            models.Publication,
            public=("cycle_id",),
        )
