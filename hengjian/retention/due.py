"""What of a class is due on a day, and what of it is held back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from hengjian.retention.classes import DataClass
from hengjian.retention.models import Hold
from hengjian.retention.terms import Term

AT_ONCE = 2_000


@dataclass(frozen=True)
class Found:
    """Units that may go, and units that are due but held back."""

    of: DataClass
    free: frozenset[str]
    held: frozenset[str]

    def rows(self) -> int:
        """How many records the units that may go consist of."""
        keys = sorted(self.free)
        return sum(
            table.of(keys[start : start + AT_ONCE]).count()
            for start in range(0, len(keys), AT_ONCE)
            for table in self.of.tables
        )


def found(chosen: DataClass, terms: Mapping[str, Term], on: date) -> Found:
    """Look what is due; a class without a term in the policy, or kept for good, never is.

    Clause: SPEC T-I9
    """
    term = terms.get(chosen.name)
    if term is None or term.months == 0:
        return Found(chosen, frozenset(), frozenset())
    due = chosen.due(term.before(on))
    keys = sorted({str(key) for key in due.values_list(chosen.unit, flat=True)})
    held = held_back(chosen, keys, on)
    return Found(chosen, frozenset(keys) - held, frozenset(held))


def held_back(chosen: DataClass, keys: Sequence[str], on: date) -> set[str]:
    """Which of these units a procedure that is not over, or a hold, keeps from being destroyed."""
    held: set[str] = set()
    for start in range(0, len(keys), AT_ONCE):
        part = keys[start : start + AT_ONCE]
        held |= chosen.held(part, on) | _by_hold(chosen, part)
    return held


def _by_hold(chosen: DataClass, keys: Sequence[str]) -> set[str]:
    """Where a class cannot tell whom a unit is about, a hold for one person holds all of it."""
    holds = Hold.objects.filter(Q(data_class="") | Q(data_class=chosen.name), ending=None)
    persons = set(holds.values_list("official", flat=True))
    if not persons:
        return set()
    if "" in persons or not chosen.official:
        return set(keys)
    model = chosen.due(date.max).model if chosen.unit == "pk" else None
    if model is None:
        return persons & set(keys)
    match = "overlap" if chosen.trace else "in"
    rows = model._default_manager.filter(pk__in=keys, **{f"{chosen.official}__{match}": list(persons)})
    return {str(key) for key in rows.values_list("pk", flat=True)}
