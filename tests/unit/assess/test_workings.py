"""Workings: every step can be redone from what it shows, and ends in the sheet's own figures."""

from dataclasses import replace

import pytest

from hengjian.policy.model import Normalisation
from hengjian.scoring.assess import assess
from hengjian.scoring.record import record_of
from hengjian.scoring.redo import redo
from hengjian.scoring.sheet import Working
from hengjian.scoring.workings import flat, workings
from hengjian.terms.errors import Refused, Tampered
from tests import sample_city as city

METHODS = {
    "scaled": {"low": 80.0, "high": 180.0},
    "zscore": {"mean": 50.0, "spread": 10.0, "constant": 50.0},
    "rank": {"constant": 50.0},
    "borda": {"constant": 50.0},
    "percentile_rank": {"constant": 50.0},
    "distance_to_maximum": {"constant": 50.0},
    "distance_to_target": {"target": 200.0, "constant": 50.0},
    "fraction_of_maximum": {"constant": 50.0},
    "goalposts": {"low": 90.0, "high": 150.0, "ln": True},
    "band_steps": {"bands": ((float("-inf"), 40.0), (110.0, 70.0), (140.0, 95.0))},
    "band_linear": {"bands": ((100.0, 20.0), (130.0, 60.0), (160.0, 100.0))},
    "completion": {"target": 130.0, "floor": 0.0, "cap": 120.0},
    "identity": {"floor": 0.0, "cap": 140.0},
}


def assert_every_step_redone(tree: Working) -> int:
    count = 0
    for step in flat(tree):
        count += 1
        assert redo(step) == step.result, (step.key, step.label, dict(step.inputs))
        assert step.rule
        assert step.clause
    return count


@pytest.mark.parametrize("policy", [city.NEW, city.OLD], ids=["new", "old"])
def test_every_step_of_every_seat_is_redone_from_its_inputs(policy) -> None:
    found = workings(city.snapshot(), policy)
    assert sum(assert_every_step_redone(tree) for tree in found.trees()) > 100
    for seat in found.seats:
        assert_every_step_redone(found.standing(seat))


@pytest.mark.parametrize("method", sorted(METHODS))
@pytest.mark.parametrize("within", [True, False])
@pytest.mark.parametrize("direction", [1, -1])
def test_every_normalisation_is_redone(method: str, within: bool, direction: int) -> None:
    options = dict(METHODS[method])
    if direction < 0 and method == "distance_to_target":
        options["target"] = 10.0
    if direction < 0 and method.startswith("band"):
        options["bands"] = tuple((value, 100.0 - points) for value, points in options["bands"])
    rule = Normalisation(method, options, within_group=within)
    turned = replace(city.LIBRARY["gep"], normalisation=rule, direction=direction)
    policy = replace(city.NEW, indicators={**city.LIBRARY, "gep": turned})
    for tree in workings(city.snapshot(), policy).trees():
        assert_every_step_redone(tree)


def test_the_steps_end_in_the_figures_of_the_sheet() -> None:
    sheet = assess(city.snapshot(), city.NEW)
    found = workings(city.snapshot(), city.NEW, sheet)
    for seat in sheet.seats:
        tree = found.tree(seat.seat)
        assert tree.result == seat.total
        parts = [step for step in tree.children if step.key == "seat.part"]
        assert [step.result for step in parts] == list(seat.parts.values())
        lines = [step for part in parts for step in part.children]
        assert [step.children[0].result for step in lines] == [line.points for line in seat.lines]
        assert [step.inputs["effective_weight"] for step in lines] == [x.effective_weight for x in seat.lines]
        rank = found.standing(seat.seat)
        assert rank.result == seat.rank


def test_a_figure_s_inputs_are_the_results_of_the_steps_below() -> None:
    for tree in workings(city.snapshot(), city.NEW).trees():
        scored = {k: v for k, v in tree.inputs.items() if k.startswith("scored.")}
        below = [line for part in tree.children if part.key == "seat.part" for line in part.children]
        assert sorted(scored.values()) == sorted(s.result for s in below if s.result is not None)
        for step in flat(tree):
            if step.key in {"panel.value", "panel.group", "cases.value", "cost.factor"}:
                shown = [
                    v
                    for k, v in step.inputs.items()
                    if k.split(".")[0] in {"mark", "mean", "share", "factor"}
                ]
                assert shown == [child.result for child in step.children if child.result is not None]


