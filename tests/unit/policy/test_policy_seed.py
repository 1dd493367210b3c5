"""What the shipped policies say, held against the report: weights, panel, readings, calendar."""

import json
import re
from datetime import date
from pathlib import Path

import pytest

from hengjian import policy
from hengjian.terms.errors import PolicyError, Refused

ON = date(2026, 6, 30)


@pytest.fixture(scope="module")
def seed() -> policy.Policy:
    """The seed on a day of the demonstration."""
    return policy.load(policy.shipped()["seed"]).in_force(ON)


@pytest.fixture(scope="module")
def before() -> policy.Policy:
    """The old policy on the same day."""
    return policy.load(policy.shipped()["before"]).in_force(ON)


ZONE_WEIGHTS = {"principal": (25, 8, 7), "deputy": (20, 6, 6), "middle": (15, 5, 5)}
KEY = {
    "industrial_transition": ("tax_per_mu", "farm_processing", "gep"),
    "main_farming": ("farm_processing", "tax_per_mu", "gep"),
    "ecological": ("gep", "farm_processing", "tax_per_mu"),
}


@pytest.mark.parametrize("zone", KEY)
@pytest.mark.parametrize("category", ZONE_WEIGHTS)
def test_one_post_one_table(seed: policy.Policy, zone: str, category: str) -> None:
    card = seed.scorecard(zone, category)
    weights = {line.indicator: line.weight for line in card.lines}
    assert len(weights) == 9
    assert sum(weights.values()) == pytest.approx(100, abs=1e-12)
    assert tuple(weights[code] for code in KEY[zone]) == ZONE_WEIGHTS[category]
    parts = [line.part for line in card.lines]
    assert [parts.count(part) for part in ("base", "zone", "post")] == [3, 3, 3]
    assert card.provenance.reading


def test_a_post_without_a_table_is_refused(seed: policy.Policy) -> None:
    with pytest.raises(PolicyError) as caught:
        seed.scorecard("desert", "principal")
    assert caught.value.code == "policy.no_scorecard"


def test_every_indicator_says_all_that_the_library_asks(seed: policy.Policy) -> None:
    assert len(seed.indicators) == 15
    for item in seed.indicators.values():
        assert len(item.definition) > 20
        assert item.virtue in seed.virtues
        assert item.theme in seed.themes
        assert seed.themes[item.theme].family in seed.families
        assert item.provenance.owner
        assert item.unit in seed.units
    assert set(seed.virtues) == {item.virtue for item in seed.indicators.values()}


def test_the_panel_keeps_105_and_shows_both(seed: policy.Policy) -> None:
    written = {group.code: group.as_written for group in seed.groups}
    assert list(written.values()) == [20, 15, 15, 35, 15, 5]
    assert seed.panel.total == 105
    assert [round(group.weight, 2) for group in seed.groups] == [19.05, 14.29, 14.29, 33.33, 14.29, 4.76]
    official, public = seed.official_share(), seed.public_share()
    assert (official.as_written, public.as_written, public.of) == (50, 55, 105)
    assert public.percent == pytest.approx(52.38, abs=0.005)
    strata = {group.code: [s.weight for s in group.strata] for group in seed.groups}
    assert strata["public"] == [5, 30]
    peers = next(group for group in seed.groups if group.code == "peers")
    assert (peers.trim, peers.minimum) == (5, 5)


def test_the_second_preset_is_one_value_away(seed: policy.Policy) -> None:
    other = seed.with_panel("media_outside")
    assert [group.weight for group in other.panel.groups] == [20, 15, 15, 35, 15]
    assert [(group.code, group.weight, group.outside) for group in other.groups[5:]] == [("media", 0, 5)]
    assert other.groups[-1].provenance.clause == "NORMS X1"
    assert dict(other.panel.outside) == {"media": 5}
    assert other.param("panel.preset").value == "media_outside"
    with pytest.raises(PolicyError):
        seed.with_panel("nobody")


