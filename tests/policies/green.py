"""Writes the official green development index (2016) as an indicator library from the shared data."""

import csv
import re
from pathlib import Path
from typing import Any

import yaml

CLAUSE, SINCE = "绿色发展指标体系（2016年）", "2016-12-12"
NUMERALS = "一二三四五六七"
FALLING = re.compile("消费总量|用水总量|新增建设用地|劣 V 类|化肥使用量|农药使用量")


def rows(data: Path) -> list[dict[str, str]]:
    """The published lines, with stray spaces taken out."""
    with (data / "indicators_56.csv").open(encoding="utf-8", newline="") as lines:
        return [{k: re.sub(r"\s+", " ", v).strip() for k, v in row.items()} for row in csv.DictReader(lines)]


def tidy(text: str) -> str:
    """Chinese text without the spaces of the page it was taken from."""
    return re.sub(r"(?<=[^\x00-\x7f]) | (?=[^\x00-\x7f])", "", text)


def code(row: dict[str, str]) -> str:
    """g01 to g56."""
    return f"g{int(row['key']):02d}"


def group(row: dict[str, str]) -> int:
    """Which of the seven groups a line belongs to, from 1."""
    return NUMERALS.index(row["1stIndicators"][0]) + 1


def write(data: Path, to: Path) -> Path:
    """Write the folder: 56 indicators with unit, department, formula; weights in the index."""
    lines = rows(data)
    _put(to / "policy.yaml", {"id": "green", "title": "绿色发展指标体系", "title_en": "Green index",
                              "clause": CLAUSE, "owner": "国家统计局"})  # fmt: skip
    for name, words in _words(lines).items():
        _put(to / "vocabulary" / f"{name}.yaml", words)
    _put(to / "indicators/library.yaml", {code(row): _indicator(row) for row in lines})
    _put(to / "index/green.yaml", {"green": _index(lines)})
    return to


def scorecard(data: Path, to: Path) -> None:
    """Put all indicators on one post's table, as an eager office might."""
    weights = {code(row): float(row["weight"] or 0.1) for row in rows(data)}
    card = _said("市长计分表", "mayor", "市委组织部") | {
        "zone": "any",
        "category": "any",
        "versions": {SINCE: {"normalise": True, "weights": {"green": weights}}},
    }
    _put(to / "scorecards/mayor.yaml", {"mayor": card})


def _put(file: Path, content: dict[str, Any]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")


def _said(name: str, name_en: str, owner: str) -> dict[str, Any]:
    return {"name": name, "name_en": name_en, "clause": CLAUSE, "owner": owner}


def _words(lines: list[dict[str, str]]) -> dict[str, dict[str, Any]]:
    def word(name: str) -> dict[str, str]:
        return {"name": name, "name_en": name}

    themes = {f"t{group(row)}": word(tidy(row["1stIndicators"].split("(")[0])) for row in lines}
    return {
        "units": {tidy(row["unit"]): word(tidy(row["unit"])) for row in lines},
        "parts": {"green": word("绿色发展")},
        "themes": themes,
        "virtues": {"achievement": word("绩")},
        "zones": {"city": word("全市")},
        "categories": {"mayor": word("市长")},
    }


def _indicator(row: dict[str, str]) -> dict[str, Any]:
    name = tidy(row["2ndIndicators"])
    version = {
        "part": "green",
        "theme": f"t{group(row)}",
        "virtue": "achievement",
        "definition": row["formula"] or row["prarm"] or name,
        "unit": tidy(row["unit"]),
        "direction": "less" if FALLING.search(row["2ndIndicators"]) else "more",
        "frequency": "year",
        "source": {"kind": "metric", "metric": code(row)},
        "normalisation": {"method": "minmax", "scale": [60, 100]},
        "missing": "reweight",
        "reading": row["note"],
    }
    return _said(name, name, tidy(row["indexSource"])) | {"versions": {SINCE: version}}


def _index(lines: list[dict[str, str]]) -> dict[str, Any]:
    weighted = [row for row in lines if row["weight"]]
    groups = sorted({group(row) for row in weighted})
    nodes: dict[str, Any] = {}
    for at in groups:
        children = {code(row): float(row["weight"]) for row in weighted if group(row) == at}
        nodes[f"group_{at}"] = {
            "name": f"第{NUMERALS[at - 1]}类",
            "name_en": f"Group {at}",
            "children": children,
        }
    total = {f"group_{at}": round(sum(nodes[f"group_{at}"]["children"].values()), 2) for at in groups}
    nodes["green"] = {"name": "绿色发展指数", "name_en": "Green index", "children": total}
    version = {"nodes": nodes, "total": 100, "rounding": 0.1}
    return _said("绿色发展指数", "Green index", "国家统计局") | {"versions": {SINCE: version}}
