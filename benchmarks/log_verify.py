"""A whole log of 70,000 entries verified from its files, against bare hashing and pymerkle in the same run.

The floor is SHA-256 over the very bytes that have to be hashed; pymerkle's figure is the building of a tree
of the same entries in memory, which is the least it must do to check a root.
"""

import sys
import tempfile
from hashlib import sha256
from pathlib import Path
from typing import Any

import pymerkle

from benchmarks.measure import best, peak_gib, write
from hengjian.proof import notes, tiles, tree, trust
from hengjian.proof.audit import audit
from hengjian.proof.checkpoints import Checkpoint
from hengjian.proof.commitments import Entry, commitment
from hengjian.proof.cosignatures import Ed25519Cosigner

ENTRIES = 70_000
LOG = notes.Ed25519Signer("log.example/benchmark", bytes(32))
WITNESSES = [Ed25519Cosigner(f"w{number}.example", bytes([number]) * 32) for number in (1, 2, 3)]


def entries() -> list[bytes]:
    """Entries such as the notary logs."""
    salt = bytes(16)
    made = (commitment(salt, b"%d" % number) for number in range(ENTRIES))
    return [Entry("ballot", 1, "2026-07-01", value).encode() for value in made]


def published(folder: Path, rows: list[bytes]) -> None:
    """The files of a log of these entries."""
    levels = [[tree.leaf_hash(entry) for entry in rows]]
    while len(levels[-1]) >= tiles.WIDTH:
        full = range(0, len(levels[-1]) // tiles.WIDTH * tiles.WIDTH, tiles.WIDTH)
        levels.append([tree.root_of(levels[-1][at : at + tiles.WIDTH]) for at in full])
    for resource in tiles.resources(len(rows)):
        part = slice(resource.index * tiles.WIDTH, resource.index * tiles.WIDTH + resource.width)
        bundle = resource.level < 0
        file = folder / resource.path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(
            tiles.encode_entries(rows[part]) if bundle else b"".join(levels[resource.level][part])
        )
    text = Checkpoint(LOG.name, len(rows), tree.root_of(levels[0])).text
    lines = [each.cosign(text, 1_700_000_000) for each in WITNESSES]
    note = notes.Note(text, (*notes.signed(text, LOG).signatures, *lines))
    (folder / tiles.CHECKPOINT).write_bytes(notes.write(note))


def verified(folder: Path, policy: trust.TrustPolicy) -> None:
    """What ``hengjian-proof verify`` does with a folder."""
    paths = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    report = audit(lambda path: _read(folder / path), policy, paths)
    if report.findings or report.size != ENTRIES:
        raise SystemExit(f"the log is not sound: {report.findings[:3]}")


def _read(file: Path) -> bytes | None:
    return file.read_bytes() if file.is_file() else None


def hashed(rows: list[bytes]) -> None:
    """The floor: every byte that must be hashed, and nothing else."""
    pair = bytes(65)
    for entry in rows:
        sha256(entry).digest()
        sha256(pair).digest()


def by_pymerkle(rows: list[bytes]) -> None:
    """The same entries in pymerkle's tree in memory."""
    other = pymerkle.InmemoryTree(algorithm="sha256")
    for entry in rows:
        other.append_entry(entry)
    other.get_root()


def main(times: int = 3) -> None:
    """Measure and write results/log_verify.json."""
    rows = entries()
    witnesses = [f"witness w{number} {each.vkey}" for number, each in enumerate(WITNESSES)]
    policy = trust.parse("\n".join([f"log {LOG.vkey}", *witnesses, "group two 2 w0 w1 w2", "quorum two", ""]))
    with tempfile.TemporaryDirectory() as name:
        published(Path(name), rows)
        ours = best(lambda: verified(Path(name), policy), times)
    floor, theirs = best(lambda: hashed(rows), times), best(lambda: by_pymerkle(rows), times)
    row: dict[str, Any] = {
        "entries": ENTRIES,
        "verify_wall_s": ours["wall"],
        "verify_cpu_s": ours["cpu"],
        "hashing_cpu_s": floor["cpu"],
        "verify_to_hashing": ours["cpu"] / floor["cpu"],
        "pymerkle_cpu_s": theirs["cpu"],
        "verify_to_pymerkle": ours["cpu"] / theirs["cpu"],
        "peak_gib": peak_gib(),
    }
    write("log_verify", [row], {"verify_wall_s": "at most 2"})


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
