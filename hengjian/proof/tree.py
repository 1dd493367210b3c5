"""The Merkle tree of RFC 6962: roots, inclusion and consistency proofs, and the running right edge.

A tree is read through a ``Reader``: given a level and an index it answers with the hash of that complete
subtree (level 0: a leaf hash). Whatever stores the hashes, the algorithms here are the same.
"""

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from hmac import compare_digest

from hengjian.proof.errors import ProofError

HASH_SIZE = 32
MAX_SIZE = (1 << 63) - 1
EMPTY_ROOT = sha256(b"").digest()

Reader = Callable[[int, int], bytes]


def leaf_hash(entry: bytes) -> bytes:
    """The hash of one entry as a leaf.

    Clause: SPEC F3
    Source: RFC 6962, section 2.1
    """
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node over its two children.

    Clause: SPEC F3
    Source: RFC 6962, section 2.1
    """
    return sha256(b"\x01" + left + right).digest()


def parents(row: Sequence[bytes]) -> list[bytes]:
    """The hashes one level up; a last hash without a partner is left out.

    Clause: SPEC F3
    """
    return [sha256(b"\x01" + left + right).digest() for left, right in zip(row[::2], row[1::2], strict=False)]


def root(size: int, reader: Reader) -> bytes:
    """The root of the first ``size`` leaves.

    Clause: SPEC F3
    Source: RFC 6962, section 2.1
    """
    _sized(size)
    return _range_hash(0, size, reader) if size else EMPTY_ROOT


def inclusion_proof(index: int, size: int, reader: Reader) -> tuple[bytes, ...]:
    """The hashes that lead from a leaf to the root of the first ``size`` leaves, the leaf's sibling first.

    Clause: SPEC F3
    Raises: ProofError when the leaf is not in the tree.
    Source: RFC 6962, section 2.1.1
    """
    _sized(size)
    if not 0 <= index < size:
        raise ProofError(f"第 {index} 条不在大小为 {size} 的树中", english=f"no leaf {index} in {size}")
    start, end, path = 0, size, []
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(_range_hash(middle, end, reader))
            end = middle
        else:
            path.append(_range_hash(start, middle, reader))
            start = middle
    return tuple(reversed(path))


def consistency_proof(old: int, new: int, reader: Reader) -> tuple[bytes, ...]:
    """The hashes that show the first ``old`` leaves to be a beginning of the first ``new``.

    Clause: SPEC F3
    Raises: ProofError when the older tree is the larger one.
    Source: RFC 6962, section 2.1.2
    """
    _sized(new)
    if not 0 <= old <= new:
        raise ProofError(f"旧树 {old} 大于新树 {new}", english=f"old size {old} exceeds new size {new}")
    if old in (0, new):
        return ()
    start, end, path = 0, new, []
    while old != end:
        middle = start + _split(end - start)
        if old <= middle:
            path.append(_range_hash(middle, end, reader))
            end = middle
        else:
            path.append(_range_hash(start, middle, reader))
            start = middle
    if start:
        path.append(_range_hash(start, end, reader))
    return tuple(reversed(path))


def verify_inclusion(index: int, size: int, leaf: bytes, root: bytes, proof: Sequence[bytes]) -> None:
    """Accept only a proof that leads from this leaf hash at this index to this root.

    Clause: SPEC F3
    Raises: ProofError when it does not.
    Source: RFC 9162, section 2.1.3.2
    """
    _sized(size)
    if not 0 <= index < size:
        raise ProofError(f"第 {index} 条不在大小为 {size} 的树中", english=f"no leaf {index} in {size}")
    inner = (index ^ (size - 1)).bit_length()
    if len(proof) != inner + (index >> inner).bit_count():
        raise ProofError("收录证明长短不对", english="inclusion proof of the wrong length")
    found = leaf
    for level, sibling in enumerate(proof):
        left = level >= inner or index >> level & 1
        found = node_hash(sibling, found) if left else node_hash(found, sibling)
    if not compare_digest(found, root):
        raise ProofError("收录证明与树根不符", english="inclusion proof does not lead to the root")


def verify_consistency(old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes]) -> None:
    """Accept only a proof that the newer tree continues the older one.

    Clause: SPEC F3
    Raises: ProofError when it does not.
    Source: RFC 9162, section 2.1.4.2
    """
    _sized(new)
    if not 0 <= old <= new:
        raise ProofError(f"旧树 {old} 大于新树 {new}", english=f"old size {old} exceeds new size {new}")
    _check_empty(old, old_root)
    _check_empty(new, new_root)
    if old in (0, new):
        if proof:
            raise ProofError("一致性证明应为空", english="consistency proof must be empty")
        if old == new and not compare_digest(old_root, new_root):
            raise ProofError("同样大小却有两个树根", english="two roots of one size")
        return
    ends = _both_ends(old, old_root, new, proof)
    if not (compare_digest(ends[0], old_root) and compare_digest(ends[1], new_root)):
        raise ProofError("一致性证明与树根不符", english="consistency proof does not lead to the roots")


def _both_ends(old: int, old_root: bytes, new: int, proof: Sequence[bytes]) -> tuple[bytes, bytes]:
    """The old and the new root that the proof leads to."""
    node, last = old - 1, new - 1
    shift = (~node & old).bit_length() - 1  # how often the old right edge is a right child
    node, last = node >> shift, last >> shift
    rest = list(proof)
    if node and not rest:
        raise ProofError("一致性证明长短不对", english="consistency proof of the wrong length")
    before = after = rest.pop(0) if node else old_root
    for sibling in rest:
        if not last:
            raise ProofError("一致性证明长短不对", english="consistency proof of the wrong length")
        if node & 1 or node == last:
            before, after = node_hash(sibling, before), node_hash(sibling, after)
            while node and not node & 1:
                node, last = node >> 1, last >> 1
        else:
            after = node_hash(after, sibling)
        node, last = node >> 1, last >> 1
    if last:
        raise ProofError("一致性证明长短不对", english="consistency proof of the wrong length")
    return before, after


class Frontier:
    """The right edge of a growing tree: enough to append and to say the root, nothing more.

    Clause: SPEC F3

    ``hashes`` are the complete subtrees that the tree falls into, the largest (leftmost) first.
    """

    __slots__ = ("_rows", "size")

    def __init__(self, size: int = 0, hashes: Sequence[bytes] = ()) -> None:
        _sized(size)
        levels = [level for level in range(size.bit_length()) if size >> level & 1]
        if len(levels) != len(hashes) or any(len(value) != HASH_SIZE for value in hashes):
            raise ProofError("右缘与树的大小不符", english="the frontier does not fit the size")
        self.size = size
        self._rows: dict[int, bytes] = dict(zip(levels, reversed(hashes), strict=True))

    @property
    def hashes(self) -> tuple[bytes, ...]:
        """The subtrees of the edge, the largest first; with ``size`` they restore the edge."""
        return tuple(self._rows[level] for level in sorted(self._rows, reverse=True))

    def add(self, leaf: bytes) -> None:
        """Append one leaf hash."""
        level = 0
        while level in self._rows:
            leaf = node_hash(self._rows.pop(level), leaf)
            level += 1
        self._rows[level] = leaf
        self.size += 1

    def extend(self, leaves: Iterable[bytes]) -> None:
        """Append many leaf hashes, a whole level at a time."""
        row = list(leaves)
        self.size += len(row)
        level = 0
        while row:
            if level in self._rows:
                row.insert(0, self._rows.pop(level))
            if len(row) & 1:
                self._rows[level] = row.pop()
            row = parents(row)
            level += 1

    def root(self) -> bytes:
        """The root of all leaves so far."""
        found = EMPTY_ROOT
        for position, level in enumerate(sorted(self._rows)):
            found = node_hash(self._rows[level], found) if position else self._rows[level]
        return found


def root_of(leaves: Iterable[bytes]) -> bytes:
    """The root over these leaf hashes.

    Clause: SPEC F3
    """
    edge = Frontier()
    edge.extend(leaves)
    return edge.root()


def _range_hash(start: int, end: int, reader: Reader) -> bytes:
    """The hash of a range of leaves that begins where a subtree of its width may begin."""
    pieces: list[bytes] = []
    while start < end:
        level = (end - start).bit_length() - 1
        pieces.append(reader(level, start >> level))
        start += 1 << level
    found = pieces.pop()
    while pieces:
        found = node_hash(pieces.pop(), found)
    return found


def _split(width: int) -> int:
    """The largest power of two below ``width``."""
    return 1 << ((width - 1).bit_length() - 1)


def _sized(size: int) -> None:
    if not 0 <= size <= MAX_SIZE:
        raise ProofError(f"树的大小不合：{size}", english=f"impossible tree size {size}")


def _check_empty(size: int, root: bytes) -> None:
    if size == 0 and not compare_digest(root, EMPTY_ROOT):
        raise ProofError("空树的树根不对", english="wrong root of the empty tree")
