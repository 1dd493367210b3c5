"""Files that only their account may read: written whole and on disk, or not at all."""

import os
import stat
from pathlib import Path


def write_new(path: Path, data: bytes) -> None:
    """Write a file that is not there yet; of two that write at once, the first wins.

    Clause: SPEC F4
    Raises: FileExistsError; what is there stays as it is.
    """
    draft = _draft(path, data)
    try:
        path.hardlink_to(draft)
    finally:
        draft.unlink(missing_ok=True)
    _sync(path.parent)


def write_over(path: Path, data: bytes) -> None:
    """Write a file in the place of what was there.

    Clause: SPEC F4
    """
    _draft(path, data).replace(path)
    _sync(path.parent)


def others_may_read(path: Path) -> bool:
    """Whether group or world have any right on the file.

    Clause: SPEC F4
    """
    return bool(stat.S_IMODE(path.stat().st_mode) & 0o077)


def _draft(path: Path, data: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    return draft


def _sync(folder: Path) -> None:
    """Make the names in a folder last."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
