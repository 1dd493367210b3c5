"""How sure a rank is: against closed forms, the same bits on every engine and number of threads."""

from dataclasses import fields, replace

import numpy as np
import pytest
from scipy.special import ndtr

from hengjian.policy import load, shipped
from hengjian.scoring.calibrated.table import CalibrationTable, GroupRow, PartRow, SeatRow
from hengjian.scoring.certainty.errors import ErrorRules, scores_of
from hengjian.scoring.certainty.ranks import certainty_of
from hengjian.scoring.certainty.scores import Scores
from hengjian.scoring.certainty.weights import drawn_weights, ends_of
from hengjian.scoring.computing import work
from hengjian.scoring.rules import rules_of
from hengjian.scoring.snapshot import Marks
from hengjian.terms.errors import Refused
from tests.sample_facts import facts


def scores(
    n: int = 40, k: int = 5, *, groups: int = 1, own: float = 2.0, room: float = 5.0, gaps: float = 0.0
):
    draw = np.random.default_rng(n)
    points = draw.normal(78, 6, (n, k))
    points[draw.random((n, k)) < gaps] = np.nan
    return Scores(
        points=points,
        own=np.full((n, k), own),
        shared=np.zeros((n, k)),
        adjustment=np.zeros(n),
        card=np.arange(n) % 2,
        group=np.arange(n) % groups,
        weights=np.array([[30, 20, 20, 20, 10.0], [20, 30, 20, 10, 20.0]])[:, :k],
        room=np.full((2, k), room),
    )


def same(one, other) -> bool:
    held = [(getattr(one, f.name), getattr(other, f.name)) for f in fields(one)]
    return all(np.array_equal(a, b, equal_nan=True) for a, b in held if isinstance(a, np.ndarray))


def test_engines_and_threads_give_the_same_bits() -> None:
    pytest.importorskip("numba")
    given = replace(scores(90, groups=7, gaps=0.1), shared=np.full((90, 5), 0.7))
    judge = certainty_of(given, draws=1100, seed=5)
    for threads in (1, 2, 3):
        assert same(judge, certainty_of(given, draws=1100, seed=5, engine="kernel", threads=threads))
    assert not same(judge, certainty_of(given, draws=1100, seed=6))


def test_the_order_of_officials_does_not_matter_to_what_is_drawn_for_whom() -> None:
    given = scores(30)
    found = certainty_of(given, draws=4000, seed=1)
    turned = certainty_of(given.of(np.arange(30)[::-1]), draws=4000, seed=1)
    assert np.array_equal(found.rank, turned.rank[::-1])
    assert np.abs(found.last - turned.last[::-1]).max() < 0.05


def test_without_error_and_room_every_rank_is_sure() -> None:
    found = certainty_of(scores(own=0.0, room=0.0), draws=300, seed=1)
    assert np.array_equal(found.low, found.rank)
    assert np.array_equal(found.high, found.rank)
    assert np.array_equal(found.last, (found.rank == 40).astype(float))
    assert np.array_equal(found.last_three, (found.rank >= 38).astype(float))
    assert np.array_equal(found.least, found.total)


def test_equal_totals_share_the_best_rank_and_the_last_place() -> None:
    given = scores(3, own=0.0, room=0.0)
    points = given.points.copy()
    points[1] = points[2] = points[0] - 5.0
    given = replace(given, points=points, card=np.zeros(3, dtype=np.int64))
    found = certainty_of(given, draws=10, seed=1)
    assert found.rank.tolist() == [1, 2, 2]
    assert found.last.tolist() == [0.0, 1.0, 1.0]


@pytest.mark.parametrize("joined", [False, True])
def test_the_chance_of_two_officials_is_the_closed_form(joined: bool) -> None:
    """An error of all cells together adds up; errors of cells on their own cancel out in part."""
    points = np.array([[80.0, 80.0], [78.0, 79.0]])
    weights = np.array([[60.0, 40.0]])
    error = np.full((2, 2), 2.0)
    given = Scores(
        points=points,
        own=np.zeros((2, 2)) if joined else error,
        shared=error if joined else np.zeros((2, 2)),
        adjustment=np.zeros(2),
        card=np.zeros(2, dtype=np.int64),
        group=np.zeros(2, dtype=np.int64),
        weights=weights,
        room=np.zeros((1, 2)),
    )
    found = certainty_of(given, draws=40_000, seed=9)
    each = 2.0 if joined else 2.0 * np.sqrt(0.6**2 + 0.4**2)
    chance = ndtr(1.6 / (each * np.sqrt(2.0)))
    assert found.last[1] == pytest.approx(chance, abs=0.01)
    assert found.last.sum() == pytest.approx(1.0)
    assert found.most[0] - found.total[0] == pytest.approx(1.6449 * each, rel=0.03)


