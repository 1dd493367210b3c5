"""What holds for any facts: merit never lowers, order and names never matter, parts make the whole."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hengjian.policy import load, shipped
from hengjian.scoring.assess import assess
from hengjian.scoring.compare import compare
from hengjian.scoring.redo import redo
from hengjian.scoring.shards import assess_shards
from hengjian.scoring.snapshot import Marks
from hengjian.scoring.workings import flat, workings
from tests import sample_city as city
from tests.sample_facts import facts

SEED = load(shipped()["seed"]).in_force(facts(6).cycle.on)
BEFORE = load(shipped()["before"]).in_force(facts(6).cycle.on)
SLOW = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
SEATS = [seat.id for seat in city.snapshot().seats]
MARK = st.integers(1, 5).map(float)


def total(sheet, seat: str) -> float:
    return next(held.total for held in sheet.seats if held.seat == seat)


@SLOW
@given(st.sampled_from(SEATS), st.lists(MARK, min_size=1, max_size=40), st.data())
def test_a_better_mark_never_lowers(seat: str, marks: list[float], data) -> None:
    at = data.draw(st.integers(0, len(marks) - 1))
    better = [*marks[:at], float(data.draw(st.integers(int(marks[at]), 5))), *marks[at + 1 :]]
    held = [m for m in city.snapshot().marks if (m.seat, m.stratum) != (seat, "masses")]

    def sheet_with(given: list[float]):
        record = Marks(seat, "", "public", "masses", "five", tuple(given))
        return assess(replace(city.snapshot(), marks=(*held, record)), city.NEW)

    assert total(sheet_with(better), seat) >= total(sheet_with(marks), seat)


@SLOW
@given(st.sampled_from(["gep", "tax"]), st.sampled_from(city.TOWNS), st.floats(0.0, 500.0))
def test_a_better_value_never_lowers(metric: str, town: str, more: float) -> None:
    held = city.snapshot()
    better = tuple(
        replace(m, value=round(m.value + more, 3)) if (m.metric, m.organisation) == (metric, town) else m
        for m in held.metrics
    )
    seat = f"seat-{town}"
    assert total(assess(replace(held, metrics=better), city.NEW), seat) >= total(assess(held, city.NEW), seat)


@SLOW
@given(st.lists(MARK, min_size=1, max_size=60), st.randoms(use_true_random=False))
def test_trimming_ignores_the_order_of_marks(marks: list[float], draw) -> None:
    def sheet_with(given: list[float]):
        peers = Marks("seat-east", "", "peers", "", "ten", tuple(given))
        held = tuple(m for m in city.snapshot().marks if (m.seat, m.group) != ("seat-east", "peers"))
        return assess(replace(city.snapshot(), marks=(*held, peers)), city.NEW)

    turned = list(marks)
    draw.shuffle(turned)
    assert sheet_with(marks) == sheet_with(turned)


@SLOW
@given(st.sampled_from(["gep", "tax", "order"]), st.sampled_from(city.TOWNS))
def test_missing_is_not_zero(metric: str, town: str) -> None:
    held = city.without_metric(city.snapshot(), metric, town)
    found = next(s for s in assess(held, city.NEW).seats if s.seat == f"seat-{town}")
    line = next(line for line in found.lines if line.indicator == metric)
    carried = metric == "order" and town == "east"
    assert (line.points is None) != carried
    assert any(gap.indicator == metric for gap in found.gaps)
    if not carried:
        present = [x for x in found.lines if x.points is not None]
        assert sum(x.effective_weight for x in present) == pytest.approx(100, abs=1e-5)


@SLOW
@given(st.integers(0, 10_000), st.integers(6, 40))
def test_both_engines_and_every_split_give_the_same_bits(seed: int, seats: int) -> None:
    snapshot = facts(seats, seed, cases=6)
    whole = assess(snapshot, SEED)
    assert assess(snapshot, SEED, "kernel") == whole
    parts = [
        replace(
            snapshot,
            seats=tuple(s for at, s in enumerate(snapshot.seats) if at % 3 == part),
            **{
                name: tuple(r for r in getattr(snapshot, name) if _row(snapshot, r.seat) % 3 == part)
                for name in ("marks", "not_applicable", "adjustments", "previous")
            },
        )
        for part in range(3)
    ]
    for policy in (SEED, BEFORE):
        assert assess_shards(parts, policy) == assess(snapshot, policy).seats


def _row(snapshot, seat: str) -> int:
    return next(at for at, held in enumerate(snapshot.seats) if held.id == seat)


@SLOW
@given(st.integers(0, 10_000), st.integers(6, 24))
def test_every_step_of_any_workings_is_redone_and_ends_in_the_sheet(seed: int, seats: int) -> None:
    snapshot = facts(seats, seed, cases=6)
    for policy in (SEED, BEFORE):
        sheet = assess(snapshot, policy)
        found = workings(snapshot, policy, sheet)
        for line, tree in zip(sheet.seats, found.trees(), strict=True):
            assert tree.result == line.total
            for step in flat(tree):
                assert redo(step) == step.result, (step.key, dict(step.inputs))


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10_000))
def test_shares_of_causes_always_sum_exactly(seed: int) -> None:
    before, after = facts(12, seed, cases=4), facts(12, seed + 1, cases=4)
    found = compare((before, BEFORE), (after, SEED), before.seats[seed % 12].id)
    if found.points is not None:
        assert sum(share.points for share in found.shares) == found.points
    if found.places is not None:
        assert sum(share.places for share in found.shares) == found.places


OUTSIDE = load(shipped()["seed"]).in_force(facts(6).cycle.on).with_panel("media_outside")


def values(sheet) -> dict[tuple[str, str], float | None]:
    return {(seat.seat, line.indicator): line.value for seat in sheet.seats for line in seat.lines}


@SLOW
@given(
    st.integers(0, 10_000),
    st.lists(st.integers(1, 10).map(float), max_size=4),
    st.sampled_from(["", "political_quality"]),
)
def test_media_outside_the_hundred_move_one_panel_value_by_five_points_at_most(
    seed: int, marks: list[float], indicator: str
) -> None:
    bare = facts(6, seed, cases=4)
    bare = replace(bare, marks=tuple(m for m in bare.marks if m.group != "media"))
    seat = bare.seats[seed % 6].id
    event = Marks(seat, indicator, "media", "", "ten_point", tuple(marks))
    with_event = replace(bare, marks=(*bare.marks, event))
    before, sheet = values(assess(bare, OUTSIDE)), assess(with_event, OUTSIDE)
    most = 5.0 * (((sum(marks) / len(marks) - 1.0) / 9.0 * 100.0 if marks else 50.0) - 50.0) / 50.0
    for key, value in values(sheet).items():
        judged = OUTSIDE.indicators[key[1]].source.kind == "panel"
        hit = judged and key[0] == seat and indicator in ("", key[1])
        if value is None or not hit:
            assert value == before[key]
            continue
        expected = min(max((before[key] or 0.0) + most, 0.0), 100.0)
        assert value == pytest.approx(expected, abs=2e-6)
        assert abs(value - (before[key] or 0.0)) <= 5.0 + 1e-6
    for tree in workings(with_event, OUTSIDE, sheet).trees():
        assert all(redo(step) == step.result for step in flat(tree))
