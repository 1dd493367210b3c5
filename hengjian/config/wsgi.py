"""The WSGI entry point. Whoever starts the server has set DATABASE_URL (`hengjian serve` does)."""

import os
import signal

from django.core.wsgi import get_wsgi_application

from hengjian.database.keeper import die_with_parent

if os.environ.get("HENGJIAN_WORKER_OF") == str(os.getppid()):  # else kill -9 of `serve` leaves workers behind
    die_with_parent(signal.SIGKILL)

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hengjian.config.settings")
application = get_wsgi_application()

from hengjian.console import warming  # noqa: E402 (settings first)

warming.begin()
