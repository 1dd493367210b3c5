"""Records and their places in the log: who may ask for whose proof, and what the proof looks like.

The permission to see a record decides about its proof too. Kinds that nobody may look up (marks,
ballots: a place in the log would undo the shuffling; the roster: names) are named in no rule.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.apps import apps
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from hengjian.access import permissions
from hengjian.access.queries import Person
from hengjian.cycles.queries import logged_by_digest, logged_rows
from hengjian.evidence.queries import record_by_digest
from hengjian.notary import queries
from hengjian.notary.evidence_files import opening_of
from hengjian.notary.models import Commitment
from hengjian.notary.protected import kinds
from hengjian.notary.queries import EntryProof
from hengjian.proof import notes
from hengjian.proof.checkpoints import Checkpoint
from hengjian.proof.commitments import Entry
from hengjian.proof.cosignatures import timestamp
from hengjian.proof.tree import leaf_hash, node_hash
from hengjian.terms.calendar import SHANGHAI
from hengjian.terms.errors import NotPermitted

PUBLICATION = "cycles.publication"
_RULES: Mapping[str, Callable[[Person, date], bool]] = {
    "cycles.": permissions.can_read_results,
    "evidence.quarantine": permissions.can_read_quarantine,
    "evidence.": permissions.can_read_results,
    "access.": permissions.can_read_trail,
    "notary.": permissions.can_read_trail,
}


def may_ask(user: Person, kind: str, on: date) -> bool:
    """Whether this person may see records of this kind, and so their proofs; the first rule counts."""
    known = {one.kind: one for one in kinds()}
    if kind not in known or known[kind].shuffled or known[kind].nightly:
        return False
    return next((rule(user, on) for prefix, rule in _RULES.items() if kind.startswith(prefix)), False)


def check_may_ask(user: Person, kind: str, on: date) -> None:
    """Refuse whoever may not see records of this kind."""
    if not may_ask(user, kind, on):
        raise NotPermitted(
            _("您没有权限：查询这类记录的存证"), do=_("请由有权查看该记录的人查询"), code="access.read_proof"
        )


def title(kind: str) -> str | Promise:
    """What people call this kind of record."""
    try:
        return apps.get_model(kind)._meta.verbose_name or kind
    except (LookupError, ValueError):
        return kind


def offered(user: Person, on: date) -> list[tuple[str, str | Promise]]:
    """The kinds that this person may ask about, with their names."""
    return [(one.kind, title(one.kind)) for one in kinds() if may_ask(user, one.kind, on)]


def by_digest(digest: str) -> tuple[str, str] | None:
    """Kind and key of the record, snapshot, sheet, policy or publication with this digest."""
    record = record_by_digest(digest)
    if record is not None:
        return record._meta.label_lower, str(record.pk)
    return logged_by_digest(digest)


@dataclass(frozen=True)
class Standing:
    """Whether a row stands in the published log, where, and who cosigned the head that covers it."""

    kind: str
    key: str
    index: int | None
    cosigned: tuple[str, ...]
    published: bool


def standing(kind: str, key: str) -> Standing:
    """Where a row stands, without the proof."""
    index = queries.leaf_of(kind, key)
    head = None if index is None else queries.published_head(index)
    signed = head.signatures.exclude(witness="").order_by("witness") if head else ()
    names = tuple(dict.fromkeys(one.witness for one in signed))
    return Standing(kind, key, index, names, head is not None)


def of_publication(cycle_id: str) -> Standing | None:
    """Where the publication of a cycle stands; None while it is not published."""
    kind, key = logged_rows(cycle_id)[0]
    return standing(kind, key) if kind == PUBLICATION else None


@dataclass(frozen=True)
class Rung:
    """One step from the leaf to the root: the neighbour, on which side it stands, what comes out."""

    level: int
    left: bool
    neighbour: str
    result: str


@dataclass(frozen=True)
class ProofView:
    """A proof as a page shows it."""

    kind: str
    key: str
    title: str | Promise
    entry: Entry
    text: str
    index: int
    size: int
    leaf: str
    path: tuple[Rung, ...]
    root: str
    agrees: bool
    cosigned: tuple[tuple[str, datetime], ...]
    erased: bool


def waits(kind: str, key: str) -> bool:
    """Whether a row is in the log, though no published head covers it yet."""
    return Commitment.objects.filter(kind=kind, key=key).exists()


def proof_view(kind: str, key: str) -> ProofView | None:
    """The proof of a row, recomputed step by step; None while no published head covers it."""
    found = queries.proof_of(kind, key)
    if found is None:
        return None
    head = Checkpoint.parse(found.proof.checkpoint.text)
    leaf = leaf_hash(found.entry)
    rungs = tuple(_rungs(leaf, found, head.size))
    root = rungs[-1].result if rungs else leaf.hex()
    return ProofView(
        kind=kind,
        key=key,
        title=title(kind),
        entry=Entry.parse(found.entry),
        text=json.dumps(json.loads(found.entry), ensure_ascii=False, indent=1),
        index=found.index,
        size=head.size,
        leaf=leaf.hex(),
        path=rungs,
        root=head.root.hex(),
        agrees=root == head.root.hex(),
        cosigned=_cosigned(found.proof.checkpoint, head.origin),
        erased=not found.salt,
    )


def _rungs(leaf: bytes, found: EntryProof, size: int) -> list[Rung]:
    """Go up from the leaf; at the right edge of the tree levels without neighbour are passed over."""
    place, last, level, here = found.index, size - 1, 0, leaf
    rungs = []
    for neighbour in found.proof.path:
        while not place & 1 and place == last:
            place, last, level = place >> 1, last >> 1, level + 1
        left = bool(place & 1)
        here = node_hash(neighbour, here) if left else node_hash(here, neighbour)
        rungs.append(Rung(level, left, neighbour.hex(), here.hex()))
        place, last, level = place >> 1, last >> 1, level + 1
    return rungs


def _cosigned(note: notes.Note, origin: str) -> tuple[tuple[str, datetime], ...]:
    lines = [(one.name, timestamp(one.value)) for one in note.signatures if one.name != origin]
    return tuple((name, datetime.fromtimestamp(stamp, SHANGHAI)) for name, stamp in lines)


def files(kind: str, key: str) -> tuple[bytes, bytes] | None:
    """The ``.tlog-proof`` and what opens it; None while no published head covers the entry.

    Raises: what the notary refuses: an erased row, a row that no longer fits its entry.
    """
    found = queries.proof_of(kind, key)
    return None if found is None else (found.file, opening_of(kind, key, found).write())
