"""Write a published result as one file: whole or not at all."""

from pathlib import Path

from hengjian.cycles import storing
from hengjian.cycles.models import Publication, StoredSheet
from hengjian.notary.evidence_files import opening_path, write_evidence
from hengjian.proof.evidence import SUFFIX as PROOF
from hengjian.proof.trust import TrustPolicy
from hengjian.scoring.bundle import write_bundle
from hengjian.terms.canonical import digest

SUFFIX = ".hjb"
KIND = "cycles.publication"


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


def evidence_path(publication: Publication) -> Path:
    """Where the evidence of a publication stands: beside its bundle."""
    return Path(publication.path).with_suffix(PROOF)


def complete_evidence(trust: TrustPolicy) -> list[Path]:
    """Write what evidence is still missing beside published bundles; gives the files that came.

    It waits for the witnesses of the trust policy: evidence without a quorum nobody would accept.

    A proof exists only when the log has published a head that covers the publication: so publishing
    never waits for it, and whoever runs the log calls this after each head.
    Crash points: none matters; what is missing is found again by looking.
    """
    done = []
    for publication in Publication.objects.order_by("-id"):
        path = evidence_path(publication)
        if (path.exists() and opening_path(path).exists()) or not path.parent.is_dir():
            continue
        if write_evidence(KIND, str(publication.pk), path, trust):
            done.append(path)
    return done
