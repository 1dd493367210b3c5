"""The whole function: means, gaps, cards, factors, ranks, hashes, threads."""

import subprocess
import sys

import numpy as np
import pytest

from hengjian.scoring.engine import Cells, Impute, Leaf, Node, Normalise, Plan, Treat, result_hash, score
from hengjian.scoring.engine.cells import (
    CARRIED,
    IMPUTED,
    MEASURED,
    MISSING,
    NEUTRAL,
    NOT_APPLICABLE,
    OFF_CARD,
)
from hengjian.terms.errors import Refused

NAN = np.nan


@pytest.fixture(params=["reference", "kernel"])
def engine(request: pytest.FixtureRequest) -> str:
    if request.param == "kernel":
        pytest.importorskip("numba")
    return str(request.param)


def index(mean: str, weights: tuple[float, ...] = (1.0, 3.0), **more) -> Plan:
    codes = tuple(f"i{at}" for at in range(len(weights)))
    return Plan(tuple(Leaf(code) for code in codes), (Node("t", codes, weights, mean, **more),))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("mean", "more", "expected"),
    [
        ("arithmetic", {}, 70.0),
        ("geometric", {}, 40.0**0.25 * 80.0**0.75),
        ("harmonic", {}, 4 / (1 / 40 + 3 / 80)),
        ("power", {"power": 2.0}, ((1600 + 3 * 6400) / 4) ** 0.5),
        ("power", {"power": 0.0}, 40.0**0.25 * 80.0**0.75),
    ],
)
def test_means(engine, mean: str, more: dict, expected: float) -> None:
    assert score(index(mean, **more), Cells(np.array([[40.0, 80.0]])), engine).total[0] == pytest.approx(
        expected, rel=1e-14
    )


@pytest.mark.parametrize("mean", ["geometric", "harmonic"])
def test_a_zero_brings_these_means_to_zero_and_a_negative_is_refused(engine, mean: str) -> None:
    assert score(index(mean), Cells(np.array([[0.0, 80.0]])), engine).total[0] == 0.0
    with pytest.raises(Refused) as refusal:
        score(index(mean), Cells(np.array([[-1.0, 80.0]])), engine)
    assert refusal.value.code == "engine.negative"


def test_every_state_of_a_cell_is_told_apart(engine) -> None:
    leaves = (
        Leaf("measured"),
        Leaf("imputed", impute=Impute("constant", 30.0)),
        Leaf("carried", missing="carry_forward"),
        Leaf("neutral", missing="neutral", neutral=60.0),
        Leaf("missing"),
        Leaf("outside"),
        Leaf("off"),
    )
    codes = tuple(leaf.code for leaf in leaves)
    plan = Plan(leaves, (Node("t", codes),), np.array([[10.0, 20, 30, 40, 50, 60, 0]]))
    applicable = np.ones((1, 7), dtype=np.bool_)
    applicable[0, 5] = False
    cells = Cells(
        np.array([[50.0, NAN, NAN, NAN, NAN, 99.0, 99.0]]),
        applicable=applicable,
        card=np.array([0]),
        carried=np.full((1, 7), 70.0),
    )
    result = score(plan, cells, engine)
    assert result.stages.state[0].tolist() == [
        MEASURED,
        IMPUTED,
        CARRIED,
        NEUTRAL,
        MISSING,
        NOT_APPLICABLE,
        OFF_CARD,
    ]
    assert result.total[0] == pytest.approx((500 + 600 + 2100 + 2400) / 100)
    assert result.stages.effective[0].tolist() == pytest.approx([0.1, 0.2, 0.3, 0.4, 0, 0, 0])


def test_fail_says_which_indicator_and_row(engine) -> None:
    plan = Plan((Leaf("tax", missing="fail"),), (Node("t", ("tax",), (1.0,)),))
    with pytest.raises(Refused) as refusal:
        score(plan, Cells(np.array([[1.0], [NAN]])), engine)
    assert refusal.value.code == "engine.missing"
    assert "tax" in str(refusal.value)


def test_too_little_present_is_no_value_and_what_does_not_apply_is_not_counted(engine) -> None:
    plan = index("arithmetic", (2.0, 1.0, 1.0), minimum=0.6)
    values = np.array([[80.0, NAN, NAN], [80.0, 20.0, NAN], [80.0, NAN, NAN]])
    applicable = np.array([[True, True, True], [True, True, True], [True, False, True]])
    found = score(plan, Cells(values, applicable=applicable), engine).total
    assert np.isnan(found[0])
    assert found[1:].tolist() == [60.0, 80.0]


def test_one_post_one_table_with_parts_beside_the_total(engine) -> None:
    leaves = tuple(Leaf(code) for code in ("base", "zone", "post"))
    leaves = (leaves[0], Leaf("zone", factor="cost_benefit"), leaves[2])
    nodes = (Node("part_zone", ("zone",)), Node("total", ("base", "zone", "post")))
    plan = Plan(leaves, nodes, np.array([[30.0, 40, 30], [50.0, 0, 50]]))
    cells = Cells(
        np.array([[80.0, 90, 70], [80.0, 90, 70]]),
        card=np.array([0, 1]),
        columns={"cost_benefit": np.array([0.5, 0.5])},
    )
    result = score(plan, cells, engine)
    assert result.total.tolist() == [63.0, 75.0]
    assert result.level("part_zone")[0] == 45.0
    assert np.isnan(result.level("part_zone")[1])


