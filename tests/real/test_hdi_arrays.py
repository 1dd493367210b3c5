"""The Human Development Index 1990-2021: 5,923 published values to 3 decimals, on both engines."""

import csv
import gzip
import os
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from hengjian.scoring.engine import Cells, Leaf, Node, Normalise, Plan, score

HERE = Path(__file__).resolve().parents[2]
REAL = Path(os.environ.get("HENGJIAN_REAL_DATA", str(HERE / ".." / "shared" / "data")))
FILE = REAL / "undp_hdi_1990_2021" / "hdi_components.csv.gz"
pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(not FILE.exists(), reason="real data are not here"),
]


def hdi_plan() -> Plan:
    """Goalposts, a logarithm, a mean of two and a geometric mean of three."""

    def posts(code: str, low: float, high: float, *, ln: bool = False) -> Leaf:
        return Leaf(code, missing="fail", normalise=Normalise("goalposts", low=low, high=high, ln=ln))

    leaves = (
        posts("le", 20, 85),
        posts("eys", 0, 18),
        posts("mys", 0, 15),
        posts("gnipc", 100, 75000, ln=True),
    )
    return Plan(
        leaves,
        (
            Node("education", ("eys", "mys"), (1.0, 1.0)),
            Node("hdi", ("le", "education", "gnipc"), (1.0, 1.0, 1.0), mean="geometric"),
        ),
    )


def published() -> tuple[NDArray[np.float64], list[str]]:
    """Components of each country and year that has all of them and an index; and the index as text."""
    with gzip.open(FILE, "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    values, found = [], []
    for row in rows:
        for year in range(1990, 2022):
            parts = [row[f"{code}_{year}"] for code in ("le", "eys", "mys", "gnipc")]
            if row[f"hdi_{year}"]:
                values.append([float(part) if part else np.nan for part in parts])
                found.append(row[f"hdi_{year}"])
    return np.asfortranarray(np.array(values)), found


@pytest.mark.parametrize("engine", ["reference", "kernel"])
def test_5923_of_5923(engine: str) -> None:
    if engine == "kernel":
        pytest.importorskip("numba")
    values, index = published()
    assert len(index) == 5923
    result = score(hdi_plan(), Cells(values), engine)  # type: ignore[arg-type]
    ours = [f"{value / 100:.3f}" for value in result.total]
    assert ours == [f"{float(text):.3f}" for text in index]
