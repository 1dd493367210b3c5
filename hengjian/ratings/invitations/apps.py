"""The room's registration with Django."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class InvitationsConfig(AppConfig):
    """Service events and invitations."""

    name = "hengjian.ratings.invitations"
    label = "invitations"
    verbose_name = _("评价邀请")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Name the tables whose every row is a leaf of the log."""
        from hengjian.notary.protected import protect
        from hengjian.ratings.invitations import models

        protect(models.EventBatch, models.RecordSystem, models.SystemKey, models.KeyRevocation)
        # what the page checks before it blinds: the key itself stands readable in the log
        protect(models.IssuerKey, public=("half", "slot", "spki", "variant"))
        protect(models.ServiceEvent, models.RefusedEvent, shuffled=True)
