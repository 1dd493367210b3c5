"""Evidence of one row for somebody outside: a ``.tlog-proof`` and the file that opens its entry.

Trusted: no. Whoever receives the two files checks them against keys that he has from elsewhere; what
is written here was checked the same way first, so that no file goes out that would be refused.
"""

from pathlib import Path

from django.utils.translation import gettext as _

from hengjian.notary.errors import LogTampered, NotaryRefused
from hengjian.notary.folder import write_whole
from hengjian.notary.forms import form_of
from hengjian.notary.models import Commitment
from hengjian.notary.protected import kinds, protected
from hengjian.notary.queries import EntryProof, proof_of
from hengjian.proof.commitments import Entry
from hengjian.proof.errors import ProofError
from hengjian.proof.evidence import SUFFIX
from hengjian.proof.nights import KIND as NIGHT
from hengjian.proof.nights import Within
from hengjian.proof.opening import SUFFIX as OPENING
from hengjian.proof.opening import Opening
from hengjian.proof.trust import TrustPolicy


def write_evidence(kind: str, key: str, proof: Path, trust: TrustPolicy | None = None) -> bool:
    """Write the two files, the proof last; False while no published head covers the entry.

    ``trust``: also wait until enough witnesses have cosigned such a head.
    Clause: SPEC F3
    Raises: NotaryRefused for a row that is not in the log, or whose salt was destroyed; LogTampered
    when the row no longer fits its entry.
    """
    found = proof_of(kind, key)
    if found is None:
        _check_logged(kind, key)
        return False
    if trust is not None and not trust.satisfied(found.proof.checkpoint):
        return False
    opening = opening_of(kind, key, found)
    proof.parent.mkdir(parents=True, exist_ok=True)
    write_whole(opening_path(proof), opening.write())
    # crash point: an opening without a proof; the next write makes both anew
    write_whole(proof, found.file)
    return True


def proof_path(folder: Path, kind: str, key: str) -> Path:
    """The name of a row's proof in a folder."""
    return folder / f"{kind}-{key.replace('/', '_')}{SUFFIX}"


def opening_path(proof: Path) -> Path:
    """The name of the opening beside a proof."""
    return proof.with_suffix(OPENING)


def _check_logged(kind: str, key: str) -> None:
    if not Commitment.objects.filter(kind=kind, key=key).exists():
        names = "、".join(one.kind for one in kinds())
        raise NotaryRefused(
            _("日志中没有这条记录：%(kind)s %(key)s") % {"kind": kind, "key": key},
            do=_("请核对种类和编号；种类有：%s") % names,
            code="notary.not_logged",
        )


def opening_of(kind: str, key: str, found: EntryProof) -> Opening:
    """What opens an entry, out of the row as it stands now.

    Raises: NotaryRefused when the salt was destroyed; LogTampered when the row no longer fits its entry.
    """
    where = f"{kind} {key}"
    if not found.salt:
        raise NotaryRefused(
            _("这条记录已删除，不能再打开其存证"), where=where, do=_("删除记录仍可查"), code="notary.erased"
        )
    opening = Opening(found.entry, _record(kind, key, found), found.salt, _within(found))
    try:
        opening.check()
    except ProofError as fault:
        raise LogTampered(
            _("记录与存证不符，不能出具证据"),
            where=where,
            do=_("请运行 hengjian notary reconcile"),
            code="notary.row_changed",
        ) from fault
    return opening


def _within(found: EntryProof) -> Within | None:
    if found.night is None:
        return None
    at, own = found.night
    return Within(own.entry, _record(NIGHT, str(at.night.pk), own), own.salt, at.place, at.path)


def _record(kind: str, key: str, found: EntryProof) -> bytes:
    """The row as it stands now, read as it was logged; empty when it cannot be."""
    known = protected(kind)
    form = form_of(known, Entry.parse(found.entry).schema)
    rows = [content for _key, content, _public in known.contents.of([key], form)] if form else []
    return rows[0] if rows else b""
