"""The room's registration with Django."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DeskConfig(AppConfig):
    """Filters kept, remarks with mentions, attachments."""

    name = "hengjian.desk"
    label = "desk"
    verbose_name = _("工作台")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Name the tables whose every row is a leaf of the log."""
        from hengjian.desk import models
        from hengjian.notary.protected import protect

        protect(models.Remark, models.Mention)
        protect(models.Attachment, models.Version, models.Withdrawal, models.Fetch)
