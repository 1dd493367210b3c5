"""Sending what is due, in order, so that a kill at any moment neither loses nor doubles a head.

The order for one head, with the crash points:

1. look on the chain for its size                        (found: it was sent before; nothing to send)
2. sign, write the signed transaction into the journal   (killed here: nothing was sent; step 1 finds
                                                          nothing, the same bytes are sent)
3. send                                                  (killed here: step 1 finds it, or the same
                                                          bytes are sent again, which nodes ignore)
4. wait until it is in a block, then for the next head
5. when it is deep enough, write that down               (killed here: step 1 finds it)

The contract refuses a size that is not larger, so that even two programs at once cannot double one.
A transaction that stays outside blocks for longer than `patience` is replaced by one of the same number
that pays more. A head is settled only when its block is `confirmations` deep; until then a
reorganisation leads back to step 1.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from hengjian.notary.anchors.chains import Chain
from hengjian.notary.anchors.errors import differs
from hengjian.notary.anchors.keys import OwnerKey
from hengjian.notary.anchors.values import Found, Head, Signed
from hengjian.terms.errors import Refused


@dataclass(frozen=True)
class Attempt:
    """A transaction that was written down, and when."""

    signed: Signed
    at: datetime


class Journal(Protocol):
    """What was tried and what stands; each write is durable when it returns."""

    def attempts(self, size: int) -> Sequence[Attempt]:
        """The transactions for this head, oldest first."""

    def attempted(self, size: int, signed: Signed, at: datetime) -> None:
        """Write down a transaction that is about to be sent."""

    def settled(self, size: int, found: Found, at: datetime) -> None:
        """Write down that the head stands, deep enough."""


@dataclass(frozen=True)
class Pace:
    """How long to wait, and for what. ``pause`` waits that many seconds."""

    pause: Callable[[float], None]
    confirmations: int = 1
    every: float = 1.0
    times: int = 120
    patience: timedelta = timedelta(minutes=10)


@dataclass(frozen=True)
class Outcome:
    """Which sizes stand now, and which wait for the next run."""

    settled: tuple[int, ...]
    waiting: tuple[int, ...]


@dataclass(frozen=True)
class Sender:
    """One contract, its owner's key, and the journal."""

    chain: Chain
    key: OwnerKey
    journal: Journal
    pace: Pace

    def send(self, heads: Sequence[Head], now: datetime) -> Outcome:
        """Bring these heads onto the chain, the smallest first."""
        if not heads:
            return Outcome((), ())
        self._check_ours()
        placed: list[Head] = []
        for head in sorted(heads, key=lambda one: one.size):
            if self._place(head, now) is None:
                break
            placed.append(head)
        settled = tuple(head.size for head in placed if self._settle(head, now))
        return Outcome(settled, tuple(sorted({head.size for head in heads} - set(settled))))

    def _check_ours(self) -> None:
        self.chain.check_code()
        owner = self.chain.owner()
        if owner.lower() != self.key.address.lower():
            raise Refused(
                f"合约属于 {owner}，密钥的地址是 {self.key.address}",
                where=self.chain.where,
                do="请换上部署合约时用的密钥",
                code="anchor.not_owner",
            )

    def _place(self, head: Head, now: datetime) -> Found | None:
        """Steps 1 to 4."""
        found = self._find(head)
        if found is not None:
            return found
        if self.chain.standing().size >= head.size:
            return self._find(head) or self._on_chain_at_least(head)
        signed = self._next(head, now)
        self.chain.publish(signed)
        return self._wait(lambda: self._in_block(head, signed))

    def _find(self, head: Head) -> Found | None:
        hashes = [attempt.signed.hash for attempt in self.journal.attempts(head.size)]
        found = self.chain.find(head.size, hashes)
        if found is not None and found.entry.root != head.root:
            raise differs(
                f"大小 {head.size}：链上的根是 {found.entry.root.hex()}，日志的根是 {head.root.hex()}",
                f"{self.chain.where} {found.transaction}",
            )
        return found

    def _on_chain_at_least(self, head: Head) -> Found | None:
        """Larger than ours without ours: only the owner's key writes, so somebody else used it."""
        if self.chain.entry(head.size) is None:
            raise differs(
                f"链上已有更大的日志，却没有大小 {head.size}：密钥被别处用过，或数据库是旧备份",
                self.chain.where,
            )
        return None

    def _next(self, head: Head, now: datetime) -> Signed:
        """The transaction to send: the one that waits, or one that replaces it, or a first one."""
        mined = self.chain.nonce(self.key.address)
        attempts = self.journal.attempts(head.size)
        last = attempts[-1] if attempts else None
        if last is None or last.signed.nonce < mined:
            pending = self.chain.nonce(self.key.address, pending=True)
            signed = self.chain.signed_head(self.key, head, max(mined, pending))
        elif now - last.at < self.pace.patience:
            return last.signed
        else:
            signed = self.chain.signed_head(self.key, head, mined, above=last.signed.price)
        self.journal.attempted(head.size, signed, now)
        return signed

    def _in_block(self, head: Head, signed: Signed) -> Found | None:
        receipt = self.chain.receipt(signed.hash)
        found = self._find(head)  # after the receipt: an earlier transaction may have written it
        if found is None and receipt is not None and int(str(receipt.get("status", "0x1")), 16) != 1:
            raise Refused(
                f"大小 {head.size} 的交易被合约退回",
                where=f"{self.chain.where} {signed.hash}",
                do="请运行 hengjian anchor check 对照链上所记，再重试",
                code="anchor.reverted",
            )
        return found

    def _settle(self, head: Head, now: datetime) -> bool:
        """Step 5."""
        found = self._wait(lambda: self._deep(head))
        if found is None:
            return False
        self.journal.settled(head.size, found, now)
        return True

    def _deep(self, head: Head) -> Found | None:
        found = self._find(head)
        if found is None:
            return None
        depth = self.chain.rpc.number("eth_blockNumber") - found.block + 1
        return found if depth >= self.pace.confirmations else None

    def _wait(self, look: Callable[[], Found | None]) -> Found | None:
        for _ in range(self.pace.times):
            found = look()
            if found is not None:
                return found
            self.pace.pause(self.pace.every)
        return look()
