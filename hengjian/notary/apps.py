"""The Django app ``notary``."""

from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NotaryConfig(AppConfig):
    """The log: commitments, tiles, heads, witnesses."""

    name = "hengjian.notary"
    label = "notary"
    verbose_name = _("存证")
    default_auto_field = "django.db.models.BigAutoField"

    def import_models(self) -> None:
        """The nights' and the anchors' tables too, which stand in files of their own."""
        super().import_models()
        import_module("hengjian.notary.nights.models")
        import_module("hengjian.notary.anchors.models")

    def ready(self) -> None:
        """Name what this room itself has logged: erasures, forms, what was logged late, nights."""
        from hengjian.notary.models import Adoption, ContentForm, Erasure
        from hengjian.notary.nights.models import Night
        from hengjian.notary.protected import protect

        protect(ContentForm, Adoption, Night)
        protect(Erasure, nightly=True)  # of nightly rows too: the public log must not count them
