"""Snapshots, sheets and policies as stored rows: the very bytes that go into a bundle, compressed.

A stored row is never changed, so what was read from it once may be kept in memory by its root.
"""

import json
import zlib
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from datetime import date
from importlib.metadata import PackageNotFoundError, version

from django.utils.translation import gettext as _

from hengjian.cycles.keeping import kept
from hengjian.cycles.models import Cycle, StoredPolicy, StoredSheet, StoredSnapshot
from hengjian.cycles.transitions import Audit
from hengjian.notary.recording import notarise
from hengjian.policy.folder import PolicyFolder, from_files, load, shipped
from hengjian.policy.policy import Policy
from hengjian.scoring.calibrated.leads import LeadRow
from hengjian.scoring.calibrated.table import CalibrationTable
from hengjian.scoring.record import (
    CALIBRATION,
    calibration_lines,
    lead_lines,
    read_calibration,
    read_leads,
    read_parts,
    read_sheet,
    sheet_lines,
    snapshot_root,
    write_parts,
)
from hengjian.scoring.sheet import ScoreSheet
from hengjian.scoring.snapshot import Snapshot
from hengjian.scoring.workings import Workings, workings
from hengjian.terms.errors import Refused

KEPT = 16
# whole snapshots and sheets are megabytes: read when they are asked for, not with every row that names them
HEAVY = ("lines", "snapshot__parts", "snapshot__policy__files")
SECOND_PERSON = "cycle.second_person"
LEADS = "leads"


def packed(parts: Mapping[str, bytes]) -> bytes:
    """Named parts in one compressed value."""
    named = {name: b64encode(data).decode("ascii") for name, data in sorted(parts.items())}
    return zlib.compress(json.dumps(named).encode("ascii"), 6)


def unpacked(data: bytes) -> dict[str, bytes]:
    """The parts of :func:`packed`."""
    named = json.loads(zlib.decompress(data))
    return {name: b64decode(text) for name, text in named.items()}


def policy_now(source: str, on: date) -> tuple[Policy, dict[str, bytes]]:
    """A policy as its files stand now, and the files."""
    folder = load(shipped().get(source, source))
    return folder.in_force(on), dict(folder.files)


def keep_snapshot(
    cycle: Cycle, snapshot: Snapshot, policy: Policy, files: Mapping[str, bytes], audit: Audit
) -> StoredSnapshot:
    """Store a snapshot with the policy's files."""
    parts = write_parts(snapshot)
    kept, new = StoredPolicy.objects.get_or_create(
        digest=policy.digest, defaults={"name": policy.id, "files": packed(files)}
    )
    stored = StoredSnapshot.objects.create(
        cycle=cycle,
        root=snapshot_root(parts),
        policy=kept,
        parts=packed(parts),
        by=audit.by,
        at=audit.at,
    )
    notarise(audit.at, *([kept] if new else []), stored)
    return stored


def keep_sheet(
    stored: StoredSnapshot, sheet: ScoreSheet, engine: str, audit: Audit, leads: Iterable[LeadRow] = ()
) -> StoredSheet:
    """Store the sheet that came out of a snapshot, and beside it the leads for a person."""
    lines = {"sheet": sheet_lines(sheet)}
    lines |= {f"{CALIBRATION}{name}": data for name, data in calibration_lines(sheet.calibration).items()}
    if found := lead_lines(leads):
        lines[LEADS] = found
    kept = StoredSheet.objects.create(
        cycle_id=stored.cycle_id,
        snapshot=stored,
        root=sheet.root,
        lines=packed(lines),
        seats=len(sheet.seats),
        engine=engine,
        code_version=code_version(),
        at=audit.at,
    )
    notarise(audit.at, kept)
    return kept


def last_snapshot(cycle: Cycle) -> StoredSnapshot | None:
    """The snapshot of the last freeze, if there was one; its content is read when it is asked for."""
    rows = cycle.snapshots.select_related("policy").defer("parts", "policy__files")
    return rows.order_by("-id").first()


def last_sheet(cycle: Cycle) -> StoredSheet | None:
    """The sheet of the newest snapshot, if there is one; its content is read when it is asked for."""
    return cycle.sheets.select_related("snapshot__policy").defer(*HEAVY).order_by("-id").first()


