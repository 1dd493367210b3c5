"""The right edge of the tree, and how a batch of entries makes it grow. Pure: no database here."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from hengjian.notary.models import HASH, TILE
from hengjian.proof.tiles import HEIGHT, encode_entries
from hengjian.proof.tree import EMPTY_ROOT, leaf_hash, parents, root


@dataclass
class Growth:
    """What a batch adds: tiles by (level, index) and bundles by index, each whole as it now stands."""

    tiles: dict[tuple[int, int], bytes] = field(default_factory=dict)
    bundles: dict[int, tuple[int, bytes]] = field(default_factory=dict)


class Edge:
    """The unfinished tile of each level and the unfinished bundle: all that is needed to go on."""

    def __init__(self, size: int, rows: Sequence[Sequence[bytes]], bundle: bytes) -> None:
        self.size = size
        self.rows = [list(row) for row in rows]
        self.bundle = bundle
        for level, row in enumerate(self.rows):
            if len(row) != self._width(level):
                raise ValueError(f"level {level} has {len(row)} hashes at size {size}")

    def _width(self, level: int) -> int:
        return (self.size >> HEIGHT * level) % TILE

    def add(self, entries: Sequence[bytes]) -> Growth:
        """Append entries; gives what changed."""
        grown = Growth()
        self._bundle(entries, grown)
        row = [leaf_hash(entry) for entry in entries]
        level, start = 0, self.size
        self.size += len(entries)
        while row:
            row = self._level(level, start, row, grown)
            level, start = level + 1, start >> HEIGHT
        return grown

    def _level(self, level: int, start: int, row: list[bytes], grown: Growth) -> list[bytes]:
        """Put hashes into a level's tiles; gives the hashes of the tiles that became full."""
        if level == len(self.rows):
            self.rows.append([])
        row = self.rows[level] + row
        first, above = start // TILE, []
        for at in range(0, len(row), TILE):
            part = row[at : at + TILE]
            grown.tiles[level, first + at // TILE] = b"".join(part)
            if len(part) == TILE:
                above.append(_root_of_tile(part))
        self.rows[level] = row[len(row) - len(row) % TILE :]
        return above

    def _bundle(self, entries: Sequence[bytes], grown: Growth) -> None:
        index, width = divmod(self.size, TILE)
        at, written = 0, self.bundle
        while at < len(entries):
            part = entries[at : at + TILE - width]
            written += encode_entries(part)
            at, width = at + len(part), width + len(part)
            grown.bundles[index] = (width, written)
            if width == TILE:
                index, width, written = index + 1, 0, b""
        self.bundle = written

    def root(self) -> bytes:
        """The root of the tree so far."""
        return root(self.size, self._read) if self.size else EMPTY_ROOT

    def _read(self, level: int, index: int) -> bytes:
        """A complete subtree at the right edge: it lies in the unfinished tile of its level."""
        tile, height = divmod(level, HEIGHT)
        first = (index << height) % TILE
        row = self.rows[tile][first : first + (1 << height)]
        for _ in range(height):
            row = parents(row)
        return row[0]


def _root_of_tile(row: Sequence[bytes]) -> bytes:
    while len(row) > 1:
        row = parents(row)
    return row[0]


def hashes_of(tile: bytes) -> list[bytes]:
    """The hashes of a stored tile."""
    return [tile[at : at + HASH] for at in range(0, len(tile), HASH)]
