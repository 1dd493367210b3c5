"""Audit of a whole log from its files: finds every bad resource, names it, and always ends.

The signed root is the judge. From it downward every tile is held against the hash that stands above it; a
tile that does not fit is named, and what it should have held is computed from the levels below, so that a bad
tile hides no other. Without a checkpoint that can be trusted the files are held against each other.
Whatever size a checkpoint claims, the work is bounded by the files that are there, and by ``limit``.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from hengjian.proof import notes, tiles, tree
from hengjian.proof.checkpoints import Checkpoint
from hengjian.proof.errors import ProofError
from hengjian.proof.findings import Finding, Findings, Report
from hengjian.proof.shelf import Enough, Read, Row, Shelf, Told, resolved, settled
from hengjian.proof.tiles import CHECKPOINT, WIDTH, Resource
from hengjian.proof.trust import TrustPolicy

__all__ = ["Finding", "Report", "audit"]

GAP = 1024
LIMIT = 1 << 22
_OTHER = ("与其上的哈希不符", "does not fit the hash above it")
_ALONE = ("无从确认：别处缺失或说法不一", "cannot be confirmed: other places are missing or differ")


def audit(
    read: Read, policy: TrustPolicy, paths: Iterable[str] | None = None, *, limit: int = LIMIT
) -> Report:
    """Check all that a log serves: checkpoint, signatures, tiles of all levels, partial ones, bundles.

    Clause: SPEC F3
    ``read`` answers a path with its bytes or None; ``paths`` lists what is there, so that files which should
    not be there are found too and gaps cost nothing; at most ``limit`` resources are read.
    Returns: a report that names every bad resource.
    """
    found = Findings()
    counted = _Counted(read, limit)
    checkpoint, trusted = _head(read(CHECKPOINT), policy, found)
    listed = _Listed.of(paths, found) if paths is not None else None
    size, root = 0, b""
    try:
        size, root = _measure(counted, checkpoint, listed, trusted=trusted)
        _Walk(Shelf(counted, size, found), listed, root, signed=trusted).run()
    except Enough:
        found.add("…", f"读了 {limit} 项仍未完", f"not finished after {limit} resources")
    return Report(checkpoint.origin if checkpoint else "", size, root, tuple(found))


@dataclass
class _Counted:
    """A reader that stops the audit when too much was read."""

    read: Read
    left: int

    def __call__(self, path: str) -> bytes | None:
        self.left -= 1
        if self.left < 0:
            raise Enough
        return self.read(path)


@dataclass
class _Listed:
    """The tiles and bundles that are there, by level and index."""

    widths: dict[tuple[int, int], list[int]] = field(default_factory=dict)
    indices: dict[int, set[int]] = field(default_factory=dict)

    @classmethod
    def of(cls, paths: Iterable[str], found: Findings) -> "_Listed":
        listed = cls()
        for path in paths:
            try:
                resource = tiles.parse_path(path)
            except ProofError:
                if path != CHECKPOINT:
                    found.add(path, "不属于日志", "not part of a log", grave=False)
                continue
            listed.widths.setdefault((resource.level, resource.index), []).append(resource.width)
            listed.indices.setdefault(max(resource.level, 0), set()).add(resource.index)
        return listed

    def size(self) -> int:
        """How many entries there seem to be."""
        lowest = ((key, max(widths)) for key, widths in self.widths.items() if key[0] < 1)
        return max((index * WIDTH + width for (_, index), width in lowest), default=0)


def _head(data: bytes | None, policy: TrustPolicy, found: Findings) -> tuple[Checkpoint | None, bool]:
    """The checkpoint as far as it can be read, and whether a known key signed it."""
    if data is None:
        found.add(CHECKPOINT, "缺失", "missing")
        return None, False
    try:
        note = notes.parse(data)
    except ProofError as error:
        found.error(CHECKPOINT, error)
        return _claimed(data.partition(b"\n\n")[0] + b"\n"), False
    try:
        accepted = policy.accepted(note)
    except ProofError as error:
        found.error(CHECKPOINT, error)
    else:
        for key in accepted.unsigned:
            number = key.key_id.hex()
            found.add(
                CHECKPOINT,
                f"日志的公钥 {number} 未签名",
                f"not signed by the log's key {number}",
                grave=False,
            )
        for name in policy.missing(note):
            found.add(CHECKPOINT, f"没有 {name} 的联署", f"not cosigned by {name}", grave=False)
    return _claimed(note.text.encode()), _signed(note, policy, found)


def _claimed(text: bytes) -> Checkpoint | None:
    try:
        return Checkpoint.parse(text.decode())
    except ValueError:
        return None


def _signed(note: notes.Note, policy: TrustPolicy, found: Findings) -> bool:
    """Whether any known key signed the note; every line that does not verify is named."""
    known = (*(log.key for log in policy.logs), *(witness.key for witness in policy.witnesses))
    keys = {(key.name, key.key_id): key for key in known}
    good = False
    for line in note.signatures:
        key = keys.get((line.name, line.key_id))
        if key is None:
            found.add(CHECKPOINT, f"不认识的签名 {line.name}", f"unknown signature {line.name}", grave=False)
        elif key.verify(note.text.encode(), line.value):
            good = True
        else:
            found.error(CHECKPOINT, ProofError("签名不符", line.name, "signature does not verify"))
    return good


def _measure(
    read: Read, claimed: Checkpoint | None, listed: _Listed | None, *, trusted: bool
) -> tuple[int, bytes]:
    """The size and root to audit against; the root is empty when nothing is known of it.

    A checkpoint that nobody known signed is believed only if the files really lead to its root.
    """
    if claimed and trusted:
        return claimed.size, claimed.root
    counted = listed.size() if listed else _probed(read)
    for size in dict.fromkeys([counted, claimed.size] if claimed else []):
        edge = _Edge(Shelf(read, size, Findings()))
        if claimed and edge.resolved(claimed.root):
            return size, claimed.root
    return counted, b""


def _probed(read: Read) -> int:
    """How many entries there seem to be, found without a listing."""

    def there(index: int, width: int) -> bool:
        return any(read(Resource(level, index, width).path) is not None for level in (-1, 0))

    index = gap = full = 0
    while gap < 2:
        gap = 0 if there(index, WIDTH) else gap + 1
        index += 1
        full = full if gap else index
    width = next((width for width in range(WIDTH - 1, 0, -1) if there(full, width)), 0)
    return full * WIDTH + width


@dataclass
class _Edge:
    """The partial tiles at the right edge, the highest first: together they make the root."""

    shelf: Shelf

    def tiles(self) -> list[tuple[int, int]]:
        size = self.shelf.size
        levels = reversed(tiles.levels(size))
        counts = ((level, tiles.count(size, level)) for level in levels)
        return [(level, count // WIDTH) for level, count in counts if count % WIDTH]

    def resolved(self, root: bytes) -> Row | None:
        """The hashes of all these tiles that lead to the root, whatever of them is damaged."""
        keys = self.tiles()
        stored = [self.shelf.row(*key) for key in keys]
        if None not in stored:
            row = [value for part in stored for value in part or []]
            if self.root(row) == root:
                return row
        return resolved([self.shelf.told(*key) for key in keys], lambda row: self.root(row) == root)

    def root(self, row: Row) -> bytes:
        """The root that these hashes lead to."""
        pieces, at = [], 0
        for key in self.tiles():
            width = self.shelf.resource(*key).width
            for bit in reversed(range(tiles.HEIGHT)):
                if width >> bit & 1:
                    pieces.append(tree.root_of(row[at : at + (1 << bit)]))
                    at += 1 << bit
        found = pieces.pop() if pieces else tree.EMPTY_ROOT
        while pieces:
            found = tree.node_hash(pieces.pop(), found)
        return found

    def parts(self, row: Row) -> dict[tuple[int, int], Told]:
        """The hashes by tile."""
        parts: dict[tuple[int, int], Told] = {}
        at = 0
        for key in self.tiles():
            width = self.shelf.resource(*key).width
            parts[key] = row[at : at + width]
            at += width
        return parts


@dataclass
class _Walk:
    """From the root down to the entries. ``truth`` is what each upper tile must hold, None where unknown."""

    shelf: Shelf
    listed: _Listed | None
    root: bytes
    signed: bool
    truth: dict[tuple[int, int], Told] = field(default_factory=dict)

    def run(self) -> None:
        """Visit every level, the highest first."""
        self._edge()
        for level in reversed(tiles.levels(self.shelf.size)):
            for index in self._indices(level):
                held = self.truth.get((level, index))
                if held is None:
                    held = self._full(level, index)
                self._beside(level, index, held)
                if level == 0:
                    self._bundle(index, held)
                    self._beside(-1, index, held)
                else:
                    self.truth[level, index] = held
        self._beyond()

    def _edge(self) -> None:
        edge = _Edge(self.shelf)
        row = edge.resolved(self.root) if self.root else None
        if row is not None:
            self.truth.update(edge.parts(row))
        else:
            self.truth.update({key: settled(self.shelf.told(*key)) for key in edge.tiles()})
            if self.signed:
                self._name(CHECKPOINT, "文件算不出已签的树根", "the files do not lead to the signed root")
        for level, index in edge.tiles():
            self._against(level, index, self.truth[level, index])

    def _full(self, level: int, index: int) -> Told:
        """What a full tile must hold; it is named when it holds anything else."""
        above = self.truth.get((level + 1, index // WIDTH))
        wanted = above[index % WIDTH] if above else None
        row = self.shelf.row(level, index)
        if row and wanted and tree.root_of(row) == wanted:
            return row
        told = self.shelf.told(level, index)
        right = resolved([told], lambda row: tree.root_of(row) == wanted) if wanted else None
        held = settled(told) if right is None else right
        if row and wanted:
            self._name(self.shelf.resource(level, index).path, *_OTHER)
        self._against(level, index, held)
        return held

    def _against(self, level: int, index: int, held: Told) -> None:
        row = self.shelf.row(level, index)
        if row and list(held) != row:
            differs = any(must not in (None, mine) for mine, must in zip(row, held, strict=True))
            self._name(self.shelf.resource(level, index).path, *(_OTHER if differs else _ALONE))

    def _bundle(self, index: int, held: Told) -> None:
        row = self.shelf.row(-1, index)
        wrong = [at for at, (mine, must) in enumerate(zip(row or [], held, strict=False)) if mine != must]
        if all(held[at] is None for at in wrong):
            self._against(-1, index, held)
        else:
            first = index * WIDTH + wrong[0]
            self._name(
                self.shelf.resource(-1, index).path,
                f"{len(wrong)} 条与叶子哈希不符，首条第 {first} 条",
                f"{len(wrong)} entries do not fit their leaf hashes, the first is entry {first}",
            )

    def _beside(self, level: int, index: int, held: Told) -> None:
        """Narrower tiles left from smaller trees, and wider ones of a tree that nobody has signed yet."""
        if self.listed is None:
            return
        due = self.shelf.resource(level, index).width
        for width in self.listed.widths.get((level, index), ()):
            if width != due:
                self._other(Resource(level, index, width), held)

    def _other(self, resource: Resource, held: Told) -> None:
        data = self.shelf.read(resource.path)
        row = self.shelf.hashes(resource, data) if data is not None else None
        if row and any(mine != must for mine, must in zip(row, held, strict=False)):
            self._name(resource.path, *_OTHER)
        if resource.width > len(held):
            found = self.shelf.found
            found.add(resource.path, "超出已签的树", "goes beyond the signed tree", grave=False)

    def _beyond(self) -> None:
        for (level, index), widths in (self.listed.widths if self.listed else {}).items():
            if self.shelf.resource(level, index).width == 0:
                for width in widths:
                    self._other(Resource(level, index, width), ())

    def _indices(self, level: int) -> Iterator[int]:
        """The tiles of a level to visit; a long row of missing ones is named as one."""
        total = -(-tiles.count(self.shelf.size, level) // WIDTH)
        if self.listed is None:
            yield from self._until_gap(level, total)
            return
        there = sorted(index for index in self.listed.indices.get(level, ()) if index < total)
        done = 0
        for index in (*there, total):
            if index - done > GAP:
                self._gap(level, done, index)
            else:
                yield from range(done, index)
            if index < total:
                yield index
            done = index + 1

    def _until_gap(self, level: int, total: int) -> Iterator[int]:
        empty = 0
        for index in range(total):
            if empty > (GAP if level == 0 else GAP // 64):
                self._gap(level, index, total)
                return
            yield index
            empty = 0 if self.shelf.there(level, index) else empty + 1

    def _gap(self, level: int, start: int, end: int) -> None:
        for kind in (-1, 0) if level == 0 else (level,):
            first, last = (self.shelf.resource(kind, at).path for at in (start, end - 1))
            self._name(f"{first} … {last}", f"{end - start} 项缺失", f"{end - start} resources missing")

    def _name(self, resource: str, what: str, english: str) -> None:
        self.shelf.found.add(resource, what, english)
