"""Assessment of the hand-made city: every expected figure is worked out in the test."""

import math
from dataclasses import replace

import pytest

from hengjian.policy.model import Comparison, Grade
from hengjian.scoring.assess import assess
from hengjian.scoring.sheet import ScoreSheet, SeatScore
from hengjian.scoring.snapshot import Marks, Metric
from hengjian.terms.errors import PolicyError, Refused
from tests import sample_city as city


def seat_of(sheet: ScoreSheet, name: str) -> SeatScore:
    return next(seat for seat in sheet.seats if seat.seat == name)


def points_of(sheet: ScoreSheet, name: str, indicator: str) -> float | None:
    return next(line.points for line in seat_of(sheet, name).lines if line.indicator == indicator)


@pytest.fixture(scope="module")
def sheet() -> ScoreSheet:
    return assess(city.snapshot(), city.NEW)


def test_panel_marks_are_averaged_by_stratum_then_group_and_few_marks_are_drawn_to_the_prior(
    sheet: ScoreSheet,
) -> None:
    # seat-east: public: masses 5×5,3×4,1×2 of 5 -> (5*100+3*75+25)/9; delegates 6,9 of 10
    masses = round((5 * 100 + 3 * 75 + 25) / 9, 6)
    delegates = round(((6 - 1) / 9 * 100 + (9 - 1) / 9 * 100) / 2, 6)
    mean = round((5 * delegates + 30 * masses) / 35, 6)
    public = round(11 / 26 * mean + 15 / 26 * 75, 6)
    superiors = round(((9 - 1) / 9 * 100 + (8 - 1) / 9 * 100) / 2, 6)
    marks = sorted([5.0, 7.0, 8.0, 9.0, 10.0])
    kept = [0.75, 1, 1, 1, 0.75]  # 5 % of 5 raters is a quarter of a mark at each end
    peers = round(sum(k * (m - 1) / 9 * 100 for k, m in zip(kept, marks, strict=True)) / 4.5, 6)
    # politics: third party judges integrity only, media gave nothing: 20, 15, 15, 35 remain
    expected = (20 * 80 + 15 * superiors + 15 * peers + 35 * public) / 85
    assert points_of(sheet, "seat-east", "politics") == pytest.approx(expected, abs=2e-6)


def test_marks_on_the_indicator_itself_come_before_overall_marks(sheet: ScoreSheet) -> None:
    # seat-west has a superior's mark of 10 on integrity; the overall marks are 8 and 8
    with_own = points_of(sheet, "seat-west", "integrity")
    facts = city.snapshot()
    without = replace(
        facts, marks=tuple(m for m in facts.marks if (m.group, m.indicator) != ("superiors", "integrity"))
    )
    lower = points_of(assess(without, city.NEW), "seat-west", "integrity")
    assert with_own is not None
    assert lower is not None
    assert with_own > lower


def test_a_group_without_marks_is_named_and_its_weight_shared(sheet: ScoreSheet) -> None:
    gaps = [gap for gap in seat_of(sheet, "seat-east").gaps if gap.group == "media"]
    assert [gap.kind for gap in gaps] == ["group_missing"]
    assert "其权重由其他评价主体按比例分担" in gaps[0].text


def test_a_group_below_its_minimum_does_not_count_and_is_named() -> None:
    facts = city.snapshot()
    few = tuple(
        replace(m, marks=m.marks[:2]) if (m.seat, m.group) == ("seat-east", "peers") else m
        for m in facts.marks
    )
    found = seat_of(assess(replace(facts, marks=few), city.NEW), "seat-east")
    assert [gap.kind for gap in found.gaps if gap.group == "peers"] == ["group_too_small"]
    assert "2 份，少于 3 份" in next(gap.text for gap in found.gaps if gap.group == "peers")


def test_normalisations_targets_denominators_and_ranks(sheet: ScoreSheet) -> None:
    assert points_of(sheet, "seat-west", "gep") == 50.0  # 113 between 100 and 126, inside the zone
    assert points_of(sheet, "seat-east", "tax") == 75.0  # 9 of a target of 12
    assert points_of(sheet, "seat-lake", "tax") == 100.0  # 14 of 12 is capped
    assert points_of(sheet, "seat-east", "yield") == pytest.approx(120 / (10 * 0.5) / 50 * 100)
    # order: 0,3,6,9,0,3 fewer is better: of 5 others, 4 are worse than 0
    assert points_of(sheet, "seat-east", "order") == pytest.approx(4 / 5 * 100)


