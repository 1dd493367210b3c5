"""Reading what is due and what stands, and holding it against log and places."""

from collections.abc import Iterator

from django.db.models import Count, QuerySet

from hengjian.notary.anchors import comparison
from hengjian.notary.anchors.chains import Chain
from hengjian.notary.anchors.comparison import Kept
from hengjian.notary.anchors.models import Anchor
from hengjian.notary.anchors.stamps import Authority
from hengjian.notary.anchors.values import Head
from hengjian.notary.models import Head as StoredHead


def pending(target: str) -> QuerySet[Anchor]:
    """What is due at a place, the oldest first."""
    return Anchor.objects.filter(target=target, receipt__isnull=True).order_by("size")


def anchors(target: str = "") -> QuerySet[Anchor]:
    """All anchors, the newest first, each with its receipt and the number of its transactions."""
    rows = Anchor.objects.select_related("receipt").annotate(sent=Count("attempts"))
    return (rows.filter(target=target) if target else rows).order_by("-hour", "target")


def head_of(anchor: Anchor) -> Head:
    """The head that an anchor fixes."""
    return Head(anchor.origin, anchor.size, bytes(anchor.root))


def differences(target: str, place: Chain | Authority) -> Iterator[str]:
    """Everything in which rows, log and place contradict each other."""
    kept = list(_kept(target))
    yield from comparison.of_log(kept)
    if isinstance(place, Authority):
        yield from comparison.of_stamps(place, kept)
    else:
        yield from comparison.of_chain(place, kept)


def _kept(target: str) -> Iterator[Kept]:
    rows = list(Anchor.objects.filter(target=target).select_related("receipt").order_by("size"))
    heads = StoredHead.objects.in_bulk([row.size for row in rows])
    for row in rows:
        head = heads.get(row.size)
        kept = Kept(head_of(row), bytes(head.root) if head else None)
        receipt = getattr(row, "receipt", None)
        if receipt is not None:
            kept = Kept(
                kept.head, kept.log_root, settled=True, transaction=receipt.transaction,
                token=bytes(receipt.token or b""), stamped_at=receipt.stamped_at,
            )  # fmt: skip
        yield kept
