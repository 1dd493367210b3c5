"""What a receipt's code shows: that the ballot is counted, its leaf, and what was done; never its content."""

from dataclasses import dataclass
from datetime import date, timedelta

from hengjian.notary.queries import note_of, path_of, place_of, published_head
from hengjian.proof.evidence import TlogProof
from hengjian.ratings.ballots.models import AcceptedKey, ArrivalNote, Exclusion, Note, Release, Reply, Side
from hengjian.ratings.ballots.role import redeeming
from hengjian.ratings.ballots.rules import Rules
from hengjian.ratings.ballots.versions import Version, versions_of


@dataclass(frozen=True)
class ReceiptView:
    """What a code shows: that the ballot stands in the log, and what was done; never its content.

    ``entry`` and ``proof`` (a ``.tlog-proof`` file) are None until the log has published the leaf.
    """

    cast_on: date
    index: int | None
    entry: bytes | None
    proof: bytes | None
    released: bool
    amend_until: date
    replies: tuple[tuple[str, date, str], ...]
    excluded: tuple[date, str] | None = None  # when it was decided that it does not count, and why


def receipt(code: str, rules: Rules) -> ReceiptView | None:
    """What a code shows; None for a code that no ballot has.

    Clause: NORMS L7
    """
    first = next((one for one in versions_of(code) if one.supersedes is None), None)
    if first is None:
        return None
    with redeeming() as cursor:
        replies = _replies(first)
        taken_out = Exclusion.objects.filter(pk=first.id).values_list("on", "reason").first()
        released = taken_out is None and first.in_box and _released(first, rules)
        cursor.execute("SELECT number, entry FROM ballots_leaf(%s)", [first.id])
        leaf = cursor.fetchone()
    index, entry, proof = _inclusion(leaf)
    until = first.on + timedelta(days=rules.amend_days)
    return ReceiptView(first.on, index, entry, proof, released, until, replies, taken_out)


def _replies(first: Version) -> tuple[tuple[str, date, str], ...]:
    kept = Reply.objects.filter(ballot=first.id).order_by("number").values_list("side", "on", "text")
    today = ArrivalNote.objects.filter(ballot=first.id, what=Note.ANSWER).order_by("on", "id")
    return (*kept, *((Side.RATER.value, on, text) for on, text in today.values_list("on", "text")))


def _released(first: Version, rules: Rules) -> bool:
    """Whether a release surely counts it: none does before its days of its own are over."""
    key = AcceptedKey.objects.get(pk=first.key)
    found = Release.objects.filter(due__period=key.period, due__official=key.official, due__post=key.post)
    return found.filter(at__date__gt=first.on + timedelta(days=rules.hold)).exists()


def _inclusion(leaf: tuple[int, bytes] | None) -> tuple[int | None, bytes | None, bytes | None]:
    index = None if leaf is None else place_of(leaf[0])
    head = None if index is None else published_head(index)
    if leaf is None or index is None or head is None:
        return index, None, None
    made = TlogProof(index, path_of(index, head.size), note_of(head))
    return index, bytes(leaf[1]), made.write()
