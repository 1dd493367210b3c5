"""Every normalisation on figures that can be checked by hand, on both engines."""

from dataclasses import replace

import numpy as np
import pytest

from hengjian.scoring.engine import Cells, Impute, Leaf, Node, Normalise, Plan, Treat, score
from hengjian.terms.errors import Refused

ENGINES = ["reference", "kernel"]
VALUES = [2.0, 4.0, 4.0, 10.0]


def one(leaf: Leaf) -> Plan:
    return Plan((leaf,), (Node("t", (leaf.code,), (1.0,)),))


def points(engine: str, values: list[float], direction: int, method: str, **options) -> list[float]:
    if engine == "kernel":
        pytest.importorskip("numba")
    leaf = Leaf("i", direction, normalise=Normalise(method, **options))  # type: ignore[arg-type]
    columns = {"goal": np.array([4.0, 4.0, 8.0, 5.0])}
    cells = Cells(np.array([values]).T, columns=columns, reference=3)
    return score(one(leaf), cells, engine).total.tolist()  # type: ignore[arg-type]


BANDS = ((float("-inf"), 0.0), (3.0, 60.0), (4.0, 80.0), (11.0, 100.0))
LINES = ((2.0, 0.0), (4.0, 80.0), (8.0, 100.0))
SD = np.std(VALUES, ddof=1)
CASES = [
    ("identity", 1, {}, [2, 4, 4, 10]),
    ("identity", -1, {}, [98, 96, 96, 90]),
    ("minmax", 1, {}, [0, 25, 25, 100]),
    ("minmax", -1, {}, [100, 75, 75, 0]),
    ("minmax", 1, {"scale": (1.0, 100.0)}, [1, 25.75, 25.75, 100]),
    ("scaled", 1, {"low": 0.0, "high": 8.0}, [25, 50, 50, 125]),
    ("scaled", -1, {"low": 0.0, "high": 8.0, "floor": 0.0}, [75, 50, 50, 0]),
    ("goalposts", 1, {"low": 3.0, "high": 5.0}, [0, 50, 50, 100]),
    ("goalposts", -1, {"low": 3.0, "high": 5.0}, [100, 50, 50, 0]),
    ("goalposts", 1, {"low": 1.0, "high": 16.0, "ln": True}, [25, 50, 50, 100 * np.log2(10) / 4]),
    ("zscore", 1, {}, [50 + 10 * (value - 5) / SD for value in VALUES]),
    ("zscore", -1, {}, [50 - 10 * (value - 5) / SD for value in VALUES]),
    ("percentile_rank", 1, {}, [0, 100 / 3, 100 / 3, 100]),
    ("percentile_rank", -1, {}, [100, 100 / 3, 100 / 3, 0]),
    ("rank", 1, {"raw": True}, [1, 2, 2, 4]),
    ("rank", 1, {}, [25, 50, 50, 100]),
    ("borda", 1, {"raw": True}, [0, 1, 1, 3]),
    ("borda", -1, {"raw": True}, [3, 1, 1, 0]),
    ("distance_to_target", 1, {"target": 6.0}, [0, 50, 50, 200]),
    ("distance_to_target", 1, {"target": 6.0, "cap": 100.0}, [0, 50, 50, 100]),
    ("distance_to_target", -1, {"target": 0.0}, [80, 60, 60, 0]),
    ("distance_to_maximum", 1, {}, [0, 25, 25, 100]),
    ("distance_to_reference", 1, {}, [0, 25, 25, 100]),
    ("fraction_of_maximum", 1, {}, [20, 40, 40, 100]),
    ("fraction_of_maximum", -1, {}, [80, 60, 60, 0]),
    ("completion", 1, {"target": 8.0, "cap": 100.0}, [25, 50, 50, 100]),
    ("completion", 1, {"target_column": "goal"}, [50, 100, 50, 200]),
    ("completion", -1, {"target": 4.0, "floor": 0.0}, [150, 100, 100, 0]),
    ("band_steps", 1, {"bands": BANDS}, [0, 80, 80, 80]),
    ("band_linear", 1, {"bands": LINES}, [0, 80, 80, 100]),
]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("method", "direction", "options", "expected"), CASES)
def test_points(engine: str, method: str, direction: int, options: dict, expected: list[float]) -> None:
    assert points(engine, VALUES, direction, method, **options) == pytest.approx(expected, abs=1e-12)