def test_a_missing_cell_gives_its_weight_to_the_others() -> None:
    given = scores(20, gaps=0.2, own=0.0, room=0.0)
    used = np.where(np.isnan(given.points), 0.0, given.weights[given.card])
    totals = (np.nan_to_num(given.points) * used).sum(axis=1) / used.sum(axis=1)
    assert np.abs(given.totals() - totals).max() < 1e-12
    assert np.abs(certainty_of(given, draws=3, seed=1).least - totals).max() < 1e-9


def test_drawn_weights_keep_their_ranges_and_their_sum() -> None:
    weights = np.array([[50.0, 30.0, 17.0, 3.0, 0.0], [40.0, 40.0, 10.0, 10.0, 0.0]])
    drawn = drawn_weights(weights, np.full((2, 5), 5.0), 5000, np.random.default_rng(1))
    low, high = ends_of(weights, np.full((2, 5), 5.0))
    assert np.abs(drawn.sum(axis=1) - 100.0).max() < 1e-9
    assert (drawn >= low[:, :, None] - 1e-9).all()
    assert (drawn <= high[:, :, None] + 1e-9).all()
    assert (drawn[:, 4] == 0.0).all()
    assert drawn[1, 0].std() > 2.0
    assert np.abs(drawn[1].mean(axis=1) - weights[1]).max() < 0.2


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    draw, inside = np.random.default_rng(3), []
    for seed in range(40):
        truth = scores(40, room=0.0)
        seen = replace(truth, points=truth.points + draw.normal(0, 2.0, truth.points.shape))
        found = certainty_of(seen, draws=1000, seed=seed)
        totals = truth.totals()
        inside.append((found.least <= totals) & (totals <= found.most))
    assert 0.88 < np.mean(inside) < 0.92


def test_more_error_makes_the_last_place_less_sure() -> None:
    found = [certainty_of(scores(own=own), draws=2000, seed=1) for own in (0.5, 3.0)]
    at = int(np.argmax(found[0].rank))
    assert found[0].last[at] > found[1].last[at]
    assert (found[0].high - found[0].low).mean() < (found[1].high - found[1].low).mean()


def test_figures_that_make_no_sense_are_refused() -> None:
    with pytest.raises(Refused, match="不能为负"):
        scores(own=-1.0)
    with pytest.raises(Refused, match="次数"):
        certainty_of(scores(), draws=0, seed=1)


def test_a_whole_assessment_becomes_scores_with_errors() -> None:
    given = facts(12)
    policy = load(shipped()["seed"]).in_force(given.cycle.on)
    found = work(given, rules_of(policy, given.seats))
    held = scores_of(found, ErrorRules(metric_error=1.0, room=5.0))
    some = ~np.isnan(held.points)
    assert np.nanmax(np.abs(held.totals() - found.total)) < 1e-6
    assert (held.own[some] + held.shared[some] >= 0.0).all()
    assert not held.own[~some].any()
    ranks = certainty_of(held, draws=200, seed=1)
    assert np.array_equal(ranks.rank, found.rank)


def test_the_error_of_a_mark_falls_with_the_number_of_raters() -> None:
    given = facts(6)
    policy = load(shipped()["seed"]).in_force(given.cycle.on)
    seat = given.seats[0].id

    def error(times: int) -> float:
        marks = tuple(replace(m, marks=m.marks * times) if m.seat == seat else m for m in given.marks)
        held = scores_of(
            work(replace(given, marks=marks), rules_of(policy, given.seats)), ErrorRules(0.0, 0.0)
        )
        return float(held.shared[0].max())

    assert error(4) < 0.7 * error(1)


def test_a_calibrated_error_stands_in_place_of_the_spread() -> None:
    """Ten marks of peers out of twenty: the error of the whole is larger for the half of it."""
    bare = facts(6)
    seat = bare.seats[0].id
    policy = load(shipped()["seed"]).in_force(bare.cycle.on)
    marks = tuple(m for m in bare.marks if m.seat != seat)
    peers = Marks(seat, "", "peers", "", "ten_point", (8.0, 7.0, 9.0, 8.0, 7.0) * 2)
    found = work(replace(bare, marks=(*marks, peers)), rules_of(policy, bare.seats))
    own = SeatRow(seat, 1, "ranked", 20, 80, 0, 0, 0, 80, 80, 0, 2.0, 0.8, 0.8, 1, 1)
    row = GroupRow(seat, "peers", 10, 78, 80, 78, 78, 0, 0, bounded=False, influence=1, dominated=False)
    part = PartRow(**dict.fromkeys(PartRow.__dataclass_fields__, 1) | {"variance": {"error": 90.0}})
    table = CalibrationTable((part,), (own,), (row,), ())
    held = scores_of(replace(found, facts=replace(found.facts, calibration=table)), ErrorRules(0.0, 0.0))
    at = found.facts.row[seat]
    assert held.shared[at].max() == pytest.approx(2.0 / np.sqrt(0.8) * np.sqrt(2.0), abs=1e-5)
