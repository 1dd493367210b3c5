"""Reads of this room. Whoever calls checks scope and permission first (hengjian.access.permissions).

Every figure comes from the stored sheet and snapshot; names of persons are joined from the roster
here and nowhere else.
"""

from hengjian.cycles.shapes import (
    CycleDetail,
    CycleRow,
    GroupRow,
    Missing,
    Ranking,
    RecordView,
    SeatSheet,
)
from hengjian.scoring.sheet import ScoreSheet, Working


def list_cycles() -> list[CycleRow]:
    """All cycles, the newest period first."""
    raise NotImplementedError


def cycle_detail(cycle_id: str) -> CycleDetail:
    """One cycle with state, audit trail, what is missing, groups, digests. Refused when unknown."""
    raise NotImplementedError


def what_is_missing(cycle_id: str) -> tuple[Missing, ...]:
    """What a cycle still lacks (live while open, from the snapshot once frozen)."""
    raise NotImplementedError


def groups(cycle_id: str) -> tuple[GroupRow, ...]:
    """The comparable groups of the newest sheet."""
    raise NotImplementedError


def ranking(
    cycle_id: str, group: str = "", *, order: str = "rank", page: int = 1, size: int = 50
) -> Ranking:
    """The ranking inside one comparable group; group "" = all, with the caveat of SPEC A3.

    ``order``: rank, total, organisation, or a part (base, zone, post), or an indicator's code.
    """
    raise NotImplementedError


def sheet(cycle_id: str) -> ScoreSheet:
    """The newest stored score sheet."""
    raise NotImplementedError


def seat_sheet(cycle_id: str, seat: str) -> SeatSheet:
    """An official's score sheet."""
    raise NotImplementedError


def working_tree(cycle_id: str, seat: str) -> Working:
    """How the total of a seat came out, down to the records."""
    raise NotImplementedError


def record(cycle_id: str, digest: str) -> RecordView:
    """The record with this digest, as it stands in the cycle's snapshot."""
    raise NotImplementedError
