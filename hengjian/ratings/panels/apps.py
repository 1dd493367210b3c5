"""The room's registration with Django."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PanelsConfig(AppConfig):
    """Marks of the panel's groups."""

    name = "hengjian.ratings.panels"
    label = "panels"
    verbose_name = _("评价团打分")
    default_auto_field = "django.db.models.BigAutoField"
