"""Comparison: the causes' shares sum exactly to the whole difference, and each does what it says."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from click.testing import CliRunner

from hengjian.cli.compare import compare as command
from hengjian.policy import load
from hengjian.scoring.assess import assess
from hengjian.scoring.bundle import write_bundle
from hengjian.scoring.compare import CAUSES, changes, compare, compare_all
from hengjian.terms.errors import Refused
from tests import sample_city as city
from tests.sample_facts import facts


def later():
    held = city.snapshot()
    public = tuple(replace(m, marks=(5.0,) * 9) if m.stratum == "masses" else m for m in held.marks)
    metrics = tuple(replace(m, value=m.value + 2.0) if m.metric == "tax" else m for m in held.metrics)
    return replace(held, marks=public, metrics=metrics)


def test_shares_sum_exactly_to_the_difference_in_points_and_places() -> None:
    before, after = (city.snapshot(), city.OLD), (later(), city.NEW)
    for found in compare_all(before, after):
        assert sum(share.points for share in found.shares) == found.points
        assert sum(share.places for share in found.shares) == found.places
        stated = round(found.after_total * 1e6) - round(found.before_total * 1e6)
        assert found.points == Fraction(stated, 1_000_000)
    assert {share.cause for share in found.shares} == set(CAUSES)


def test_both_ends_are_the_assessments_themselves() -> None:
    found = compare((city.snapshot(), city.OLD), (later(), city.NEW), "seat-west")
    before = next(s for s in assess(city.snapshot(), city.OLD).seats if s.seat == "seat-west")
    after = next(s for s in assess(later(), city.NEW).seats if s.seat == "seat-west")
    assert (found.before_total, found.before_rank, found.before_grade) == (
        before.total,
        before.rank,
        before.grade,
    )
    assert (found.after_total, found.after_rank, found.after_of) == (after.total, after.rank, after.of)


@pytest.mark.parametrize(
    ("cause", "other"),
    [
        ("weights", replace(city.OLD, id="w", cards=city.NEW.cards, indicators=city.OLD.indicators)),
        ("normalisation", replace(city.OLD, indicators=city.NEW.indicators)),
        ("panel", replace(city.OLD, groups=city.NEW.groups)),
        ("cost_benefit", replace(city.OLD, modifiers=city.NEW.modifiers, parameters=city.NEW.parameters)),
        ("grouping", replace(city.OLD, comparison=city.NEW.comparison)),
    ],
)
def test_one_changed_rule_is_the_only_cause(cause: str, other) -> None:
    for found in compare_all((city.snapshot(), city.OLD), (city.snapshot(), other)):
        assert [share.cause for share in found.shares] == [cause]
        assert found.shares[0].points == found.points
        assert found.shares[0].places == found.places


def test_facts_are_told_apart_into_public_marks_and_others() -> None:
    held = city.snapshot()
    public = replace(held, marks=later().marks)
    other = replace(held, metrics=later().metrics)
    for facts_, cause in ((public, "facts.public_marks"), (other, "facts.other")):
        found = compare((held, city.NEW), (facts_, city.NEW), "seat-east")
        assert [share.cause for share in found.shares] == [cause]
        assert found.points > 0


def test_nothing_changed_has_no_cause() -> None:
    found = compare((city.snapshot(), city.NEW), (city.snapshot(), city.NEW), "seat-east")
    assert (found.shares, found.points, found.places) == ((), 0, 0)


def test_a_later_cycle_with_other_seat_ids_is_matched_by_official_and_post() -> None:
    held = later()
    names = {seat.id: f"second-{seat.id}" for seat in held.seats}

    def moved(records):
        return tuple(replace(r, seat=names[r.seat]) for r in records)

    other = replace(
        held,
        seats=tuple(replace(s, id=names[s.id]) for s in held.seats),
        marks=moved(held.marks),
        not_applicable=moved(held.not_applicable),
        adjustments=moved(held.adjustments),
        previous=moved(held.previous),
    )
    same = compare((city.snapshot(), city.OLD), (held, city.NEW), "seat-west")
    assert compare((city.snapshot(), city.OLD), (other, city.NEW), "seat-west") == same


def test_a_seat_that_is_not_in_both_is_refused() -> None:
    with pytest.raises(Refused):
        compare((city.snapshot(), city.OLD), (city.snapshot(), city.NEW), "seat-x")


def test_changes_list_whose_rank_or_grade_moves_under_a_new_scheme() -> None:
    found = changes((city.snapshot(), city.OLD), (city.snapshot(), city.NEW))
    assert len(found) == 6
    moved = {change.seat for change in found if change.moved}
    ranks = {s.seat: (s.rank, s.grade) for s in assess(city.snapshot(), city.OLD).seats}
    new = {s.seat: (s.rank, s.grade) for s in assess(city.snapshot(), city.NEW).seats}
    assert moved == {seat for seat in ranks if ranks[seat] != new[seat]}
    assert not any(c.moved for c in changes((city.snapshot(), city.NEW), (city.snapshot(), city.NEW)))


def test_the_shipped_policies_are_compared_on_the_same_facts(root: Path, tmp_path: Path) -> None:
    snapshot = facts(36)
    old, new = (load(root / "policies" / name) for name in ("before", "seed"))
    on = snapshot.cycle.on
    for found in compare_all((snapshot, old.in_force(on)), (snapshot, new.in_force(on))):
        assert sum(share.points for share in found.shares) == found.points
        assert {share.cause for share in found.shares} >= {"weights", "panel", "grouping"}
    write_bundle(tmp_path / "r.hjb", snapshot, new, assess(snapshot, new.in_force(on)))
    seat = snapshot.seats[2].id
    said = CliRunner().invoke(
        command, [str(tmp_path / "r.hjb"), "--before", str(root / "policies/before"), "--seat", seat],
        standalone_mode=False,
    )  # fmt: skip
    assert said.exception is None, said.output
    assert "指标与权重" in said.output
    assert "█" in said.output
    assert "先前：改革前的考核办法" in said.output
    assert "后来：干部考核评价改革制度包" in said.output
    assert "也改分数" in said.output
    listed = CliRunner().invoke(
        command, [str(tmp_path / "r.hjb"), "--before", str(root / "policies/before"), "--all"],
        standalone_mode=False,
    )  # fmt: skip
    assert "36 个任职" in listed.output
    for told in (said.output, listed.output):
        assert "称职" in told
        assert "competent" not in told
    alone = CliRunner().invoke(command, [str(tmp_path / "r.hjb")], standalone_mode=False)
    assert isinstance(alone.exception, Refused)


def test_two_results_under_one_policy_are_told_apart_by_their_cycles(root: Path, tmp_path: Path) -> None:
    folder = load(root / "policies" / "seed")
    files = []
    for title, seed in (("上半年", 0), ("下半年", 1)):
        snapshot = facts(18, seed)
        snapshot = replace(snapshot, cycle=replace(snapshot.cycle, title=title))
        files.append(str(tmp_path / f"{seed}.hjb"))
        write_bundle(Path(files[-1]), snapshot, folder, assess(snapshot, folder.in_force(snapshot.cycle.on)))
    said = CliRunner().invoke(command, files, standalone_mode=False)
    assert said.exception is None, said.output
    assert "先前：上半年\n后来：下半年" in said.output
