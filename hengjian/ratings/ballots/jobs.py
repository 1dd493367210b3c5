"""What a night does for this room, soon after midnight; whoever runs jobs calls it."""

import secrets
from datetime import datetime

from hengjian.ratings.ballots.collecting import swept, take_in
from hengjian.ratings.ballots.models import Release
from hengjian.ratings.ballots.releases import release_due
from hengjian.ratings.ballots.rules import Rules


def nightly(now: datetime, rules: Rules) -> list[Release]:
    """Put what came in into the box, then release what is due."""
    take_in(now)
    swept()
    return release_due(now, rules, secrets.randbelow)
