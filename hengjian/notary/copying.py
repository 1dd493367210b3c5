"""Rows into the log's tables by binary COPY: the fastest way in, and inside the caller's transaction."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from struct import Struct

from django.db import connection

_SIGNATURE = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_END = b"\xff\xff"
_LENGTH = Struct(">i")
_HEAD = Struct(">hiq")  # columns, eight bytes, the row's number
_SMALL = Struct(">ih")
_DAY = Struct(">ii")
_EPOCH = date(2000, 1, 1).toordinal()  # PostgreSQL's
BLOCK = 1 << 20

Numbered = tuple[int, str, bytes]  # number, key, entry


def _field(value: bytes) -> bytes:
    return _LENGTH.pack(len(value)) + value


def copy_commitments(kind: str, schema: int, on: date, rows: Iterable[Numbered]) -> None:
    """Write commitments of one kind and day."""
    named = _field(kind.encode())
    dated = _SMALL.pack(2, schema) + _DAY.pack(4, on.toordinal() - _EPOCH)
    pack, head = _LENGTH.pack, _HEAD.pack

    def lines() -> Iterator[bytes]:
        for number, key, entry in rows:
            name = key.encode()
            yield b"".join((head(6, 8, number), named, pack(len(name)), name, dated, pack(len(entry)), entry))

    _copy('COPY notary_commitment (id, kind, key, schema, "on", entry) FROM STDIN (FORMAT BINARY)', lines())


def copy_salts(rows: Iterable[tuple[int, bytes]]) -> None:
    """Write salts beside their commitments' numbers."""
    head, pack = _HEAD.pack, _LENGTH.pack
    _copy(
        "COPY notary_salt (commitment_id, salt) FROM STDIN (FORMAT BINARY)",
        (head(2, 8, number) + pack(len(salt)) + salt for number, salt in rows),
    )


def _copy(statement: str, lines: Iterable[bytes]) -> None:
    with connection.cursor() as cursor, connection.wrap_database_errors, cursor.copy(statement) as copy:
        copy.write(_SIGNATURE)
        for block in _blocks(lines):
            copy.write(b"".join(block))
        copy.write(_END)


def _blocks(lines: Iterable[bytes]) -> Iterator[Sequence[bytes]]:
    block: list[bytes] = []
    size = 0
    for line in lines:
        block.append(line)
        size += len(line)
        if size >= BLOCK:
            yield block
            block, size = [], 0
    yield block
