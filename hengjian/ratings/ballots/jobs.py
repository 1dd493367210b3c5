"""What a night does for this room, soon after midnight; whoever runs jobs calls it."""

import secrets
from datetime import datetime

from django.db import transaction

from hengjian.exchange.models import Kind
from hengjian.exchange.outbox import announce
from hengjian.ratings.ballots.collecting import swept, take_in
from hengjian.ratings.ballots.models import Release
from hengjian.ratings.ballots.releases import release_due
from hengjian.ratings.ballots.rules import Rules


def nightly(now: datetime, rules: Rules) -> list[Release]:
    """Put what came in into the box, then release what is due; whoever subscribed hears that some came out.

    One notice a night, however many came out and of whom.
    Clause: NORMS L5
    """
    take_in(now)
    swept()
    with transaction.atomic():
        made = release_due(now, rules, secrets.randbelow)
        if made:
            announce(Kind.RELEASED, "", now)
    return made
