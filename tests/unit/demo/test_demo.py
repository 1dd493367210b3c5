"""The demonstration city: synthetic throughout, and the case of SPEC G comes out by itself."""

import csv
import gzip
import json
import re
import stat
import zipfile
from collections import Counter
from pathlib import Path

import pytest

from hengjian.cli.demo import ACCOUNTS
from hengjian.policy import load, shipped
from hengjian.scoring.bundle import Bundle, read_bundle
from hengjian.scoring.compare import compare
from hengjian.scoring.verify import verify_bundle
from hengjian.scoring.workings import flat, workings
from hengjian.terms.period import Period

CYCLES = [f"demo-{policy}-{period}" for policy in ("before", "seed") for period in ("2025-h2", "2026-h1")]


def wang_of(bundle: Bundle) -> str:
    from hengjian.demo.people import wang

    return f"{wang().official}@{wang().post}"


def score_of_wang(demo, cycle: str):
    bundle = read_bundle(demo.bundle(cycle))
    return next(s for s in bundle.sheet.seats if s.seat == wang_of(bundle))


def test_no_place_is_real(real_data: Path) -> None:
    """No name, with or without the word for its kind, stands in the state's divisions."""
    from hengjian.demo.places import COUNTIES, TOWNS

    kind = re.compile(r"(街道办事处|街道|地区|办事处|民族乡|镇|乡|县|区|市)$")
    folder, real = real_data / "china_divisions", set()
    for name in ("provinces.csv", "cities.csv", "areas.csv"):
        with (folder / name).open(encoding="utf-8-sig") as file:
            real |= {row["name"] for row in csv.DictReader(file)}
    with gzip.open(folder / "streets.csv.gz", "rt", encoding="utf-8-sig") as file:
        real |= {row["name"] for row in csv.DictReader(file)}
    assert len(real) > 30_000
    stems = {kind.sub("", name) for name in real}
    ours = [place.name for place in (*COUNTIES, *TOWNS)] + ["衡川市"]
    assert not [name for name in ours if name in real or kind.sub("", name) in stems]


def test_three_counties_eighteen_townships_one_hundred_and_eight_members() -> None:
    from hengjian.demo.people import members
    from hengjian.demo.places import COUNTIES, TOWNS

    assert len({c.zone for c in COUNTIES}) == len(COUNTIES) == 3
    assert len({t.code for t in TOWNS}) == 18
    assert len({m.official for m in members()}) == len({m.name for m in members()}) == 108
    by_town = Counter((m.town.code, m.category) for m in members())
    assert set(by_town.values()) == {2, 4}


def test_facts_are_the_same_every_time() -> None:
    from hengjian.demo import figures, opinions

    for period in figures.PERIODS:
        assert list(figures.metrics(period)) == list(figures.metrics(period))
        assert list(figures.cases(period)) == list(figures.cases(period))
        assert list(opinions.marks(period)) == list(opinions.marks(period))


def test_it_says_synthetic_everywhere(demo) -> None:
    assert "合成数据" in demo.said
    for cycle in CYCLES:
        bundle = read_bundle(demo.bundle(cycle))
        assert bundle.manifest["synthetic"] is True
        assert "合成数据" in bundle.snapshot.cycle.title
    files = [f for f in (demo.folder / "demo").rglob("*") if f.suffix in {".xlsx", ".csv"}]
    assert len(files) == 9
    assert all("合成数据" in file.name for file in files)


@pytest.mark.parametrize("cycle", CYCLES)
def test_every_bundle_is_recomputed_by_a_stranger(demo, cycle: str) -> None:
    found = verify_bundle(demo.bundle(cycle))
    assert found.ok, found.findings[:3]
    assert found.seats == 108
    assert f"{found.root[:16]}" in demo.said


@pytest.mark.parametrize("half", ["2025-h2", "2026-h1"])
def test_under_the_old_policy_he_is_last(demo, half: str) -> None:
    score = score_of_wang(demo, f"demo-before-{half}")
    assert score.rank == score.of == 108


def test_under_the_new_policy_he_rises_to_the_first_place(demo) -> None:
    first, then = (score_of_wang(demo, f"demo-seed-{half}") for half in ("2025-h2", "2026-h1"))
    assert (then.rank, then.of) == (1, 12)
    assert first.rank > 3
    assert next(line.weight for line in then.lines if line.indicator == "gep") == 25
    old = score_of_wang(demo, "demo-before-2026-h1")
    assert next(line.weight for line in old.lines if line.indicator == "gep") == 8
    assert next(line.value for line in then.lines if line.indicator == "gep") == 2.3


@pytest.mark.parametrize(("half", "mark"), [("2025-h2", 69.0), ("2026-h1", 92.0)])
def test_the_public_mark_is_the_report_s(demo, half: str, mark: float) -> None:
    bundle = read_bundle(demo.bundle(f"demo-seed-{half}"))
    policy = bundle.policy.in_force(bundle.snapshot.cycle.on)
    tree = workings(bundle.snapshot, policy, bundle.sheet).tree(wang_of(bundle))
    groups = [s for s in flat(tree) if s.key == "panel.group" and "群众" in s.label]
    assert groups
    assert all(abs(s.result - mark) < 0.1 for s in groups)


