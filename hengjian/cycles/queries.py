"""Reads of this room. Whoever calls checks scope and permission first (hengjian.access.permissions).

Every figure comes from the stored sheet and snapshot; names of persons are joined from the roster
here and nowhere else.
"""

from collections.abc import Collection, Iterable

from hengjian.cycles import errors, missing, ranks, records, storing, wording
from hengjian.cycles.models import AuditEntry, Cycle, Publication, StoredPolicy, StoredSheet, StoredSnapshot
from hengjian.cycles.shapes import (
    AuditRow,
    CycleDetail,
    CycleRow,
    GroupRow,
    Missing,
    OwnSeat,
    PublicationRow,
    Ranking,
    RecordView,
    SeatSheet,
)
from hengjian.cycles.transitions import State, verbs_from
from hengjian.policy.policy import Policy
from hengjian.scoring.calibrated.fitting import Fitted, fits_of
from hengjian.scoring.calibrated.leads import LeadRow
from hengjian.scoring.calibrated.table import CalibrationTable
from hengjian.scoring.rules import rules_of
from hengjian.scoring.sheet import ScoreSheet, Working
from hengjian.scoring.snapshot import Snapshot
from hengjian.scoring.workings import Workings
from hengjian.terms.period import Period


def list_cycles() -> list[CycleRow]:
    """All cycles, the newest period first."""
    cycles = Cycle.objects.prefetch_related("corrections")
    seats = _seat_counts()
    rows = [_row(cycle, seats.get(cycle.pk, 0)) for cycle in cycles]
    return sorted(rows, key=lambda row: (row.cut_off, row.id), reverse=True)


def cycle_row(cycle_id: str) -> CycleRow:
    """One cycle's row. Refused when unknown."""
    cycle = cycle_of(cycle_id)
    return _row(cycle, _seat_counts(cycle_id).get(cycle_id, 0))


def cycle_of(cycle_id: str) -> Cycle:
    """The cycle with this id. Refused when unknown."""
    try:
        return Cycle.objects.prefetch_related("corrections").get(pk=cycle_id)
    except Cycle.DoesNotExist as gone:
        raise errors.unknown_cycle(cycle_id) from gone


def logged_rows(cycle_id: str) -> list[tuple[str, str]]:
    """Kind and key in the log of a cycle's publication, sheets, snapshots, policies and decisions."""
    cycle = cycle_of(cycle_id)
    kept = StoredSnapshot.objects.filter(cycle=cycle).order_by("id")
    groups = (
        Publication.objects.filter(cycle=cycle),
        StoredSheet.objects.filter(cycle=cycle).order_by("id"),
        kept,
        StoredPolicy.objects.filter(pk__in=kept.values("policy_id")),
        AuditEntry.objects.filter(cycle=cycle).order_by("id"),
    )
    return [
        (rows.model._meta.label_lower, str(pk)) for rows in groups for pk in rows.values_list("pk", flat=True)
    ]


def logged_by_digest(digest: str) -> tuple[str, str] | None:
    """Kind and key in the log of the publication, sheet, snapshot or policy with this digest."""
    named = (
        (Publication, "root"),
        (Publication, "bundle_digest"),
        (StoredSheet, "root"),
        (StoredSnapshot, "root"),
        (StoredPolicy, "digest"),
    )
    for model, field in named:
        rows = model._default_manager.filter(**{field: digest}).order_by("-pk")
        found = rows.values_list("pk", flat=True).first()
        if found is not None:
            return model._meta.label_lower, str(found)
    return None


def cycle_detail(cycle_id: str, *, lacking: bool = True) -> CycleDetail:
    """One cycle with state, audit trail, what is missing, groups, digests. Refused when unknown.

    ``lacking`` False leaves out what is missing and the counts: for an open cycle they take the whole
    snapshot, so that a page may ask for them afterwards (:func:`what_is_missing`).
    """
    cycle = cycle_of(cycle_id)
    frozen = _newest_frozen(cycle)
    scored = storing.last_sheet(cycle)
    found, counts = _lacking(cycle, frozen) if lacking else ((), {})
    return CycleDetail(
        row=_row(cycle, scored.seats if scored else 0),
        organisations=tuple(cycle.organisations),
        levels=tuple(cycle.levels),
        verbs=verbs_from(cycle.state),
        audit=tuple(AuditRow(a.source, a.target, a.by, a.at, a.reason) for a in cycle.audit.order_by("id")),
        missing=found,
        groups=ranks.groups_of(scored) if scored else (),
        snapshot_root=frozen.root if frozen else "",
        sheet_root=scored.root if scored else "",
        policy_digest=frozen.policy_id if frozen else "",
        engine=scored.engine if scored else "",
        code_version=scored.code_version if scored else "",
        publication=_publication(cycle),
        counts=counts,
    )


def policies_used() -> list[str]:
    """The policies, shipped or in folders, that cycles were opened with."""
    return sorted(set(Cycle.objects.values_list("policy", flat=True)))


def what_is_missing(cycle_id: str) -> tuple[Missing, ...]:
    """What a cycle still lacks (live while open, from the snapshot once frozen)."""
    cycle = cycle_of(cycle_id)
    return _lacking(cycle, _newest_frozen(cycle))[0]


def groups(cycle_id: str, seats: frozenset[str] | None = None) -> tuple[GroupRow, ...]:
    """The comparable groups of the newest sheet; with ``seats`` those in which one of them is ranked."""
    return ranks.groups_of(storing.newest_sheet(cycle_of(cycle_id)), seats)