def test_between_the_knots_of_a_linear_table() -> None:
    assert points("reference", [1.0, 3.0, 5.0, 9.0], 1, "band_linear", bands=LINES) == [0, 40, 85, 100]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("method", ["minmax", "zscore", "rank", "percentile_rank", "fraction_of_maximum"])
def test_a_constant_indicator_is_refused_by_name_and_group(engine: str, method: str) -> None:
    if engine == "kernel":
        pytest.importorskip("numba")
    spec = Normalise(method, within="zone")  # type: ignore[arg-type]
    cells = Cells(np.array([[1.0, 2.0, 5.0, 5.0]]).T, groups={"zone": np.array([0, 0, 1, 1])})
    with pytest.raises(Refused) as refusal:
        score(one(Leaf("gep", normalise=spec)), cells, engine)  # type: ignore[arg-type]
    assert refusal.value.code == "engine.constant"
    assert "gep" in str(refusal.value)
    assert "zone" in str(refusal.value)
    assert "1" in str(refusal.value)
    neutral = score(one(Leaf("gep", normalise=spec, constant=60.0)), cells, engine)  # type: ignore[arg-type]
    assert neutral.total[2:].tolist() == [60.0, 60.0]


def test_within_groups_each_group_has_its_own_ends() -> None:
    spec = Normalise("minmax", within="zone")
    cells = Cells(np.array([[1.0, 3.0, 100.0, 300.0]]).T, groups={"zone": np.array([0, 0, 1, 1])})
    assert score(one(Leaf("i", normalise=spec)), cells).total.tolist() == [0, 100, 0, 100]


WRONG = [
    (lambda: Leaf("i", normalise=Normalise("goalposts", low=5.0, high=5.0)), "engine.posts"),
    (lambda: Leaf("i", normalise=Normalise("goalposts", low=0.0, high=5.0, ln=True)), "engine.posts"),
    (lambda: Leaf("i", normalise=Normalise("completion")), "engine.target"),
    (lambda: Leaf("i", normalise=Normalise("completion", target=0.0)), "engine.target"),
    (lambda: Leaf("i", normalise=Normalise("band_steps", bands=BANDS[1:])), "engine.bands"),
    (lambda: Leaf("i", -1, normalise=Normalise("band_linear", bands=LINES)), "engine.bands"),
    (lambda: Leaf("i", missing="neutral"), "engine.neutral"),
    (lambda: Leaf("i", normalise=Normalise("nonsense")), "engine.method"),  # type: ignore[arg-type]
]


@pytest.mark.parametrize(("make", "code"), WRONG)
def test_a_wrong_declaration_is_refused(make, code: str) -> None:
    with pytest.raises(Refused) as refusal:
        one(make())
    assert refusal.value.code == code
    assert refusal.value.do


def test_a_target_that_is_not_better_than_the_worst_is_refused() -> None:
    with pytest.raises(Refused) as refusal:
        points("reference", VALUES, 1, "distance_to_target", target=2.0)
    assert refusal.value.code == "engine.target"


@pytest.mark.parametrize("impute", [Impute(), Impute("none", value=3.5), Impute("constant", value=3.5)])
@pytest.mark.parametrize("treat", [Treat(), Treat("limits", low=-1.0, high=30.0, within="level")])
def test_a_reference_unit_of_which_the_indicator_is_not_asked_is_refused(impute, treat) -> None:
    leaf = Leaf("i", impute=impute, treat=treat, normalise=Normalise("distance_to_reference"), constant=50.0)
    plan = Plan((leaf, Leaf("j")), (Node("t", ("i", "j")),), cards=np.array([[1.0, 2.0], [0.0, 2.0]]))
    of = Cells(
        np.array([[1.0, 0.0], [2.0, 0.0], [3.0, 0.0]]),
        card=np.array([0, 0, 1]),
        groups={"level": np.array([0, 0, 1])},
        reference=2,
    )
    with pytest.raises(Refused) as refusal:
        score(plan, of)
    assert refusal.value.code == "engine.reference"
    assert score(plan, replace(of, reference=1)).total[1] == pytest.approx(100.0 / 3)


def test_a_value_beside_no_imputation_fills_nothing() -> None:
    spec = Normalise("percentile_rank")
    plan = Plan((Leaf("i", impute=Impute("none", value=3.5), normalise=spec),), (Node("t", ("i",), (1.0,)),))
    found = score(plan, Cells(np.array([[1.0], [np.nan], [5.0]]))).total
    assert found[[0, 2]].tolist() == [0.0, 100.0]
    assert np.isnan(found[1])