def test_switching_the_preset_in_the_file_switches_the_panel(draft) -> None:
    draft.change(
        "panel/preset.yaml",
        "    2025-01-01: literal",
        "    2025-01-01: literal\n    2026-07-01: media_outside",
    )
    folder = draft.load()
    assert folder.in_force(ON).panel.code == "literal"
    assert folder.in_force(date(2026, 7, 1)).panel.code == "media_outside"


def test_the_claim_is_checked_and_may_fail(seed: policy.Policy, before: policy.Policy, draft) -> None:
    holds = {claim.code: claim.holds for claim in seed.claims}
    assert holds["public_outweighs_official"]
    (claim,) = [c for c in before.claims if c.code == "public_outweighs_official"]
    assert (claim.holds, claim.left_value, claim.right_value) == (False, 9, 91)
    text = (draft.root / "groups/groups.yaml").read_text("utf-8")
    head, tail = text[: text.index("third_party:")], text[text.index("third_party:") :]
    tail = tail.replace("side: public", "side: official", 1)
    (draft.root / "groups/groups.yaml").write_text(head + tail, "utf-8")
    (claim,) = [c for c in draft.load().in_force(ON).claims if c.code == "public_outweighs_official"]
    assert not claim.holds


def test_the_old_policy_is_that_of_the_report(before: policy.Policy) -> None:
    assert before.family_weights() == {"visible": 62, "latent": pytest.approx(11), "conduct": 27}
    cards = before.scorecards()
    assert len({tuple((x.indicator, x.weight) for x in card.lines) for card in cards}) == 1
    assert len(cards) == 9
    assert {group.code: group.weight for group in before.groups} == {
        "superiors": 45,
        "peers": 30,
        "public": 9,
        "organisation_department": 16,
    }
    assert before.comparison.keys == ("level",)
    assert not before.modifiers


def test_numbers_of_the_clauses(seed: policy.Policy) -> None:
    expected = {
        "cost_benefit.debt_penalty": 2,
        "overload.core_indicators": 9,
        "county_tuning.limit": 5,
        "upkeep.sync_days": 15,
        "upkeep.windows": ("06", "12"),
        "ratings.least_half_year": 30,
        "calibration.bound": 5,
        "statutory.excellent_quota": 20,
        "statutory.excellent_quota_approved": 25,
        "race.least_group": 9,
        "inspection.draw_share": 10,
        "clocks.petition_close": 60,
    }
    assert {key: seed.param(key).value for key in expected} == expected
    assert seed.comparison.least == 9
    assert (seed.grades[0].code, seed.grades[0].quota) == ("excellent", 0.2)
    assert [grade.name for grade in seed.grades] == ["优秀", "称职", "基本称职", "不称职"]


def test_two_places_that_say_the_same_number_agree(seed: policy.Policy) -> None:
    peers = seed.members["peers"]
    assert seed.number("calibration.trim_share") == peers.trim
    assert seed.number("ratings.least_half_year") == seed.members["public"].minimum
    assert seed.number("statutory.excellent_quota") / 100 == seed.grades[0].quota
    assert seed.number("overload.modifiers") == 3


def test_an_unknown_parameter_is_refused_with_the_nearest(seed: policy.Policy) -> None:
    with pytest.raises(PolicyError) as caught:
        seed.param("cost_benefit.debt_penality")
    assert "cost_benefit.debt_penalty" in caught.value.do


def test_every_clause_resolves(seed: policy.Policy, before: policy.Policy, root: Path) -> None:
    shared = root.parent / "shared"
    if not (shared / "SPEC.md").is_file():
        pytest.skip("no SPEC.md")
    spec = (shared / "SPEC.md").read_text("utf-8")
    norms = (shared / "NORMS.md").read_text("utf-8")
    for rules in (seed, before):
        for where in _provenances(rules):
            kind, _, number = where.clause.partition(" ")
            if kind == "SPEC":
                assert re.search(rf"(^|\W){re.escape(number)}\W", spec), where
            elif kind == "NORMS":
                assert re.search(rf"\| {number} \|", norms), where
            for norm in re.findall(r"X\d+", where.reading):
                assert f"| {norm} |" in norms, where


