"""``python -m hengjian.config.kiosk_rights issue|cast``: what a kiosk account may do too much, as JSON.

A process of its own, signed in as that account (DATABASE_URL), as the kiosk's process is when it looks.
Ends with 3 when it cannot sign in.
"""

import json
import os
import sys
from importlib import import_module

NO_SIGN_IN = 3


def main(which: str) -> int:
    """Ask the server and print what is too much."""
    import django
    from django.db import OperationalError, connection

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hengjian.config.settings")
    django.setup()
    from hengjian.kiosk.guard import excess

    needs = import_module(f"hengjian.kiosk.{which}.app").NEEDS
    try:
        with connection.cursor() as cursor:
            sys.stdout.write(json.dumps(excess(cursor, needs)))
    except OperationalError:
        return NO_SIGN_IN
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
