"""The tree's roots and proofs, against the definition written out."""

import pytest

from hengjian.proof.errors import ProofError
from hengjian.proof.tree import (
    EMPTY_ROOT,
    Frontier,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root,
    verify_consistency,
    verify_inclusion,
)

MOST = 40
LEAVES = [leaf_hash(str(n).encode()) for n in range(MOST)]


def reader(level, index):
    if level == 0:
        return LEAVES[index]
    return node_hash(reader(level - 1, 2 * index), reader(level - 1, 2 * index + 1))


def defined(leaves):
    """RFC 6962, section 2.1, word for word."""
    if not leaves:
        return EMPTY_ROOT
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    return node_hash(defined(leaves[:k]), defined(leaves[k:]))


@pytest.mark.parametrize("size", range(MOST))
def test_every_proof_of_small_trees(size):
    whole = root(size, reader)
    assert whole == defined(LEAVES[:size])
    edge = Frontier()
    edge.extend(LEAVES[:size])
    assert edge.root() == whole
    assert Frontier(size, edge.hashes).root() == whole
    for index in range(size):
        proof = inclusion_proof(index, size, reader)
        verify_inclusion(index, size, LEAVES[index], whole, proof)
        with pytest.raises(ProofError):
            verify_inclusion(index, size, leaf_hash(b"another"), whole, proof)
    for old in range(size + 1):
        proof = consistency_proof(old, size, reader)
        verify_consistency(old, root(old, reader), size, whole, proof)
        if old > 0:
            with pytest.raises(ProofError):
                verify_consistency(old, leaf_hash(b"another"), size, whole, proof)
        if 0 < old < size:
            with pytest.raises(ProofError):
                verify_consistency(old, root(old, reader), size, leaf_hash(b"another"), proof)


def test_what_is_out_of_range_is_refused():
    with pytest.raises(ProofError):
        inclusion_proof(5, 5, reader)
    with pytest.raises(ProofError):
        consistency_proof(6, 5, reader)
    with pytest.raises(ProofError):
        verify_inclusion(0, 1, b"short", LEAVES[0], ())
    with pytest.raises(ProofError):
        Frontier(3, [LEAVES[0]])