def _provenances(rules: policy.Policy):
    things = [rules.parameters, rules.indicators, rules.members, rules.panels, rules.instruments]
    for thing in things:
        yield from (item.provenance for item in thing.values())
    for item in (*rules.tables, *rules.grades, *rules.modifiers, *rules.comparisons, *rules.claims):
        yield item.provenance


def test_the_calendar_is_that_of_the_notices(seed: policy.Policy, real_data: Path) -> None:
    calendar = seed.calendar()
    for year in (2025, 2026):
        held = json.loads((real_data / "holiday_cn" / f"{year}.json").read_text("utf-8"))
        for day in held["days"]:
            assert calendar.is_working(date.fromisoformat(day["date"])) is not day["isOffDay"]
        told = {date.fromisoformat(day["date"]) for day in held["days"]}
        ours = {day for day in calendar.off | calendar.make_up if day.year == year}
        assert ours == told


def test_a_year_without_a_notice_is_refused(seed: policy.Policy) -> None:
    with pytest.raises(Refused):
        seed.calendar().is_working(date(2027, 1, 1))


def test_the_same_files_have_one_digest_and_another_byte_another() -> None:
    folder = policy.load(policy.shipped()["seed"])
    again = policy.from_files(folder.files)
    assert again.digest == folder.digest
    assert again.in_force(ON).indicators == folder.in_force(ON).indicators
    changed = dict(folder.files)
    changed["policy.yaml"] += b"\n"
    assert policy.from_files(changed).digest != folder.digest


def test_cases_are_no_part_of_the_rules(draft) -> None:
    digest = draft.load().digest
    draft.change("cases/another.yaml", "", "title: 另一例\n")
    folder = draft.load()
    assert folder.digest == digest
    assert "cases/another.yaml" in folder.cases
    assert not any(name.startswith("cases/") for name in folder.files)


def test_provenance_does_not_depend_on_where_the_folder_stands(draft) -> None:
    here = draft.load().in_force(ON)
    there = policy.load(policy.shipped()["seed"]).in_force(ON)
    assert here.indicators["gep"].provenance == there.indicators["gep"].provenance
    assert here.indicators["gep"].provenance.file == "indicators/zone.yaml"


def test_nothing_was_in_force_before_the_first_day() -> None:
    with pytest.raises(PolicyError) as caught:
        policy.load(policy.shipped()["seed"]).in_force(date(2024, 12, 31))
    assert caught.value.code == "policy.not_in_force"
    assert "2025-01-01" in caught.value.what


def test_a_countys_tuning_changes_its_own_table_only(draft) -> None:
    from tests.unit.policy.breaking import county

    draft.change("counties/c1.yaml", "", county())
    rules = draft.load().in_force(ON)
    tuned = {x.indicator: x for x in rules.scorecard("ecological", "principal", "C1").lines}
    plain = {x.indicator: x for x in rules.scorecard("ecological", "principal", "C2").lines}
    assert (tuned["gep"].weight, tuned["gep"].as_written) == (30, 25)
    assert tuned["tax_per_mu"].weight == 2
    assert sum(x.weight for x in tuned.values()) == pytest.approx(100)
    assert plain["gep"].weight == 25
    assert rules.scorecard("ecological", "principal", "C1").reason == "生态保护任务重"
    assert rules.scorecard("ecological", "deputy", "C1").county == "C1"
    earlier = draft.load().in_force(date(2025, 12, 31))
    assert earlier.scorecard("ecological", "principal", "C1").lines[3].weight == 25
