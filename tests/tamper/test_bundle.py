"""A bundle with one digit changed, anywhere, by any means, is not accepted, and the place is named."""

import json
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner

from hengjian.cli.verify import verify
from hengjian.policy import load
from hengjian.scoring.assess import assess
from hengjian.scoring.bundle import MANIFEST, SHEET, read_bundle, write_bundle
from hengjian.scoring.record import sheet_root, snapshot_root
from hengjian.scoring.verify import Verification, verify_bundle
from hengjian.terms.canonical import canonical, digest
from hengjian.terms.errors import HengjianError, Refused, Tampered
from tests.sample_facts import facts


@pytest.fixture(scope="module")
def bundle(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = load(root / "policies" / "seed")
    snapshot = facts(18)
    sheet = assess(snapshot, folder.in_force(snapshot.cycle.on))
    path = tmp_path_factory.mktemp("bundle") / "result.hjb"
    assert write_bundle(path, snapshot, folder, sheet, notes={"make": "test"}) == sheet.root
    return path


def parts_of(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as held:
        return {name: held.read(name) for name in held.namelist()}


def packed(
    path: Path, parts: dict[str, bytes], twice: str = "", compress: int = zipfile.ZIP_DEFLATED
) -> Path:
    with zipfile.ZipFile(path, "w", compress) as made:
        for name, data in parts.items():
            made.writestr(name, data)
        if twice:
            with pytest.warns(UserWarning, match="Duplicate"):
                made.writestr(twice, parts[twice])
    return path


def mended(parts: dict[str, bytes]) -> dict[str, bytes]:
    """What an attacker does who knows the format: all digests and the root made to fit."""
    manifest = json.loads(parts[MANIFEST])
    facts_ = {n[9:-6]: data for n, data in parts.items() if n.startswith("snapshot/")}
    rules = sorted([n[7:], digest(data)] for n, data in parts.items() if n.startswith("policy/"))
    manifest["snapshot_root"] = snapshot_root(facts_)
    manifest["policy_digest"] = digest(canonical(rules))
    from hengjian.scoring.record import read_sheet

    seats = read_sheet(parts[SHEET])
    manifest["root"] = sheet_root(manifest["snapshot_root"], manifest["policy_digest"], seats)
    manifest["parts"] = {
        n: {"bytes": len(data), "digest": digest(data)} for n, data in parts.items() if n != MANIFEST
    }
    return {**parts, MANIFEST: canonical(manifest) + b"\n"}


def turned(data: bytes, near: bytes) -> bytes:
    """The same bytes with one digit after ``near`` changed; order of lines is kept if it can be."""
    at = data.index(near) + len(near)
    while not chr(data[at]).isdigit():
        at += 1
    return data[:at] + (b"8" if data[at : at + 1] != b"8" else b"7") + data[at + 1 :]


def test_an_honest_bundle_agrees_in_every_part(bundle: Path) -> None:
    found = verify_bundle(bundle)
    assert found.ok
    assert found.findings == ()
    assert all(check.ok for check in found.checks)
    assert found.root == found.manifest["root"]
    assert found.root in found.text
    assert verify_bundle(bundle, expected_root=found.root.upper()).ok


def test_the_same_content_gives_the_same_bytes(bundle: Path, root: Path, tmp_path: Path) -> None:
    held = read_bundle(bundle)
    write_bundle(tmp_path / "again.hjb", held.snapshot, held.policy, held.sheet, notes={"make": "test"})
    assert (tmp_path / "again.hjb").read_bytes() == bundle.read_bytes()
    assert [p.name for p in tmp_path.iterdir()] == ["again.hjb"]


NEAR = {
    "snapshot/metrics.jsonl": b'"value":',
    "snapshot/marks.jsonl": b'"marks":[',
    "snapshot/cases.jsonl": b'"record":"c-town-000-',
    "snapshot/projects.jsonl": b'"debt_ratio":',
    "snapshot/seats.jsonl": b'"opening_debt_ratio":1',
    "snapshot/units.jsonl": b"town-",
    "snapshot/adjustments.jsonl": b'"points":',
    "snapshot/not_applicable.jsonl": b"seat-0000",
    "snapshot/previous.jsonl": b'"points":',
    "snapshot/cycle.jsonl": b'"cut_off":"2026-07-0',
    "policy/cost_benefit/": b"2025-01-01: ",
    "policy/scorecards/": b"gep: 2",
    SHEET: b'"total":',
}


@pytest.mark.parametrize("where", sorted(NEAR))
@pytest.mark.parametrize("mend", [False, True], ids=["plain", "digests-mended"])
def test_one_digit_changed_in_any_part_is_named(bundle: Path, tmp_path: Path, where: str, mend: bool) -> None:
    parts = parts_of(bundle)
    part = next(name for name in sorted(parts) if name.startswith(where) and NEAR[where] in parts[name])
    changed = {**parts, part: turned(parts[part], NEAR[where])}
    published = json.loads(parts[MANIFEST])["root"]
    path = packed(tmp_path / "bad.hjb", mended(changed) if mend else changed)
    found = verify_bundle(path, expected_root=published if mend else "")
    assert not found.ok
    assert_named(found, part, mend)


def assert_named(found: Verification, part: str, mend: bool) -> None:
    if not mend:
        assert part in {finding.part for finding in found.findings}
    else:  # the digests fit: recomputation or the published root must tell
        assert {finding.part for finding in found.findings} & {SHEET, MANIFEST, "snapshot/", "policy/"}
    for finding in found.findings:
        assert finding.text


def test_a_changed_figure_is_named_by_seat_and_field_though_all_digests_fit(
    bundle: Path, tmp_path: Path
) -> None:
    parts = parts_of(bundle)
    lines = parts[SHEET].splitlines(keepends=True)
    seat = json.loads(lines[3])
    seat["lines"][2]["points"] = 99.5
    lines[3] = canonical(seat) + b"\n"
    path = packed(tmp_path / "bad.hjb", mended({**parts, SHEET: b"".join(lines)}))
    found = verify_bundle(path)
    named = [
        f for f in found.findings if f.where == f"{seat['seat']}.lines.{seat['lines'][2]['indicator']}.points"
    ]
    assert len(named) == 1
    assert named[0].stated == "99.5"
    assert seat["seat"] in named[0].text


def named_in(found: Verification) -> set[tuple[str, str]]:
    return {(finding.part, finding.where) for finding in found.findings}


@pytest.mark.parametrize(
    ("key", "value", "part"),
    [
        ("snapshot_root", "0" * 64, "snapshot/"),
        ("policy_digest", "0" * 64, "policy/"),
        ("policy", "before", "policy/"),
        ("cycle", "2031-H1", MANIFEST),
        ("synthetic", False, MANIFEST),
        ("root", "0" * 64, MANIFEST),
    ],
)
def test_each_claim_of_the_manifest_is_checked_by_itself(
    bundle: Path, tmp_path: Path, key: str, value: object, part: str
) -> None:
    parts = parts_of(bundle)
    manifest = {**json.loads(parts[MANIFEST]), key: value}
    path = packed(tmp_path / "bad.hjb", {**parts, MANIFEST: canonical(manifest) + b"\n"})
    assert named_in(verify_bundle(path)) == {(part, key)}


def with_other_points(parts: dict[str, bytes]) -> dict[str, bytes]:
    lines = parts[SHEET].splitlines(keepends=True)
    seat = json.loads(lines[3])
    seat["lines"][2]["points"] = 99.5
    lines[3] = canonical(seat) + b"\n"
    return {**parts, SHEET: b"".join(lines)}


def test_the_root_is_held_against_the_content_and_against_the_recomputation(
    bundle: Path, tmp_path: Path
) -> None:
    parts = parts_of(bundle)
    published = json.loads(parts[MANIFEST])["root"]
    forged = mended(with_other_points(parts))
    texts = {f.text for f in verify_bundle(packed(tmp_path / "a.hjb", forged)).findings}
    assert "重算的根摘要与清单不符" in texts
    assert "内容的根摘要与清单不符" not in texts
    # the root as published is left standing: now the content does not give it
    manifest = {**json.loads(forged[MANIFEST]), "root": published}
    path = packed(tmp_path / "b.hjb", {**forged, MANIFEST: canonical(manifest) + b"\n"})
    texts = {f.text for f in verify_bundle(path, expected_root=published).findings}
    assert "内容的根摘要与清单不符" in texts
    assert "重算的根摘要与清单不符" not in texts


def test_the_published_root_is_held_against_what_was_recomputed(bundle: Path, tmp_path: Path) -> None:
    parts = parts_of(bundle)
    published = json.loads(parts[MANIFEST])["root"]
    name = "snapshot/adjustments.jsonl"
    other = mended({**parts, name: parts[name].replace(b'"points":1.0', b'"points":5.0')})
    manifest = {**json.loads(other[MANIFEST]), "root": published}
    path = packed(tmp_path / "bad.hjb", {**other, MANIFEST: canonical(manifest) + b"\n"})
    found = verify_bundle(path, expected_root=published)
    assert (MANIFEST, "expected_root") in named_in(found)
    assert [check.ok for check in found.checks if check.name == "与公布的根摘要比对"] == [False]


def test_a_seat_more_or_less_on_the_sheet_is_named(bundle: Path, tmp_path: Path) -> None:
    parts = parts_of(bundle)
    lines = parts[SHEET].splitlines(keepends=True)
    seat = json.loads(lines[-1])
    stranger = canonical({**seat, "seat": "seat-99999"}) + b"\n"
    for sheet, where in ((lines[:-1], seat["seat"]), ([*lines, stranger], "seat-99999")):
        found = verify_bundle(packed(tmp_path / "bad.hjb", mended({**parts, SHEET: b"".join(sheet)})))
        assert (SHEET, where) in named_in(found)


def test_a_changed_fact_shows_in_the_figures_that_rest_on_it(bundle: Path, tmp_path: Path) -> None:
    parts = parts_of(bundle)
    name = "snapshot/adjustments.jsonl"
    changed = {**parts, name: parts[name].replace(b'"points":1.0', b'"points":5.0')}
    found = verify_bundle(packed(tmp_path / "bad.hjb", mended(changed)))
    assert "seat-00001.adjustment" in {finding.where for finding in found.findings}
    assert "seat-00001.total" in {finding.where for finding in found.findings}


def test_a_file_made_anew_as_a_whole_is_told_only_by_the_published_root(bundle: Path, tmp_path: Path) -> None:
    held = read_bundle(bundle)
    from dataclasses import replace

    other = replace(held.snapshot, adjustments=())
    sheet = assess(other, held.policy.in_force(other.cycle.on))
    write_bundle(tmp_path / "forged.hjb", other, held.policy, sheet)
    assert verify_bundle(tmp_path / "forged.hjb").ok
    found = verify_bundle(tmp_path / "forged.hjb", expected_root=str(held.manifest["root"]))
    assert [finding.where for finding in found.findings] == ["expected_root"]


def test_a_byte_changed_in_the_file_itself_is_named_down_to_the_seat(bundle: Path, tmp_path: Path) -> None:
    data = bundle.read_bytes()
    at = data.index(b'"total":') + len(b'"total":')
    path = tmp_path / "bad.hjb"
    path.write_bytes(data[:at] + (b"1" if data[at : at + 1] != b"1" else b"2") + data[at + 1 :])
    found = verify_bundle(path)
    assert SHEET in {finding.part for finding in found.findings}
    assert any(finding.where.endswith(".total") for finding in found.findings)
    with pytest.raises(Tampered) as caught:
        read_bundle(path)
    assert caught.value.where == SHEET


@pytest.mark.parametrize("part", ["snapshot/marks.jsonl", SHEET, "policy/policy.yaml"])
def test_a_missing_part_is_named(bundle: Path, tmp_path: Path, part: str) -> None:
    parts = {name: data for name, data in parts_of(bundle).items() if name != part}
    path = packed(tmp_path / "bad.hjb", parts)
    found = verify_bundle(path)
    assert not found.ok
    assert part in {finding.part for finding in found.findings}
    with pytest.raises(Tampered) as caught:
        read_bundle(path)
    assert caught.value.where == part


@pytest.mark.parametrize(
    "name", ["extra.txt", "../evil", "/etc/x", "policy/../../x", "policy\\x.yaml", "a//b", "C:x"]
)
def test_unknown_parts_and_paths_that_lead_elsewhere_are_named(
    bundle: Path, tmp_path: Path, name: str
) -> None:
    path = packed(tmp_path / "bad.hjb", {**parts_of(bundle), name: b"x"})
    found = verify_bundle(path)
    assert not found.ok
    assert name in {finding.part for finding in found.findings}
    with pytest.raises(Tampered):
        read_bundle(path)


def test_a_part_that_stands_twice_is_named(bundle: Path, tmp_path: Path) -> None:
    path = packed(tmp_path / "bad.hjb", parts_of(bundle), twice=SHEET)
    found = verify_bundle(path)
    assert any("两次" in finding.text for finding in found.findings)
    assert SHEET in {finding.part for finding in found.findings}


@pytest.mark.parametrize(
    "manifest", [b"", b"[]", b"{}", b'{"format":"other","parts":{}}', b"\xff\xfe", b"[" * 99999]
)
def test_a_manifest_that_cannot_be_read_is_refused(bundle: Path, tmp_path: Path, manifest: bytes) -> None:
    path = packed(tmp_path / "bad.hjb", {**parts_of(bundle), MANIFEST: manifest})
    with pytest.raises(Refused) as caught:
        verify_bundle(path)
    assert caught.value.where == MANIFEST


@pytest.mark.parametrize("data", [b"", b"hello", b"PK\x03\x04" + b"\0" * 40, b"PK\x05\x06" + b"\0" * 18])
def test_what_is_no_bundle_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "no.hjb"
    path.write_bytes(data)
    for read in (verify_bundle, read_bundle):
        with pytest.raises(Refused):
            read(path)
    with pytest.raises(Refused):
        verify_bundle(tmp_path / "absent.hjb")
    with pytest.raises(Refused):
        verify_bundle(tmp_path)


def test_a_truncated_file_is_refused_or_named_at_every_length(bundle: Path, tmp_path: Path) -> None:
    data = bundle.read_bytes()
    path = tmp_path / "cut.hjb"
    for length in range(0, len(data), len(data) // 11):
        path.write_bytes(data[:length])
        with pytest.raises(Refused):
            verify_bundle(path)


def test_any_byte_turned_anywhere_never_gives_a_traceback(bundle: Path, tmp_path: Path) -> None:
    data = bytearray(bundle.read_bytes())
    path = tmp_path / "bad.hjb"
    for at in [*range(0, len(data), len(data) // 24), *range(len(data) - 400, len(data), 37)]:
        held = data[at]
        data[at] ^= 0x15
        path.write_bytes(data)
        data[at] = held
        try:
            read_bundle(path)
        except HengjianError as error:
            assert error.what  # noqa: PT017
        try:
            verify_bundle(path)
        except HengjianError as error:
            assert error.what  # noqa: PT017


def test_a_zip_bomb_is_refused_before_it_is_expanded(tmp_path: Path) -> None:
    path = tmp_path / "bomb.hjb"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr(MANIFEST, b"{}")
        with made.open("bomb", "w", force_zip64=True) as out:
            for _ in range(1100):
                out.write(b"\0" * (1 << 20))
    with pytest.raises(Refused) as caught:
        verify_bundle(path)
    assert caught.value.code == "bundle.too_large"


def test_an_entry_that_lies_about_its_size_is_named_not_expanded(bundle: Path, tmp_path: Path) -> None:
    path = packed(tmp_path / "lie.hjb", {**parts_of(bundle), "bomb": b"\0" * 5_000_000})
    data = bytearray(path.read_bytes())
    at = data.rindex(b"bomb") - 46 + 24  # the size in the central directory
    data[at : at + 4] = (10).to_bytes(4, "little")
    path.write_bytes(data)
    found = verify_bundle(path)
    assert any(finding.part == "bomb" and "长度" in finding.text for finding in found.findings)


def test_a_sheet_of_other_facts_is_not_bundled(root: Path, tmp_path: Path) -> None:
    folder = load(root / "policies" / "seed")
    sheet = assess(facts(18), folder.in_force(facts(18).cycle.on))
    with pytest.raises(Refused):
        write_bundle(tmp_path / "x.hjb", facts(19), folder, sheet)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_to_is_refused(bundle: Path, tmp_path: Path) -> None:
    held = read_bundle(bundle)
    with pytest.raises(Refused):
        write_bundle(tmp_path / "no" / "x.hjb", held.snapshot, held.policy, held.sheet)


def test_the_command_says_what_differs_and_ends_with_the_right_code(bundle: Path, tmp_path: Path) -> None:
    run = CliRunner()
    good = run.invoke(verify, [str(bundle)], standalone_mode=False)
    assert good.return_value == 0
    assert "全部一致" in good.output
    assert "合成数据" in good.output
    parts = parts_of(bundle)
    path = packed(tmp_path / "bad.hjb", {**parts, SHEET: turned(parts[SHEET], b'"total":')})
    bad = run.invoke(verify, [str(path)], standalone_mode=False)
    assert bad.return_value == 5
    assert "的 total：表上为" in bad.output
    wrong_root = run.invoke(verify, [str(bundle), "--root", "0" * 64], standalone_mode=False)
    assert wrong_root.return_value == 5
    missing = run.invoke(verify, [str(tmp_path / "no.hjb")], standalone_mode=False)
    assert isinstance(missing.exception, Refused)
    assert missing.exception.exit_code == 2
