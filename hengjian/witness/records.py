"""What a witness remembers, and what it asks of whatever keeps that for it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Held:
    """The last checkpoint cosigned for a log: the whole note, with our own lines.

    Clause: SPEC F3
    """

    note: bytes
    at: int


@dataclass(frozen=True)
class Fork:
    """Two checkpoints that one log signed for the same size with different roots: proof that it forked.

    Clause: SPEC F3
    """

    origin: str
    size: int
    root: bytes
    cosigned: bytes
    refused: bytes
    at: int


@dataclass(frozen=True)
class Refusals:
    """How often requests about a log were refused for one reason, and when last."""

    origin: str
    reason: str
    count: int
    last: int


@dataclass(frozen=True)
class Answer:
    """What goes back over HTTP."""

    status: int
    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"


@dataclass(frozen=True)
class Ruling:
    """What was decided on a request while the log's row was locked, and what is to be kept of it."""

    answer: Answer
    reason: str = ""
    held: Held | None = None
    fork: Fork | None = None


class Store(Protocol):
    """The memory of a witness. `exchange` is one transaction, alone on its log, durable when it returns."""

    def create(self, owner: str) -> None:
        """Make the tables, for this witness only."""

    def owner(self) -> str:
        """The keys of the witness that the store was made for; refused where there is no store."""

    def watch(self, origin: str) -> None:
        """Make room for a log; what is known of it stays."""

    def known(self) -> dict[str, Held | None]:
        """Every log with the last checkpoint cosigned."""

    def exchange(self, origin: str, decide: Callable[[Held | None], Ruling]) -> Ruling:
        """Show ``decide`` what is held, keep what it rules, and return only when that is on disk."""

    def count(self, origin: str, reason: str, at: int) -> None:
        """Count a refusal; a power failure may lose the last few counts, never a checkpoint."""

    def refusals(self) -> Sequence[Refusals]:
        """All counts."""

    def forks(self) -> Sequence[Fork]:
        """All proofs of a fork."""

    def damage(self) -> str:
        """What the database itself finds wrong with the store, or nothing."""

    def close(self) -> None:
        """Let go of this thread's connection."""
