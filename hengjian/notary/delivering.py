"""One delivery: commitments, salts and the note that they wait, in the caller's transaction."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import date

from django.db import connection
from django.utils.translation import gettext as _

from hengjian.notary.copying import copy_commitments, copy_salts
from hengjian.notary.errors import NotaryRefused
from hengjian.notary.models import WITHIN
from hengjian.notary.protected import Protected
from hengjian.proof.commitments import Entry, commitment

SALT = 32  # bytes
LARGEST_KEY = 128
_NOTHING = bytes(32)
_HALF = 1 << 42  # deliveries of shuffled kinds are drawn from above it
_PENDING = "INSERT INTO notary_pending (delivery, count) VALUES (%s, %s)"
_TONIGHT = """INSERT INTO notary_tonight (delivery, count, after)
    SELECT %s, %s, coalesce(max(number), 0) FROM notary_night"""

Public = Mapping[str, str | int]
Content = tuple[str, bytes, Public | None]


def deliver(kind: Protected, schema: int, rows: Sequence[Content], on: date) -> range:
    """Write the commitments of at most ``LARGEST_DELIVERY`` rows; gives their numbers."""
    drawn_by_chance = kind.shuffled or kind.nightly
    delivery = _HALF + secrets.randbits(42) if drawn_by_chance else _next_delivery()
    numbers = range(delivery << WITHIN, (delivery << WITHIN) + len(rows))
    drawn = secrets.token_bytes(SALT * len(rows))
    salts = [drawn[at : at + SALT] for at in range(0, len(drawn), SALT)]
    entries = _entries(kind.kind, schema, rows, salts, on)
    keys = [_checked(key) for key, _content, _public in rows]
    copy_commitments(kind.kind, schema, on, zip(numbers, keys, entries, strict=True))
    copy_salts(zip(numbers, salts, strict=True))
    with connection.cursor() as cursor:
        cursor.execute(_TONIGHT if kind.nightly else _PENDING, [delivery, len(rows)])
    return numbers


def _entries(
    kind: str, schema: int, rows: Sequence[Content], salts: Sequence[bytes], on: date
) -> list[bytes]:
    """The entries of the rows. What rows with the same public values share is written once."""
    day, entries = on.isoformat(), []
    public: Public | None = {}
    before, after = _around(Entry(kind, schema, day, _NOTHING, {}))
    for (_key, content, said), salt in zip(rows, salts, strict=True):
        if said != public and (said or public):
            public = said
            before, after = _around(Entry(kind, schema, day, _NOTHING, said or {}))
        entries.append(before + commitment(salt, content).hex().encode() + after)
    return entries


def _around(entry: Entry) -> tuple[bytes, bytes]:
    """What stands before and after the commitment of an entry, which begins with it."""
    before, _commitment, after = entry.encode().partition(_NOTHING.hex().encode())
    return before, after


def _checked(key: str) -> str:
    if not 0 < len(key) <= LARGEST_KEY or "\0" in key:
        raise NotaryRefused(
            _("存证记录的编号为空或过长：%s") % key[:40],
            do=_("请使用不超过 128 个字符的编号"),
            code="notary.key",
        )
    return key


def _next_delivery() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('notary_delivery')")
        (number,) = cursor.fetchone()
    return int(number)
