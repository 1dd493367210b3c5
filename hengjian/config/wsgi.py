"""The WSGI entry point. Whoever starts the server has set DATABASE_URL (`hengjian serve` does)."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hengjian.config.settings")
application = get_wsgi_application()
