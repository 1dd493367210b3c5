"""Tiles and bundles stand where the specification puts them and read back as they were."""

import pytest

from hengjian.proof import tiles, tree
from hengjian.proof.errors import ProofError


@pytest.mark.parametrize(
    ("path", "resource"),
    [
        ("tile/0/000", (0, 0, 256)),
        ("tile/0/x001/x234/067", (0, 1234067, 256)),
        ("tile/63/005.p/255", (63, 5, 255)),
        ("tile/entries/x001/000.p/1", (-1, 1000, 1)),
    ],
)
def test_paths_read_and_write_alike(path: str, resource: tuple[int, int, int]) -> None:
    found = tiles.parse_path(path)
    assert (found.level, found.index, found.width) == resource
    level, index, width = resource
    assert found.path == path
    assert level < 0 or tiles.tile_path(level, index, width) == path


@pytest.mark.parametrize(
    "path",
    [
        "tile/64/000",
        "tile/00/000",
        "tile/0/0",
        "tile/0/0000",
        "tile/0/x000/001",
        "tile/0/001/001",
        "tile/0/x001",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/0/000.p/",
        "tile/-1/000",
        "tile/entries/000/",
        "/tile/0/000",
        "tile/0/000\n",
        "tile/0/٠٠٠",
        "tile/0/x999/x999/x999/x999/x999/x999/x999/999",
        "checkpoint",
    ],
)
def test_other_paths_are_refused(path: str) -> None:
    with pytest.raises(ProofError):
        tiles.parse_path(path)


def test_tree_of_70000_has_the_tiles_of_the_specification() -> None:
    found = list(tiles.resources(70_000))
    by_level = {level: [r.width for r in found if r.level == level] for level in range(-1, 4)}
    assert by_level == {
        -1: [256] * 273 + [112],
        0: [256] * 273 + [112],
        1: [256, 17],
        2: [1],
        3: [],
    }
    assert [r.path for r in tiles.resources(256) if r.level >= 0] == ["tile/0/000", "tile/1/000.p/1"]
    assert list(tiles.resources(0)) == []


def test_only_what_changed_since_an_older_size() -> None:
    for old, new in [(0, 300), (255, 256), (256, 256), (300, 70_000), (65_535, 65_536)]:
        before = {(r.level, r.index): r.width for r in tiles.resources(old)}
        fresh = [r for r in tiles.resources(new) if before.get((r.level, r.index)) != r.width]
        assert list(tiles.resources(new, old)) == fresh


def test_bundles_read_back() -> None:
    entries = [b"", b"a", bytes(65_535)] + [b"x" * number for number in range(253)]
    assert tiles.decode_entries(tiles.encode_entries(entries)) == entries
    assert tiles.encode_entries([b"ab", b""]) == b"\x00\x02ab\x00\x00"


@pytest.mark.parametrize("entries", [[bytes(65_536)], [b""] * 257])
def test_too_much_for_a_bundle_is_refused(entries: list[bytes]) -> None:
    with pytest.raises(ProofError):
        tiles.encode_entries(entries)


@pytest.mark.parametrize("data", [b"\x00", b"\x00\x02a", b"\x00\x00\x00", b"\xff\xff", b"\x00\x00" * 257])
def test_broken_bundles_are_refused(data: bytes) -> None:
    with pytest.raises(ProofError):
        tiles.decode_entries(data)


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 1000, 65_535, 65_536, 66_000])
def test_proofs_come_out_of_the_tiles(size: int) -> None:
    rows = [[tree.leaf_hash(b"%d" % number) for number in range(size)]]
    while len(rows[-1]) >= 256:
        rows.append(
            [tree.root_of(rows[-1][at : at + 256]) for at in range(0, len(rows[-1]) // 256 * 256, 256)]
        )

    def fetch(path: str) -> bytes:
        found = tiles.parse_path(path)
        start = found.index * 256
        row = rows[found.level][start : start + 256]
        assert len(row) == found.width
        return b"".join(row)

    reader = tiles.reader(size, fetch)
    top = tree.root(size, reader)
    assert top == tree.root_of(rows[0])
    for index in {0, 1, size // 3, size - 1} & set(range(size)):
        proof = tree.inclusion_proof(index, size, reader)
        tree.verify_inclusion(index, size, rows[0][index], top, proof)
    for old in {0, 1, size // 3, size - 1}:
        proof = tree.consistency_proof(old, size, reader)
        tree.verify_consistency(old, tree.root_of(rows[0][:old]), size, top, proof)


def test_tile_shorter_than_its_path_says_is_refused() -> None:
    with pytest.raises(ProofError, match=r"tile/0/000\.p/3"):
        tree.root(3, tiles.reader(3, lambda path: bytes(64)))
