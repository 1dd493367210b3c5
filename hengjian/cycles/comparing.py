"""Two scored cycles beside each other. Their facts and rules are frozen, so what was worked out is kept."""

from hengjian.cycles import queries, storing
from hengjian.cycles.keeping import kept
from hengjian.cycles.models import StoredSheet
from hengjian.scoring.compare import Change, Comparison, Pair
from hengjian.scoring.hybrids import Side

KEPT = 12  # pairs, every order of four results; each holds all seats for every mixture that was asked for


def changes_between(before: str, after: str) -> tuple[Change, ...]:
    """Both results of every seat that stands in both cycles."""
    return _changes(*_newest(before), *_newest(after))


def explained(before: str, after: str, seat: str) -> Comparison:
    """Each cause's share of one seat's difference. Refused when the seat is not in both."""
    return _pair(*_newest(before), *_newest(after)).explained([seat])[0]


def _newest(cycle_id: str) -> tuple[int, str]:
    stored = storing.newest_sheet(queries.cycle_of(cycle_id))
    return stored.pk, stored.root


@kept(KEPT)
def _pair(before: int, _old: str, after: int, _new: str) -> Pair:
    return Pair(_side(before), _side(after))


@kept(KEPT)
def _changes(before: int, old: str, after: int, new: str) -> tuple[Change, ...]:
    return _pair(before, old, after, new).changes()


def _side(pk: int) -> Side:
    stored = StoredSheet.objects.select_related("snapshot__policy").defer(*storing.HEAVY).get(pk=pk)
    return storing.snapshot_of(stored.snapshot), storing.policy_of(stored.snapshot)
