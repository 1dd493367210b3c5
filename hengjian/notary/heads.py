"""Heads and the lines under them, as notes."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from hengjian.notary.models import Head, Signature
from hengjian.proof import notes
from hengjian.proof.checkpoints import Checkpoint
from hengjian.proof.cosignatures import timestamp


def checkpoint_of(head: Head, origin: str) -> Checkpoint:
    """The head as a checkpoint of this log."""
    return Checkpoint(origin, head.size, bytes(head.root))


def note_of(head: Head, origin: str = "") -> notes.Note:
    """The head as a note, with every line kept for it: the log's first, whose name is the origin."""
    kept = list(head.signatures.order_by("witness", "id"))
    text = checkpoint_of(head, origin or (kept[0].name if kept else "?")).text
    lines = [each.line for each in kept]
    if not lines:
        return notes.Note(text)
    return notes.parse(f"{text}\n{''.join(lines)}".encode())


def last_head() -> Head | None:
    """The newest head."""
    return Head.objects.order_by("-size").first()


def sign(head: Head, signers: Sequence[notes.Signer], at: datetime) -> None:
    """Keep the log's own signatures under a head, where they are missing.

    The head is committed before this is called: what is signed can no longer change.
    """
    text = checkpoint_of(head, signers[0].name).text.encode()
    there = set(head.signatures.filter(witness="").values_list("name", "key_id"))
    for signer in signers:
        if (signer.name, signer.key_id.hex()) not in there:
            made = notes.Signature(signer.name, signer.key_id, signer.sign(text))
            keep(head, "", [made], at)


def keep(head: Head, witness: str, signatures: Iterable[notes.Signature], at: datetime) -> None:
    """Keep lines under a head; one that is there already stays."""
    Signature.objects.bulk_create(
        (
            Signature(
                head=head,
                name=made.name,
                key_id=made.key_id.hex(),
                witness=witness,
                line=made.line,
                stamp=timestamp(made.value) if witness else None,
                at=at,
            )
            for made in signatures
        ),
        ignore_conflicts=True,
    )
