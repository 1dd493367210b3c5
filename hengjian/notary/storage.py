"""The tree as the database holds it: read in O(log n) rows, written in one go.

Trusted: no. What is read here is held against signed roots by whoever reads it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, TypeVar

import psycopg
from django.db import connection
from django.utils.translation import gettext as _

from hengjian.notary.errors import LogTampered
from hengjian.notary.growth import Edge, Growth, hashes_of
from hengjian.notary.models import HASH, TILE
from hengjian.proof.tiles import HEIGHT, Resource, levels
from hengjian.proof.tree import Reader, parents

T = TypeVar("T")
Name = tuple[int, int]  # of a tile: level, index

_TILES = """
SELECT t.level, t.index, t.hashes FROM unnest(%s::int2[], %s::int8[]) AS w(level, index)
JOIN notary_tile t ON t.level = w.level AND t.index = w.index"""
_PUT_TILE = """
INSERT INTO notary_tile (level, index, hashes) VALUES (%s, %s, %s)
ON CONFLICT (level, index) DO UPDATE SET hashes = excluded.hashes"""
_PUT_BUNDLE = """
INSERT INTO notary_bundle (index, width, entries) VALUES (%s, %s, %s)
ON CONFLICT (index) DO UPDATE SET width = excluded.width, entries = excluded.entries"""


def plain_cursor() -> "psycopg.Cursor[Any]":
    """A cursor on Django's connection that binds at the server and reads binary values."""
    connection.ensure_connection()
    return psycopg.Cursor(connection.connection)


def tiles(wanted: Iterable[Name]) -> dict[Name, bytes]:
    """These tiles, as far as they are there."""
    names = list(wanted)
    args = [[level for level, _index in names], [index for _level, index in names]]
    with connection.wrap_database_errors, plain_cursor() as cursor:
        found = cursor.execute(_TILES, args, prepare=True, binary=True).fetchall()
    return {(level, index): bytes(hashes) for level, index, hashes in found}


def read_tree(compute: Callable[[Reader], T]) -> T:
    """Compute a proof or a root: the nodes it asks for are noted first, then fetched in one query.

    Raises: LogTampered when a tile is not there or too short.
    """
    nodes: list[Name] = []

    def note(level: int, index: int) -> bytes:
        nodes.append((level, index))
        return bytes(HASH)

    compute(note)
    found = tiles({_place(*node)[0] for node in nodes})
    return compute(lambda level, index: _node(found, level, index))


def _place(level: int, index: int) -> tuple[Name, int, int]:
    """The tile of a node, where in it the node's hashes begin, and how many they are."""
    tile, height = divmod(level, HEIGHT)
    number, first = divmod(index << height, TILE)
    return (tile, number), first, 1 << height


def _node(found: Mapping[Name, bytes], level: int, index: int) -> bytes:
    name, first, count = _place(level, index)
    row = hashes_of(found.get(name, b"")[first * HASH : (first + count) * HASH])
    if len(row) != count or len(row[-1]) != HASH:
        raise _damaged(f"tile {name[0]}/{name[1]}")
    while len(row) > 1:
        row = parents(row)
    return row[0]


def load_edge(size: int) -> Edge:
    """The right edge at this size, out of the stored tiles and bundle.

    Raises: LogTampered when they do not have just this size.
    """
    names = [(level, (size >> HEIGHT * level) // TILE) for level in levels(size)]
    found = tiles(names)
    rows = [hashes_of(found.get(name, b"")) for name in names]
    with connection.cursor() as cursor:
        cursor.execute("SELECT entries FROM notary_bundle WHERE index = %s", [size // TILE])
        bundle = cursor.fetchone()
        cursor.execute("SELECT count(*) FROM notary_tile WHERE level = 0 AND index > %s", [size // TILE])
        (beyond,) = cursor.fetchone()
    if beyond or bool(bundle) != bool(size % TILE):
        raise _damaged(f"size {size}")
    try:
        return Edge(size, rows, bytes(bundle[0]) if bundle else b"")
    except ValueError as fault:
        raise _damaged(f"size {size}") from fault


def _damaged(where: str) -> LogTampered:
    return LogTampered(
        _("数据库中的哈希瓦片与日志大小不符"),
        where=where,
        do=_("请保留现场；用已发布的文件核对：hengjian-proof verify"),
        code="notary.tiles_differ",
    )


def write_growth(cursor: "psycopg.Cursor[Any]", grown: Growth) -> None:
    """Write new and grown tiles and bundles."""
    cursor.executemany(_PUT_TILE, [(*name, hashes) for name, hashes in grown.tiles.items()])
    cursor.executemany(_PUT_BUNDLE, [(index, *rest) for index, rest in grown.bundles.items()])


def write_head(cursor: "psycopg.Cursor[Any]", size: int, root: bytes, at: datetime) -> None:
    """Write a head."""
    cursor.execute("INSERT INTO notary_head (size, root, at) VALUES (%s, %s, %s)", [size, root, at])


def served(resources: Iterable[Resource]) -> Iterator[tuple[Resource, bytes]]:
    """The bytes of tiles and bundles as they are published, each cut to its width."""
    for resource in resources:
        if resource.level < 0:
            yield resource, _bundle(resource)
        else:
            whole = tiles([(resource.level, resource.index)]).get((resource.level, resource.index), b"")
            if len(whole) < resource.width * HASH:
                raise _damaged(resource.path)
            yield resource, whole[: resource.width * HASH]


def _bundle(resource: Resource) -> bytes:
    with connection.wrap_database_errors, plain_cursor() as cursor:
        query = "SELECT width, entries FROM notary_bundle WHERE index = %s"
        found = cursor.execute(query, [resource.index], binary=True).fetchone()
    if found is None or found[0] < resource.width:
        raise _damaged(resource.path)
    data = bytes(found[1])
    if found[0] == resource.width:
        return data
    at = 0
    for _entry in range(resource.width):
        at += 2 + int.from_bytes(data[at : at + 2], "big")
    return data[:at]