def test_ranks_inside_groups_share_the_best_by_the_step(engine) -> None:
    plan = Plan((Leaf("i"),), (Node("t", ("i",), (1.0,)),), rank_within="g", step=0.01)
    values = np.array([[80.001, 80.004, 79.99, 90.0, NAN, 10.0, 10.005]]).T
    cells = Cells(values, groups={"g": np.array([0, 0, 0, 0, 0, 1, 1])})
    assert score(plan, cells, engine).ranks["t"].tolist() == [2, 2, 4, 1, 0, 2, 1]


def test_a_tie_that_only_noise_breaks_is_a_tie(engine) -> None:
    plan = Plan((Leaf("i"),), (Node("t", ("i",), (1.0,)),))
    values = np.array([[0.1 + 0.2, 0.3, 0.3000004, 0.3000006]]).T
    assert score(plan, Cells(values), engine).ranks["t"].tolist() == [2, 2, 2, 1]


def test_copeland_ties_are_exact(engine) -> None:
    """0.1 + 0.2 against 0.3: a tie, though the floats differ."""
    plan = index("copeland", (0.1, 0.2, 0.3))
    values = np.array([[2.0, 2.0, 1.0], [1.0, 1.0, 2.0], [0.0, 0.0, 0.0]])
    assert score(plan, Cells(values), engine).total.tolist() == [75.0, 75.0, 0.0]


def test_winsorising_draws_in_and_then_takes_the_logarithm(engine) -> None:
    calm = np.array([[1.0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 100]]).T
    leaf = Leaf("i", treat=Treat("winsorise", points=1), normalise=Normalise("minmax"))
    plan = Plan((leaf,), (Node("t", ("i",), (1.0,)),))
    treated = score(plan, Cells(calm), engine).stages.treated[:, 0]
    assert treated.tolist() == [*range(1, 12), 11.0]
    wild = np.array([[1.0] * 10 + [2.0] * 10 + [500.0, 500.0, 500.0]]).T
    treated = score(plan, Cells(wild), engine).stages.treated[:, 0]
    np.testing.assert_allclose(treated, np.log(wild[:, 0] - 1.0 + 0.01 * 499.0), rtol=1e-14)


def test_denominators_of_zero_and_infinite_values_are_refused(engine) -> None:
    plan = Plan((Leaf("i", denominator="people"),), (Node("t", ("i",), (1.0,)),))
    with pytest.raises(Refused) as refusal:
        score(plan, Cells(np.array([[1.0]]), columns={"people": np.array([0.0])}), engine)
    assert refusal.value.code == "engine.denominator"
    with pytest.raises(Refused) as refusal:
        score(index("arithmetic"), Cells(np.array([[1.0, np.inf]])), engine)
    assert refusal.value.code == "engine.infinite"


def test_weights_that_do_not_fit_are_refused() -> None:
    with pytest.raises(Refused) as refusal:
        Plan((Leaf("i"),), (Node("t", ("i",), (-1.0,)),))
    assert refusal.value.code == "engine.weights"


def test_no_units_no_trouble(engine) -> None:
    assert score(index("arithmetic"), Cells(np.empty((0, 2))), engine).total.shape == (0,)


PROGRAM = """
import numpy as np, sys
from hengjian.scoring.engine import *
rng = np.random.default_rng(7)
leaves = tuple(Leaf(f"i{j}", normalise=Normalise(m, low=1.0, high=90.0, ln=m == "goalposts", within="g"))
               for j, m in enumerate(["minmax", "zscore", "goalposts", "percentile_rank"]))
plan = Plan(leaves, (Node("t", tuple(leaf.code for leaf in leaves), (1.0, 2.0, 3.0, 4.0)),), rank_within="g")
cells = Cells(rng.random((9000, 4)) * 100, groups={"g": rng.integers(0, 7, 9000)})
print(result_hash(score(plan, cells, sys.argv[1])))
"""


def test_the_hash_is_the_same_for_both_engines_and_any_number_of_threads() -> None:
    pytest.importorskip("numba")
    found = set()
    for engine, threads in (("reference", "1"), ("kernel", "1"), ("kernel", "2")):
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, engine],
            env={"NUMBA_NUM_THREADS": threads, "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            check=True,
        )
        found.add(done.stdout.strip())
    assert len(found) == 1
    assert len(found.pop()) == 64


def test_the_hash_sees_one_digit() -> None:
    plan = index("arithmetic")
    one = score(plan, Cells(np.array([[40.0, 80.0]])))
    assert result_hash(one) != result_hash(score(plan, Cells(np.array([[40.00001, 80.0]]))))


def test_without_numba_the_refusal_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "numba", None)
    with pytest.raises(Refused) as refusal:
        score(index("arithmetic"), Cells(np.array([[40.0, 80.0]])), "kernel")
    assert refusal.value.code == "engine.no_numba"
    assert "hengjian[kernel]" in str(refusal.value)
