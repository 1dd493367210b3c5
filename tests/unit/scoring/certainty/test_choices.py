"""Sensitivity, best cases and pairs: against SALib, brute force and closed forms."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import linprog

from hengjian.policy import load, shipped
from hengjian.scoring.certainty.best_case import best_cases, most
from hengjian.scoring.certainty.pairs import mates_of
from hengjian.scoring.certainty.ranks import certainty_of
from hengjian.scoring.certainty.sensitivity import sensitivity_of
from hengjian.scoring.certainty.sobol import Factor, design, indices_of
from hengjian.scoring.certainty.weights import drawn_weights
from hengjian.scoring.computing import work
from hengjian.scoring.rules import rules_of
from hengjian.terms.errors import Refused
from tests.sample_facts import facts
from tests.unit.scoring.certainty.test_ranks import scores


def test_rows_and_indices_are_those_of_salib() -> None:
    sample = pytest.importorskip("SALib.sample.sobol")
    analyze = pytest.importorskip("SALib.analyze.sobol")
    names = ["a", "b", "c", "d"]
    bounds = [[-np.pi, np.pi]] * 4
    problem = {"num_vars": 4, "names": names, "bounds": bounds}
    rows = sample.sample(problem, 256, calc_second_order=False, scramble=True, seed=11)
    factors = [Factor(name, -np.pi, np.pi) for name in names]
    ours = np.stack([f.of(design(4, 256, 11)[..., at]) for at, f in enumerate(factors)], axis=-1)
    assert np.abs(ours.reshape(-1, 4) - rows).max() < 1e-12

    def ishigami(x):
        return (np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0]))[:, None]

    theirs = analyze.analyze(problem, ishigami(rows)[:, 0], calc_second_order=False, seed=1)
    found = indices_of(factors, ishigami, base=256, seed=11)
    assert np.abs(found.first[:, 0] - theirs["S1"]).max() < 1e-12
    assert np.abs(found.total[:, 0] - theirs["ST"]).max() < 1e-12
    closed = indices_of(factors, ishigami, base=2**14, seed=3)
    assert closed.first[:3, 0] == pytest.approx([0.3139, 0.4424, 0.0], abs=0.01)
    assert closed.total[:, 0] == pytest.approx([0.5576, 0.4424, 0.2437, 0.0], abs=0.01)


def test_a_finite_grid_is_enumerated_exactly() -> None:
    """y = a + 2b + ab on {0, 1}^2: effects 1.5 and 2.5, and a joint one."""
    factors = [Factor("a", levels=2), Factor("b", levels=2)]
    found = indices_of(factors, lambda x: (x[:, 0] + 2 * x[:, 1] + x[:, 0] * x[:, 1])[:, None])
    assert found.exact
    assert found.runs == 4
    first, both = np.array([2.25, 6.25]) / 4, 0.25 / 4
    assert found.variance[0] == pytest.approx(first.sum() + both)
    assert found.first[:, 0] == pytest.approx(first / (first.sum() + both))
    assert found.total[:, 0] == pytest.approx((first + both) / (first.sum() + both))


def test_beyond_a_million_cells_the_grid_is_sampled() -> None:
    factors = [Factor(str(at), levels=10) for at in range(7)]
    found = indices_of(factors, lambda x: x[:, :1], base=64)
    assert not found.exact
    assert found.total[0, 0] == pytest.approx(1.0, abs=0.05)
    assert not found.total[1:].any()


def test_nothing_to_choose_is_refused_and_a_result_that_stands_still_moves_by_nothing() -> None:
    with pytest.raises(Refused):
        indices_of([], lambda x: x)
    found = indices_of([Factor("a", levels=3), Factor("b")], lambda x: np.ones((len(x), 2)), base=8)
    assert not found.total.any()


@pytest.fixture(scope="module")
def assessed():
    given = facts(60)
    policy = load(shipped()["seed"]).in_force(given.cycle.on)
    return work(given, rules_of(policy, given.seats))


def test_choices_move_ranks_and_the_policy_s_own_setting_gives_the_policy_s_ranks(assessed) -> None:
    found = sensitivity_of(assessed, 1, 5.0, base=64)
    assert np.array_equal(found.rank, assessed.rank[found.rows])
    for choice in found.choices:
        if choice.kind != "weight":
            assert np.array_equal(choice.ranks[:, 0], found.rank)
        assert (found.least[:, None] <= choice.ranks).all()
        assert (choice.ranks <= found.most[:, None]).all()
    kinds = {choice.kind for choice in found.choices}
    assert kinds == {"weight", "group", "mark", "join"}
    assert not found.exact


def test_a_group_left_out_is_the_assessment_without_its_marks(assessed) -> None:
    found = sensitivity_of(assessed, 1, 0.0)
    assert found.exact
    choice = next(c for c in found.choices if (c.kind, c.code) == ("group", "public"))
    snapshot = assessed.facts.snapshot
    without = replace(snapshot, marks=tuple(m for m in snapshot.marks if m.group != "public"))
    again = work(without, assessed.facts.rules)
    assert np.array_equal(choice.ranks[:, 1], again.rank[found.rows])
    assert not np.array_equal(choice.ranks[:, 1], found.rank)


def test_plain_means_are_the_assessment_without_trimming(assessed) -> None:
    found = sensitivity_of(assessed, 1, 0.0)
    choice = next(c for c in found.choices if c.kind == "mark")
    rules = assessed.facts.rules
    plain = replace(rules, groups=tuple(replace(group, trim=0.0) for group in rules.groups))
    again = work(assessed.facts.snapshot, plain)
    assert np.array_equal(choice.ranks[:, choice.alternatives.index("mean")], again.rank[found.rows])


def test_the_most_that_weights_can_add_is_the_linear_programme_s() -> None:
    draw = np.random.default_rng(2)
    gain, below, above = draw.normal(size=(20, 6)), -draw.uniform(0, 5, 6), draw.uniform(0, 5, 6)
    for row, found in zip(gain, most(gain, below, above), strict=True):
        told = linprog(-row, A_eq=np.ones((1, 6)), b_eq=[0.0], bounds=list(zip(below, above, strict=True)))
        assert found == pytest.approx(-told.fun, abs=1e-9)


def test_no_allowed_weights_are_kinder_than_the_best_case() -> None:
    given = replace(scores(60, own=0.0), card=np.zeros(60, dtype=np.int64))
    found, totals = best_cases(given), given.totals()
    drawn = drawn_weights(given.weights, given.room, 4000, np.random.default_rng(1))[0]
    under = given.points @ drawn / 100.0
    share = under / under.max(axis=0)
    assert (share.max(axis=1) <= found.share + 1e-9).all()
    assert (found.share - share.max(axis=1)).max() < 0.01
    above = (under[None] > under[:, None] + 1e-9).sum(axis=1)
    assert (above.min(axis=1) >= found.surely).all()
    assert (found.rank >= found.surely + 1).all()
    assert (found.rank <= 1 + (totals[None] > totals[:, None]).sum(axis=1)).all()
    assert np.abs(found.weights.sum(axis=1) - 100.0).max() < 1e-6
    assert (np.abs(found.weights - given.weights[0]) <= 5.0 + 1e-6).all()


def test_a_best_case_keeps_to_the_comparable_group_and_may_be_asked_for_one() -> None:
    given = scores(40, groups=4, gaps=0.1)
    whole = best_cases(given)
    one = best_cases(given, np.array([7]))
    assert one.rows.tolist() == [7]
    assert one.share[0] == pytest.approx(whole.share[whole.at(7)], abs=1e-12)
    assert whole.rank.max() <= 10
    assert whole.share[np.argmax(given.totals())] == pytest.approx(1.0)


def test_without_room_the_best_case_is_the_case() -> None:
    given = scores(30, room=0.0)
    found, totals = best_cases(given), given.totals()
    assert np.abs(found.share - totals / totals.max()).max() < 1e-12
    assert np.array_equal(found.surely + 1, found.rank)


def test_pairs_agree_with_the_draws() -> None:
    given = replace(scores(12, own=3.0), shared=np.full((12, 5), 0.5))
    for row in (0, 5):
        mates = mates_of(given, row, seed=1)
        two = [certainty_of(given.of(np.array([row, mate])), draws=8000, seed=2) for mate in mates.rows]
        drawn = np.array([one.last[1] for one in two])
        assert np.abs(drawn - mates.above).max() < 0.02
        assert np.array_equal(mates.told, np.abs(mates.apart) > 1.6449 * mates.error)


def test_more_noise_leaves_more_pairs_untold() -> None:
    quiet, loud = (mates_of(scores(30, own=own), 3, seed=1).told.sum() for own in (0.5, 6.0))
    assert quiet > loud
