"""Recompute a published result from its own facts and rules, and say what does not agree.

What is caught, and how:

* a digit changed in one part: the part's digest in the manifest differs, and so do the figures
  that depend on it, seat by seat;
* the same with the manifest's digest mended: snapshot root and policy digest no longer give the
  root, and the recomputed figures differ from the sheet's;
* figures changed together with all digests and the root: recomputation shows every one of them;
* facts, rules, figures and digests all made anew, so that the file is consistent in itself: only
  the root published elsewhere can tell, and it does (``expected_root``).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from hengjian.policy import PolicyFolder
from hengjian.scoring.assess import assess
from hengjian.scoring.bundle import (
    MANIFEST,
    POLICY,
    SHEET,
    SNAPSHOT,
    calibration_in,
    facts_in,
    faults_of,
    manifest_of,
    policy_in,
    snapshot_in,
)
from hengjian.scoring.calibrated.checking import beyond_rounding
from hengjian.scoring.calibrated.table import CalibrationTable
from hengjian.scoring.container import Contents, unpack
from hengjian.scoring.engine.scoring import Engine
from hengjian.scoring.record import CALIBRATION, read_sheet, sheet_root, snapshot_root
from hengjian.scoring.shards import calibration_of
from hengjian.scoring.sheet import ScoreSheet, SeatScore
from hengjian.scoring.snapshot import Snapshot
from hengjian.terms.errors import HengjianError

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Finding:
    """One thing that does not agree: part of the bundle, place in it, what is stated and found.

    Clause: SPEC F3
    """

    part: str
    where: str
    stated: str
    found: str
    text: str


@dataclass(frozen=True)
class Check:
    """One thing that was looked at, and whether it agrees.

    Clause: SPEC F3
    """

    part: str
    name: str
    ok: bool


@dataclass(frozen=True)
class Verification:
    """What a verification found. ``root`` is the recomputed one, empty when nothing could be.

    Clause: SPEC F3
    """

    ok: bool
    checks: tuple[Check, ...]
    findings: tuple[Finding, ...]
    root: str
    seats: int
    manifest: Mapping[str, Any]

    @property
    def text(self) -> str:
        """The outcome in one sentence."""
        if self.ok:
            return f"全部一致：{self.seats} 个任职的每个数字都已重算，根摘要 {self.root}"
        return f"不一致：共 {len(self.findings)} 处"


def verify_bundle(
    path: Path | str,
    expected_root: str = "",
    *,
    engine: Engine = "reference",
    progress: Progress | None = None,
) -> Verification:
    """Recompute everything in a bundle and compare it part by part and figure by figure.

    Clause: SPEC F3
    ``expected_root``: the root as published elsewhere; without it a file that was made anew as a
    whole cannot be told from the true one.
    Raises: Refused for what cannot be read as a bundle at all.
    """
    contents = unpack(Path(path))
    return _Verifier(contents, expected_root.strip().lower(), engine, progress or _silent).run()


def _silent(_text: str) -> None:
    return None


class _Verifier:
    def __init__(self, contents: Contents, expected: str, engine: Engine, progress: Progress) -> None:
        self.contents, self.expected, self.engine, self.say = contents, expected, engine, progress
        self.manifest = manifest_of(contents)
        self.digest = ""
        self.findings: list[Finding] = []
        self.checks: list[Check] = []
        self.table: CalibrationTable | None = self._guarded(CALIBRATION, lambda: calibration_in(contents))

    def run(self) -> Verification:
        self.say("核对各部分的摘要")
        self._parts()
        self.say("读取快照和制度")
        snapshot, folder, seats = self._snapshot(), self._policy(), self._sheet()
        root = ""
        if snapshot is not None and folder is not None:
            self.say(f"按快照和制度重算 {len(snapshot.seats)} 个任职")
            root = self._recompute(snapshot, folder, seats)
        self._roots(root, seats)
        return Verification(
            ok=not self.findings,
            checks=tuple(self.checks),
            findings=tuple(self.findings),
            root=root,
            seats=len(seats or ()),
            manifest=self.manifest,
        )

    def _note(self, part: str, where: str, stated: object, found: object, text: str) -> None:
        self.findings.append(Finding(part, where, str(stated), str(found), text))

    def _checked(self, part: str, name: str, before: int) -> None:
        self.checks.append(Check(part, name, len(self.findings) == before))

    def _parts(self) -> None:
        faults = faults_of(self.contents, self.manifest)
        for part, what in faults:
            self._note(part, "", "", "", f"{part}：{what}")
        faulty = {part for part, _ in faults}
        for part in sorted({*self.manifest["parts"], *self.contents.parts, *faulty} - {MANIFEST}):
            self.checks.append(Check(part, "摘要", part not in faulty))

    def _guarded(self, part: str, read: Callable[[], Any]) -> Any:
        try:
            return read()
        except HengjianError as error:
            for fault in getattr(error, "faults", (error,)):
                where = f"{part}{fault.where}" if part.endswith("/") else fault.where
                self._note(part, fault.where, "", "", f"{where}：{fault.what}")
            return None
        except KeyError:
            self._note(part, "", "", "", f"{part}：缺少这一部分")
            return None

    def _snapshot(self) -> Snapshot | None:
        before = len(self.findings)
        found: Snapshot | None = self._guarded(SNAPSHOT, lambda: snapshot_in(self.contents))
        root = snapshot_root(facts_in(self.contents))
        if root != self.manifest["snapshot_root"]:
            stated = self.manifest["snapshot_root"]
            self._note(SNAPSHOT, "snapshot_root", stated, root, "快照的根摘要与清单不符")
        if found is not None:
            self._labels(found)
        self._checked(SNAPSHOT, "快照根摘要", before)
        return found

    def _labels(self, snapshot: Snapshot) -> None:
        held = {"cycle": snapshot.cycle.id, "synthetic": snapshot.cycle.synthetic}
        for key, value in held.items():
            if self.manifest[key] != value:
                stated = self.manifest[key]
                self._note(MANIFEST, key, stated, value, f"清单中的 {key} 与快照不符")

    def _policy(self) -> PolicyFolder | None:
        before = len(self.findings)
        found: PolicyFolder | None = self._guarded(POLICY, lambda: policy_in(self.contents))
        if found is not None:
            self.digest = found.digest
            for key, value in (("policy_digest", found.digest), ("policy", found.id)):
                if value != self.manifest[key]:
                    stated = self.manifest[key]
                    self._note(POLICY, key, stated, value, f"制度的 {key} 与清单不符")
        self._checked(POLICY, "制度摘要", before)
        return found

    def _sheet(self) -> tuple[SeatScore, ...] | None:
        before = len(self.findings)
        found: tuple[SeatScore, ...] | None = self._guarded(
            SHEET, lambda: read_sheet(self.contents.parts[SHEET])
        )
        self._checked(SHEET, "得分表可读", before)
        return found

    def _recompute(
        self, snapshot: Snapshot, folder: PolicyFolder, seats: tuple[SeatScore, ...] | None
    ) -> str:
        before = len(self.findings)
        table = self._calibration(snapshot, folder)
        sheet: ScoreSheet | None = self._guarded(
            "recomputation",
            lambda: assess(snapshot, folder.in_force(snapshot.cycle.on), self.engine, table),
        )
        if sheet is None:
            self._checked(SHEET, "重算", before)
            return ""
        if seats is not None:
            self._compare(seats, sheet)
        self._checked(SHEET, "逐项重算", before)
        return sheet.root

    def _calibration(self, snapshot: Snapshot, folder: PolicyFolder) -> CalibrationTable | None:
        """Fit again and hold it against the stated table, which counts as long as they agree."""
        before = len(self.findings)
        self.say("重新拟合评分校准")
        stated = self.table
        found = self._guarded(
            CALIBRATION, lambda: calibration_of([snapshot], folder.in_force(snapshot.cycle.on))
        )
        for path, a, b in beyond_rounding(differences("", stated, found)):
            self._note(CALIBRATION, path, a, b, f"校准结果的 {path}：表上为 {a}，重算为 {b}")
        if stated is None and found is None:
            return None
        self._checked(CALIBRATION, "校准重算", before)
        return stated if len(self.findings) == before else found

    def _compare(self, seats: tuple[SeatScore, ...], sheet: ScoreSheet) -> None:
        stated = {seat.seat: seat for seat in seats}
        found = {seat.seat: seat for seat in sheet.seats}
        for name in sorted(stated.keys() | found.keys()):
            if name not in found:
                self._note(SHEET, name, "有", "无", f"任职 {name} 不在快照中")
            elif name not in stated:
                self._note(SHEET, name, "无", "有", f"得分表缺少任职 {name}")
            elif stated[name] != found[name]:
                for field, a, b in differences("", stated[name], found[name]):
                    text = f"任职 {name} 的 {field}：表上为 {a}，重算为 {b}"
                    self._note(SHEET, f"{name}.{field}", a, b, text)

    def _roots(self, root: str, seats: tuple[SeatScore, ...] | None) -> None:
        before = len(self.findings)
        stated = str(self.manifest["root"])
        if seats is not None:
            facts = snapshot_root(facts_in(self.contents))
            held = sheet_root(facts, self.digest, seats, self.table)
            if held != stated:
                self._note(MANIFEST, "root", stated, held, "内容的根摘要与清单不符")
        if root and root != stated:
            self._note(MANIFEST, "root", stated, root, "重算的根摘要与清单不符")
        self._checked(MANIFEST, "根摘要", before)
        if self.expected:
            before = len(self.findings)
            if (
                root or stated
            ) != self.expected:  # a stated root that is not the recomputed one is named above
                text = "根摘要与另行公布的不同：这不是当时公布的那一份"
                self._note(MANIFEST, "expected_root", self.expected, root or stated, text)
            self._checked(MANIFEST, "与公布的根摘要比对", before)


def differences(path: str, stated: Any, found: Any) -> list[tuple[str, str, str]]:
    """Every leaf in which two values of the same shape differ: path, stated, found.

    Clause: SPEC F3
    """
    if stated == found and type(stated) is type(found):
        return []
    if hasattr(stated, "__dataclass_fields__") and type(stated) is type(found):
        names = [held.name for held in fields(stated)]
        pairs = [(name, getattr(stated, name), getattr(found, name)) for name in names]
    elif isinstance(stated, Mapping) and isinstance(found, Mapping):
        keys = sorted(stated.keys() | found.keys())
        pairs = [(key, stated.get(key), found.get(key)) for key in keys]
    elif isinstance(stated, tuple) and isinstance(found, tuple) and len(stated) == len(found):
        pairs = [(_label(at, a), a, b) for at, (a, b) in enumerate(zip(stated, found, strict=True))]
    else:
        return [(path, shown_plainly(stated), shown_plainly(found))]
    found_here = []
    for name, a, b in pairs:
        found_here += differences(f"{path}.{name}" if path else name, a, b)
    return found_here


def _label(at: int, item: Any) -> str:
    named = [getattr(item, name, "") for name in ("seat", "group", "kind", "name")]
    return getattr(item, "indicator", "") or "/".join(text for text in named if text) or str(at + 1)


def shown_plainly(value: Any) -> str:
    """A value as a verifier's report writes it.

    Clause: SPEC F3
    """
    if value is None:
        return "空"
    if isinstance(value, tuple):
        return f"{len(value)} 项"
    return repr(value) if isinstance(value, float) else str(value)
