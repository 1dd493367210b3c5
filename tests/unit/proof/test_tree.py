"""The tree's proofs hold for every leaf and size, and for nothing else."""

from hashlib import sha256

import pytest

from hengjian.proof import tree
from hengjian.proof.errors import ProofError


def plain_root(hashes: list[bytes]) -> bytes:
    """RFC 6962 section 2.1, word for word."""
    if not hashes:
        return sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    middle = 1
    while middle * 2 < len(hashes):
        middle *= 2
    return sha256(b"\x01" + plain_root(hashes[:middle]) + plain_root(hashes[middle:])).digest()


def leaves(size: int) -> list[bytes]:
    return [tree.leaf_hash(b"entry %d" % number) for number in range(size)]


def reader_of(hashes: list[bytes]) -> tree.Reader:
    return lambda level, index: plain_root(hashes[index << level : (index + 1) << level])


@pytest.mark.parametrize("size", range(70))
def test_root_is_that_of_the_definition(size: int) -> None:
    hashes = leaves(size)
    edge = tree.Frontier()
    for value in hashes:
        edge.add(value)
    expected = plain_root(hashes)
    assert tree.root(size, reader_of(hashes)) == edge.root() == tree.root_of(hashes) == expected


@pytest.mark.parametrize("size", range(1, 40))
def test_every_leaf_is_proved_and_no_other(size: int) -> None:
    hashes = leaves(size)
    top = plain_root(hashes)
    for index in range(size):
        proof = tree.inclusion_proof(index, size, reader_of(hashes))
        tree.verify_inclusion(index, size, hashes[index], top, proof)
        for wrong in set(range(size)) - {index}:
            with pytest.raises(ProofError):
                tree.verify_inclusion(wrong, size, hashes[index], top, proof)
        for number in range(len(proof)):
            with pytest.raises(ProofError):
                tree.verify_inclusion(index, size, hashes[index], top, proof[:number])
            changed = (*proof[:number], bytes(32), *proof[number + 1 :])
            with pytest.raises(ProofError):
                tree.verify_inclusion(index, size, hashes[index], top, changed)
        with pytest.raises(ProofError):
            tree.verify_inclusion(index, size, hashes[index], top, (*proof, bytes(32)))


@pytest.mark.parametrize("new", range(34))
def test_every_older_tree_is_proved_and_no_other(new: int) -> None:
    hashes = leaves(new)
    roots = [plain_root(hashes[:size]) for size in range(new + 1)]
    for old in range(new + 1):
        proof = tree.consistency_proof(old, new, reader_of(hashes))
        tree.verify_consistency(old, roots[old], new, roots[new], proof)
        with pytest.raises(ProofError):
            tree.verify_consistency(old, roots[old], new, roots[new], (*proof, bytes(32)))
        with pytest.raises(ProofError):
            tree.verify_consistency(old, bytes(32), new, roots[new], proof)
        for number in range(len(proof)):
            with pytest.raises(ProofError):
                tree.verify_consistency(old, roots[old], new, roots[new], proof[:number])
            changed = (*proof[:number], bytes(32), *proof[number + 1 :])
            with pytest.raises(ProofError):
                tree.verify_consistency(old, roots[old], new, roots[new], changed)
        if old:
            with pytest.raises(ProofError):
                tree.verify_consistency(old, roots[old], new, bytes(32), proof)


@pytest.mark.parametrize("steps", [(0, 1), (3, 5, 0, 8), (1, 1, 1), (256, 256), (7, 250, 513), (1000, 1)])
def test_edge_grows_alike_in_any_steps_and_is_restored(steps: tuple[int, ...]) -> None:
    hashes = leaves(sum(steps))
    edge, done = tree.Frontier(), 0
    for step in steps:
        edge = tree.Frontier(edge.size, edge.hashes)
        edge.extend(iter(hashes[done : done + step]))
        done += step
        assert (edge.size, edge.root()) == (done, plain_root(hashes[:done]))


def test_edge_that_does_not_fit_its_size_is_refused() -> None:
    with pytest.raises(ProofError):
        tree.Frontier(3, (bytes(32),))
    with pytest.raises(ProofError):
        tree.Frontier(1, (bytes(31),))


@pytest.mark.parametrize("size", [-1, 1 << 63, 1 << 200])
def test_impossible_sizes_are_refused_at_once(size: int) -> None:
    with pytest.raises(ProofError):
        tree.root(size, lambda level, index: bytes(32))
    with pytest.raises(ProofError):
        tree.verify_inclusion(0, size, bytes(32), bytes(32), ())
    with pytest.raises(ProofError):
        tree.verify_consistency(0, tree.EMPTY_ROOT, size, bytes(32), ())


@pytest.mark.parametrize(("old", "new"), [(4, 3), (-1, 3)])
def test_backward_consistency_is_refused(old: int, new: int) -> None:
    with pytest.raises(ProofError):
        tree.consistency_proof(old, new, lambda level, index: bytes(32))
    with pytest.raises(ProofError):
        tree.verify_consistency(old, bytes(32), new, bytes(32), ())


def test_leaf_outside_the_tree_is_refused() -> None:
    with pytest.raises(ProofError):
        tree.inclusion_proof(3, 3, lambda level, index: bytes(32))


def test_largest_tree_needs_few_hashes() -> None:
    asked: list[int] = []

    def read(level: int, index: int) -> bytes:
        asked.append(level)
        return bytes(32)

    tree.inclusion_proof(tree.MAX_SIZE - 1, tree.MAX_SIZE, read)
    tree.consistency_proof(12345, tree.MAX_SIZE, read)
    assert len(asked) < 300
