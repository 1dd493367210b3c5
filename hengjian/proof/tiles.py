"""Tiles and entry bundles: the static files that a log is published as.

A tile holds up to 256 hashes of one level (levels are eight tree levels apart), a bundle up to 256 entries,
each behind its length in two bytes. Source: C2SP tlog-tiles.
"""

import re
import struct
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from hengjian.proof.errors import ProofError
from hengjian.proof.tree import HASH_SIZE, MAX_SIZE, Reader, parents

WIDTH = 256
HEIGHT = 8
MAX_LEVEL = 63
MAX_ENTRY = 65_535
CHECKPOINT = "checkpoint"

_PATH = re.compile(
    r"tile/(entries|[0-9]|[1-5][0-9]|6[0-3])/((?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?"
)
_LENGTH = struct.Struct(">H")

Fetch = Callable[[str], bytes]


@dataclass(frozen=True, order=True)
class Resource:
    """A tile (``level`` 0 and up) or an entry bundle (``level`` -1), and how wide it is.

    Clause: SPEC F3
    """

    level: int
    index: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """Where it is served, below the log's prefix."""
        kind = "entries" if self.level < 0 else str(self.level)
        partial = f".p/{self.width}" if self.width < WIDTH else ""
        return f"tile/{kind}/{_number(self.index)}{partial}"


def tile_path(level: int, index: int, width: int = WIDTH) -> str:
    """The path of a tile; partial when ``width`` is below 256.

    Clause: SPEC F3
    """
    if not 0 <= level <= MAX_LEVEL:
        raise ProofError(f"没有第 {level} 层瓦片", english=f"no tile level {level}")
    return _checked(Resource(level, index, width)).path


def parse_path(path: str) -> Resource:
    """What stands at a path.

    Clause: SPEC F3
    Raises: ProofError when it is no path of a tile or bundle, or not in its one form.
    """
    found = _PATH.fullmatch(path)
    if not found:
        raise ProofError("不是瓦片路径", path, "not the path of a tile")
    kind, number, width = found.groups()
    level = -1 if kind == "entries" else int(kind)
    index = int(number.replace("/", "").replace("x", ""))
    resource = Resource(level, index, int(width) if width else WIDTH)
    if resource.path != path or not 1 <= resource.width <= WIDTH or index > MAX_SIZE:
        raise ProofError("不是瓦片路径", path, "not the path of a tile")
    return resource


def encode_entries(entries: Iterable[bytes]) -> bytes:
    """A bundle of up to 256 entries.

    Clause: SPEC F3
    Raises: ProofError when there are too many, or one is too long.
    """
    rows = list(entries)
    if len(rows) > WIDTH:
        raise ProofError("一包超过 256 条", english="more than 256 entries in a bundle")
    if any(len(entry) > MAX_ENTRY for entry in rows):
        raise ProofError("条目超过 65535 字节", english="entry longer than 65,535 bytes")
    return b"".join([len(entry).to_bytes(2, "big") + entry for entry in rows])


def decode_entries(data: bytes) -> list[bytes]:
    """The entries of a bundle.

    Clause: SPEC F3
    Raises: ProofError when it breaks off within an entry, or holds more than 256.
    """
    entries: list[bytes] = []
    at, end = 0, len(data)
    while at < end:
        start = at + 2
        if start > end or len(entries) == WIDTH:
            raise ProofError("条目包读不通", english="malformed entry bundle")
        at = start + _LENGTH.unpack_from(data, at)[0]
        entries.append(data[start:at])
    if at != end:
        raise ProofError("条目包中途断了", english="entry bundle breaks off")
    return entries


def decode_tile(data: bytes) -> list[bytes]:
    """The hashes of a tile.

    Clause: SPEC F3
    Raises: ProofError when it is empty, too long or breaks off within a hash.
    """
    if not data or len(data) % HASH_SIZE or len(data) > WIDTH * HASH_SIZE:
        raise ProofError("瓦片长短不对", english="tile of the wrong length")
    return [data[at : at + HASH_SIZE] for at in range(0, len(data), HASH_SIZE)]


def count(size: int, level: int) -> int:
    """How many hashes the tiles of a level hold together, at this tree size (level -1: entries).

    Clause: SPEC F3
    """
    return size >> HEIGHT * max(level, 0)


def width_of(size: int, level: int, index: int) -> int:
    """How wide a tile or bundle is at this tree size; 0 when it is not there.

    Clause: SPEC F3
    """
    return max(0, min(WIDTH, count(size, level) - index * WIDTH))


def levels(size: int) -> range:
    """The levels that have tiles at this tree size.

    Clause: SPEC F3
    """
    return range((size.bit_length() + HEIGHT - 1) // HEIGHT)


def resources(size: int, since: int = 0) -> Iterator[Resource]:
    """Every tile and bundle that a tree of this size has, its right edge partial; bundles first.

    Clause: SPEC F3

    With ``since`` only those that the tree did not have, or had narrower, at that size.
    """
    for level in (-1, *levels(size)):
        total = count(size, level)
        for index in range(count(since, level) // WIDTH, -(-total // WIDTH)):
            resource = Resource(level, index, width_of(size, level, index))
            if resource.width != width_of(since, level, index):
                yield resource


def reader(size: int, fetch: Fetch) -> Reader:
    """A reader of the tree out of its tiles at this size; ``fetch`` answers a path with the tile's bytes.

    Clause: SPEC F3
    Raises: ProofError when a tile is shorter or longer than its path says.
    """

    def read(level: int, index: int) -> bytes:
        tile_level, height = divmod(level, HEIGHT)
        first = index << height
        tile, offset = divmod(first, WIDTH)
        path = tile_path(tile_level, tile, width_of(size, tile_level, tile))
        data = fetch(path)
        if len(data) != HASH_SIZE * width_of(size, tile_level, tile):
            raise ProofError("瓦片长短不对", path, "tile of the wrong length")
        row = decode_tile(data[offset * HASH_SIZE : (offset + (1 << height)) * HASH_SIZE])
        for _ in range(height):
            row = parents(row)
        return row[0]

    return read


def _checked(resource: Resource) -> Resource:
    if not (0 <= resource.index <= MAX_SIZE and 1 <= resource.width <= WIDTH):
        raise ProofError("没有这样的瓦片", english="no such tile")
    return resource


def _number(index: int) -> str:
    parts = [f"{index % 1000:03d}"]
    while index := index // 1000:
        parts.append(f"x{index % 1000:03d}")
    return "/".join(reversed(parts))
