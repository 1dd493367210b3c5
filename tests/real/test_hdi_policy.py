"""The Human Development Index through its policy folder: no Python for it, both engines."""

import csv
import gzip
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import numpy as np
import pytest

from hengjian.policy import load
from hengjian.scoring.index import score_index

pytestmark = pytest.mark.real_data
PARTS = ("le", "eys", "mys", "gnipc")


@pytest.mark.parametrize("engine", ["reference", "kernel"])
def test_5923_of_5923_published_values_to_three_decimals(root: Path, real_data: Path, engine: str) -> None:
    if engine == "kernel":
        pytest.importorskip("numba")
    policy = load(root / "tests" / "policies" / "hdi").in_force(date(2022, 9, 8))
    with gzip.open(real_data / "undp_hdi_1990_2021" / "hdi_components.csv.gz", "rt", newline="") as file:
        rows = list(csv.DictReader(file))
    held = [
        ([row[f"{part}_{year}"] for part in PARTS], row[f"hdi_{year}"])
        for row in rows
        for year in range(1990, 2022)
        if row[f"hdi_{year}"]
    ]
    table = {
        part: np.array([float(parts[at]) if parts[at] else np.nan for parts, _ in held])
        for at, part in enumerate(PARTS)
    }
    result = score_index(policy, "hdi", table, engine=engine)  # type: ignore[arg-type]
    published = [Decimal(text) for _, text in held]
    ours = [Decimal(repr(v)).quantize(Decimal("0.001"), ROUND_HALF_UP) for v in result.total.tolist()]
    assert len(published) == 5923
    assert sum(a == b for a, b in zip(ours, published, strict=True)) == 5923
