"""Media outside the hundred: what the sheet, the workings and the comparison say of it."""

from dataclasses import replace

import pytest

from hengjian.policy import load, shipped
from hengjian.scoring.assess import assess
from hengjian.scoring.compare import compare
from hengjian.scoring.panel import moved
from hengjian.scoring.redo import redo
from hengjian.scoring.snapshot import Marks
from hengjian.scoring.workings import flat, workings
from tests.sample_facts import facts

LITERAL = load(shipped()["seed"]).in_force(facts(6).cycle.on)
POLICY = LITERAL.with_panel("media_outside")


def with_media(*marks: float):
    bare = facts(6)
    kept = tuple(m for m in bare.marks if m.group != "media")
    seat = bare.seats[0].id
    events = (Marks(seat, "", "media", "", "ten_point", marks),) if marks else ()
    return replace(bare, marks=(*kept, *events)), seat


@pytest.mark.parametrize(
    ("value", "mark", "found"),
    [(80, 50, 80), (80, 100, 85), (80, 0, 75), (80, 75, 82.5), (97, 100, 100), (3, 0, 0)],
)
def test_a_mark_outside_moves_in_a_line_and_stays_within_the_hundred(value, mark, found) -> None:
    import numpy as np

    assert moved(np.array([float(value)]), np.array([float(mark)]), 5.0).tolist() == [found]
    assert np.isnan(moved(np.array([np.nan]), np.array([float(mark)]), 5.0)).all()


def test_the_workings_show_the_points_outside_with_their_clause() -> None:
    snapshot, seat = with_media(1.0, 3.0)
    steps = list(flat(workings(snapshot, POLICY).tree(seat)))
    value = next(step for step in steps if step.key == "panel.value")
    assert value.inputs["outside.media"] == 5.0
    assert "weight.media" not in value.inputs
    assert "舆论监督在百分之外加减：5 ×（得分 − 50）÷ 50" in value.rule
    group = next(step for step in value.children if step.label == "舆论监督")
    assert (group.clause, group.result) == ("NORMS X1", round(100 / 9, 6))
    assert "只计经核实的事件" in group.rule
    assert redo(value) == value.result


def test_no_verified_event_is_named_and_moves_nothing() -> None:
    snapshot, seat = with_media()
    sheet = assess(snapshot, POLICY)
    gaps = [gap for held in sheet.seats if held.seat == seat for gap in held.gaps if gap.group == "media"]
    assert [(gap.kind, gap.rule) for gap in gaps] == [("group_missing", "outside")]
    assert "没有经核实的事件，不加不减" in gaps[0].text
    tree = workings(snapshot, POLICY).tree(seat)
    group = next(step for step in flat(tree) if step.label == "舆论监督")
    assert (group.result, group.rule) == (None, "没有经核实的事件，不加不减")


def test_the_preset_is_a_cause_of_its_own() -> None:
    snapshot, seat = with_media(1.0)
    found = compare((snapshot, LITERAL), (snapshot, POLICY), seat)
    assert [share.cause for share in found.shares] == ["panel"]
    assert found.points
    assert sum(share.points for share in found.shares) == found.points
