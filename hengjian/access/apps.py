"""The Django app ``access``."""

from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccessConfig(AppConfig):
    """Accounts, grants and the query trail."""

    name = "hengjian.access"
    label = "access"
    verbose_name = _("账号与授权")
    default_auto_field = "django.db.models.BigAutoField"

    def import_models(self) -> None:
        """The leaks' tables too, which stand in a file of their own."""
        super().import_models()
        import_module("hengjian.access.leaks.models")

    def ready(self) -> None:
        """Name what this room has logged: grants, who looked at whom, leaks."""
        from hengjian.access.leaks.models import Leak, LeakStep
        from hengjian.access.models import Grant, Identity, Revocation, Ticket
        from hengjian.notary.protected import protect

        protect(Grant, Identity, Revocation, Ticket, Leak, LeakStep)
