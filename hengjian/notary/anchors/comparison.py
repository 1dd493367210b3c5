"""Reading every anchor back and holding it against what the log says."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from hengjian.notary.anchors.chains import Chain
from hengjian.notary.anchors.stamps import Authority
from hengjian.notary.anchors.values import Entry, Head
from hengjian.terms.errors import Tampered


@dataclass(frozen=True)
class Kept:
    """A head that was due, as the database has it: with its proof once it stands."""

    head: Head
    log_root: bytes | None
    settled: bool = False
    transaction: str = ""
    token: bytes = b""
    stamped_at: datetime | None = None


def of_log(kept: Sequence[Kept]) -> Iterator[str]:
    """Where the rows of this package differ from the log's own heads."""
    for one in kept:
        if one.log_root is None:
            yield f"大小 {one.head.size}：日志里没有这个树头"
        elif one.log_root != one.head.root:
            yield f"大小 {one.head.size}：锚定的根是 {one.head.root.hex()}，日志的根是 {one.log_root.hex()}"


def of_chain(chain: Chain, kept: Sequence[Kept]) -> Iterator[str]:
    """Where the contract differs from what was due; a differing contract is a difference too."""
    try:
        chain.check_code()
        held = {entry.size: entry for entry in chain.history()}
        count = chain.standing().count
    except Tampered as error:
        yield f"{error.what}（{error.where}）"
        return
    known = {one.head.size: one for one in kept}
    for size in sorted(held.keys() | known.keys()):
        yield from _one(chain, size, known.get(size), held.get(size))
    if len(held) != count:  # counted by the contract itself
        yield f"合约自己数到 {count} 个树头，读回 {len(held)} 个"


def _one(chain: Chain, size: int, kept: Kept | None, entry: Entry | None) -> Iterator[str]:
    if kept is None:
        yield f"大小 {size}：链上有，本库没有（数据库是旧备份，或密钥被别处用过）"
    elif entry is None:
        if kept.settled:
            yield f"大小 {size}：已记为上链，链上却没有（{kept.transaction}）"
    elif entry.root != kept.head.root:
        yield f"大小 {size}：链上的根是 {entry.root.hex()}，本库的根是 {kept.head.root.hex()}"
    elif kept.settled:
        yield from _transaction(chain, kept)


def _transaction(chain: Chain, kept: Kept) -> Iterator[str]:
    try:
        found = chain.find(kept.head.size, [kept.transaction])
    except Tampered as error:
        yield f"{error.what}（{error.where}）"
        return
    if found is None or found.transaction != kept.transaction:
        seen = found.transaction if found else "没有"
        yield f"大小 {kept.head.size}：记下的交易是 {kept.transaction}，链上的是 {seen}"


def of_stamps(authority: Authority, kept: Sequence[Kept]) -> Iterator[str]:
    """Where a token does not say what its row says."""
    for one in kept:
        if not one.settled:
            continue
        try:
            at = authority.verified(one.token, one.head.text)
        except Tampered as error:
            yield f"大小 {one.head.size}：{error.what}"
            continue
        if at != one.stamped_at:
            yield f"大小 {one.head.size}：时间戳的时间是 {at}，记下的是 {one.stamped_at}"
