"""The wired calibration: from a snapshot's rows to the table that is frozen with a sheet."""

from dataclasses import replace

import numpy as np
import pytest

from hengjian.scoring.assess import assess
from hengjian.scoring.calibrated.checking import beyond_rounding
from hengjian.scoring.calibrated.fitting import fits_of
from hengjian.scoring.calibrated.leads import leads_of
from hengjian.scoring.calibrated.rule import calibration_rule
from hengjian.scoring.calibrated.table import receipt, sentence
from hengjian.scoring.record import calibration_lines, read_calibration, sheet_root
from hengjian.scoring.redo import redo
from hengjian.scoring.shards import assess_shards
from hengjian.scoring.workings import flat, workings
from hengjian.terms.errors import PolicyError, Refused
from tests.unit.scoring.calibrated.teams import policy, rule, table, teams, with_marks


def error_of(found, snapshot, truth_of, column):
    """Root mean square distance from the truth, both about their means."""
    marks = np.array([getattr(row, column) for row in found.groups])
    truth = np.array([truth_of[row.seat] for row in found.groups])
    return float(np.sqrt(np.mean((marks - marks.mean() - truth + truth.mean()) ** 2)))


def test_lenient_teams_lose_what_their_leniency_gave_them() -> None:
    """Against what linking superiors see: the calibrated mark is much nearer than the trimmed one."""
    snapshot = teams(units=8, seed=3, lenient=14.0)
    draw = np.random.default_rng(3)
    merit = dict(zip([s.id for s in snapshot.seats], draw.normal(62, 12, len(snapshot.seats)), strict=True))
    found = table(snapshot, rule(bound=100.0))
    assert found.comparable
    trimmed, calibrated = (error_of(found, snapshot, merit, name) for name in ("trimmed", "calibrated"))
    assert calibrated < 0.7 * trimmed


def test_figures_add_up_by_hand() -> None:
    found = table(teams())
    (part,) = found.parts
    lenient = {(row.kind, row.name): row.leniency for row in found.severities}
    for row in found.seats:
        own = row.raw - row.leniency - row.service - row.conditions
        assert row.adjusted == pytest.approx(row.weight * own + (1 - row.weight) * part.overall, abs=1e-5)
        assert row.weight == pytest.approx(row.n / (row.n + part.k), abs=1e-6)
        assert "总平均" in receipt(row, part)
    for row in found.groups:
        cell = row.seat[1] and f"u{row.seat[1]}/peers"
        assert row.leniency == pytest.approx(lenient["cell", cell], abs=2e-6)
        assert abs(row.shift) <= 5.0
        assert row.calibrated == pytest.approx(row.trimmed - row.shift, abs=2e-6)
        assert row.bounded == (abs(row.leniency) > 5.0)
        assert ("偏宽" if row.shift > 0 else "偏严") in sentence(row, part)


def test_teams_that_only_mark_themselves_are_calibrated_apart_and_get_no_common_rank() -> None:
    found = table(teams(linked=False))
    assert not found.comparable
    assert [part.link for part in found.parts] == ["within"] * 4
    assert all(part.whole == 0.0 and part.units == (f"u{at}",) for at, part in enumerate(found.parts))
    assert {row.rank for row in found.seats} == {None}
    assert {row.standing for row in found.seats} <= {"apart", "none"}
    # nobody can tell whether the team is lenient or good: the peers' marks stay as they are
    assert all(row.shift == 0.0 and row.calibrated == row.trimmed for row in found.groups)
    # and the sentence says that it could not be told, not that nothing was found
    part = {one.part: one for one in found.parts}
    said = {sentence(row, part[found.seat(row.seat).part]) for row in found.groups}
    assert all("无从判断" in one and "没有发现" not in one for one in said)


