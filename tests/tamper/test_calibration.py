"""A calibration row or a mark behind it, changed in the store or in a bundle: verify names the figure."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from hengjian.cycles.checking import verify_cycle
from hengjian.scoring.bundle import bundle_parts, read_bundle
from hengjian.scoring.container import pack
from hengjian.scoring.record import CALIBRATION, calibration_lines, sheet_root, snapshot_root, write_parts
from hengjian.scoring.verify import verify_bundle
from tests.tamper.test_stored_rows import CYCLE, by_owner, changed, reported
from tests.tamper.test_stored_rows import published as published  # noqa: PLC0414 (a fixture)


@pytest.fixture
def bundle(published: Path) -> Path:
    return next(published.glob("*.hjb"))


def groups() -> tuple[bytes, bytes]:
    """A trimmed mean of the stored table, as written, and another one."""
    from hengjian.cycles import queries

    row = queries.calibration_of(CYCLE).groups[0]
    return json.dumps(row.calibrated).encode(), json.dumps(row.calibrated + 0.5).encode()


def test_a_bundle_and_a_cycle_are_refitted(bundle: Path) -> None:
    for found in (verify_bundle(bundle), verify_cycle(CYCLE)):
        assert found.ok
        assert ("calibration", "校准重算") in {(check.part.strip("/"), check.name) for check in found.checks}


def test_a_stored_calibration_row(published: Path) -> None:
    changed("cycles_storedsheet", "lines", "calibration/groups", *groups())
    said = reported()
    assert "校准结果的 groups." in said
    assert ".calibrated：表上为" in said


def test_a_stored_calibration_row_and_its_root(published: Path) -> None:
    from hengjian.cycles import storing
    from hengjian.cycles.models import StoredSheet

    changed("cycles_storedsheet", "lines", "calibration/groups", *groups())
    stored = StoredSheet.objects.get()
    storing._sheet.cache_clear()
    sheet = storing.sheet_of(stored)
    root = sheet_root(sheet.snapshot_root, sheet.policy_digest, sheet.seats, sheet.calibration)
    by_owner("cycles_storedsheet", "UPDATE cycles_storedsheet SET root = %s", root)
    assert "校准结果的 groups." in reported()


def test_the_whole_table_taken_away(published: Path) -> None:
    import zlib
    from base64 import b64encode

    from hengjian.cycles import storing
    from hengjian.cycles.models import StoredSheet

    parts = storing.unpacked(bytes(StoredSheet.objects.get().lines))
    kept = {name: b64encode(data).decode() for name, data in parts.items() if CALIBRATION not in name}
    packed = zlib.compress(json.dumps(kept).encode())
    by_owner("cycles_storedsheet", "UPDATE cycles_storedsheet SET lines = %s", packed)
    assert "表上为 空" in reported()


def test_a_rater_s_mark_moved_to_another_rater(published: Path) -> None:
    """The counted marks stay as they are: only who gave them changes, and with it the calibration."""
    from hengjian.cycles import storing
    from hengjian.cycles.models import StoredSnapshot

    lines = storing.parts_of(StoredSnapshot.objects.get())["rated"].splitlines()
    one = next(line for line in lines if b'"rater":1,' in line)
    parts = b"\n".join(
        sorted(line if line != one else one.replace(b'"rater":1,', b'"rater":2,') for line in lines)
    )
    changed("cycles_storedsnapshot", "parts", "rated", b"\n".join(lines), parts)
    assert "库中的快照被改动过" in reported()
    assert "校准结果的" in reported()


def test_a_bundle_made_anew_with_another_table_names_the_figure(bundle: Path, tmp_path: Path) -> None:
    held = read_bundle(bundle)
    first, *rest = held.sheet.calibration.groups
    table = replace(held.sheet.calibration, groups=(replace(first, median=first.median + 1.0), *rest))
    root = sheet_root(held.sheet.snapshot_root, held.sheet.policy_digest, held.sheet.seats, table)
    sheet = replace(held.sheet, calibration=table, root=root)
    parts = bundle_parts(held.snapshot, held.policy, sheet, notes={}, engine="reference")
    forged = tmp_path / "forged.hjb"
    pack(forged, parts)
    found = verify_bundle(forged)
    assert not found.ok
    assert any(f"groups.{first.seat}/{first.group}.median" in finding.text for finding in found.findings)


@pytest.mark.parametrize(
    ("part", "figure", "place"),
    [
        ("severities", "leniency", "severities."),
        ("seats", "leniency", "seats."),
        ("seats", "weight", "seats."),
        ("seats", "adjusted", "seats."),
        ("parts", "overall", "parts."),
        ("parts", "share", "parts."),
    ],
)
def test_one_severity_or_one_figure_of_a_receipt_made_anew_is_named(
    bundle: Path, tmp_path: Path, part: str, figure: str, place: str
) -> None:
    held = read_bundle(bundle)
    first, *rest = getattr(held.sheet.calibration, part)
    wrong = replace(first, **{figure: getattr(first, figure) + 0.01})
    table = replace(held.sheet.calibration, **{part: (wrong, *rest)})
    found = verify_bundle(_made_anew(held, table, tmp_path))
    assert not found.ok
    assert any(place in one.text and figure in one.text for one in found.findings)


def test_one_mark_changed_throughout_is_named_by_what_it_gives(bundle: Path, tmp_path: Path) -> None:
    """The mark is changed in both places and all digests are made anew: only the figures tell."""
    held = read_bundle(bundle)
    at, row = next((i, r) for i, r in enumerate(held.snapshot.rated) if r.group == "superiors")
    other = row.marks[0] - 1.0 if row.marks[0] > 1.0 else row.marks[0] + 1.0
    rated = tuple(r if i != at else replace(r, marks=(other,)) for i, r in enumerate(held.snapshot.rated))
    key = (row.seat, row.indicator, row.group, row.stratum)
    marks = tuple(
        m
        if (m.seat, m.indicator, m.group, m.stratum) != key
        else replace(m, marks=_instead(m.marks, row, other))
        for m in held.snapshot.marks
    )
    snapshot = replace(held.snapshot, rated=rated, marks=marks)
    forged = replace(
        held, snapshot=snapshot, sheet=replace(held.sheet, snapshot_root=snapshot_root(write_parts(snapshot)))
    )
    found = verify_bundle(_made_anew(forged, held.sheet.calibration, tmp_path))
    assert not found.ok
    assert any("校准结果的" in one.text for one in found.findings)


def _instead(marks, row, other):
    left = list(marks)
    left.remove(row.marks[0])
    return tuple(sorted([*left, other]))


def _made_anew(held, table, folder: Path) -> Path:
    root = sheet_root(held.sheet.snapshot_root, held.sheet.policy_digest, held.sheet.seats, table)
    sheet = replace(held.sheet, calibration=table, root=root)
    forged = folder / "forged.hjb"
    pack(forged, bundle_parts(held.snapshot, held.policy, sheet, notes={}, engine="reference"))
    return forged


def test_a_bundle_without_one_part_of_its_table(bundle: Path, tmp_path: Path) -> None:
    held = read_bundle(bundle)
    parts = bundle_parts(held.snapshot, held.policy, held.sheet, notes={}, engine="reference")
    assert {f"{CALIBRATION}{name}.jsonl" for name in calibration_lines(held.sheet.calibration)} <= set(parts)
    del parts[f"{CALIBRATION}severities.jsonl"]
    torn = tmp_path / "torn.hjb"
    pack(torn, parts)
    assert not verify_bundle(torn).ok
