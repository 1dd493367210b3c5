"""The body of an add-checkpoint request. Source: C2SP tlog-witness."""

from dataclasses import dataclass

from hengjian.proof import notes
from hengjian.proof.checkpoints import Checkpoint, decimal
from hengjian.proof.errors import ProofError

LARGEST = 128 * 1024  # bytes: 63 hashes and 16 signatures of 5 kB each, as base64, with room to spare
MOST_HASHES = 63
HASH = 32


@dataclass(frozen=True)
class Submission:
    """An old size, the proof from there, and the new checkpoint.

    Clause: SPEC F3
    """

    old: int
    proof: tuple[bytes, ...]
    note: notes.Note
    checkpoint: Checkpoint


def parse(body: bytes) -> Submission:
    """Read a request's body; nothing in it is trusted yet.

    Clause: SPEC F3
    Raises: ProofError when it is malformed.
    """
    head, parted, rest = body.partition(b"\n\n")
    if not parted:
        raise ProofError("请求没有空行", english="no empty line in the request")
    try:
        first, *lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError as fault:
        raise ProofError("请求的首部不是 ASCII", english="old size and proof are not ASCII") from fault
    word, _, size = first.partition(" ")
    if word != "old":
        raise ProofError("请求的首行应为 old 和大小", english="the first line must be: old SIZE")
    if len(lines) > MOST_HASHES:
        raise ProofError("一致性证明过长", english="more than 63 lines of proof")
    proof = tuple(notes.from_base64(line) for line in lines)
    if any(len(each) != HASH for each in proof):
        raise ProofError("一致性证明的一行不是 32 字节", english="a line of the proof is not 32 bytes")
    note = notes.parse(rest)
    return Submission(decimal(size), proof, note, Checkpoint.parse(note.text))