def test_the_period_s_own_record_comes_before_that_of_the_year(sheet: ScoreSheet) -> None:
    line = next(line for line in seat_of(sheet, "seat-east").lines if line.indicator == "tax")
    assert line.value == 9.0  # the half-year's, not the 900 of the year


def test_shares_of_cases_leave_out_what_has_no_verdict(sheet: ScoreSheet) -> None:
    cases = [case for case in city.snapshot().cases if case.organisation == "west"]
    answered = [case.satisfied for case in cases if case.satisfied is not None]
    on_time = [case.on_time for case in cases if case.on_time is not None]
    expected = 0.6 * 100 * sum(on_time) / len(on_time) + 0.4 * 100 * sum(answered) / len(answered)
    assert points_of(sheet, "seat-west", "hotline") == pytest.approx(expected, abs=2e-6)


def test_debt_above_cap_and_opening_ratio_lowers_the_zone_part_only(sheet: ScoreSheet) -> None:
    # west: 112.5 against max(100, 110) -> 2.5 pp -> 0.95 on 10m; 130 against 120 -> 0.80 on 30m
    found = seat_of(sheet, "seat-west")
    factor = (10 * 0.95 + 30 * 0.80) / 40
    assert found.factors == {"cost_benefit": factor}
    zone = (25 * 50 + 15 * 83.333333) / 40 * factor
    assert found.parts["zone"] == pytest.approx(zone, abs=2e-6)
    hill = seat_of(sheet, "seat-hill")
    assert hill.factors["cost_benefit"] == 0.0  # 60 pp above: never below zero
    assert seat_of(sheet, "seat-east").factors["cost_benefit"] == 1.0


def test_contributions_effective_weights_and_adjustment_give_the_total(sheet: ScoreSheet) -> None:
    for seat in sheet.seats:
        total = sum(line.contribution or 0.0 for line in seat.lines) + seat.adjustment
        assert seat.total == pytest.approx(total, abs=1e-5)
        assert sum(line.effective_weight for line in seat.lines) == pytest.approx(100.0, abs=1e-5)
    assert seat_of(sheet, "seat-north").adjustment == 1.25


def test_a_not_applicable_indicator_spreads_its_weight_and_says_why(sheet: ScoreSheet) -> None:
    lake = seat_of(sheet, "seat-lake")
    line = next(line for line in lake.lines if line.indicator == "hotline")
    assert (line.weight, line.effective_weight, line.points) == (10.0, 0.0, None)
    base = next(line for line in lake.lines if line.indicator == "integrity")
    assert base.effective_weight == pytest.approx(15 / 90 * 100, abs=1e-6)
    assert any(gap.kind == "not_applicable" and "新设单位" in gap.text for gap in lake.gaps)


def test_a_missing_value_is_never_zero_and_the_policy_says_what_happens() -> None:
    facts = city.without_metric(city.snapshot(), "order", "east")
    sheet = assess(facts, city.NEW)
    assert points_of(sheet, "seat-east", "order") == 66.5  # carried forward from 2025-H2
    assert points_of(sheet, "seat-hill", "yield") == 60.0  # the declared neutral points
    rules = {(gap.indicator, gap.rule) for seat in sheet.seats for gap in seat.gaps}
    assert {("order", "carry_forward"), ("yield", "neutral")} <= rules
    without = city.without_metric(facts, "gep", "west")
    line = next(x for x in seat_of(assess(without, city.NEW), "seat-west").lines if x.indicator == "gep")
    assert (line.points, line.effective_weight) == (None, 0.0)


def test_the_rule_fail_refuses_and_names_the_seat() -> None:
    strict = replace(city.LIBRARY["gep"], missing="fail")
    policy = replace(city.NEW, indicators={**city.LIBRARY, "gep": strict})
    with pytest.raises(Refused) as caught:
        assess(city.without_metric(city.snapshot(), "gep", "west"), policy)
    assert "seat-west" in caught.value.what


