"""What is anchored, and what is found again."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from hengjian.proof.checkpoints import Checkpoint

MILLISECONDS_FROM = 100_000_000_000  # no chain's time in seconds comes near; FISCO BCOS counts so


@dataclass(frozen=True)
class Head:
    """A head of the log as its checkpoint says it."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """The checkpoint's text: origin, size, root."""
        return Checkpoint(self.origin, self.size, self.root).text


@dataclass(frozen=True)
class Entry:
    """What the contract holds of one size."""

    size: int
    root: bytes
    seconds: int
    previous: int

    @property
    def at(self) -> datetime:
        """The block's time."""
        return instant(self.seconds)


@dataclass(frozen=True)
class Found:
    """An entry that was found in a block."""

    entry: Entry
    block: int
    block_hash: str
    transaction: str


@dataclass(frozen=True)
class Standing:
    """Where the contract stands: how many entries, the newest, and the chain's newest block."""

    count: int
    size: int
    root: bytes
    block: int


@dataclass(frozen=True)
class Signed:
    """A transaction ready to send; it is written down before it is sent."""

    nonce: int
    price: int
    hash: str
    raw: bytes = field(repr=False)


def instant(number: int) -> datetime:
    """A block's time as an instant, whether the chain counts seconds or milliseconds."""
    seconds = number / 1000 if number >= MILLISECONDS_FROM else number
    return datetime.fromtimestamp(seconds, UTC)
