"""The console as a Django app."""

from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    """Faces only: no models of its own."""

    name = "hengjian.console"
    label = "console"

    def ready(self) -> None:
        """Listen to what the entrance does; count its attempts in turn."""
        from hengjian.console.entrance import counting, noting  # noqa: F401 (its receivers)

        counting.install()