def test_ranks_stand_inside_comparable_groups_with_a_caveat_for_small_ones(sheet: ScoreSheet) -> None:
    ranks = {}
    for seat in sheet.seats:
        ranks.setdefault(seat.group, []).append((seat.rank, seat.of))
        assert "少于 9 人" in seat.caveat
    assert {group: sorted(held) for group, held in ranks.items()} == {
        "eco/township/principal": [(1, 3), (2, 3), (3, 3)],
        "ind/township/principal": [(1, 3), (2, 3), (3, 3)],
    }


def test_equal_totals_at_the_policy_s_step_share_the_best_rank() -> None:
    wide = replace(city.NEW, comparison=Comparison(("level",), 2, 100.0, city.HERE))
    sheet = assess(city.snapshot(), wide)
    tied = [seat.rank for seat in sheet.seats if (seat.total or 0) >= 50]
    assert set(tied) == {1}
    assert all(seat.caveat == "" for seat in sheet.seats)


def test_a_quota_is_never_exceeded_and_ties_at_its_edge_do_not_get_the_grade() -> None:
    generous = (Grade("excellent", "优秀", "e", 0.0, 0.34, city.HERE), *city.GRADES[1:])
    sheet = assess(city.snapshot(), replace(city.NEW, grades=generous))
    by_group = {}
    for seat in sheet.seats:
        by_group.setdefault(seat.group, []).append(seat.grade == "excellent")
    assert {group: sum(held) for group, held in by_group.items()} == dict.fromkeys(by_group, 1)
    tied = replace(city.NEW, grades=generous, comparison=Comparison(("level",), 2, 100.0, city.HERE))
    assert not any(seat.grade == "excellent" for seat in assess(city.snapshot(), tied).seats)


def test_a_seat_without_any_value_has_no_total_rank_or_grade() -> None:
    facts = city.snapshot()
    bare = replace(
        facts, marks=(), metrics=(), cases=(), previous=(), adjustments=(), projects=(), not_applicable=()
    )
    policy = replace(city.NEW, indicators={
        code: replace(held, missing="reweight", neutral=None) for code, held in city.LIBRARY.items()
    })  # fmt: skip
    found = assess(bare, policy).seats[0]
    assert (found.total, found.rank, found.grade, found.of) == (None, None, None, 0)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda s: replace(s, seats=(*s.seats, s.seats[0])), "任职重复"),
        (lambda s: replace(s, marks=(Marks("seat-x", "", "peers", "", "ten", (5.0,)),)), "seat-x"),
        (lambda s: replace(s, marks=(Marks("seat-east", "", "peers", "", "ten", (11.0,)),)), "11"),
        (lambda s: replace(s, marks=(Marks("seat-east", "", "peers", "", "odd", (5.0,)),)), "odd"),
        (lambda s: replace(s, marks=(Marks("seat-east", "", "public", "odd", "ten", (5.0,)),)), "odd"),
        (
            lambda s: replace(s, metrics=(*s.metrics, Metric("dup", "east", "tax", "2026-H1", 1.0, "", 2.0))),
            "两条记录",
        ),
    ],
)
def test_facts_that_contradict_the_policy_are_refused_with_their_place(change, says) -> None:
    with pytest.raises(Refused) as caught:
        assess(change(city.snapshot()), city.NEW)
    assert says in str(caught.value)
    assert caught.value.do


def test_a_policy_without_the_debt_cap_is_refused() -> None:
    without = {key: held for key, held in city.NEW.parameters.items() if key != "cost_benefit.debt_cap"}
    with pytest.raises(PolicyError) as caught:
        assess(city.snapshot(), replace(city.NEW, parameters=without))
    assert "cost_benefit.debt_cap" in caught.value.what


def test_marks_of_a_group_that_the_policy_does_not_have_do_not_count() -> None:
    sheet = assess(city.snapshot(), city.OLD)  # its panel has no third party
    facts = city.snapshot()
    without = replace(facts, marks=tuple(m for m in facts.marks if m.group != "third_party"))
    totals = [seat.total for seat in assess(without, city.OLD).seats]
    assert [seat.total for seat in sheet.seats] == totals


def test_figures_are_quantised_and_finite(sheet: ScoreSheet) -> None:
    for seat in sheet.seats:
        for value in (seat.total, *seat.parts.values(), *(line.points for line in seat.lines)):
            if value is not None:
                assert math.isfinite(value)
                assert round(value, 6) == value
