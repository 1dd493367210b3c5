"""The room's registration with Django."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EvidenceConfig(AppConfig):
    """Facts, append-only, with their quarantine."""

    name = "hengjian.evidence"
    label = "evidence"
    verbose_name = _("事实依据")
    default_auto_field = "django.db.models.BigAutoField"
