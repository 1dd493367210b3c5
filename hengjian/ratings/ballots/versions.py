"""The versions of a ballot by its receipt's code, of today and in the box."""

import uuid
from dataclasses import dataclass
from datetime import date

from hengjian.ratings.ballots.models import Arrival, Ballot
from hengjian.ratings.ballots.receipts import digest
from hengjian.ratings.ballots.role import redeeming


@dataclass(frozen=True)
class Version:
    """Of one version what finds it; never what it says."""

    id: uuid.UUID
    key: str
    supersedes: uuid.UUID | None
    how: str
    on: date
    in_box: bool = True


def versions_of(code: str) -> list[Version]:
    """All versions of the ballot with this receipt, the first among them; none for an unknown code."""
    wanted, found = digest(code), []
    with redeeming():
        for first in (True, False):  # each has an index of its own
            rows = Ballot.objects.filter(receipt=wanted, supersedes__isnull=first).values_list(
                "id", "key_id", "supersedes_id", "how", "on"
            )
            found += [Version(*row) for row in rows]
            new = Arrival.objects.filter(receipt=bytes.fromhex(wanted), supersedes__isnull=first)
            today = new.values_list("id", "key", "supersedes", "how", "on")
            found += [
                Version(number, bytes(key).hex(), supersedes, how, on, in_box=False)
                for number, key, supersedes, how, on in today
            ]
    return found
