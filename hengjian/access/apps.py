"""The Django app ``access``."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccessConfig(AppConfig):
    """Accounts and grants."""

    name = "hengjian.access"
    label = "access"
    verbose_name = _("账号与授权")
    default_auto_field = "django.db.models.BigAutoField"
