"""Hold leaves against rows, block by block. Reads only; says what does not agree, never what stands there.

A leaf stands in three places of the database: in its commitment, in its bundle, in its tile. Where two
agree against the third, the third was changed; and the roots that were signed bind them all.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from django.db import connection

from hengjian.notary.forms import Held
from hengjian.notary.models import HASH, LARGEST_DELIVERY, TILE, WITHIN, Bundle, Commitment, Tile
from hengjian.notary.protected import Protected, kinds
from hengjian.proof.commitments import Entry, commitment
from hengjian.proof.errors import ProofError
from hengjian.proof.tiles import decode_entries
from hengjian.proof.tree import leaf_hash

ADOPTED = "adopted"  # stands in entries of rows that were logged later than written


class What(StrEnum):
    """What does not agree."""

    ROW_CHANGED = "row_changed"  # row or salt: the commitment cannot be opened with them
    ROW_MISSING = "row_missing"
    ROW_UNLOGGED = "row_unlogged"
    ROW_NOT_ERASED = "row_not_erased"
    SALT_MISSING = "salt_missing"
    SALT_ALONE = "salt_alone"
    SALT_NOT_ERASED = "salt_not_erased"
    ENTRY_CHANGED = "entry_changed"
    ENTRY_MISSING = "entry_missing"
    PLACE_TWICE = "place_twice"
    UNNUMBERED = "unnumbered"
    KIND_UNKNOWN = "kind_unknown"
    BUNDLE_CHANGED = "bundle_changed"
    TILE_CHANGED = "tile_changed"
    HEAD_CHANGED = "head_changed"
    SIGNATURE_DIFFERS = "signature_differs"
    SIGNATURE_MISSING = "signature_missing"
    PUBLISHED_DIFFERS = "published_differs"
    COLUMN_GONE = "column_gone"  # dropped or renamed: leaves over it can no longer be held against rows
    FORM_MISSING = "form_missing"
    FORM_LACKS_COLUMN = "form_lacks_column"
    NIGHT_DIFFERS = "night_differs"  # what stands in a night is not what its leaf was made over


@dataclass(frozen=True, slots=True)
class Finding:
    """One difference: in what, of which kind of record, under which key, at which leaf."""

    what: What
    kind: str
    key: str
    leaf: int | None = None


@dataclass(frozen=True, slots=True)
class Leaf:
    """A commitment as it is stored, with its place in the log (None: none yet)."""

    index: int | None
    id: int
    kind: str
    key: str
    schema: int
    on: date
    entry: bytes
    salt: bytes | None
    erased: bool
    waits: bool


_COLUMNS = """c.id, c.kind, c.key, c.schema, c."on", c.entry, s.salt, e.commitment_id IS NOT NULL"""
_BESIDE = """LEFT JOIN notary_salt s ON s.commitment_id = c.id
    LEFT JOIN notary_erasure e ON e.commitment_id = c.id"""
_NUMBERED = f"""
    SELECT r.first + (c.id - (r.delivery << {WITHIN})), {_COLUMNS}, false
    FROM notary_receipt r
    JOIN notary_commitment c
      ON c.id >= (r.delivery << {WITHIN}) + greatest(0, %(start)s - r.first)
     AND c.id < (r.delivery << {WITHIN}) + least(r.count, %(stop)s - r.first)
    {_BESIDE}
    WHERE r.first < %(stop)s AND r.first > %(start)s - {LARGEST_DELIVERY} - 1
      AND r.first + r.count > %(start)s
    ORDER BY 1"""  # noqa: S608
# what waits for a night since before the last but one was left out of one
_WITHOUT_PLACE = f"""
    SELECT NULL, {_COLUMNS}, p.delivery IS NOT NULL OR (t.delivery IS NOT NULL
        AND c.id - (t.delivery << {WITHIN}) < t.count
        AND t.after + 1 >= coalesce((SELECT max(number) FROM notary_night), 0))
    FROM notary_commitment c
    LEFT JOIN notary_receipt r ON r.delivery = c.id >> {WITHIN}
    LEFT JOIN notary_pending p ON p.delivery = c.id >> {WITHIN}
    LEFT JOIN notary_tonight t ON t.delivery = c.id >> {WITHIN}
    {_BESIDE}
    WHERE c.id > %s AND (r.delivery IS NULL OR c.id - (r.delivery << {WITHIN}) >= r.count)
      AND NOT EXISTS (SELECT 1 FROM notary_nightplace n WHERE n.commitment_id = c.id)
    ORDER BY c.id LIMIT %s"""  # noqa: S608
_OF_NIGHT = f"""
    SELECT n.place, NULL, {_COLUMNS}, false
    FROM notary_nightplace n JOIN notary_commitment c ON c.id = n.commitment_id
    {_BESIDE}
    WHERE n.night_id = %s ORDER BY n.place"""  # noqa: S608


def leaves(start: int, stop: int) -> list[Leaf]:
    """The commitments that have these places, in the order of places."""
    return _leaves(_NUMBERED, {"start": start, "stop": stop})


def without_place(after: int, most: int) -> list[Leaf]:
    """Commitments that have no place in the log, by their number."""
    return _leaves(_WITHOUT_PLACE, [after, most])


def of_night(number: int) -> list[tuple[int, Leaf]]:
    """What stands in a night, with its places there."""
    with connection.cursor() as cursor:
        cursor.execute(_OF_NIGHT, [number])
        return [(place, Leaf(*row)) for place, *row in cursor.fetchall()]


def _leaves(query: str, values: Mapping[str, int] | list[int]) -> list[Leaf]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return [Leaf(*row) for row in cursor.fetchall()]


def opened(found: Iterable[Leaf]) -> Iterator[Finding]:
    """Open each commitment with its salt and the row as it stands now."""
    known = {one.kind: one for one in kinds()}
    by_kind: dict[str, list[Leaf]] = defaultdict(list)
    for leaf in found:
        by_kind[leaf.kind].append(leaf)
    for kind, members in by_kind.items():
        if kind not in known:
            yield from (Finding(What.KIND_UNKNOWN, kind, leaf.key, leaf.index) for leaf in members)
        else:
            yield from _opened(known[kind], members)


def _opened(kind: Protected, members: list[Leaf]) -> Iterator[Finding]:
    held, by_form = Held.of(kind), defaultdict[int, list[Leaf]](list)
    for leaf in members:
        by_form[leaf.schema].append(leaf)
    for schema, leaves_of in by_form.items():
        form = held.readable(schema)
        if form is None:  # :func:`forms` says so, once for all rows
            named = (leaf for leaf in leaves_of if not _says(leaf, leaf.on.isoformat()))
            yield from (Finding(What.ENTRY_CHANGED, leaf.kind, leaf.key, leaf.index) for leaf in named)
            continue
        rows = kind.contents.of([leaf.key for leaf in leaves_of], form)
        said = {key: (content, public) for key, content, public in rows}
        for leaf in leaves_of:
            what = _mended_by(leaf, *said.get(leaf.key, (None, {})))
            if what is not None:
                yield Finding(what, leaf.kind, leaf.key, leaf.index)


def forms(kind: Protected) -> Iterator[Finding]:
    """By which forms leaves of a kind cannot be read, and what a form leaves out."""
    held = Held.of(kind)
    used = Commitment.objects.filter(kind=kind.kind).order_by().values_list("schema", flat=True).distinct()
    for schema in sorted({*used, *held.forms}):
        name, form = f"{kind.kind}/{schema}", held.forms.get(schema)
        if form is None or not form.sound:
            yield Finding(What.FORM_MISSING, kind.kind, name)
        else:
            yield from (Finding(What.COLUMN_GONE, kind.kind, f"{name} {gone}") for gone in held.gone(form))
    for schema, name in held.lacking():
        yield Finding(What.FORM_LACKS_COLUMN, kind.kind, f"{kind.kind}/{schema} {name}")


def _mended_by(leaf: Leaf, content: bytes | None, public: Mapping[str, str | int]) -> What | None:
    if leaf.erased:
        kept = What.SALT_NOT_ERASED if leaf.salt is not None else None
        return kept or (None if content is None else What.ROW_NOT_ERASED)
    if leaf.salt is None:
        return What.SALT_MISSING
    if content is None:
        return What.ROW_MISSING
    bound = commitment(leaf.salt, content)
    day = leaf.on.isoformat()
    for shown in (public, {**public, ADOPTED: 1}):
        if Entry(leaf.kind, leaf.schema, day, bound, shown).encode() == leaf.entry:
            return None
    return What.ROW_CHANGED if _says(leaf, day) else What.ENTRY_CHANGED


def _says(leaf: Leaf, day: str) -> bool:
    """Whether the entry's readable part is what the columns beside it say."""
    try:
        entry = Entry.parse(leaf.entry)
    except ProofError:
        return False
    return (entry.kind, entry.schema, entry.on) == (leaf.kind, leaf.schema, day)


