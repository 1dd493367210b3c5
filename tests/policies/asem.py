"""Writes the ASEM composite as a policy folder from the shared data (weights of ASEM are data)."""

import csv
from pathlib import Path
from typing import Any

import yaml

CLAUSE, OWNER, SINCE = "ASEM Sustainable Connectivity", "EC-JRC", "2018-01-01"


def write(data: Path, to: Path) -> Path:
    """Write the folder: 49 indicators in four levels, with their steps."""
    meta = _rows(data / "iMeta.csv")
    weights = {(row["AgLevel"], row["Code"]): float(row["Weight"]) for row in _rows(data / "weights.csv")}
    leaves = [row for row in meta if row["Type"] == "Indicator"]
    nodes = [row for row in meta if row["Type"] == "Aggregate"]
    _put(to / "policy.yaml", _manifest())
    for name, words in _words({row["Unit"] for row in leaves}).items():
        _put(to / "vocabulary" / f"{name}.yaml", words)
    _put(to / "indicators/asem.yaml", {row["iCode"]: _indicator(row) for row in leaves})
    tree = {row["iCode"]: _node(row, meta, weights) for row in nodes}
    _put(to / "index/asem.yaml", {"asem": _entry("可持续联通指数", "Sustainable Connectivity") | {
        "versions": {SINCE: {"step": 0.01, "nodes": tree}}}})  # fmt: skip
    return to


def _rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def _put(file: Path, content: dict[str, Any]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")


def _entry(name: str, name_en: str) -> dict[str, Any]:
    return {"name": name, "name_en": name_en, "clause": CLAUSE, "owner": OWNER}


def _manifest() -> dict[str, Any]:
    said = _entry("可持续联通指数", "Sustainable Connectivity")
    return {"id": "asem", "title": said.pop("name"), "title_en": said.pop("name_en"), **said}


def _words(units: set[str]) -> dict[str, dict[str, Any]]:
    def word(name: str) -> dict[str, str]:
        return {"name": name, "name_en": name}

    return {
        "units": {unit: word(unit) for unit in sorted(units)},
        "parts": {"indicator": word("指标")},
        "themes": {"connectivity": word("联通")},
        "virtues": {"achievement": word("绩")},
    }


def _indicator(row: dict[str, str]) -> dict[str, Any]:
    steps: dict[str, Any] = {
        "impute": {"method": "mean", "within": "EurAsia"},
        "treat": {"method": "winsorise", "points": 6, "skew": 2.0, "kurtosis": 3.5, "then_ln": True},
    }
    if row["Denominator"]:
        steps["denominate"] = {"by": row["Denominator"]}
    version = {
        "part": "indicator",
        "theme": "connectivity",
        "virtue": "achievement",
        "definition": row["iName"],
        "unit": row["Unit"],
        "direction": "more" if float(row["Direction"]) > 0 else "less",
        "frequency": "year",
        "source": {"kind": "metric", "metric": row["iCode"]},
        "normalisation": {"method": "minmax"},
        "missing": "reweight",
        "steps": steps,
    }
    return _entry(row["iName"], row["iName"]) | {"versions": {SINCE: version}}


def _node(
    row: dict[str, str], meta: list[dict[str, str]], weights: dict[tuple[str, str], float]
) -> dict[str, Any]:
    children = {
        other["iCode"]: weights[(other["Level"], other["iCode"])]
        for other in meta
        if other["Parent"] == row["iCode"]
    }
    return {"name": row["iName"], "name_en": row["iName"], "children": children}
