"""Publication: the log as static files that any web server can serve.

public/checkpoint, public/tile/…, public/tile/entries/…, public/vkey, public/trust.

Not trusted: a verifier checks every byte. Who changes the files is found by ``hengjian-proof verify``;
who keeps back a newer checkpoint is found by whoever holds one, and by the witnesses' times.
Lost: written anew from the database, up to the last head.

Crash points: each file appears whole by renaming and is flushed to disk; the checkpoint comes last, so
whoever reads it finds all that it covers. Killed before, the next publication starts at the checkpoint
that stands and writes the same bytes again.
"""

import shutil
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from hengjian.notary import storage
from hengjian.notary.folder import Folder, sync_folder, write_whole
from hengjian.proof import notes
from hengjian.proof.checkpoints import Checkpoint
from hengjian.proof.errors import ProofError
from hengjian.proof.tiles import CHECKPOINT, WIDTH, resources

LARGEST_CHECKPOINT = 1_000_000


class Served(NamedTuple):
    """The file of the checkpoint: each publication makes a new one."""

    inode: int
    changed: int
    size: int


def publish(folder: Folder, note: notes.Note, vkey: str) -> int:
    """Write what the published log lacks, the checkpoint last; gives the number of files.

    Raises: OSError when disk or folder refuse; then the checkpoint that stands stays.
    """
    public = folder.public
    public.mkdir(parents=True, exist_ok=True)
    size = Checkpoint.parse(note.text).size
    since = published_size(folder)
    touched: set[Path] = set()
    files = 0
    for resource, data in storage.served(resources(size, since)):
        path = public / resource.path
        _make(path.parent, public, touched)
        write_whole(path, data, sync_name=False)
        touched.add(path.parent)
        files += 1
        if resource.width == WIDTH:
            _drop_partial(path)
    for made in sorted(touched):
        sync_folder(made)
    _keep_same(public / "vkey", f"{vkey}\n".encode())
    if folder.trust.exists():
        _keep_same(public / "trust", folder.trust.read_bytes())
    # crash point: all files of the new checkpoint are there, the old checkpoint stands
    write_whole(public / CHECKPOINT, notes.write(note))
    return files


def published(folder: Folder) -> notes.Note | None:
    """The checkpoint that is served now; None when there is none or it cannot be read."""
    with suppress(OSError, ProofError):
        path = folder.public / CHECKPOINT
        if path.stat().st_size <= LARGEST_CHECKPOINT:
            return notes.parse(path.read_bytes())
    return None


def served_now(folder: Folder) -> Served | None:
    """What tells without reading it whether the checkpoint that is served is still the same file."""
    with suppress(OSError):
        found = (folder.public / CHECKPOINT).stat()
        return Served(found.st_ino, found.st_mtime_ns, found.st_size)
    return None


def published_size(folder: Folder) -> int:
    """The size of the log as it is served now."""
    note = published(folder)
    with suppress(ProofError):
        return Checkpoint.parse(note.text).size if note else 0
    return 0


def _make(path: Path, root: Path, touched: set[Path]) -> None:
    """Make a folder and remember every one whose names are new."""
    if path.is_dir():
        return
    if path != root:
        _make(path.parent, root, touched)
    path.mkdir(exist_ok=True)
    touched.add(path.parent)


def _drop_partial(path: Path) -> None:
    """A full tile replaces the partial ones."""
    with suppress(OSError):
        partial = path.with_name(f"{path.name}.p")
        if partial.is_dir():
            shutil.rmtree(partial)


def _keep_same(path: Path, data: bytes) -> None:
    if not path.exists() or path.read_bytes() != data:
        write_whole(path, data)
