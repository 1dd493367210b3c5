"""The ASGI entry point. Whoever starts the server has set DATABASE_URL (`hengjian serve` does)."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hengjian.config.settings")
application = get_asgi_application()
