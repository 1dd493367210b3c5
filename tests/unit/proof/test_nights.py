"""Many entries under one root at places of chance: each is proved alone, and none says how many there are."""

import json
from random import Random

import pytest

from hengjian.proof.commitments import Entry, commitment
from hengjian.proof.errors import ProofError
from hengjian.proof.nights import KIND, LEAST, NightTree, Within, size_for
from hengjian.proof.opening import Opening
from hengjian.proof.tree import leaf_hash, root_of, verify_inclusion

SALT, SEED = bytes(range(32)), b"s" * 32
RECORD = b'{"kind":"followups.case","row":{"id":"1"},"schema":1}'
ENTRY = Entry("followups.case", 1, "2026-03-05", commitment(SALT, RECORD)).encode()


def tree(count: int, size: int = 64) -> NightTree:
    places = Random(count).sample(range(size), count)
    return NightTree(size, SEED, {place: b"entry %d" % n for n, place in enumerate(places)})


def opening(**changed: object) -> Opening:
    """An entry at place 5 of a night, and all that opens it."""
    night = NightTree(64, SEED, {5: ENTRY, 9: b"another"})
    row: dict[str, object] = {"size": 64, "root": night.root.hex(), **changed}
    record = json.dumps({"row": row}).encode()
    leaf = Entry(KIND, 1, "2026-03-06", commitment(SALT, record)).encode()
    return Opening(ENTRY, RECORD, SALT, Within(leaf, record, SALT, 5, night.path(5)))


@pytest.mark.parametrize(
    ("count", "size"),
    [(0, LEAST), (1, LEAST), (LEAST, LEAST), (LEAST + 1, 2 * LEAST), (100_000, 1 << 17)],
)
def test_every_usual_night_has_the_same_size(count: int, size: int) -> None:
    assert size_for(count) == size


@pytest.mark.parametrize("count", [0, 1, 7, 64])
def test_each_entry_is_proved_alone_by_a_path_of_one_length(count: int) -> None:
    night = tree(count)
    for place, entry in night.entries.items():
        assert len(night.path(place)) == 6
        verify_inclusion(place, 64, leaf_hash(entry), night.root, night.path(place))


def test_the_root_is_that_of_all_places_and_of_each_of_them() -> None:
    night = tree(64)
    assert night.root == root_of(leaf_hash(night.entries[place]) for place in range(64))
    roots = {night.root, tree(63).root, NightTree(64, b"t" * 32, {}).root, NightTree(64, SEED, {}).root}
    assert len(roots) == 4


@pytest.mark.parametrize("size", [0, 3, 4095, -2])
def test_a_night_of_an_impossible_size_is_refused(size: int) -> None:
    with pytest.raises(ProofError):
        _ = NightTree(size, SEED, {}).root


def test_an_opening_within_a_night_is_written_read_and_holds() -> None:
    made = opening()
    read = Opening.parse(made.write())
    assert read == made
    assert read.check().kind == "followups.case"
    assert read.leaf != read.entry
    assert Entry.parse(read.leaf).kind == KIND


@pytest.mark.parametrize(
    "changed", [{"size": 32}, {"size": "64"}, {"size": True}, {"root": "00" * 32}, {"root": 1}, {"root": "x"}]
)
def test_a_record_of_the_night_that_says_otherwise_is_refused(changed: dict[str, object]) -> None:
    with pytest.raises(ProofError):
        opening(**changed).check()


def test_a_leaf_that_is_no_night_is_refused() -> None:
    made = opening()
    assert made.within is not None
    other = Entry("notary.else", 1, "2026-03-06", Entry.parse(made.leaf).commitment).encode()
    with pytest.raises(ProofError):
        Within(other, made.within.record, SALT, 5, made.within.path).check(ENTRY)
