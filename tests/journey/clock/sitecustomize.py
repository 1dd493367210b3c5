"""A clock for journeys that take weeks: the faces' time, so many days from now as a file says.

Python reads this file at its start when the folder stands on PYTHONPATH. Nothing below the faces reads a
clock, so to move that of Django's ``timezone`` and of the command line is to move all.
"""

import datetime
import os
from pathlib import Path

from django.utils import timezone

_real = timezone.now


def now() -> datetime.datetime:
    """The true time, moved by the days in the file."""
    return _real() + datetime.timedelta(days=float(Path(os.environ["HENGJIAN_TEST_CLOCK"]).read_text()))


if os.environ.get("HENGJIAN_TEST_CLOCK"):
    timezone.now = now
    from hengjian.cli import session

    session.now = now
