"""The Django app ``cycles``."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CyclesConfig(AppConfig):
    """Assessment cycles and their results."""

    name = "hengjian.cycles"
    label = "cycles"
    verbose_name = _("考核周期")
    default_auto_field = "django.db.models.BigAutoField"
