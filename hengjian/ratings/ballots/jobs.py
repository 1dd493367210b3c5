"""What a night does for this room; whoever runs jobs calls it."""

import secrets
from datetime import datetime

from hengjian.ratings.ballots.models import Release
from hengjian.ratings.ballots.operations import settle
from hengjian.ratings.ballots.releases import release_due
from hengjian.ratings.ballots.rules import Rules


def nightly(now: datetime, rules: Rules) -> list[Release]:
    """Release what is due, then write the tables anew in the order of their random numbers."""
    released = release_due(now, rules, secrets.randbelow)
    settle()
    return released
