"""What the committee sees of a cycle's calibration, and the edits that it makes with a reason."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from hengjian.cycles import collect, queries, storing
from hengjian.cycles.models import Cycle
from hengjian.cycles.shapes import CycleRow
from hengjian.cycles.transitions import State
from hengjian.policy.model import PanelGroup
from hengjian.policy.policy import Policy
from hengjian.scoring.calibrated.table import CalibrationTable
from hengjian.scoring.facts import facts_of
from hengjian.scoring.rules import rules_of
from hengjian.scoring.snapshot import Seat, Snapshot
from hengjian.terms.errors import HengjianError, Refused


@dataclass(frozen=True)
class Edit:
    """Points that a named person added or took away, with reason and clause."""

    seat: str
    points: float
    reason: str
    clause: str
    author: str
    on: date


@dataclass(frozen=True)
class Committee:
    """A cycle's calibration before the committee. ``live``: of an open cycle, as it would be frozen now."""

    cycle: CycleRow
    table: CalibrationTable | None
    seats: Mapping[str, Seat]
    groups: Mapping[str, PanelGroup]
    edits: tuple[Edit, ...]
    live: bool
    reason: str = ""


def committee(cycle_id: str) -> Committee:
    """The calibration of a cycle: of its sheet, or of what an open cycle would freeze now."""
    cycle = queries.cycle_of(cycle_id)
    row, edits = queries.cycle_row(cycle_id), edits_of(cycle)
    live = cycle.state == State.OPEN
    try:
        snapshot, policy, table = _live(cycle) if live else _stored(cycle)
    except HengjianError as refused:
        return Committee(row, None, {}, {}, edits, live, str(refused.what))
    return Committee(
        cycle=row,
        table=table,
        seats={seat.id: seat for seat in snapshot.seats},
        groups={group.code: group for group in policy.groups},
        edits=edits,
        live=live,
        reason="" if table else _("这套制度没有要校准的评价主体，或还没有分评分人的评分。"),
    )


def edits_of(cycle: Cycle) -> tuple[Edit, ...]:
    """What was added and taken away, in order."""
    held = cycle.adjustments.standing().order_by("id")
    return tuple(Edit(one.seat, one.points, one.reason, one.clause, one.author, one.on) for one in held)


def table_of(cycle_id: str) -> CalibrationTable | None:
    """The calibration that was frozen with a cycle's newest sheet."""
    try:
        return queries.calibration_of(cycle_id)
    except Refused:
        return None


def _live(cycle: Cycle) -> tuple[Snapshot, Policy, CalibrationTable | None]:
    policy, _files = storing.policy_now(cycle.policy, cycle.on)
    snapshot = collect.snapshot_of(cycle, policy)
    return snapshot, policy, facts_of(snapshot, rules_of(policy, snapshot.seats)).calibration


def _stored(cycle: Cycle) -> tuple[Snapshot, Policy, CalibrationTable | None]:
    stored = storing.newest_sheet(cycle)
    sheet = storing.sheet_of(stored)
    return storing.snapshot_of(stored.snapshot), storing.policy_of(stored.snapshot), sheet.calibration
