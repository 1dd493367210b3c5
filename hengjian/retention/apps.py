"""The registration of this room with Django."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RetentionConfig(AppConfig):
    """Retention and erasure."""

    name = "hengjian.retention"
    label = "retention"
    verbose_name = _("保存期限与销毁")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Log who drew up, approved, held back and carried out; what persons asked for, and the answer."""
        from hengjian.notary.protected import protect
        from hengjian.retention.models import Answer, Approval, Hold, HoldEnding, Listing, Report, Request

        protect(Listing, Approval, Report, Hold, HoldEnding, Request, Answer)