def test_his_first_place_hangs_on_no_single_number(demo) -> None:
    """Without the one figure or the one mark that SPEC G gives he would still be well placed."""
    from dataclasses import replace

    bundle = read_bundle(demo.bundle("demo-seed-2026-h1"))
    policy = bundle.policy.in_force(bundle.snapshot.cycle.on)
    from hengjian.scoring.assess import assess

    seat = wang_of(bundle)
    fewer = replace(
        bundle.snapshot,
        marks=tuple(m for m in bundle.snapshot.marks if (m.seat, m.group) != (seat, "public")),
    )
    place = next(s for s in assess(fewer, policy).seats if s.seat == seat)
    assert place.rank <= 3
    missed = replace(
        bundle.snapshot,
        metrics=tuple(
            replace(m, value=1.9) if m.organisation == "990103001" and m.metric == "gep" else m
            for m in bundle.snapshot.metrics
        ),
    )
    place = next(s for s in assess(missed, policy).seats if s.seat == seat)
    assert place.rank <= 4


def test_the_causes_sum_to_the_whole(demo) -> None:
    bundle = read_bundle(demo.bundle("demo-seed-2026-h1"))
    on = bundle.snapshot.cycle.on
    old = load(shipped()["before"]).in_force(on)
    found = compare((bundle.snapshot, old), (bundle.snapshot, bundle.policy.in_force(on)), wang_of(bundle))
    assert sum(s.points for s in found.shares) == found.points
    assert sum(s.places for s in found.shares) == found.places == 107
    assert next(s.points for s in found.shares if s.cause == "weights") > 0


def test_gaps_of_every_kind_are_there_and_named(demo) -> None:
    gaps = {
        (gap.kind, gap.indicator, gap.rule)
        for cycle in ("demo-seed-2025-h2", "demo-seed-2026-h1")
        for seat in read_bundle(demo.bundle(cycle)).sheet.seats
        for gap in seat.gaps
    }
    assert ("not_applicable", "tax_per_mu", "reweight") in gaps
    assert ("missing", "farm_processing", "carry_forward") in gaps
    assert {kind for kind, _i, _r in gaps} == {
        "missing", "not_applicable", "group_missing", "group_too_small",
    }  # fmt: skip


def test_debt_costs_some_and_not_others(demo) -> None:
    seats = read_bundle(demo.bundle("demo-seed-2026-h1")).sheet.seats
    factors = Counter(round(s.factors["cost_benefit"], 3) for s in seats)
    assert factors[1.0] > 50
    assert min(factors) < 0.8


def test_no_name_of_a_person_is_in_a_bundle(demo) -> None:
    from hengjian.demo.people import members

    with zipfile.ZipFile(demo.bundle("demo-seed-2026-h1")) as file:
        parts = [file.read(name) for name in file.namelist()]
    assert not [m.name for m in members() if any(m.name.encode() in part for part in parts)]


def test_passwords_are_shown_once_and_kept_for_the_owner(demo) -> None:
    kept = demo.folder / "demo" / "sign-in.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    words = json.loads(kept.read_text(encoding="utf-8"))
    assert set(words) == {username for username, _name, _role in ACCOUNTS}
    assert all(word in demo.said for word in words.values())


def test_a_second_run_builds_nothing_anew(demo) -> None:
    before = {f: f.stat().st_mtime_ns for f in (demo.folder / "bundles").iterdir()}
    again = demo.run("demo")
    assert again.returncode == 0, again.stderr
    assert "已经建好" in again.stdout
    assert {f: f.stat().st_mtime_ns for f in (demo.folder / "bundles").iterdir()} == before
    words = json.loads((demo.folder / "demo" / "sign-in.json").read_text(encoding="utf-8"))
    assert not [word for word in words.values() if word in again.stdout]


def test_a_stored_cycle_and_a_changed_bundle(demo, tmp_path: Path) -> None:
    assert demo.run("verify", "demo-seed-2026-h1").returncode == 0
    changed = tmp_path / "changed.hjb"
    with zipfile.ZipFile(demo.bundle("demo-seed-2026-h1")) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "snapshot/metrics.jsonl":
                data = data.replace(b'"value":2.3', b'"value":2.4', 1)
            new.writestr(name, data)
    told = demo.run("verify", str(changed))
    assert told.returncode == 5
    assert "snapshot/metrics.jsonl" in told.stdout


def test_points_below_nothing_are_points_and_no_option(demo) -> None:
    told = demo.run(
        "cycle", "adjust", "demo-seed-2026-h1", "D1020033@P1020033", "-2", "--clause", "F7", "--reason", "r"
    )
    assert "cycles.wrong_state" in told.stderr


def test_refused_rows_wait_in_the_quarantine(demo) -> None:
    told = demo.run("quarantine", "list")
    assert told.returncode == 0
    assert "990109001" in told.stdout or "8" in told.stdout


def test_the_city_never_mixes_with_real_data(demo) -> None:
    mixed = demo.copied("mixed")  # the others' city stays what it is
    opened = mixed.run("cycle", "open", "real-one", "--title", "真实周期", "--period", "2026-H1", "--by", "t")
    assert opened.returncode == 0, opened.stderr
    told = mixed.run("demo")
    assert told.returncode == 2
    assert "不与它混在一起" in told.stderr


def test_every_half_year_is_a_period() -> None:
    from hengjian.demo.figures import PERIODS

    assert (Period("2025-H2"), Period("2026-H1")) == PERIODS
