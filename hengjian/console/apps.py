"""The console as a Django app."""

from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    """Faces only: no models of its own."""

    name = "hengjian.console"
    label = "console"
