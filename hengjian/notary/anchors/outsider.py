"""For anybody who holds a checkpoint: does the contract hold the same head? No database, no trust in us."""

import base64
import binascii
from dataclasses import dataclass
from typing import Literal

from hengjian.notary.anchors.chains import Chain, EvmChain, FiscoChain
from hengjian.notary.anchors.rpc import TIMEOUT, Rpc
from hengjian.notary.anchors.values import Entry, Head
from hengjian.terms.errors import Refused

Answer = Literal["agrees", "differs", "absent"]
KINDS: dict[str, type[Chain]] = {"evm": EvmChain, "fisco": FiscoChain}


@dataclass(frozen=True)
class Verdict:
    """Whether the contract agrees with a checkpoint. ``later``: the smallest anchored head above it."""

    answer: Answer
    head: Head
    entry: Entry | None = None
    transaction: str = ""
    later: Entry | None = None


def chain_of(kind: str, url: str, contract: str, *, first_block: int = 0, timeout: float = TIMEOUT) -> Chain:
    """The client for a kind of chain."""
    return KINDS[kind](Rpc(url, timeout), contract, first_block)


def compared(checkpoint: bytes, chain: Chain) -> Verdict:
    """Hold a checkpoint against the contract.

    The checkpoint's own signatures are not looked at here: ``hengjian-proof`` does that. A size that was
    never anchored is ``absent``; ``later`` then says to which anchored head a consistency proof would lead.
    """
    head = read_checkpoint(checkpoint)
    chain.check_code()
    entry = chain.entry(head.size)
    if entry is None:
        return Verdict("absent", head, later=_later(chain, head.size))
    found = chain.find(head.size)
    transaction = found.transaction if found else ""
    return Verdict("agrees" if entry.root == head.root else "differs", head, entry, transaction)


def _later(chain: Chain, size: int) -> Entry | None:
    nearest = None
    for entry in chain.history():
        if entry.size < size:
            break
        nearest = entry
    return nearest


def read_checkpoint(checkpoint: bytes) -> Head:
    """Origin, size and root of a checkpoint: its first three lines."""
    try:
        lines = checkpoint.decode().split("\n")
        origin, size, root = lines[:3]
        digest = base64.b64decode(root, validate=True)
    except (UnicodeDecodeError, ValueError, binascii.Error) as error:
        raise _not_one() from error
    if not origin or not size.isascii() or not size.isdecimal() or len(digest) != 32 or len(size) > 19:
        raise _not_one()
    return Head(origin, int(size), digest)


def _not_one() -> Refused:
    return Refused(
        "这不是日志的检查点：前三行应当是来源、条目数、树根",
        do="请给出日志公开目录里的 checkpoint 文件",
        code="anchor.checkpoint",
    )
