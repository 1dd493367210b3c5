"""A small log in memory, made by the proof room, signed and witnessed."""

from collections.abc import Sequence

from hengjian.proof import notes, tiles, tree, trust
from hengjian.proof.checkpoints import Checkpoint
from hengjian.proof.cosignatures import Ed25519Cosigner, MlDsa44Cosigner

ORIGIN = "log.example/small"
LOG = notes.Ed25519Signer(ORIGIN, bytes([7]) * 32)
WITNESSES = (
    Ed25519Cosigner("discipline.example", bytes([1]) * 32),
    Ed25519Cosigner("congress.example", bytes([2]) * 32),
    Ed25519Cosigner("audit.example", bytes([3]) * 32),
)
LATTICE = MlDsa44Cosigner("audit.example", bytes([3]) * 32)


def policy_of(witnesses: Sequence[Ed25519Cosigner | MlDsa44Cosigner] = WITNESSES) -> str:
    """A policy of two of three."""
    lines = [f"log {LOG.vkey}", *(f"witness w{at} {each.vkey}" for at, each in enumerate(witnesses))]
    return "\n".join([*lines, "group quorum 2 " + " ".join(f"w{at}" for at in range(len(witnesses))),
                      "quorum quorum", ""])  # fmt: skip


POLICY = trust.parse(policy_of())


def entries_of(size: int) -> list[bytes]:
    """Entries of different lengths, one of them empty."""
    return [b"%d" % number * (number % 3) for number in range(size)]


def files_of(
    entries: Sequence[bytes], witnesses: Sequence[Ed25519Cosigner | MlDsa44Cosigner] = WITNESSES
) -> dict[str, bytes]:
    """Every resource of the log, by its path."""
    rows = [[tree.leaf_hash(entry) for entry in entries]]
    while len(rows[-1]) >= 256:
        full = range(0, len(rows[-1]) // 256 * 256, 256)
        rows.append([tree.root_of(rows[-1][at : at + 256]) for at in full])
    files = {}
    for resource in tiles.resources(len(entries)):
        part = slice(resource.index * 256, resource.index * 256 + resource.width)
        inside = (
            tiles.encode_entries(entries[part])
            if resource.level < 0
            else b"".join(rows[resource.level][part])
        )
        files[resource.path] = inside
    checkpoint = Checkpoint(ORIGIN, len(entries), tree.root_of(rows[0]))
    files["checkpoint"] = notes.write(signed(checkpoint, witnesses))
    return files


def signed(
    checkpoint: Checkpoint, witnesses: Sequence[Ed25519Cosigner | MlDsa44Cosigner] = WITNESSES
) -> notes.Note:
    """The checkpoint signed by the log and cosigned by the witnesses."""
    note = notes.signed(checkpoint.text, LOG)
    lines = (each.cosign(checkpoint.text, 1_700_000_000) for each in witnesses)
    return notes.Note(note.text, (*note.signatures, *lines))
