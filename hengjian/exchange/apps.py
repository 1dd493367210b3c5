"""The room's registration with Django."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ExchangeConfig(AppConfig):
    """Keys of the interface, subscriptions to what happens."""

    name = "hengjian.exchange"
    label = "exchange"
    verbose_name = _("数据接口")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Name the tables whose every row is a leaf of the log."""
        from hengjian.exchange import models
        from hengjian.notary.protected import protect

        protect(models.AccessKey, models.KeySecret, models.KeyEnd)
        protect(models.Subscription, models.PushSecret, models.SubscriptionEnd)
