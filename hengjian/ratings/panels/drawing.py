"""Who is drawn for a seat, from the roster and the list of outsiders, by the policy's rules.

Nothing is written here: :mod:`hengjian.ratings.panels.rolls` writes what comes out.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Q

from hengjian.ratings.panels.models import Outsider
from hengjian.ratings.panels.rules import EVENTS, OUTSIDERS, Channel, PanelRules
from hengjian.roster.queries import SeatRow, organisations_on, seats_on
from hengjian.roster.ties import Pair, ties_on

PRINCIPAL = "principal"
MIDDLE = "middle"
# sources that draw for members of a leading group only; "own_principals", "same_category" for all others
FOR_LEADING = ("parent_leading_group", "leading_group", "middle_of_organisation", "child_principals")


@dataclass(frozen=True)
class Candidate:
    """Somebody who is drawn: an official or an outsider by code, where, by which source, with which ties."""

    code: str
    home: str
    channel: Channel
    source: str
    official: bool
    signed: bool
    ties: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()


@dataclass
class Ground:
    """What drawing looks at, read once for all seats of a round."""

    rules: PanelRules
    on: date
    seats: Sequence[SeatRow]
    rated: Sequence[SeatRow]
    parents: dict[str, str]
    outsiders: Sequence[Outsider]
    ties: dict[Pair, frozenset[str]]
    _at: dict[str, list[SeatRow]] = field(default_factory=lambda: defaultdict(list))
    _children: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        for seat in self.seats:
            self._at[seat.organisation].append(seat)
        for child, parent in self.parents.items():
            self._children[parent].append(child)

    def at(self, organisation: str) -> list[SeatRow]:
        """The seats of an organisation."""
        return self._at.get(organisation, [])

    def above(self, organisation: str) -> str:
        """The nearest organisation above that has somebody on a post."""
        found = self.parents.get(organisation, "")
        while found and not self.at(found):
            found = self.parents.get(found, "")
        return found

    def below(self, organisation: str) -> list[str]:
        """The organisations directly below."""
        return self._children.get(organisation, [])


def ground(rules: PanelRules, organisations: Sequence[str], on: date) -> Ground:
    """Read the roster once: all seats, the tree, outsiders on a day, ties of those who are rated."""
    seats = seats_on(on)
    wanted = set(organisations)
    rated = [seat for seat in seats if seat.organisation in wanted]
    outsiders = Outsider.objects.filter(since__lte=on).filter(Q(until__isnull=True) | Q(until__gte=on))
    return Ground(
        rules=rules,
        on=on,
        seats=seats,
        rated=rated,
        parents={one.code: one.parent for one in organisations_on(on)},
        outsiders=list(outsiders.select_related("organisation")),
        ties=ties_on(on, {seat.official for seat in rated}),
    )


def candidates(seat: SeatRow, around: Ground) -> list[Candidate]:
    """Everybody whom the rules name for a seat, each once, in the first group that fits.

    Those whom a tie keeps away are among them, with the conflict: the roll shows that they were drawn.
    Clause: SPEC B1, SPEC T-B10
    """
    found: dict[str, Candidate] = {}
    for channel, source in ((one, source) for one in around.rules.channels for source in one.sources):
        for who in _drawn(source, seat, around):
            if who[0] != seat.official and who[0] not in found:
                found[who[0]] = _candidate(who, channel, source, (seat, around))
    return list(found.values())


def by_events(rules: PanelRules, seat: SeatRow) -> set[str]:
    """The channels whose marks come event by event, without a list."""
    return {
        channel.key
        for channel in rules.channels
        if any(one in EVENTS for one in channel.sources) and (channel.group != "public" or seat.public_facing)
    }


def _candidate(
    who: tuple[str, bool, str], channel: Channel, source: str, about: tuple[SeatRow, Ground]
) -> Candidate:
    (code, official, home), (seat, around) = who, about
    kinds = around.ties.get(frozenset((code, seat.official)), frozenset()) if official else frozenset()
    against = kinds & around.rules.conflicting
    return Candidate(
        code, home, channel, source, official, source in around.rules.signing,
        tuple(sorted(kinds - against)), tuple(sorted(against)),
    )  # fmt: skip


def _drawn(source: str, seat: SeatRow, around: Ground) -> Iterator[tuple[str, bool, str]]:
    if source in OUTSIDERS:
        yield from _outside(source, seat, around)
        return
    for one in _inside(source, seat, around):
        yield one.official, True, one.organisation


def _inside(source: str, seat: SeatRow, around: Ground) -> Iterable[SeatRow]:
    leading = around.rules.leading
    if (seat.category in leading) != (source in FOR_LEADING):
        return []
    units, wanted = {
        "own_principals": ([seat.organisation], {PRINCIPAL}),
        "parent_leading_group": ([around.above(seat.organisation)], leading),
        "leading_group": ([seat.organisation], leading),
        "same_category": ([seat.organisation], {seat.category}),
        "middle_of_organisation": ([seat.organisation], {MIDDLE}),
        "child_principals": (around.below(seat.organisation), {PRINCIPAL}),
    }.get(source, ([], frozenset()))
    return [one for unit in units for one in around.at(unit) if one.category in wanted]


def _outside(source: str, seat: SeatRow, around: Ground) -> Iterator[tuple[str, bool, str]]:
    """Staff of the organisation itself; everybody else who covers it: their unit is it or stands above it."""
    kind = OUTSIDERS[source]
    for one in around.outsiders:
        near = one.organisation.code == seat.organisation
        covers = near if source == "staff" else seat.path.startswith(one.organisation.path)
        if one.kind == kind and covers:
            yield one.code, False, one.organisation.code
