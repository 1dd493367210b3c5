"""The room's registration with Django."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ClockworkConfig(AppConfig):
    """Runs of duties."""

    name = "hengjian.clockwork"
    label = "clockwork"
    verbose_name = _("定时任务")
    default_auto_field = "django.db.models.BigAutoField"
