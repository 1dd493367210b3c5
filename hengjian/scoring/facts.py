"""A snapshot as columns: one row a seat, in the order of seat ids, whatever order it came in."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hengjian.scoring.calibrated.fitting import calibrated_of
from hengjian.scoring.calibrated.table import CalibrationTable
from hengjian.scoring.rules import Rules
from hengjian.scoring.snapshot import Seat, Snapshot
from hengjian.terms.errors import Refused

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Facts:
    """Seats in order of their ids, with their cards, organisations and comparable groups as numbers.

    Clause: SPEC F3
    Shapes: organisation, group (n,); weights (n, indicators) in percent, 0 where not on the card;
    card (n,) row of ``cards``; not_applicable (n, indicators).
    """

    snapshot: Snapshot
    rules: Rules
    seats: tuple[Seat, ...]
    row: dict[str, int]
    organisations: tuple[str, ...]
    organisation: Ints
    indicators: tuple[str, ...]
    column: dict[str, int]
    parts: tuple[str, ...]
    part: tuple[str, ...]
    cards: Floats
    card: Ints
    not_applicable: Bools
    groups: tuple[str, ...]
    group: Ints
    calibration: CalibrationTable | None = None

    @property
    def weights(self) -> Floats:
        """Weights in percent, one row a seat.

        Clause: SPEC A2
        """
        return self.cards[self.card]

    @property
    def expected(self) -> Bools:
        """Where a seat's card has the indicator and it applies to the seat.

        Clause: SPEC A9
        """
        return (self.weights > 0.0) & ~self.not_applicable


def numbered(names: Iterable[str]) -> tuple[tuple[str, ...], dict[str, int]]:
    """Distinct names in order, and the number of each.

    Clause: SPEC F3
    """
    order = tuple(sorted(set(names)))
    return order, {name: at for at, name in enumerate(order)}


def facts_of(
    snapshot: Snapshot,
    rules: Rules,
    groups: Sequence[str] = (),
    calibration: CalibrationTable | None = None,
) -> Facts:
    """Lay out the seats of a snapshot under the rules.

    Clause: SPEC F3
    ``groups``: the comparable groups of the whole, when these seats are a part of it. ``calibration``: the
    table of the whole, or the stated one that is being verified; fitted here when it is not given.
    Raises: Refused for a seat that stands twice, or a record of a seat that does not exist.
    """
    seats = tuple(sorted(snapshot.seats, key=lambda seat: seat.id))
    row = {seat.id: at for at, seat in enumerate(seats)}
    _refuse_strangers(snapshot, seats, row)
    organisations, place = numbered(seat.organisation for seat in seats)
    indicators, column = numbered(rules.indicators)
    part = _parts(rules, indicators)
    keys, card_row = _cards(rules, indicators)
    own = [group_key(seat, rules.comparison.keys) for seat in seats]
    names, group_row = numbered([*own, *groups])
    if calibration is None:
        of_seat = {seat.id: key for seat, key in zip(seats, own, strict=True)}
        calibration = calibrated_of(snapshot, rules.calibration, rules.groups, rules.instruments, of_seat)
    return Facts(
        snapshot=snapshot,
        rules=rules,
        seats=seats,
        row=row,
        organisations=organisations,
        organisation=_ints(place[seat.organisation] for seat in seats),
        indicators=indicators,
        column=column,
        parts=tuple(dict.fromkeys(_part_order(rules, part))),
        part=part,
        cards=keys,
        card=_ints(card_row[(seat.zone, seat.category, seat.county)] for seat in seats),
        not_applicable=_not_applicable(snapshot, row, column, (len(seats), len(indicators))),
        groups=names,
        group=_ints(group_row[key] for key in own),
        calibration=calibration,
    )


def group_key(seat: Seat, keys: Sequence[str]) -> str:
    """The comparable group of a seat, such as ``ecological/township/principal``.

    Clause: SPEC A3
    """
    return "/".join(str(getattr(seat, key)) for key in keys) or "all"


def _ints(values: Iterable[int]) -> Ints:
    return np.fromiter(values, dtype=np.int64)


def _refuse_strangers(snapshot: Snapshot, seats: Sequence[Seat], row: dict[str, int]) -> None:
    if len(row) != len(seats):
        twice = sorted({s.id for s in seats if sum(t.id == s.id for t in seats) > 1})
        raise Refused(f"任职重复：{'、'.join(twice[:5])}", do="每个任职只能出现一次", code="facts.seat_twice")
    named = {record.seat for part in (snapshot.marks, snapshot.not_applicable, snapshot.adjustments,
                                      snapshot.previous, snapshot.releases,
                                      snapshot.rated) for record in part}  # fmt: skip
    strangers = sorted(named - row.keys())
    if strangers:
        raise Refused(
            f"记录指向快照中没有的任职：{'、'.join(strangers[:5])}",
            do="请核对任职编号",
            code="facts.seat_unknown",
        )


def _parts(rules: Rules, indicators: Sequence[str]) -> tuple[str, ...]:
    found: dict[str, str] = {}
    for card in rules.cards.values():
        for line in card.lines:
            if found.setdefault(line.indicator, line.part) != line.part:
                raise Refused(
                    f"指标 {line.indicator} 在不同计分表中属于不同部分",
                    where=f"{card.provenance.file}:{card.provenance.line}",
                    do="同一指标只能属于一个部分",
                    code="facts.part",
                )
    return tuple(found[code] for code in indicators)


def _part_order(rules: Rules, part: Sequence[str]) -> list[str]:
    named = [code for card in rules.cards.values() for code in card.parts]
    return [code for code in dict.fromkeys(named) if code in part] + sorted(part)


def _cards(rules: Rules, indicators: Sequence[str]) -> tuple[Floats, dict[tuple[str, str, str], int]]:
    cards = np.zeros((len(rules.cards), len(indicators)))
    place = {code: at for at, code in enumerate(indicators)}
    for at, card in enumerate(rules.cards.values()):
        for line in card.lines:
            cards[at, place[line.indicator]] = line.weight
    return cards, {key: at for at, key in enumerate(rules.cards)}


def _not_applicable(
    snapshot: Snapshot, row: dict[str, int], column: dict[str, int], shape: tuple[int, int]
) -> Bools:
    table = np.zeros(shape, dtype=np.bool_)
    for record in snapshot.not_applicable:
        if record.indicator in column:
            table[row[record.seat], column[record.indicator]] = True
    return table
