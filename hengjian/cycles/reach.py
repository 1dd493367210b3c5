"""Which seats of a frozen result a reader's grants reach.

A grant names an organisation by the codes from the city down (``9901/990102``); it reaches that one and
those under it, as they stood when the result was frozen.
"""

from collections.abc import Mapping, Sequence

from hengjian.cycles import queries, storing
from hengjian.cycles.keeping import kept
from hengjian.cycles.models import StoredSheet, StoredSnapshot
from hengjian.scoring.snapshot import Unit
from hengjian.terms.errors import Refused

WHOLE = ("",)  # the reach of a grant for the whole city
UNKNOWN = "?"  # under no organisation: only who reads the whole city reads it
KEPT = 16


def path_in(units: Mapping[str, Unit], code: str) -> str:
    """Where an organisation stands, as grants name it: the codes from the city down."""
    found: list[str] = []
    at = code
    while at in units and at not in found:
        found.append(at)
        at = units[at].parent
    return "/".join(reversed(found))


def path_of(cycle_id: str, code: str) -> str:
    """Where an organisation stood in a cycle. Refused when nothing is scored yet."""
    facts = storing.snapshot_of(storing.newest_sheet(queries.cycle_of(cycle_id)).snapshot)
    return path_in({one.code: one for one in facts.units}, code)


def path_of_seat(cycle_id: str, seat: str) -> str:
    """Where a seat stood in a cycle; for a seat that it has not, a path under no organisation."""
    try:
        stored = storing.newest_sheet(queries.cycle_of(cycle_id))
    except Refused:
        return UNKNOWN
    return _paths(stored.snapshot_id, stored.snapshot.root).get(seat) or UNKNOWN


def reached(stored: StoredSheet, scopes: Sequence[str]) -> frozenset[str] | None:
    """The seats of a sheet within these organisations; None: all of them."""
    if "" in scopes:
        return None
    paths = _paths(stored.snapshot_id, stored.snapshot.root)
    return frozenset(seat for seat, path in paths.items() if any(_within(path, one) for one in scopes))


def reached_in(cycle_id: str, scopes: Sequence[str]) -> frozenset[str] | None:
    """The same for a cycle's newest sheet. Refused when nothing is scored yet."""
    return reached(storing.newest_sheet(queries.cycle_of(cycle_id)), scopes)


def _within(path: str, scope: str) -> bool:
    return path == scope or path.startswith(f"{scope}/")


@kept(KEPT)
def _paths(pk: int, _root: str) -> Mapping[str, str]:
    facts = storing.snapshot_of(StoredSnapshot.objects.defer("parts").get(pk=pk))
    units = {one.code: one for one in facts.units}
    return {one.id: path_in(units, one.organisation) for one in facts.seats}
