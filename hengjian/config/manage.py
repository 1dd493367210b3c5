"""Django's own commands beside the embedded server: ``python -m hengjian.config.manage migrate``."""

import os
import sys

from hengjian.database import data_folder, database_url
from hengjian.terms.errors import HengjianError


def main(argv: list[str]) -> int:
    """Run one of Django's commands with the database reachable."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hengjian.config.settings")
    try:
        with database_url(os.environ, data_folder(os.environ)) as url:
            os.environ["DATABASE_URL"] = url
            from django.core.management import execute_from_command_line

            execute_from_command_line(["hengjian manage", *argv])
    except HengjianError as fault:
        sys.stderr.write(f"{fault}\n")
        return fault.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
