"""A published result in one file: the facts, the rules, the figures, and a digest of each part.

    manifest.json         format, code version, engine, roots, digest and size of every part
    snapshot/*.jsonl      the frozen facts, a record a line
    policy/**             the rules byte by byte
    calibration/*.jsonl   what calibration found, where there is one
    sheet.jsonl           what came out, a seat a line

The root is the sheet's root: it covers snapshot, policy and every figure. Notes are for readers
and are covered by the manifest only.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hengjian import __version__
from hengjian.policy import PolicyFolder, from_files
from hengjian.scoring.calibrated.table import CalibrationTable
from hengjian.scoring.container import ASK_AGAIN, Contents, pack, unpack
from hengjian.scoring.record import (
    CALIBRATION,
    CYCLE,
    KINDS,
    LATER,
    TABLE,
    calibration_lines,
    read_calibration,
    read_parts,
    read_sheet,
    sheet_lines,
    sheet_root,
    snapshot_root,
    write_parts,
)
from hengjian.scoring.sheet import ScoreSheet
from hengjian.scoring.snapshot import Snapshot
from hengjian.terms.canonical import canonical, digest
from hengjian.terms.errors import HengjianError, Refused, Tampered

FORMAT = "hengjian/bundle/1"
MANIFEST = "manifest.json"
SHEET = "sheet.jsonl"
SNAPSHOT = "snapshot/"
POLICY = "policy/"
FIELDS = frozenset(
    {"format", "code", "engine", "cycle", "policy", "policy_digest", "snapshot_root", "root",
     "synthetic", "notes", "parts"}
)  # fmt: skip
TABLE_PARTS = frozenset(f"{CALIBRATION}{name}.jsonl" for name in TABLE)
FIXED = TABLE_PARTS | {MANIFEST, SHEET, *(f"{SNAPSHOT}{name}.jsonl" for name in (CYCLE, *KINDS))}
NEEDED = FIXED - TABLE_PARTS - {f"{SNAPSHOT}{name}.jsonl" for name in LATER}


@dataclass(frozen=True)
class Bundle:
    """A bundle that was read and whose parts are those its manifest names.

    Clause: SPEC F3
    """

    manifest: Mapping[str, Any]
    snapshot: Snapshot
    policy: PolicyFolder
    sheet: ScoreSheet


def write_bundle(
    path: Path | str,
    snapshot: Snapshot,
    policy_folder: PolicyFolder | Mapping[str, bytes],
    sheet: ScoreSheet,
    *,
    notes: Mapping[str, str] | None = None,
    engine: str = "reference",
) -> str:
    """Write a bundle; the same content always gives the same bytes.

    Clause: SPEC F3
    Returns: the root, to be published elsewhere too.
    Raises: Refused when the sheet does not belong to this snapshot and policy.
    """
    folder = policy_folder if isinstance(policy_folder, PolicyFolder) else from_files(policy_folder)
    parts = bundle_parts(snapshot, folder, sheet, notes=notes or {}, engine=engine)
    pack(Path(path), parts)
    return sheet.root


def bundle_parts(
    snapshot: Snapshot,
    folder: PolicyFolder,
    sheet: ScoreSheet,
    *,
    notes: Mapping[str, str],
    engine: str,
) -> dict[str, bytes]:
    """All parts of a bundle with the manifest.

    Clause: SPEC F3
    """
    facts = write_parts(snapshot)
    root = snapshot_root(facts)
    if (sheet.snapshot_root, sheet.policy_digest) != (root, folder.digest):
        raise Refused("得分表不是由这份快照和这套制度算出的", do="请重新计分后再公布", code="bundle.mismatch")
    parts = {f"{SNAPSHOT}{name}.jsonl": data for name, data in facts.items()}
    parts |= {f"{POLICY}{name}": data for name, data in folder.files.items()}
    parts[SHEET] = sheet_lines(sheet)
    parts |= {
        f"{CALIBRATION}{name}.jsonl": data for name, data in calibration_lines(sheet.calibration).items()
    }
    manifest = {
        "format": FORMAT,
        "code": __version__,
        "engine": engine,
        "cycle": sheet.cycle,
        "policy": sheet.policy,
        "policy_digest": sheet.policy_digest,
        "snapshot_root": root,
        "root": sheet.root,
        "synthetic": snapshot.cycle.synthetic,
        "notes": dict(notes),
        "parts": {n: {"bytes": len(data), "digest": digest(data)} for n, data in parts.items()},
    }
    return {MANIFEST: canonical(manifest) + b"\n", **parts}


def read_bundle(path: Path | str) -> Bundle:
    """Read a bundle whose parts are what its manifest says; for figures see ``verify_bundle``.

    Clause: SPEC F3
    Raises: Refused for what is not a bundle; Tampered naming the part that differs.
    """
    contents = unpack(Path(path))
    manifest = manifest_of(contents)
    for part, what in faults_of(contents, manifest):
        raise Tampered(what, where=part, do=ASK_AGAIN, code="bundle.part")
    try:
        snapshot, folder = snapshot_in(contents), policy_in(contents)
        seats, table = read_sheet(contents.parts[SHEET]), calibration_in(contents)
    except HengjianError as error:
        raise Tampered(error.what, where=error.where, do=ASK_AGAIN, code=error.code) from None
    root = str(manifest["snapshot_root"])
    sheet = ScoreSheet(
        cycle=snapshot.cycle.id,
        policy=folder.id,
        policy_digest=folder.digest,
        snapshot_root=root,
        seats=seats,
        root=sheet_root(root, folder.digest, seats, table),
        calibration=table,
    )
    _agree(manifest, snapshot, sheet)
    return Bundle(manifest, snapshot, folder, sheet)


def _agree(manifest: Mapping[str, Any], snapshot: Snapshot, sheet: ScoreSheet) -> None:
    found = {
        "snapshot_root": snapshot_root(write_parts(snapshot)),
        "policy_digest": sheet.policy_digest,
        "root": sheet.root,
        "cycle": sheet.cycle,
        "policy": sheet.policy,
        "synthetic": snapshot.cycle.synthetic,
    }
    for key, value in found.items():
        if manifest[key] != value:
            raise Tampered(f"清单中的 {key} 与内容不符", where=MANIFEST, do=ASK_AGAIN, code="bundle.manifest")


def snapshot_in(contents: Contents) -> Snapshot:
    """The snapshot of a bundle.

    Clause: SPEC F3
    Raises: Refused naming part and line.
    """
    return read_parts(facts_in(contents))


def calibration_in(contents: Contents) -> CalibrationTable | None:
    """The calibration table of a bundle, None where it has none.

    Clause: SPEC B3, SPEC F3
    Raises: Refused naming part and line.
    """
    return read_calibration(_named(contents, CALIBRATION))


def facts_in(contents: Contents) -> dict[str, bytes]:
    """The snapshot's parts by their names in the snapshot.

    Clause: SPEC F3
    """
    return _named(contents, SNAPSHOT)


def _named(contents: Contents, prefix: str) -> dict[str, bytes]:
    return {
        name.removeprefix(prefix).removesuffix(".jsonl"): data
        for name, data in contents.parts.items()
        if name.startswith(prefix)
    }


def policy_in(contents: Contents) -> PolicyFolder:
    """The policy of a bundle, checked as a folder is.

    Clause: SPEC F3
    Raises: PolicyFaults with file and line.
    """
    files = {
        name.removeprefix(POLICY): data for name, data in contents.parts.items() if name.startswith(POLICY)
    }
    return from_files(files)


def manifest_of(contents: Contents) -> dict[str, Any]:
    """The manifest, with every field it must have and no other.

    Clause: SPEC F3
    Raises: Refused when it is missing, unreadable or of another format.
    """
    if MANIFEST not in contents.parts:
        raise Refused(
            "不是衡鉴的结果包：没有 manifest.json", where=MANIFEST, do=ASK_AGAIN, code="bundle.manifest"
        )
    try:
        found = json.loads(contents.parts[MANIFEST])
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or not isinstance(found.get("parts"), dict):
        raise Refused("清单读不出来", where=MANIFEST, do=ASK_AGAIN, code="bundle.manifest")
    if found.get("format") != FORMAT:
        raise Refused(
            f"结果包的格式是 {found.get('format')!r}，本程序只认识 {FORMAT}",
            where=MANIFEST,
            do="请用相应版本的程序",
            code="bundle.format",
        )
    if set(found) != FIELDS:
        odd = "、".join(sorted(set(found) ^ FIELDS))
        raise Refused(f"清单的字段不符：{odd}", where=MANIFEST, do=ASK_AGAIN, code="bundle.manifest")
    return found


def faults_of(contents: Contents, manifest: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Every part that is damaged, missing, unknown, or not what the manifest says.

    Clause: SPEC F3
    """
    faults = [(damage.part, damage.what) for damage in contents.damages]
    named = set(manifest["parts"])
    held = set(contents.parts) - {MANIFEST}
    known = {part for part in held | named if part in FIXED or part.startswith(POLICY)}
    faults += [(part, "不是结果包应有的部分") for part in sorted((held | named) - known)]
    missing = (named | NEEDED - {MANIFEST}) - held
    faults += [(part, "缺少这一部分") for part in sorted(missing & (known | FIXED))]
    faults += [(part, "清单中没有列出这一部分") for part in sorted((held - named) & known)]
    for part in sorted(held & named):
        stated, data = manifest["parts"][part], contents.parts[part]
        if stated != {"bytes": len(data), "digest": digest(data)}:
            faults.append((part, "内容与清单中的摘要不符"))
    return faults
