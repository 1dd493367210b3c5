"""A whole tree made anew by the database's owner fits itself, and not what was signed and served."""

from pathlib import Path

import pytest

from hengjian.notary.folder import Folder
from hengjian.notary.growth import Edge
from hengjian.notary.models import Commitment, Head
from hengjian.notary.reconciliation import reconcile
from hengjian.notary.seals import seals_in
from tests.tamper.test_evidence_files import NOW, House, house
from tests.tamper.test_reconciliation import by_owner, forged, key

__all__ = ["house"]
pytestmark = pytest.mark.django_db
Differences = set[tuple[str, str]]


def found(house: House, *, blind: bool = False) -> Differences:
    run = reconcile(lambda: NOW, None if blind else seals_in(house.notary))
    return {(one.what, one.key) for one in run.differences.all()}


def made_anew(row: str) -> int:
    """The row changed, its entry, and all bundles, tiles and heads after it; gives the head's size."""
    forged(row, "UPDATE evidence_metric SET value = 1 WHERE id::text = %s")
    (head,) = Head.objects.filter(size__gt=0)
    entries = Commitment.objects.order_by("pk").values_list("pk", "entry")
    order = sorted(entries, key=lambda one: place(one[0]))
    assert len(order) == head.size
    edge = Edge(0, [], b"")
    grown = edge.add([bytes(entry) for _pk, entry in order])
    for (level, index), hashes in grown.tiles.items():
        by_owner("UPDATE notary_tile SET hashes = %s WHERE level = %s AND index = %s", hashes, level, index)
    for index, (_width, data) in grown.bundles.items():
        by_owner("UPDATE notary_bundle SET entries = %s WHERE index = %s", data, index)
    by_owner("UPDATE notary_head SET root = %s WHERE size = %s", edge.root(), head.size)
    return head.size


def place(number: int) -> int:
    from hengjian.notary.queries import place_of

    found = place_of(number)
    assert found is not None
    return found


def test_a_tree_made_anew_is_told_by_signatures_and_by_what_is_served(house: House) -> None:
    size = made_anew(key("evidence_metric"))
    assert found(house, blind=True) == set()  # in itself it fits: the signed roots alone tell
    names = ("log.example/test", "witness1.example", "witness2.example")
    assert found(house) == {
        *(("signature_differs", f"{size} {name}") for name in names),
        ("published_differs", str(size)),
    }


def test_signatures_taken_away_with_it_are_missed(house: House) -> None:
    size = made_anew(key("evidence_metric"))
    by_owner("DELETE FROM notary_signature", rows=3)
    assert found(house) == {("signature_missing", str(size)), ("published_differs", str(size))}


def test_a_signed_head_that_is_gone_is_missed_by_what_is_served(house: House) -> None:
    size = Head.objects.order_by("-size")[0].size
    by_owner("DELETE FROM notary_publication WHERE head_id = %s", size)
    by_owner("DELETE FROM notary_signature", rows=3)
    by_owner("DELETE FROM notary_head WHERE size = %s", size)
    assert ("published_differs", str(size)) in found(house)


def test_a_line_that_cannot_be_read_is_named(house: House) -> None:
    size = Head.objects.order_by("-size")[0].size
    for line in ("nonsense", "— witness1.example AAAA", "—"):
        by_owner("UPDATE notary_signature SET line = %s WHERE name = 'witness1.example'", line)
        assert found(house) == {("signature_differs", f"{size} witness1.example")}, line
    text = house.notary.trust.read_text().splitlines()
    kept = [each for each in text if not each.startswith("witness w1")]
    house.notary.trust.write_text("\n".join(kept).replace("witnesses 2 w1", "witnesses 2") + "\n")
    assert ("signature_differs", f"{size} witness1.example") in found(house)  # no line at all


def test_a_checkpoint_changed_in_the_folder_is_told_and_a_lost_one_is_not(house: House) -> None:
    assert found(house) == set()
    text = house.notary.trust.read_text().splitlines()
    kept = [each for each in text if not each.startswith("witness w1")]
    house.notary.trust.write_text("\n".join(kept).replace("witnesses 2 w1", "witnesses 2") + "\n")
    assert found(house) == set()  # a key that is no longer named is passed over
    served = house.notary.public / "checkpoint"
    whole = served.read_bytes()
    served.write_bytes(whole.replace(b"log.example/test\n", b"log.example/other\n", 1))
    assert found(house) == {("published_differs", "?")}
    served.unlink()
    assert found(house) == set()


def test_without_a_trust_file_there_are_no_seals(tmp_path: Path) -> None:
    assert seals_in(Folder(tmp_path)) is None


def test_a_row_that_stands_after_its_erasure_is_named(house: House) -> None:
    """Erased on paper, so that its leaf opens no more, and then changed at will."""
    from hengjian.notary.operations import erase

    row = key("evidence_metric")
    erase("evidence.metric", row, "期满", "auditor", NOW)
    assert found(house) == {("row_not_erased", row)}
    by_owner("DELETE FROM evidence_metric WHERE id::text = %s", row)
    assert found(house) == set()
