"""Where entries stand in their nights, and whether what stands there gives the night's root."""

from collections.abc import Iterator
from dataclasses import dataclass

from hengjian.notary import holding
from hengjian.notary.holding import Finding, Leaf, What
from hengjian.notary.nights.models import Night, NightPlace
from hengjian.proof.errors import ProofError
from hengjian.proof.nights import KIND, NightTree


@dataclass(frozen=True)
class Standing:
    """Where an entry stands: its night, its place there, and the path to the night's root."""

    night: Night
    place: int
    path: tuple[bytes, ...]


def night_of(number: int) -> Night | None:
    """The night that a commitment stands in, by its number."""
    return Night.objects.filter(places=number).first()


def standing(number: int) -> Standing | None:
    """Where a commitment stands in its night, with the path; None when it stands in none."""
    at = NightPlace.objects.select_related("night").filter(pk=number).first()
    if at is None:
        return None
    entries = at.night.places.values_list("place", "commitment__entry")
    tree = NightTree(at.night.size, bytes(at.night.seed), {place: bytes(entry) for place, entry in entries})
    return Standing(at.night, at.place, tree.path(at.place))


def newest() -> int:
    """The number of the last night; 0 before the first."""
    return Night.objects.order_by("-number").values_list("number", flat=True).first() or 0


def held(after: int) -> Iterator[tuple[int, list[Finding]]]:
    """Each night after this one, with what does not agree: rows with entries, entries with the root."""
    for night in Night.objects.filter(number__gt=after).order_by("number").iterator(1):
        found = holding.of_night(night.number)
        differing = list(holding.opened(leaf for _place, leaf in found))
        if not _gives_root(night, found):
            differing.append(Finding(What.NIGHT_DIFFERS, KIND, str(night.number)))
        yield night.number, differing


def _gives_root(night: Night, found: list[tuple[int, Leaf]]) -> bool:
    entries = {place: leaf.entry for place, leaf in found}
    try:
        root = NightTree(night.size, bytes(night.seed), entries).root
    except ProofError:
        return False
    return root.hex() == night.root and len(entries) == len(found) and all(at < night.size for at in entries)
