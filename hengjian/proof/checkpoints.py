"""Checkpoints: the head of a log as the text of a note. Source: C2SP tlog-checkpoint v1.0."""

import re
from dataclasses import dataclass

from hengjian.proof.errors import ProofError
from hengjian.proof.keys import check_text, from_base64, to_base64
from hengjian.proof.tree import HASH_SIZE, MAX_SIZE

_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True)
class Checkpoint:
    """Which log, how many leaves, and their root.

    Clause: SPEC F3
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        lines = (self.origin, *self.extensions)
        if not all(lines) or any("\n" in line for line in lines):
            raise ProofError("检查点有空行", english="empty line in a checkpoint")
        if not 0 <= self.size <= MAX_SIZE or len(self.root) != HASH_SIZE:
            raise ProofError("检查点的大小或树根不合", english="impossible size or root")
        check_text(self.text)

    @property
    def text(self) -> str:
        """The text of the note."""
        lines = (self.origin, str(self.size), to_base64(self.root), *self.extensions)
        return "".join(line + "\n" for line in lines)

    @classmethod
    def parse(cls, text: str) -> "Checkpoint":
        """Read the text of a checkpoint's note.

        Clause: SPEC F3
        Raises: ProofError when it is none.
        """
        lines = text.split("\n")
        if len(lines) < 4 or lines.pop():
            raise ProofError("检查点不足三行", english="fewer than three lines in a checkpoint")
        origin, size, root, *extensions = lines
        return cls(origin, decimal(size), from_base64(root), tuple(extensions))


def decimal(text: str) -> int:
    """A size or index written in decimal without leading zeroes.

    Clause: SPEC F3
    Raises: ProofError on any other form, or beyond 2^63-1.
    """
    if not _DECIMAL.fullmatch(text) or int(text) > MAX_SIZE:
        raise ProofError("数字写法不对", text[:40], "malformed number")
    return int(text)
