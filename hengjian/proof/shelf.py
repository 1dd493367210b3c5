"""The tiles and bundles of a log under audit, each hash from every place that tells of it.

A hash of a level stands in its tile, and can be computed from each level below down to the entries
themselves. When one place is damaged the others say what it should have held, and the root says who is right.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import islice, product
from math import prod

from hengjian.proof import tiles, tree
from hengjian.proof.errors import ProofError
from hengjian.proof.findings import Findings
from hengjian.proof.tiles import WIDTH, Resource

Read = Callable[[str], bytes | None]
Row = list[bytes]
Told = Sequence[bytes | None]

TRIES = 512


class Enough(Exception):  # noqa: N818 - no error: the audit stops reading
    """More resources were read than the audit's limit.

    Clause: SPEC F3
    """


class Shelf:
    """Reads the resources of a tree of one size and names those that cannot be read.

    Clause: SPEC F3
    """

    def __init__(self, read: Read, size: int, found: Findings) -> None:
        self.size = size
        self.found = found
        self.read = read
        self._absent: set[tuple[int, int]] = set()
        self._upper: dict[tuple[int, int], Row | None] = {}

    def row(self, level: int, index: int) -> Row | None:
        """The hashes that stand in a tile (level -1: of the entries of a bundle); None when unreadable."""
        if (level, index) in self._absent:
            return None
        if level < 1:
            return self._load(level, index)
        if (level, index) not in self._upper:
            self._upper[level, index] = self._load(level, index)
        return self._upper[level, index]

    def resource(self, level: int, index: int) -> Resource:
        """The tile or bundle as it must be at this size."""
        return Resource(level, index, tiles.width_of(self.size, level, index))

    def _load(self, level: int, index: int) -> Row | None:
        resource = self.resource(level, index)
        data = self.read(resource.path)
        if data is not None:
            return self.hashes(resource, data)
        if resource.width < WIDTH:  # a log that has grown may keep only the full one
            full = Resource(level, index)
            data = self.read(full.path)
            if data is not None:
                return (self.hashes(full, data) or [])[: resource.width] or None
        self._absent.add((level, index))
        self.found.add(resource.path, "缺失", "missing")
        return None

    def there(self, level: int, index: int) -> bool:
        """Whether a tile that was read, or its bundle, was there at all."""
        return not {(level, index), (level or -1, index)} <= self._absent

    def hashes(self, resource: Resource, data: bytes) -> Row | None:
        """The hashes in a resource's bytes; None, and a finding, when it is not of its form."""
        try:
            if resource.level < 0:
                row = [tree.leaf_hash(entry) for entry in tiles.decode_entries(data)]
            else:
                row = tiles.decode_tile(data)
        except ProofError as error:
            self.found.error(resource.path, error)
            return None
        if len(row) != resource.width:
            self.found.add(
                resource.path,
                f"应有 {resource.width} 项，实有 {len(row)} 项",
                f"{len(row)} items instead of {resource.width}",
            )
            return None
        return row

    def told(self, level: int, index: int) -> list[Told]:
        """A tile's hashes as it holds them, and as every level below tells them, nearest first."""
        return [self._at(level, index, depth) for depth in range(level + 2)]

    def _at(self, level: int, index: int, depth: int) -> Told:
        width = tiles.width_of(self.size, level, index)
        if depth == 0 or level == 0:
            return self.row(level - depth, index) or [None] * width
        return [self._top(level - 1, index * WIDTH + offset, depth - 1) for offset in range(width)]

    def _top(self, level: int, index: int, depth: int) -> bytes | None:
        """The hash over a full tile as a level below tells it; given up at the first gap."""
        if depth == 0 or level == 0:
            row = self.row(level - depth, index)
            return tree.root_of(row) if row else None
        tops: Row = []
        for offset in range(WIDTH):
            top = self._top(level - 1, index * WIDTH + offset, depth - 1)
            if top is None:
                return None
            tops.append(top)
        return tree.root_of(tops)


def resolved(blocks: Sequence[Sequence[Told]], fits: Callable[[Row], bool]) -> Row | None:
    """The one choice among what was told that fits; ``blocks`` are tiles, each told by several places.

    Clause: SPEC F3
    First whole tiles are exchanged, then single hashes; None when no choice fits or there are too many.
    """
    wholes = [_whole(block) for block in blocks]
    for picked in islice(product(*wholes), TRIES):
        row = [value for part in picked for value in part]
        if fits(row):
            return row
    choices = [choice for block in blocks for choice in _choices(block)]
    if not all(choices) or prod(map(len, choices)) > TRIES:
        return None
    return next((list(row) for row in product(*choices) if fits(list(row))), None)


def settled(block: Sequence[Told]) -> list[bytes | None]:
    """What most places tell, hash by hash; None where they are at odds, or only one tells.

    Clause: SPEC F3
    """
    return [_most(column) for column in zip(*block, strict=True)]


def _whole(block: Sequence[Told]) -> list[Row]:
    kept: dict[tuple[bytes, ...], None] = {}
    for told in block:
        row = [value for value in told if value is not None]
        if len(row) == len(told):
            kept.setdefault(tuple(row))
    return [list(row) for row in kept]


def _choices(block: Sequence[Told]) -> Iterator[list[bytes]]:
    for column in zip(*block, strict=True):
        yield list(dict.fromkeys(value for value in column if value is not None))


def _most(column: Sequence[bytes | None]) -> bytes | None:
    votes = Counter(value for value in column if value is not None).most_common(2)
    if not votes or votes[0][1] < 2 or (len(votes) > 1 and votes[0][1] == votes[1][1]):
        return None
    return votes[0][0]