def test_the_sentence_says_when_the_scale_s_end_held_a_mark_back() -> None:
    found = table(teams())
    row = replace(found.groups[0], trimmed=98.0, leniency=-4.0, shift=-4.0, calibrated=100.0, bounded=False)
    assert sentence(row, found.parts[0]).endswith("得 100.00（得分限于 0 至 100 分）。")


def test_a_weakly_linked_unit_stands_apart_and_the_others_together() -> None:
    snapshot = teams()
    own = {"cell": "u0/superiors", "rater": 9}
    alone = [row.group == "superiors" and row.seat.startswith("D0") for row in snapshot.rated]
    cut = tuple(replace(row, **own) if here else row for row, here in zip(snapshot.rated, alone, strict=True))
    found = table(replace(snapshot, rated=cut))
    assert sorted((part.link, part.units) for part in found.parts) == [
        ("across", ("u1", "u2", "u3")),
        ("within", ("u0",)),
    ]
    assert found.part_of("D00@P00").units == ("u0",)


def test_little_reliability_means_no_rank_yet() -> None:
    strict = table(teams(), rule(reliability=0.999))
    assert {(row.standing, row.rank) for row in strict.seats} == {("unreliable", None)}
    usual = table(teams(), rule(reliability=0.3))
    assert sorted(row.rank for row in usual.seats) == list(range(1, 21))


def test_one_person_who_moves_a_result_is_named() -> None:
    found = table(teams(), rule(single=0.1))
    assert all(row.dominated for row in found.groups)
    assert not any(row.dominated for row in table(teams(), rule(single=50.0)).groups)


def test_nothing_to_estimate_leaves_the_marks_and_says_why() -> None:
    snapshot = teams()
    flat_rows = tuple(replace(row, marks=(7.0,) * len(row.marks)) for row in snapshot.rated)
    found = table(with_marks(replace(snapshot, rated=flat_rows)))
    assert {part.link for part in found.parts} == {"none"}
    assert all(part.reason for part in found.parts)
    assert all(row.calibrated == row.trimmed for row in found.groups)
    assert "未校准" in sentence(found.groups[0], found.parts[0])


def test_sheet_counts_the_calibrated_mark_and_every_step_can_be_redone() -> None:
    snapshot = teams()
    sheet = assess(snapshot, policy())
    plain = assess(replace(snapshot, rated=()), policy())
    assert plain.calibration is None
    assert sheet.calibration == table(snapshot) or sheet.calibration.parts == table(snapshot).parts
    steps = [s for tree in workings(snapshot, policy(), sheet).trees() for s in flat(tree)]
    shown = [s for s in steps if s.key == "panel.calibration"]
    assert shown
    assert all(set(s.inputs) >= {"mean", "median", "trimmed", "calibrated"} for s in shown)
    assert all(redo(s) == s.result for s in steps if s.key.startswith("panel."))
    moved = {s.seat: s.total for s in plain.seats}
    assert any(s.total != moved[s.seat] for s in sheet.seats)


def test_group_that_cannot_be_compared_says_so_on_every_sheet() -> None:
    sheet = assess(teams(linked=False), policy())
    assert all("不作统一排名" in seat.caveat and "至少须 1.0%" in seat.caveat for seat in sheet.seats)


def test_table_is_written_and_read_and_stands_in_the_root() -> None:
    sheet = assess(teams(), policy())
    lines = calibration_lines(sheet.calibration)
    assert read_calibration(lines) == sheet.calibration
    assert sheet_root(sheet.snapshot_root, sheet.policy_digest, sheet.seats, sheet.calibration) == sheet.root
    first, *rest = sheet.calibration.groups
    other = replace(sheet.calibration, groups=(replace(first, median=1.0), *rest))
    assert sheet_root(sheet.snapshot_root, sheet.policy_digest, sheet.seats, other) != sheet.root
    assert read_calibration({}) is None
    with pytest.raises(Refused):
        read_calibration({"parts": lines["parts"]})


