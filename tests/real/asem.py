"""The ASEM composite (51 units x 49 indicators) as a plan: read from the published tables."""

import csv
import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hengjian.scoring.engine import Cells, Impute, Leaf, Node, Normalise, Plan, Treat

HERE = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("HENGJIAN_REAL_DATA", str(HERE / ".." / "shared" / "data"))) / "coinr_asem"
Floats = NDArray[np.float64]


def table(name: str) -> list[dict[str, str]]:
    """Rows of one of the published tables."""
    with (DATA / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def stage(name: str, codes: list[str]) -> Floats:
    """A published stage as an array, NaN for a gap."""
    return np.array([[float(row[code]) if row[code] else np.nan for code in codes] for row in table(name)])


def plan() -> Plan:
    """The plan: iMeta for directions, parents and denominators; weights.csv for weights."""
    meta, weights = table("iMeta"), {row["Code"]: float(row["Weight"]) for row in table("weights")}
    leaves = tuple(
        Leaf(
            row["iCode"],
            1 if float(row["Direction"]) > 0 else -1,
            denominator=row["Denominator"],
            impute=Impute("mean", within="EurAsia"),
            treat=Treat("winsorise", points=6),
            normalise=Normalise("minmax"),
        )
        for row in meta
        if row["Type"] == "Indicator"
    )
    nodes = []
    for row in meta:
        if row["Type"] == "Aggregate":
            children = tuple(other["iCode"] for other in meta if other["Parent"] == row["iCode"])
            nodes.append(Node(row["iCode"], children, tuple(weights[child] for child in children)))
    return Plan(leaves, tuple(nodes), step=0.01, ranked=tuple(node.code for node in nodes))


def cells(of: Plan) -> Cells:
    """Raw values, and denominators with the 10 significant digits that stage_Raw has."""
    rows, units = table("stage_Raw"), {row["uCode"]: row for row in table("iData")}
    regions = sorted({row["Group_EurAsia"] for row in rows})
    columns = {}
    for name in ("Area", "Energy", "GDP", "Population"):
        held = [units[row["UnitCode"]][name] for row in rows]
        columns[name] = np.array([float(f"{float(text):.9e}") if text else np.nan for text in held])
    return Cells(
        np.asfortranarray(stage("stage_Raw", list(of.leaf_codes))),
        groups={"EurAsia": np.array([regions.index(row["Group_EurAsia"]) for row in rows])},
        columns=columns,
    )
