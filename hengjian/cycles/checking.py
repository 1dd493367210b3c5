"""Recompute a cycle from what is stored and say what no longer agrees.

Every byte is read from the database each time. Only a page that is looked at again, :func:`looked_at`, takes
what came out of the very same bytes before instead of working it out once more.

What is caught: a changed byte of a stored snapshot, policy or sheet; a changed root; a sheet that
the stored facts and rules do not give; a bundle that is gone or is not the one that was published.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import TypeVar
from zlib import error as ZlibError  # noqa: N812

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from hengjian.cycles import errors, storing
from hengjian.cycles.keeping import kept
from hengjian.cycles.models import Cycle, Publication, StoredSheet, StoredSnapshot
from hengjian.cycles.transitions import State
from hengjian.policy import PolicyFolder, from_files
from hengjian.policy.policy import Policy
from hengjian.scoring.assess import assess
from hengjian.scoring.calibrated.checking import beyond_rounding
from hengjian.scoring.calibrated.table import CalibrationTable
from hengjian.scoring.record import read_parts, read_sheet, sheet_root, snapshot_root
from hengjian.scoring.shards import calibration_of
from hengjian.scoring.sheet import ScoreSheet
from hengjian.scoring.snapshot import Snapshot
from hengjian.scoring.verify import Check, Finding, Verification, differences
from hengjian.terms.canonical import digest
from hengjian.terms.errors import HengjianError

T = TypeVar("T")
SNAPSHOT, POLICY, SHEET, BUNDLE, STATE = "snapshot", "policy", "sheet", "bundle", "cycle"
CALIBRATION = "calibration"
KEPT = 4  # results


def verify_cycle(cycle_id: str) -> Verification:
    """Recompute the newest result of a cycle and compare every figure and digest."""
    cycle, stated = _stated(cycle_id)
    return _verified(cycle, _Recomputed(stated))


def looked_at(cycle_id: str) -> Verification:
    """The same for a page: recomputed once in this process, as long as every stored byte stays the same."""
    cycle, stated = _stated(cycle_id)
    return _verified(cycle, _recomputed(stated))


@dataclass(frozen=True)
class _Stated:
    """What stands in the database of one result; equal to another when every byte and root is."""

    digest: str
    language: str | None  # findings are worded in it
    stored: StoredSheet = field(compare=False)


def _stated(cycle_id: str) -> tuple[Cycle, _Stated]:
    try:
        cycle = Cycle.objects.get(pk=cycle_id)
    except Cycle.DoesNotExist as gone:
        raise errors.unknown_cycle(cycle_id) from gone
    stored = storing.newest_sheet(cycle)
    kept = stored.snapshot
    roots = "\n".join((cycle.pk, stored.root, kept.root, kept.policy_id)).encode()
    parts = (roots, bytes(stored.lines), bytes(kept.parts), bytes(kept.policy.files))
    return cycle, _Stated("".join(digest(part) for part in parts), get_language(), stored)


def _verified(cycle: Cycle, again: "_Recomputed") -> Verification:
    beside = _Beside(cycle, again.root)
    return Verification(
        ok=not again.findings and not beside.findings,
        checks=(*again.checks, *beside.checks),
        findings=(*again.findings, *beside.findings),
        root=again.root,
        seats=again.seats,
        manifest={"synthetic": cycle.synthetic, "cycle": cycle.pk},
    )


class _Findings:
    def __init__(self) -> None:
        self.checks: list[Check] = []
        self.findings: list[Finding] = []

    def _agree(self, part: str, name: str, stated: object, found: object, text: str) -> None:
        agrees = stated == found
        self.checks.append(Check(part, name, agrees))
        if not agrees:
            self.findings.append(Finding(part, "", str(stated), str(found), text))


class _Recomputed(_Findings):
    """What the stored facts and rules give, beside what is stored. Depends on nothing but ``stated``."""

    def __init__(self, stated: _Stated) -> None:
        super().__init__()
        self.stored = stated.stored
        kept = self.stored.snapshot
        facts, folder = self._facts(kept), self._policy(kept)
        self.root, self.seats = "", 0
        if facts is not None and folder is not None:
            self.root, self.seats = self._figures(facts, folder)

    def _unreadable(self, part: str, why: str) -> None:
        self.checks.append(Check(part, _("可读"), ok=False))
        text = _("%(part)s 读不出来：%(why)s") % {"part": part, "why": why}
        self.findings.append(Finding(part, "", "", "", text))

    def _facts(self, kept: StoredSnapshot) -> Snapshot | None:
        parts = _read(lambda: storing.parts_of(kept))
        if isinstance(parts, str):
            self._unreadable(SNAPSHOT, parts)
            return None
        found = snapshot_root(parts)
        self._agree(SNAPSHOT, _("快照根摘要"), kept.root, found, _("库中的快照被改动过"))
        facts = _read(lambda: read_parts(parts))
        if isinstance(facts, str):
            self._unreadable(SNAPSHOT, facts)
            return None
        return facts

    def _policy(self, kept: StoredSnapshot) -> PolicyFolder | None:
        folder = _read(lambda: from_files(storing.policy_files(kept)))
        if isinstance(folder, str):
            self._unreadable(POLICY, folder)
            return None
        text = _("库中封存的制度被改动过")
        self._agree(POLICY, _("制度摘要"), kept.policy_id, folder.digest, text)
        return folder

    def _figures(self, facts: Snapshot, folder: PolicyFolder) -> tuple[str, int]:
        policy = folder.in_force(facts.cycle.on)
        table = self._calibration(facts, policy)
        again = assess(facts, policy, calibration=table)
        seats = _read(lambda: read_sheet(storing.unpacked(bytes(self.stored.lines))["sheet"]))
        if isinstance(seats, str):
            self._unreadable(SHEET, seats)
            return again.root, 0
        self._compare({s.seat: s for s in seats}, again)
        held = sheet_root(again.snapshot_root, again.policy_digest, seats, table)
        text = _("库中的得分表与登记的根摘要不符")
        self._agree(SHEET, _("得分表根摘要"), self.stored.root, held, text)
        text = _("按库中的事实和制度重算，根摘要不同")
        self._agree(SHEET, _("重算的根摘要"), self.stored.root, again.root, text)
        return again.root, len(seats)

    def _calibration(self, facts: Snapshot, policy: Policy) -> CalibrationTable | None:
        """Fit again; the stated table counts as long as it agrees to the last digit that machines share."""
        found = calibration_of([facts], policy)
        stated = _read(lambda: storing.table_in(storing.unpacked(bytes(self.stored.lines))))
        if isinstance(stated, str):
            self._unreadable(CALIBRATION, stated)
            return found
        before = len(self.findings)
        for path, a, b in beyond_rounding(differences("", stated, found)):
            text = _("校准结果的 %(path)s：表上为 %(a)s，重算为 %(b)s") % {"path": path, "a": a, "b": b}
            self.findings.append(Finding(CALIBRATION, path, a, b, text))
        if stated is None and found is None:
            return None
        agrees = len(self.findings) == before
        self.checks.append(Check(CALIBRATION, _("校准重算"), agrees))
        return stated if agrees else found

    def _compare(self, stated: Mapping[str, object], again: ScoreSheet) -> None:
        found = {s.seat: s for s in again.seats}
        before = len(self.findings)
        for seat in sorted(stated.keys() | found.keys()):
            for path, a, b in differences("", stated.get(seat), found.get(seat)):
                what = {"seat": seat, "path": path, "a": a, "b": b}
                text = _("任职 %(seat)s 的 %(path)s：表上为 %(a)s，重算为 %(b)s") % what
                self.findings.append(Finding(SHEET, f"{seat}.{path}", a, b, text))
        self.checks.append(Check(SHEET, _("逐项重算"), len(self.findings) == before))


class _Beside(_Findings):
    """What stands beside the result: the publication and the trail of its states."""

    def __init__(self, cycle: Cycle, root: str) -> None:
        super().__init__()
        self.cycle = cycle
        self._published(root)
        self._states()

    def _published(self, root: str) -> None:
        made = Publication.objects.filter(cycle=self.cycle).first()
        if made is None:
            return
        self._agree(BUNDLE, _("公布的根摘要"), made.root, root, _("公布的根摘要与重算的不同"))
        path = Path(made.path)
        found = digest(path.read_bytes()) if path.is_file() else ""
        text = _("结果包 %(path)s 被改动过") if found else _("结果包 %(path)s 不见了")
        name = _("结果包摘要")
        self._agree(BUNDLE, name, made.bundle_digest, found, text % {"path": made.path})

    def _states(self) -> None:
        """The state must be the one that the audit trail leads to."""
        trail = list(self.cycle.audit.order_by("id").values_list("source", "target"))
        whole = bool(trail) and trail[0] == ("", State.OPEN.value)
        whole = whole and all(a[1] == b[0] for a, b in pairwise(trail))
        last = trail[-1][1] if trail else ""
        text = _("状态与变更记录不符")
        self._agree(STATE, _("状态变更记录"), self.cycle.state, last if whole else "", text)


@kept(KEPT)
def _recomputed(stated: _Stated) -> _Recomputed:
    return _Recomputed(stated)


def _read(read: Callable[[], T]) -> T | str:
    """What was read, or why it could not be."""
    try:
        return read()
    except HengjianError as error:
        return str(error)
    except (ZlibError, ValueError, KeyError) as error:
        return type(error).__name__
