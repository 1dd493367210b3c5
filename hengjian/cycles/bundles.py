"""Write a published result as one file: whole or not at all."""

from pathlib import Path

from hengjian.cycles import storing
from hengjian.cycles.models import StoredSheet
from hengjian.scoring.bundle import write_bundle
from hengjian.terms.canonical import digest

SUFFIX = ".hjb"


def write(stored: StoredSheet, folder: Path) -> tuple[Path, str]:
    """Write the bundle into the folder; returns its path and digest.

    Crash points: before the rename there is a hidden half-file that the next write removes; after
    it the whole bundle stands under its name, and writing again gives the same bytes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{stored.cycle_id}-{stored.root[:12]}{SUFFIX}"
    for left_over in folder.glob(f".{path.name}.*"):
        left_over.unlink(missing_ok=True)
    write_to(stored, path)
    return path, digest(path.read_bytes())


def write_to(stored: StoredSheet, path: Path) -> None:
    """Write the bundle of a stored sheet; the same bytes whenever it is made."""
    snapshot = stored.snapshot
    write_bundle(
        path,
        storing.snapshot_of(snapshot),
        storing.policy_files(snapshot),
        storing.sheet_of(stored),
        engine=stored.engine,
    )
