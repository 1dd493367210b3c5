"""For anybody who holds a checkpoint: does the contract hold the same head? No database, no trust in us."""

from dataclasses import dataclass
from typing import Literal

from hengjian.notary.anchors.chains import Chain, EvmChain, FiscoChain
from hengjian.notary.anchors.rpc import TIMEOUT, Rpc
from hengjian.notary.anchors.values import Entry, Head
from hengjian.proof.checkpoints import Checkpoint
from hengjian.proof.errors import ProofError
from hengjian.proof.notes import parse
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
    """The head in a checkpoint, with signatures under it or without."""
    try:
        text = parse(checkpoint).text if b"\n\n" in checkpoint else checkpoint.decode()
        found = Checkpoint.parse(text)
    except (ProofError, UnicodeDecodeError) as error:
        raise Refused(
            "这不是日志的检查点：前三行应当是来源、条目数、树根",
            do="请给出日志公开目录里的 checkpoint 文件",
            code="anchor.checkpoint",
        ) from error
    return Head(found.origin, found.size, found.root)