def test_marks_that_are_calibrated_must_be_those_that_are_counted() -> None:
    snapshot = teams()
    wrong = replace(snapshot.rated[0], marks=(1.0, *snapshot.rated[0].marks[1:]))
    with pytest.raises(Refused) as refused:
        assess(replace(snapshot, rated=(wrong, *snapshot.rated[1:])), policy())
    assert refused.value.code == "calibration.rows"


def test_counties_scored_apart_give_the_lines_of_the_whole() -> None:
    whole = teams()
    halves = []
    for units in ({"u0", "u1"}, {"u2", "u3"}):
        seats = tuple(s for s in whole.seats if s.organisation in units)
        ids = {s.id for s in seats}
        halves.append(
            replace(
                whole,
                seats=seats,
                marks=tuple(m for m in whole.marks if m.seat in ids),
                rated=tuple(r for r in whole.rated if r.seat in ids),
            )
        )
    assert assess_shards(halves, policy()) == assess(whole, policy()).seats


def test_leads_name_what_is_odd_and_leave_the_marks_alone() -> None:
    snapshot = teams(units=6, seed=5)
    first = [n for n, row in enumerate(snapshot.rated) if row.rater == 1]
    at = max(first, key=lambda n: snapshot.rated[n].marks)
    rated = list(snapshot.rated)
    rated[at] = replace(rated[at], marks=(1.0,))
    line = [replace(r, marks=(7.0,)) if r.rater == 3 else r for r in rated]  # one mark throughout
    odd = with_marks(replace(snapshot, rated=tuple(line)))
    how = rule(single=1.0)
    fits = fits_of(odd, how, policy().groups, policy().instruments)
    found = leads_of(fits, table(odd, how).groups, how, policy().grades)
    lines = [lead for lead in found if lead.kind == "straight_line"]
    assert [lead.raters for lead in lines] == [("000003",)]
    assert lines[0].rate <= how.rate
    seat, rater = rated[at].seat, f"{rated[at].rater:06d}"
    assert any(lead.kind == "outlier" and lead.seats == (seat,) and lead.raters == (rater,) for lead in found)
    assert any(lead.kind == "dominated" for lead in found)
    assert not any(lead.raters for lead in found if lead.group == "peers")


def test_policy_keys_resolve_and_a_missing_one_is_named() -> None:
    found = rule()
    assert found.groups == ("peers",)
    assert (found.bound, found.reliability, found.aim, found.least, found.rate) == (5, 0.70, 0.05, 0.01, 0.10)
    assert found.method().least_reliability == 0.70
    keys = {key: held for key, held in policy().parameters.items() if key.startswith("calibration.")}
    assert all(held.provenance.clause and held.unit and held.provenance.reading for held in keys.values())
    with pytest.raises(PolicyError, match=r"calibration\.bound"):
        calibration_rule({key: held for key, held in keys.items() if key != "calibration.bound"})
    assert calibration_rule({}) is None


def test_only_the_last_digit_may_differ_between_machines() -> None:
    held = [
        ("a", "1.000001", "1.000002"),
        ("b", "1.0", "1.00001"),
        ("c", "ranked", "apart"),
        ("d", "空", "0.0"),
    ]
    assert [path for path, _, _ in beyond_rounding(held)] == ["b", "c", "d"]


def test_anonymous_marks_that_are_too_few_may_stand_beside_signed_ones() -> None:
    """Counted are all of them, calibrated the signed ones: a freeze of both must not be refused."""
    snapshot = teams()
    row = next(one for one in snapshot.rated if one.rater)
    key = (row.seat, row.indicator, row.group, row.stratum)
    marks = tuple(
        replace(one, marks=tuple(sorted((*one.marks, 6.0, 7.0))))
        if (one.seat, one.indicator, one.group, one.stratum) == key
        else one
        for one in snapshot.marks
    )
    assert marks != snapshot.marks
    assert table(replace(snapshot, marks=marks)) is not None
