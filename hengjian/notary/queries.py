"""Reads: where an entry stands, its proof, and how the log is."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, F, Q, QuerySet, Sum

from hengjian.notary import heads as noted
from hengjian.notary import storage
from hengjian.notary.models import WITHIN, Alarm, Commitment, Head, Pending, Receipt, Salt, WitnessState
from hengjian.notary.nights import queries as nights
from hengjian.proof import notes
from hengjian.proof.evidence import TlogProof
from hengjian.proof.nights import KIND as NIGHT
from hengjian.proof.tree import inclusion_proof

NEWEST = 16  # published heads among which the best witnessed is chosen


@dataclass(frozen=True)
class EntryProof:
    """An entry, what opens it (empty when it was erased), and the proof that it stands in the log.

    ``night``: where it stands in its night, and ``index`` and ``proof`` are then of the night's leaf.
    """

    index: int
    entry: bytes
    salt: bytes
    proof: TlogProof
    night: "tuple[nights.Standing, EntryProof] | None" = None

    @property
    def file(self) -> bytes:
        """The proof as a ``.tlog-proof`` file."""
        return self.proof.write()


def leaf_of(kind: str, key: str) -> int | None:
    """The place of a row's entry in the log, or of its night's; None while it has none."""
    number = Commitment.objects.filter(kind=kind, key=key).values_list("id", flat=True).first()
    if number is None:
        return None
    own = place_of(number)
    night = nights.night_of(number) if own is None else None
    return own if night is None else leaf_of(NIGHT, str(night.pk))


def place_of(number: int) -> int | None:
    """The place of a commitment by its number."""
    first = Receipt.objects.filter(pk=number >> WITHIN).values_list("first", flat=True).first()
    return None if first is None else first + (number & ((1 << WITHIN) - 1))


def proof_of(kind: str, key: str) -> EntryProof | None:
    """The proof that a row's entry stands in the published log; None while it does not."""
    kept = Commitment.objects.filter(kind=kind, key=key).values_list("id", "entry").first()
    if kept is None:
        return None
    salt = Salt.objects.filter(pk=kept[0]).values_list("salt", flat=True).first()
    index = place_of(kept[0])
    if index is None:
        return _proof_in_night(kept[0], bytes(kept[1]), bytes(salt or b""))
    head = published_head(index)
    if head is None:
        return None
    made = TlogProof(index, path_of(index, head.size), noted.note_of(head))
    return EntryProof(index, bytes(kept[1]), bytes(salt or b""), made)


def _proof_in_night(number: int, entry: bytes, salt: bytes) -> EntryProof | None:
    at = nights.standing(number)
    own = None if at is None else proof_of(NIGHT, str(at.night.pk))
    if at is None or own is None:
        return None
    return EntryProof(own.index, entry, salt, own.proof, (at, own))


def path_of(index: int, size: int) -> tuple[bytes, ...]:
    """The inclusion proof of a leaf, out of O(log n) tiles."""
    return storage.read_tree(lambda reader: inclusion_proof(index, size, reader))


def published_head(index: int) -> Head | None:
    """Of the newest published heads that cover a leaf, the best witnessed, then the largest.

    Among them the newest that had its quorum: witnesses may have been away for longer than ``NEWEST`` heads.
    """
    covering = Head.objects.filter(publication__isnull=False, size__gt=index).order_by("-size")
    found = {*covering[:NEWEST], *covering.filter(publication__cosigned=True)[:1]}
    counted = Head.objects.filter(pk__in=[head.pk for head in found]).annotate(
        count=Count("signatures", filter=~Q(signatures__witness=""))
    )
    signed = dict(counted.values_list("pk", "count"))
    return max(found, key=lambda head: (signed[head.pk], head.size), default=None)


def heads() -> QuerySet[Head]:
    """All heads, the newest first, with when they were published and how many cosigned."""
    return (
        Head.objects.select_related("publication")
        .annotate(cosigned=Count("signatures", filter=~Q(signatures__witness="")))
        .order_by("-size")
    )


def note_of(head: Head) -> notes.Note:
    """A head with every line under it."""
    return noted.note_of(head)


def witnesses() -> QuerySet[WitnessState]:
    """What was last heard of each witness."""
    return WitnessState.objects.order_by("name")


def alarms(*, open_only: bool = False) -> QuerySet[Alarm]:
    """Alarms, those that are open first, then the newest."""
    rows = Alarm.objects.filter(closed_at=None) if open_only else Alarm.objects.all()
    return rows.order_by(F("closed_at").desc(nulls_first=True), "-opened_at")


def pending() -> int:
    """How many entries wait for a place."""
    return Pending.objects.aggregate(all=Sum("count"))["all"] or 0


def counts(kinds: Iterable[str]) -> dict[str, int]:
    """How many entries of each kind there are."""
    rows = Commitment.objects.filter(kind__in=list(kinds)).values("kind").annotate(all=Count("id"))
    return {row["kind"]: row["all"] for row in rows}
