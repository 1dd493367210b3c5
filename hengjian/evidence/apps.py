"""The room's registration with Django."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EvidenceConfig(AppConfig):
    """Facts, append-only, with their quarantine."""

    name = "hengjian.evidence"
    label = "evidence"
    verbose_name = _("事实依据")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Name the tables whose every row is a leaf of the log."""
        from hengjian.evidence import models
        from hengjian.notary.protected import protect

        protect(
            models.FeedVersion,
            models.Batch,
            models.Metric,
            models.Case,
            models.Project,
            models.Quarantined,
            models.QuarantineDecision,
            models.QuarantineOpinion,
        )