@dataclass
class Block:
    """The three places of the leaves from ``start`` until before ``stop``; it begins with a tile."""

    start: int
    stop: int

    def __post_init__(self) -> None:
        """Read the three places."""
        span = range(self.start // TILE, (self.stop - 1) // TILE + 1)
        self.found = leaves(self.start, self.stop)
        self._bundles = {b.index: _entries(b) for b in Bundle.objects.filter(index__in=span)}
        tiles = Tile.objects.filter(level=0, index__in=span).values_list("index", "hashes")
        self._tiles = {index: bytes(hashes) for index, hashes in tiles}

    def compared(self) -> Iterator[tuple[int, bytes | None, list[Finding]]]:
        """For each place: the hash on which at least two agree (or the tile's), and what differs."""
        by_place: dict[int, list[Leaf]] = defaultdict(list)
        for leaf in self.found:
            by_place[leaf.index or 0].append(leaf)
        for place in range(self.start, self.stop):
            yield self._compared(place, by_place[place])

    def _compared(self, place: int, here: list[Leaf]) -> tuple[int, bytes | None, list[Finding]]:
        leaf = here[0] if here else None
        kind, key = (leaf.kind, leaf.key) if leaf else ("", "")
        three = [leaf_hash(leaf.entry) if leaf else None, self._in_bundle(place), self._in_tile(place)]
        agreed = next((one for one in three if one is not None and three.count(one) > 1), three[2])
        names = (What.ENTRY_CHANGED if leaf else What.ENTRY_MISSING, What.BUNDLE_CHANGED, What.TILE_CHANGED)
        findings = [
            Finding(what, kind, key, place)
            for what, one in zip(names, three, strict=True)
            if one is None or one != agreed
        ]
        findings += [Finding(What.PLACE_TWICE, more.kind, more.key, place) for more in here[1:]]
        return place, agreed, findings

    def _in_bundle(self, place: int) -> bytes | None:
        entries = self._bundles.get(place // TILE, [])
        return leaf_hash(entries[place % TILE]) if place % TILE < len(entries) else None

    def _in_tile(self, place: int) -> bytes | None:
        at = place % TILE * HASH
        found = self._tiles.get(place // TILE, b"")[at : at + HASH]
        return found if len(found) == HASH else None


def _entries(bundle: Bundle) -> list[bytes]:
    try:
        return decode_entries(bytes(bundle.entries))
    except ProofError:
        return []


_UNLOGGED = """FROM {table} AS t WHERE NOT EXISTS (
    SELECT 1 FROM notary_commitment c WHERE c.kind = %s AND c.key = t.{key}::text)"""


def unlogged(kind: Protected, after: str, most: int) -> list[str]:
    """Keys of rows that have no commitment, a page at a time."""
    contents = kind.contents
    rows = _UNLOGGED.format(table=contents.table, key=contents.key)
    page = f"AND t.{contents.key} > %s::{contents.key_type}" if after else ""
    query = f"SELECT t.{contents.key}::text AS row_key {rows} {page} ORDER BY t.{contents.key} LIMIT %s"
    with connection.cursor() as cursor:
        cursor.execute(query, [kind.kind, *([after] if after else []), most])
        return [key for (key,) in cursor.fetchall()]


def count_unlogged(kind: Protected) -> int:
    """How many rows have no commitment."""
    rows = _UNLOGGED.format(table=kind.contents.table, key=kind.contents.key)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) {rows}", [kind.kind])
        return int(cursor.fetchone()[0])


def salts_alone(most: int) -> list[int]:
    """Salts without a commitment."""
    query = """
        SELECT s.commitment_id FROM notary_salt s LEFT JOIN notary_commitment c ON c.id = s.commitment_id
        WHERE c.id IS NULL ORDER BY 1 LIMIT %s"""
    with connection.cursor() as cursor:
        cursor.execute(query, [most])
        return [number for (number,) in cursor.fetchall()]
