"""Whatever is damaged in a log is found and named, and the audit always ends."""

import random
import time
from collections.abc import Mapping

import pytest

from hengjian.proof import notes, tiles, tree, trust
from hengjian.proof.audit import Report, audit
from hengjian.proof.checkpoints import Checkpoint
from tests.unit.proof.sample_log import (
    LATTICE,
    ORIGIN,
    POLICY,
    WITNESSES,
    entries_of,
    files_of,
    policy_of,
    signed,
)

SMALL = files_of(entries_of(5))
TALL = files_of(entries_of(256 * 257 + 3))


def report_on(files: Mapping[str, bytes], policy: trust.TrustPolicy = POLICY) -> Report:
    return audit(files.get, policy, files)


def flipped(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


@pytest.mark.parametrize("size", [0, 1, 2, 3, 255, 256, 257, 511, 512, 700])
def test_sound_log_has_no_findings(size: int) -> None:
    files = files_of(entries_of(size))
    for paths in (files, None):
        report = audit(files.get, POLICY, paths)
        assert (report.findings, report.size, report.origin) == ((), size, ORIGIN)


def test_sound_tall_log_has_no_findings() -> None:
    assert report_on(TALL).findings == ()
    assert {path.split("/")[1] for path in TALL if "/" in path} == {"entries", "0", "1", "2"}


@pytest.mark.parametrize("path", SMALL)
def test_every_single_bit_flip_of_a_small_log_is_named(path: str) -> None:
    for bit in range(len(SMALL[path]) * 8):
        damaged = {**SMALL, path: flipped(SMALL[path], bit)}
        assert report_on(damaged).resources == {path}, bit


def test_bit_flips_in_every_byte_of_a_lattice_cosignature_are_named() -> None:
    witnesses = (*WITNESSES[:2], LATTICE)
    files = files_of(entries_of(1), witnesses)
    policy = trust.parse(policy_of(witnesses))
    assert report_on(files, policy).findings == ()
    whole = files["checkpoint"]
    for byte in range(whole.rindex(b"\xe2\x80\x94"), len(whole)):
        bit = byte * 8 + byte % 8
        damaged = {**files, "checkpoint": flipped(whole, bit)}
        assert report_on(damaged, policy).resources == {"checkpoint"}, bit


def test_bit_flips_on_every_level_of_a_tall_log_are_named() -> None:
    chance = random.Random(1)
    picked = [path for path in TALL if not path.startswith(("tile/entries", "tile/0"))]
    picked += chance.sample([path for path in TALL if path.startswith(("tile/entries", "tile/0"))], 6)
    picked += [path for path in TALL if ".p/" in path]
    for path in dict.fromkeys(picked):
        bit = chance.randrange(len(TALL[path]) * 8)
        report = report_on({**TALL, path: flipped(TALL[path], bit)})
        assert report.resources == {path}
        if path != "checkpoint":
            assert not report.sound


@pytest.mark.parametrize("path", SMALL)
@pytest.mark.parametrize("change", ["missing", "empty", "short", "long", "twice", "noise"])
def test_resources_of_the_wrong_form_are_named(path: str, change: str) -> None:
    whole = SMALL[path]
    changes = {"empty": b"", "short": whole[:-1], "long": whole + b"\0", "twice": whole * 2,
               "noise": random.Random(2).randbytes(len(whole))}  # fmt: skip
    damaged = {**SMALL, path: changes[change]} if change != "missing" else {**SMALL}
    if change == "missing":
        del damaged[path]
    for paths in (damaged, None):
        report = audit(damaged.get, POLICY, paths)
        assert report.resources == {path}
        assert not report.sound


@pytest.mark.parametrize("seed", range(12))
def test_no_bad_resource_hides_another(seed: int) -> None:
    """Many at once, on all levels, among them a tile together with what lies below it."""
    chance = random.Random(seed)
    files = files_of(entries_of(256 * 6 + chance.randrange(1, 256)))
    damaged = dict(files)
    others = sorted(set(files) - {"checkpoint"})
    broken = chance.sample(others, chance.randrange(2, len(others)))
    for path in broken:
        kind = chance.randrange(3)
        if kind == 0:
            del damaged[path]
        elif kind == 1:
            damaged[path] = flipped(files[path], chance.randrange(len(files[path]) * 8))
        else:
            damaged[path] = chance.randbytes(len(files[path]))
    report = report_on(damaged)
    assert set(broken) <= report.resources
    assert not report.sound


def test_damage_that_no_single_level_escapes_is_told_exactly() -> None:
    """Tiles of two levels and a bundle are wrong at different places: only mixed they give the root."""
    files = files_of(entries_of(256 * 6 + 9))
    broken = {"tile/1/000.p/6": 100, "tile/0/003": 200, "tile/entries/005": 300}
    damaged = {**files, **{path: flipped(files[path], bit) for path, bit in broken.items()}}
    assert report_on(damaged).resources == set(broken)


def test_all_upper_tiles_lost_and_one_bundle_bad_is_told_exactly() -> None:
    lost = {path for path in TALL if path.startswith(("tile/1", "tile/2"))}
    damaged = {path: data for path, data in TALL.items() if path not in lost}
    damaged["tile/entries/100"] = flipped(TALL["tile/entries/100"], 20)
    assert report_on(damaged).resources == {*lost, "tile/entries/100"}


def test_bad_checkpoint_hides_no_bad_tile() -> None:
    files = files_of(entries_of(700))
    for text in (b"", files["checkpoint"].replace(b"\n700\n", b"\n701\n"), flipped(files["checkpoint"], 900)):
        damaged = {**files, "checkpoint": text, "tile/0/001": flipped(files["tile/0/001"], 77)}
        for paths in (damaged, None):
            assert audit(damaged.get, POLICY, paths).resources == {"checkpoint", "tile/0/001"}


def test_entry_rewritten_with_all_its_tiles_breaks_with_the_signed_root() -> None:
    entries = entries_of(300)
    entries[17] = b"another"
    forged = {**files_of(entries), "checkpoint": files_of(entries_of(300))["checkpoint"]}
    report = report_on(forged)
    assert report.resources == {"checkpoint"}
    assert not report.sound


def test_log_signed_by_nobody_we_know_is_not_sound() -> None:
    stranger = notes.Ed25519Signer(ORIGIN, bytes([9]) * 32)
    text = notes.parse(SMALL["checkpoint"]).text
    report = report_on({**SMALL, "checkpoint": notes.write(notes.signed(text, stranger))})
    assert report.resources == {"checkpoint"}
    assert not report.sound


def test_missing_quorum_is_grave_and_one_missing_witness_is_told() -> None:
    for count, sound in ((1, False), (2, True), (3, True)):
        report = report_on(files_of(entries_of(5), WITNESSES[:count]))
        assert report.sound is sound
        assert bool(report.findings) is (count < 3)


def test_extra_resources_are_told_and_checked() -> None:
    entries = entries_of(700)
    older, now, newer = (files_of(entries[:size]) for size in (600, 700, 1000))
    assert report_on({**older, **now}).findings == ()
    ahead = {**newer, **now}
    report = report_on(ahead)
    assert report.sound
    assert report.resources == set(newer) - set(now)
    assert all("beyond" in each.english for each in report.findings)
    leftover = "tile/0/002.p/88"
    damaged = {**older, **now, leftover: flipped(older[leftover], 3), "tile/0/009": b"x", "index.html": b""}
    report = report_on(damaged)
    assert report.resources == {leftover, "tile/0/009", "index.html"}
    assert {each.resource for each in report.findings if each.grave} == {leftover, "tile/0/009"}


def test_full_tile_in_place_of_a_partial_one_serves() -> None:
    entries = entries_of(256)
    older, newer = files_of(entries[:200]), files_of(entries)
    files = {**newer, "checkpoint": older["checkpoint"]}
    assert report_on(files).sound
    broken = {**files, "tile/0/000": flipped(files["tile/0/000"], 199 * 256)}
    assert "tile/0/000.p/200" in report_on(broken).resources


@pytest.mark.parametrize("size", [1 << 40, (1 << 62) + 12345, tree.MAX_SIZE])
@pytest.mark.parametrize("listed", [True, False])
def test_hostile_size_signed_by_the_log_ends_soon(size: int, listed: bool) -> None:
    head = notes.write(signed(Checkpoint(ORIGIN, size, bytes(32))))
    files = {**files_of(entries_of(700)), "checkpoint": head}
    start = time.process_time()
    report = audit(files.get, POLICY, files if listed else None)
    assert time.process_time() - start < 20
    assert not report.sound
    assert any("…" in each for each in report.resources)


def test_store_that_answers_every_path_ends_at_the_limit() -> None:
    head = notes.write(signed(Checkpoint(ORIGIN, tree.MAX_SIZE, bytes(32))))

    def read(path: str) -> bytes | None:
        if path == "checkpoint":
            return head
        resource = tiles.parse_path(path)
        return bytes(2 * resource.width if resource.level < 0 else 32 * resource.width)

    report = audit(read, POLICY, limit=3000)
    assert "…" in report.resources
    assert not report.sound