def test_steps_lead_to_the_digests_of_records_in_the_snapshot() -> None:
    facts = city.snapshot()
    known = {
        record_of(item)
        for part in (
            facts.metrics,
            facts.cases,
            facts.projects,
            facts.marks,
            facts.adjustments,
            facts.previous,
        )
        for item in part
    }
    seen = {
        digest for tree in workings(facts, city.NEW).trees() for step in flat(tree) for digest in step.records
    }
    assert seen <= known
    assert {"g-west", "pr-1", "a-1", "c-west-1"} <= seen


def test_columns_hold_the_same_figures_as_the_trees() -> None:
    found = workings(city.snapshot(), city.NEW)
    columns = found.columns()
    for row, seat in enumerate(found.seats):
        assert columns["seat.total"][row] == found.tree(seat).result


def test_a_sheet_that_was_changed_has_no_workings() -> None:
    sheet = assess(city.snapshot(), city.NEW)
    seats = (replace(sheet.seats[0], total=99.0), *sheet.seats[1:])
    with pytest.raises(Tampered) as caught:
        workings(city.snapshot(), city.NEW, replace(sheet, seats=seats))
    assert caught.value.where == sheet.seats[0].seat


def test_an_unknown_seat_is_refused() -> None:
    with pytest.raises(Refused):
        workings(city.snapshot(), city.NEW).tree("nobody")


def test_redoing_notices_a_changed_figure() -> None:
    tree = workings(city.snapshot(), city.NEW).tree("seat-west")
    for step in flat(tree):
        if step.result is not None and step.key != "seat.adjustment":
            assert redo(replace(step, result=step.result + 0.5)) == step.result


def test_each_project_tells_leverage_debt_risk_and_whole_life_cost() -> None:
    facts = city.snapshot()
    costly = tuple(replace(p, whole_life_cost=9e7) if p.code == "X1" else p for p in facts.projects)
    tree = workings(replace(facts, projects=costly), city.NEW).tree("seat-west")
    told = {step.records[0]: step.inputs for step in flat(tree) if step.key == "cost.project"}
    # 50 of 10 million; 112.5 of 100
    assert (told["pr-1"]["leverage"], told["pr-1"]["debt_risk"]) == (5.0, 1.125)
    assert told["pr-1"]["whole_life_cost"] == 9e7
    assert (told["pr-2"]["leverage"], told["pr-2"]["debt_risk"]) == (1.0, 1.083333)  # its own cap is 120
    assert "whole_life_cost" not in told["pr-2"]  # not known is not zero


def with_parameter(key: str, value: float) -> city.SamplePolicy:
    return replace(city.NEW, parameters={**city.NEW.parameters, key: city.parameter(key, value, "")})


def test_the_opening_balance_counts_only_where_the_policy_says_so() -> None:
    """NORMS X19: west stood at 110 on taking office; 112.5 against a cap of 100."""
    for value, base, factor in ((True, 110.0, 0.95), (False, None, 0.75)):
        policy = with_parameter("cost_benefit.opening_balance", value)
        tree = workings(city.snapshot(), policy).tree("seat-west")
        step = next(s for s in flat(tree) if s.records == ("pr-1",))
        assert (step.inputs.get("opening"), step.result) == (base, factor)
        assert ("任职时债务率" in step.rule) == value
        assert redo(step) == step.result


def test_equal_benefit_is_told_and_never_scored() -> None:
    """NORMS X17: benefits of eco are 28.125, 62.5 and 96.875: 34.375 apart on either side."""
    plain = assess(city.snapshot(), city.NEW)
    for band, of, rank in ((34.37, 1.0, 1.0), (34.375, 3.0, 3.0)):
        policy = with_parameter("cost_benefit.benefit_band", band)
        assert assess(city.snapshot(), policy).seats == plain.seats
        found = workings(city.snapshot(), policy)
        step = next(s for s in flat(found.tree("seat-west")) if s.key == "cost.alike")
        zone = next(s for s in flat(found.tree("seat-west")) if s.key == "seat.part" and s.label == "zone")
        assert step.inputs["benefit"] == pytest.approx(zone.result / 0.8375, abs=1e-5)
        assert (step.inputs["of"], step.result, step.clause) == (of, rank, "NORMS X17")
        assert redo(step) == step.result
        assert not [s for s in flat(found.tree("seat-east")) if s.key == "cost.alike"]