def newest_snapshot(cycle: Cycle) -> StoredSnapshot:
    """The snapshot of the last freeze."""
    stored = last_snapshot(cycle)
    if stored is None:
        raise Refused(_("这个周期还没有冻结数据"), do=_("请先冻结"), code="cycles.no_snapshot")
    return stored


def newest_sheet(cycle: Cycle) -> StoredSheet:
    """The sheet of the newest snapshot."""
    stored = last_sheet(cycle)
    if stored is None:
        raise Refused(_("这个周期还没有计分"), do=_("请先计分"), code="cycles.no_sheet")
    return stored


def snapshot_of(stored: StoredSnapshot) -> Snapshot:
    """The facts in a stored snapshot."""
    return _snapshot(stored.pk, stored.root)


def parts_of(stored: StoredSnapshot) -> dict[str, bytes]:
    """The bytes of a stored snapshot, part by part."""
    return unpacked(bytes(stored.parts))


def policy_of(stored: StoredSnapshot) -> Policy:
    """The policy that was frozen with a snapshot, on the cycle's day."""
    return _policy(stored.policy_id, snapshot_of(stored).cycle.on)


def policy_files(stored: StoredSnapshot) -> dict[str, bytes]:
    """The files of the frozen policy, verbatim."""
    return unpacked(bytes(stored.policy.files))


def sheet_of(stored: StoredSheet) -> ScoreSheet:
    """The stored score sheet."""
    return _sheet(stored.pk, stored.root)


def workings_of(stored: StoredSheet) -> Workings:
    """The workings behind a stored sheet, worked out once and found to agree with it.

    Raises: Tampered when the sheet's totals are not the ones that the workings give.
    """
    return _workings(stored.pk, stored.root)


def table_in(lines: Mapping[str, bytes]) -> CalibrationTable | None:
    """The calibration table among a stored sheet's lines."""
    parts = {name: data for name, data in lines.items() if name.startswith(CALIBRATION)}
    return read_calibration({name.removeprefix(CALIBRATION): data for name, data in parts.items()})


def leads_of(stored: StoredSheet) -> tuple[LeadRow, ...]:
    """The leads that were kept with a sheet."""
    return read_leads(unpacked(bytes(stored.lines)).get(LEADS, b""))


def second_person_needed(stored: StoredSnapshot) -> bool:
    """Whether the frozen policy wants another person to review than froze and scored."""
    parameter = policy_of(stored).parameters.get(SECOND_PERSON)
    return True if parameter is None else bool(parameter.value)


def code_version() -> str:
    """The version of this program."""
    try:
        return version("hengjian")
    except PackageNotFoundError:
        return "unknown"


@kept(KEPT)
def _snapshot(pk: int, _root: str) -> Snapshot:
    return read_parts(parts_of(StoredSnapshot.objects.get(pk=pk)))


@kept(KEPT)
def _workings(pk: int, _root: str) -> Workings:
    stored = StoredSheet.objects.select_related("snapshot__policy").defer(*HEAVY).get(pk=pk)
    return workings(snapshot_of(stored.snapshot), policy_of(stored.snapshot), sheet_of(stored))


def _policy(digest: str, on: date) -> Policy:
    return _folder(digest).in_force(on)


@kept(KEPT)
def _folder(digest: str) -> PolicyFolder:
    return from_files(unpacked(bytes(StoredPolicy.objects.get(pk=digest).files)))


@kept(KEPT)
def _sheet(pk: int, root: str) -> ScoreSheet:
    stored = StoredSheet.objects.select_related("snapshot").defer("snapshot__parts").get(pk=pk)
    facts = snapshot_of(stored.snapshot)
    lines = unpacked(bytes(stored.lines))
    return ScoreSheet(
        cycle=facts.cycle.id,
        policy=facts.cycle.policy,
        policy_digest=stored.snapshot.policy_id,
        snapshot_root=stored.snapshot.root,
        seats=read_sheet(lines["sheet"]),
        root=root,
        calibration=table_in(lines),
    )
