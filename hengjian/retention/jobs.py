"""What the worker does for this room every night: carry out what is approved, then look what is due."""

from collections.abc import Mapping
from datetime import datetime

from hengjian.notary.recording import day_of
from hengjian.retention.carrying_out import carry_out
from hengjian.retention.classes import CLASSES
from hengjian.retention.due import found
from hengjian.retention.models import Due, Listing
from hengjian.retention.terms import Term
from hengjian.terms.errors import Refused


def nightly(terms: Mapping[str, Term], now: datetime) -> int:
    """Carry out every approved list, note what is due of each class; gives the number of reports.

    Clause: SPEC T-I9
    """
    done, late = 0, None
    for listing in Listing.objects.filter(approval__agreed=True, report=None).order_by("pk"):
        try:
            carry_out(listing, terms, now)
            done += 1
        except Refused as fault:  # its term was made longer: the others are carried out
            late = fault
    note_due(terms, now)
    if late is not None:
        raise late
    return done


def note_due(terms: Mapping[str, Term], now: datetime) -> None:
    """Note what is due of each class, for the home pages of those who draw up lists."""
    for one in CLASSES:
        looked = found(one, terms, day_of(now))
        Due.objects.update_or_create(
            pk=one.name, defaults={"units": len(looked.free), "held": len(looked.held), "at": now}
        )
