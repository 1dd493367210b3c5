"""Settings, addresses and entry points of the Django project. No logic."""