def ranking(
    cycle_id: str,
    group: str = "",
    *,
    order: str = "rank",
    page: int = 1,
    size: int = 50,
    seats: frozenset[str] | None = None,
) -> Ranking:
    """The ranking inside one comparable group; group "" = all, with the caveat of SPEC A3.

    ``order``: rank, total, organisation, or a part (base, zone, post), or an indicator's code.
    ``seats``: those that the reader may see (:mod:`hengjian.cycles.reach`); None: all.
    """
    cycle = cycle_of(cycle_id)
    stored = storing.newest_sheet(cycle)
    row = _row(cycle, stored.seats)
    return ranks.ranking(stored, row, ranks.Wish(group, order, page, size, seats))


def sheet(cycle_id: str) -> ScoreSheet:
    """The newest stored score sheet."""
    return storing.sheet_of(storing.newest_sheet(cycle_of(cycle_id)))


def calibration_of(cycle_id: str) -> CalibrationTable | None:
    """What calibration found, as frozen with the newest sheet; None where nothing was calibrated."""
    return sheet(cycle_id).calibration


def calibration_leads(cycle_id: str) -> tuple[LeadRow, ...]:
    """What a person should look at in the marks of the newest sheet; only for who may see suspicions."""
    return storing.leads_of(storing.newest_sheet(cycle_of(cycle_id)))


def calibration_fits(cycle_id: str) -> tuple[Fitted, ...]:
    """The fits behind the calibration, part by part, with the joint covariance of all officials."""
    snapshot, policy = facts(cycle_id)
    rules = rules_of(policy, snapshot.seats)
    return fits_of(snapshot, rules.calibration, rules.groups, rules.instruments)


def seat_sheet(cycle_id: str, seat: str) -> SeatSheet:
    """An official's score sheet."""
    cycle = cycle_of(cycle_id)
    stored = storing.newest_sheet(cycle)
    return ranks.seat_sheet(stored, _row(cycle, stored.seats), seat)


def own_seats(official_ids: Iterable[str]) -> tuple[OwnSeat, ...]:
    """The seats of these officials in results that are published, the newest first."""
    wanted, found = set(official_ids), []
    for row in list_cycles():
        if row.state not in {State.PUBLISHED, State.SUPERSEDED}:
            continue
        seats = facts(row.id)[0].seats
        found += [OwnSeat(row, s.id, s.title) for s in seats if s.official in wanted]
    return tuple(found)


def facts(cycle_id: str) -> tuple[Snapshot, Policy]:
    """What the newest sheet was scored from: the frozen facts and rules."""
    stored = storing.newest_sheet(cycle_of(cycle_id))
    return storing.snapshot_of(stored.snapshot), storing.policy_of(stored.snapshot)


def working_tree(cycle_id: str, seat: str) -> Working:
    """How the total of a seat came out, down to the records."""
    stored = storing.newest_sheet(cycle_of(cycle_id))
    ranks.seat_in(stored, seat)
    return storing.workings_of(stored).tree(seat)


def workings_behind(cycle_id: str) -> Workings:
    """The workings of all seats of the newest sheet."""
    return storing.workings_of(storing.newest_sheet(cycle_of(cycle_id)))


def record(cycle_id: str, digest: str, hidden: Collection[str] = ()) -> RecordView:
    """The record with this digest, as it stands in the cycle's snapshot; fields named ``hidden`` masked."""
    stored = storing.newest_snapshot(cycle_of(cycle_id))
    return records.view(storing.snapshot_of(stored), storing.policy_of(stored), digest, hidden)


def _lacking(cycle: Cycle, frozen: StoredSnapshot | None) -> tuple[tuple[Missing, ...], dict[str, int]]:
    """What is missing, and how much there is."""
    if frozen is None:
        return missing.live(cycle)
    known = storing.snapshot_of(frozen)
    return missing.of(known, storing.policy_of(frozen)), missing.counts_of(known)


def _newest_frozen(cycle: Cycle) -> StoredSnapshot | None:
    if cycle.state == State.OPEN:
        return None
    return storing.last_snapshot(cycle)


def _publication(cycle: Cycle) -> PublicationRow | None:
    made = Publication.objects.filter(cycle=cycle).first()
    if made is None:
        return None
    return PublicationRow(made.root, made.bundle_digest, made.path, made.by, made.at)


def _seat_counts(cycle_id: str = "") -> dict[str, int]:
    stored = StoredSheet.objects.order_by("id")
    if cycle_id:
        stored = stored.filter(cycle=cycle_id)
    return dict(stored.values_list("cycle_id", "seats"))


def _row(cycle: Cycle, seats: int) -> CycleRow:
    corrections = [c for c in cycle.corrections.all() if cycle.state == State.SUPERSEDED]
    return CycleRow(
        id=cycle.pk,
        title=cycle.title,
        period=cycle.period,
        period_title=wording.period_title(Period(cycle.period)),
        policy=cycle.policy,
        state=cycle.state,
        state_name=str(State(cycle.state).label),
        synthetic=cycle.synthetic,
        on=cycle.on,
        cut_off=cycle.cut_off,
        seats=seats,
        supersedes=cycle.supersedes_id or "",
        superseded_by=corrections[-1].pk if corrections else "",
    )
