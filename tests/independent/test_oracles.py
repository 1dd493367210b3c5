"""aics-tlog and pymerkle, which we did not write, agree with us on every tree and proof tried."""

import random
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pymerkle
import pytest

from hengjian.proof import notes, tiles, tree
from tests.independent.test_go import PROOFS, SIZES, Grown
from tests.unit.proof.sample_log import LOG, ORIGIN, WITNESSES, entries_of, files_of

LARGEST = 1500


@pytest.fixture(scope="module")
def aics() -> Iterator[ModuleType]:
    """aics-tlog out of its own folder, where nothing but tests finds it."""
    folder = Path(sys.prefix) / "oracles"
    if not (folder / "aics_tlog").is_dir():
        pytest.skip("no aics-tlog: make venv")
    sys.path.append(str(folder))
    import aics_tlog

    yield aics_tlog
    sys.path.remove(str(folder))


@pytest.fixture(scope="module")
def grown() -> Grown:
    return Grown(LARGEST)


def picks(seed: int) -> Iterator[tuple[int, int, int]]:
    """A thousand sizes, each with five leaves and five older sizes."""
    chance = random.Random(seed)
    for size in chance.sample(range(1, LARGEST + 1), SIZES):
        for _ in range(PROOFS // SIZES // 2):
            yield size, chance.randrange(size), chance.randrange(1, size + 1)


def test_pymerkle_comes_to_the_same_roots_and_proofs(grown: Grown) -> None:
    other = pymerkle.InmemoryTree(algorithm="sha256")
    for number in range(LARGEST):
        other.append_entry(b"entry %d" % number)
    for size, index, old in picks(3):
        theirs = other.prove_inclusion(index + 1, size)
        assert tuple(theirs.path[1:]) == tree.inclusion_proof(index, size, grown.read)
        pymerkle.verify_inclusion(grown.leaves[index], grown.roots[size], theirs)
        consistent = other.prove_consistency(old, size)
        pymerkle.verify_consistency(grown.roots[old], grown.roots[size], consistent)
        path = tree.consistency_proof(old, size, grown.read)  # pymerkle writes its own form of this proof
        tree.verify_consistency(old, grown.roots[old], size, grown.roots[size], path)
        assert other.get_root(size) == grown.roots[size]


def test_aics_tlog_accepts_our_proofs_and_we_its_own(aics: ModuleType, grown: Grown) -> None:
    other = aics.MerkleTree([b"entry %d" % number for number in range(LARGEST)])
    for size, index, old in picks(4):
        assert other.root(size) == grown.roots[size]
        path = list(tree.inclusion_proof(index, size, grown.read))
        assert aics.verify_inclusion(grown.leaves[index], index, size, path, grown.roots[size])
        assert other.inclusion_proof(index, size) == path
        between = list(tree.consistency_proof(old, size, grown.read))
        assert aics.verify_consistency(old, size, grown.roots[old], grown.roots[size], between)
        assert other.consistency_proof(old, size) == between


@pytest.mark.parametrize("size", [1, 255, 256, 257, 700, 66_000])
def test_aics_tlog_lays_out_the_same_files(aics: ModuleType, size: int) -> None:
    entries = entries_of(size)
    files = files_of(entries)
    checkpoint = files.pop("checkpoint")
    assert aics.tiles.materialise_tiles(entries) == files
    assert aics.tree_root_from_tiles(aics.MemoryTileReader(files), size) == tree.root_of(
        map(tree.leaf_hash, entries)
    )
    witnesses = [aics.parse_vkey(each.vkey) for each in WITNESSES]
    found = aics.verify_checkpoint(aics.parse_note(checkpoint), aics.parse_vkey(LOG.vkey), witnesses, 3)
    assert found.ok


def test_both_refuse_a_changed_checkpoint(aics: ModuleType) -> None:
    whole = files_of(entries_of(5))["checkpoint"]
    keys = [notes.verifier(each.vkey) for each in (LOG, *WITNESSES)]
    for byte in range(len(notes.parse(whole).text.encode())):
        changed = bytearray(whole)
        changed[byte] ^= 1
        for check in (
            lambda data: notes.opened(notes.parse(data), keys),
            lambda data: _accepted(aics, data),
        ):
            with pytest.raises(ValueError):
                check(bytes(changed))


def _accepted(aics: ModuleType, data: bytes) -> None:
    witnesses = [aics.parse_vkey(each.vkey) for each in WITNESSES]
    found = aics.verify_checkpoint(
        aics.parse_note(data), aics.parse_vkey(LOG.vkey), witnesses, 3, expected_origin=ORIGIN
    )
    if not found.ok:
        raise ValueError(found)


def test_paths_are_the_same(aics: ModuleType) -> None:
    chance = random.Random(5)
    for _ in range(1000):
        level, index, width = (
            chance.randrange(64),
            chance.randrange(1 << chance.randrange(1, 40)),
            chance.randrange(1, 256),
        )
        assert tiles.tile_path(level, index) == aics.tiles.tile_path(level, index)
        assert tiles.tile_path(level, index, width) == aics.tiles.tile_path(level, index, width)
        assert tiles.Resource(-1, index, width).path == aics.tiles.entry_bundle_path(index, width)
