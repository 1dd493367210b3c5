"""What a snapshot holds of the panel's marks for calibration, and what it does not tell."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hengjian.cycles.rated_marks import merged_cells


def test_small_cells_are_merged_until_none_is_small() -> None:
    marks = {"a": [1.0] * 7, "b": [2.0] * 2, "c": [3.0] * 6}
    # two alone would be known even in a cell called "the rest": the next smallest joins them
    assert merged_cells(marks, 5, "rest") == {"a": [1.0] * 7, "rest": [2.0] * 2 + [3.0] * 6}
    assert merged_cells({"a": [1.0] * 5}, 5, "rest") == {"a": [1.0] * 5}
    assert merged_cells({"a": [1.0] * 2, "b": [2.0] * 2}, 5, "rest") == {}


@given(st.dictionaries(st.sampled_from("abcdef"), st.lists(st.floats(1, 10), min_size=1, max_size=12)))
def test_no_cell_is_ever_below_the_least_number(cells) -> None:
    found = merged_cells(cells, 5, "rest")
    assert all(len(marks) >= 5 for marks in found.values())
    given_marks, kept = (sorted(m for marks in held.values() for m in marks) for held in (cells, found))
    assert kept in (given_marks, [])
    assert bool(kept) == (len(given_marks) >= 5)


def snapshot(number: str = "t-2026-h1"):
    from hengjian.cycles import collect, storing
    from hengjian.cycles.models import Cycle

    cycle = Cycle.objects.get(pk=number)
    policy, _files = storing.policy_now(cycle.policy, cycle.on)
    return collect.snapshot_of(cycle, policy)


def test_rows_are_the_counted_marks_and_name_nobody(city: None) -> None:
    from hengjian.ratings.panels.models import Mark
    from hengjian.scoring.record import write_parts

    found = snapshot()
    assert {row.group for row in found.rated} == {"peers", "superiors"}
    assert all(row.rater == 0 and len(row.marks) >= 5 for row in found.rated if row.group == "peers")
    assert {row.rater for row in found.rated if row.group == "superiors"} == {1, 2, 3}
    written = write_parts(found)["rated"].decode()
    keys = set(Mark.objects.exclude(rater_key="").values_list("rater_key", flat=True))
    assert len(keys) == 3
    assert not any(key in written or key[:12] in written for key in keys)


def test_a_signed_rater_who_marks_several_units_sits_above_them(city: None) -> None:
    cells = {row.cell for row in snapshot().rated if row.group == "superiors"}
    assert cells == {"990103/superiors"}


def test_the_same_freeze_gives_the_same_numbers_and_another_cycle_others(city: None) -> None:
    from tests.unit.cycles.small_city import open_one

    once = snapshot()
    assert snapshot().rated == once.rated
    by_number = {}
    for at in range(6):
        open_one(f"t-other-{at}")
        rows = snapshot(f"t-other-{at}").rated
        first = min(r.rater for r in rows if r.group == "superiors")
        by_number[at] = tuple(
            r.marks for r in sorted(rows, key=lambda r: (r.seat, r.indicator)) if r.rater == first
        )
    assert len(set(by_number.values())) > 1


def test_a_rare_tie_is_left_out_because_it_would_point_at_a_person(city: None, monkeypatch) -> None:
    from hengjian.cycles import rated_marks

    known = rated_marks.rated_marks

    def with_ties(many: int):
        def read(*where):
            rows = list(known(*where))
            raters = sorted({row.rater for row in rows if row.rater})[:many]
            return [replace(row, ties=("hometown",)) if row.rater in raters else row for row in rows]

        return read

    monkeypatch.setattr(rated_marks, "rated_marks", with_ties(3))
    assert not any(row.ties for row in snapshot().rated)
    monkeypatch.setattr(rated_marks, "LEAST_UNKNOWN", 3)
    assert any(row.ties == ("hometown",) for row in snapshot().rated)


@pytest.mark.parametrize("folder", ["before", "seed"])
def test_both_policies_freeze_the_same_rows(city: None, folder: str) -> None:
    """So that two policies compared on the same facts differ in nothing but the rules."""
    from hengjian.cycles import collect, storing
    from hengjian.cycles.models import Cycle

    cycle = Cycle.objects.get()
    policy, _files = storing.policy_now(folder, cycle.on)
    assert collect.snapshot_of(cycle, policy).rated == snapshot().rated
