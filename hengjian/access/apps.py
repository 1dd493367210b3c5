"""The Django app ``access``."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccessConfig(AppConfig):
    """Accounts, grants and the query trail."""

    name = "hengjian.access"
    label = "access"
    verbose_name = _("账号与授权")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Name what this room has logged: grants, and who looked at whom."""
        from hengjian.access.models import Grant, Identity, Revocation, Ticket
        from hengjian.notary.protected import protect

        protect(Grant, Identity, Revocation, Ticket)
