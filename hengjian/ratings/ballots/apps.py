"""The room's registration with Django."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BallotsConfig(AppConfig):
    """Ballots of any-time ratings, without raters."""

    name = "hengjian.ratings.ballots"
    label = "ballots"
    verbose_name = _("随时评")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Name the tables whose every row is in the log, with a leaf of its own or within its night's."""
        from hengjian.notary.protected import protect
        from hengjian.ratings.ballots import models

        protect(models.AcceptedKey, models.Due, models.Release, models.ReleaseLevels)
        # in the log nobody can tell in which order they came
        protect(models.Ballot, shuffled=True)
        # nor how many there are of what may follow from low marks
        protect(models.Exclusion, models.SetAside, models.Reply, nightly=True)
