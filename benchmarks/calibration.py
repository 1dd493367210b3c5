"""Calibration against lme4, how it grows, and whether its intervals cover.

    .venv/bin/python -m benchmarks.calibration agree [4 5]     # against lme4, same marks
    .venv/bin/python -m benchmarks.calibration large [6 7]     # time and memory; lme4 beside it at 10^6
    .venv/bin/python -m benchmarks.calibration cover           # 6 x 1,700 officials, intervals and ranks
    .venv/bin/python -m benchmarks.calibration favour          # power and false discoveries of the screen

Synthetic crossed marks, seeded: heavy-tailed raters, ten-point scale, sparse. lme4 is Debian's
r-cran-lme4 with OpenBLAS held to one thread; without R its columns stay empty. Each size runs in a
process of its own, so that peak memory is its own.
"""

import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.measure import peak_gib, write
from hengjian.calibration.favour import Team, reciprocal_pairs
from hengjian.calibration.fitting import Method, fit
from hengjian.calibration.marks import Column, Marks
from hengjian.calibration.ordinal import ordinal_of
from hengjian.calibration.ranks import rank_intervals
from hengjian.calibration.results import Calibration
from hengjian.calibration.screening import leads_at

HERE = Path(__file__).parent
SHAPES = {4: (200, 3_400), 5: (1_700, 34_000), 6: (1_700, 340_000), 7: (10_000, 3_400_000)}
GROUPS, SERVICES = 200, 9
OURS = {"official": "o", "rater": "r", "group": "g", "service": "s", "error": "Residual"}


def columns(power: int, seed: int = 1) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """Official, rater, group, service and mark by row, and the officials' truth in ten-point marks."""
    n, (officials, raters) = 10**power, SHAPES[power]
    draw = np.random.default_rng(seed)
    active = draw.pareto(1.5, raters) + 0.2
    rater = np.concatenate([np.arange(raters), draw.choice(raters, n - raters, p=active / active.sum())])
    group = draw.integers(0, GROUPS, raters)[rater]
    official, service = draw.integers(0, officials, n), draw.integers(0, SERVICES, n)
    truth = draw.normal(0, 0.6, officials)
    hidden = 7 + truth[official] + draw.normal(0, 0.5, raters)[rater] + draw.normal(0, 0.4, GROUPS)[group]
    hidden += draw.normal(0, 0.15, SERVICES)[service] + draw.normal(0, 0.9, n)
    table = np.empty((n, 5), dtype=np.int32)
    table[:, 4] = np.clip(np.rint(hidden), 1, 10)
    for at, column in enumerate((official, rater, group, service)):
        table[:, at] = column
    return table, truth


def marks_of(table: NDArray[Any], step: float = 1.0) -> Marks:
    """The rows as marks."""
    official, rater, group, service = (Column.numbered(table[:, at]) for at in range(4))
    return Marks(table[:, 4].astype(np.int64), official, rater, group, service, step=step)


def lme4(table: NDArray[np.int32], wanted: str) -> tuple[dict[str, float], dict[int, tuple[float, float]]]:
    """What lme4 finds: variances, CPU and memory by name; effects and standard errors by official."""
    if shutil.which("Rscript") is None:
        return {}, {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "marks.bin"
        table.tofile(path)
        script = [str(HERE / "calibration.R"), str(path), str(len(table)), folder, wanted]
        subprocess.run(
            ["Rscript", *script],
            check=True,
            env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
            capture_output=True,
        )
        with (Path(folder) / "found.csv").open() as file:
            found = {row["name"]: float(row["value"]) for row in csv.DictReader(file)}
        effects: dict[int, tuple[float, float]] = {}
        if wanted == "effects":
            with (Path(folder) / "effects.csv").open() as file:
                effects = {
                    int(row["o"]): (float(row["effect"]), float(row["se"])) for row in csv.DictReader(file)
                }
    return found, effects


def timed(marks: Marks) -> tuple[Calibration, float, float]:
    """Our whole fit with standard errors: result, CPU and wall seconds."""
    used, started = time.process_time(), time.perf_counter()
    found = fit(marks, method=Method(bound=None))
    return found, time.process_time() - used, time.perf_counter() - started


def agree(power: int) -> dict[str, Any]:
    """One size: ours against lme4's."""
    table, _ = columns(power)
    fit(marks_of(table[:2000]), method=Method(bound=None))  # first use loads SciPy
    found, cpu, wall = timed(marks_of(table))
    theirs, effects = lme4(table, "effects")
    row: dict[str, Any] = {"marks": len(table), "cpu": cpu, "wall": wall, "peak GiB": peak_gib()}
    if theirs:
        variance = found.components.variance
        names = found.officials.names
        both = np.array([effects[int(name)] for name in names])
        row |= {
            "lme4 cpu fit": theirs["cpu_fit"],
            "lme4 cpu with errors": theirs["cpu_fit"] + theirs["cpu_errors"],
            "fit ratio": cpu / theirs["cpu_fit"],
            "errors ratio": cpu / (theirs["cpu_fit"] + theirs["cpu_errors"]),
            "variance diff": max(abs(variance[k] / theirs[v] - 1) for k, v in OURS.items()),
            "effect diff": float(np.abs(found.officials.effect - both[:, 0]).max()),
            "error diff": float(np.abs(found.officials.error / both[:, 1] - 1).max()),
        }
    receipts = [found.receipt(name) for name in found.officials.names]
    row["receipt"] = max(abs(receipt.by_hand - receipt.final) for receipt in receipts)
    return row


def large(power: int) -> dict[str, Any]:
    """One large size: time and peak memory; lme4's fit beside it at 10^6."""
    table, _ = columns(power)
    marks, before = marks_of(table), peak_gib()
    if power != 6:
        del table
    found, cpu, wall = timed(marks)
    row: dict[str, Any] = {"marks": marks.size, "cpu": cpu, "wall": wall}
    row |= {"peak before": before, "peak GiB": peak_gib(), "rounds": found.components.rounds}
    if power == 6:
        theirs, _ = lme4(table, "fit")
        if theirs:
            row |= {
                "lme4 cpu fit": theirs["cpu_fit"],
                "fit ratio": cpu / theirs["cpu_fit"],
                "lme4 GiB": theirs["kib"] / 2**20,
                "memory ratio": row["peak GiB"] / (theirs["kib"] / 2**20),
            }
    return row


def covering(seed: int, *, clipped: bool, power: int = 5) -> dict[str, float]:
    """Shares of officials whose truth lies in the interval, against the latent and the observed scale."""
    n, (officials, raters) = 10**power, SHAPES[power]
    draw = np.random.default_rng([seed, 9])
    active = draw.pareto(1.5, raters) + 0.2
    rater = np.concatenate([np.arange(raters), draw.choice(raters, n - raters, p=active / active.sum())])
    group_of = draw.integers(0, GROUPS, raters)
    official = draw.integers(0, officials, n)
    truth, lenient = draw.normal(0, 0.9, officials), draw.normal(0, 0.5, raters)
    grouped = draw.normal(0, 0.4, GROUPS)
    centre = 8.0 if clipped else 7.0
    hidden = centre + truth[official] + lenient[rater] + grouped[group_of[rater]] + draw.normal(0, 0.9, n)
    value = np.clip(np.rint(hidden), 1, 10) if clipped else np.rint(hidden * 1000)
    step = 1.0 if clipped else 0.001
    service = np.zeros(n)
    table = np.stack([official, rater, group_of[rater], service, value], axis=1).astype(np.int64)
    found = fit(marks_of(table, step), method=Method(bound=None))
    rows, row = found.officials, {}
    row["latent 95 %"] = _inside(rows.effect, rows.error, truth)
    others = np.sqrt(0.5**2 + 0.4**2 + 0.9**2)
    if clipped:  # what an average rater's ten-point mark is worth to expect, given the truth
        grid = np.arange(1, 11)
        edges = np.concatenate([[-np.inf], grid[:-1] + 0.5, [np.inf]])
        from scipy.special import ndtr

        cells = np.diff(ndtr((edges[:, None] - centre - truth) / others), axis=0)
        row["observed 95 %"] = _inside(rows.effect, rows.error, grid @ cells)
        ordinal = ordinal_of(marks_of(table, step), found.components.ratios)
        for name, values in (("plain", rows.effect), ("ordinal", ordinal.effect)):
            row[f"{name} RMSE of latent"] = _best_line(values, truth)
    ranks = rank_intervals(found, draws=2000, seed=seed)
    true_rank = np.argsort(np.argsort(-truth)) + 1
    row["rank 90 %"] = float(((ranks.low <= true_rank) & (true_rank <= ranks.high)).mean())
    return row


def _inside(effect: NDArray[Any], error: NDArray[Any], truth: NDArray[Any]) -> float:
    return float((np.abs(effect - (truth - truth.mean())) <= 1.959964 * error).mean())


def _best_line(values: NDArray[Any], truth: NDArray[Any]) -> float:
    return float(np.sqrt(((np.polyval(np.polyfit(values, truth, 1), values) - truth) ** 2).mean()))


def cover() -> dict[str, Any]:
    """Six worlds of 1,700 officials: 10^5 marks unclipped and clipped, 10^6 clipped."""
    row: dict[str, Any] = {}
    for clipped in (False, True):
        worlds = [covering(seed, clipped=clipped) for seed in range(6)]
        for name in worlds[0]:
            row[f"{'clipped' if clipped else 'plain'} {name}"] = float(np.mean([w[name] for w in worlds]))
    dense = [covering(seed, clipped=True, power=6) for seed in range(6)]
    for name in dense[0]:
        row[f"clipped at 10^6 {name}"] = float(np.mean([w[name] for w in dense]))
    return row


def favour(worlds: int = 40) -> dict[str, Any]:
    """Screen for mutual favours in 200 teams of nine: honest worlds with genuine liking, planted pairs."""
    row: dict[str, Any] = {}
    for added in (0.0, 1.5, 3.0):
        hit = told = honest = 0
        for seed in range(worlds):
            teams, planted = _teams(seed, added)
            leads = leads_at(reciprocal_pairs(teams), 0.10)
            right = len(planted & {lead.who for lead in leads})
            hit, told, honest = hit + right, told + len(leads), honest + bool(len(leads) - right)
        if added:
            row[f"+{added} power"] = hit / (worlds * 40)
            row[f"+{added} false"] = 1 - hit / max(told, 1)
        else:
            row["honest worlds with a lead"], row["leads per honest world"] = honest / worlds, told / worlds
    return row


def _teams(seed: int, added: float) -> tuple[list[Team], set[tuple[str, ...]]]:
    draw = np.random.default_rng([seed, 3])
    teams, planted, n, indicators = [], set(), 9, 9
    for at in range(200):
        liking = np.triu(draw.normal(0, 0.5, (n, n)), 1)
        marks = 85 + draw.normal(0, 3, n)[:, None] + draw.normal(0, 4, n) + liking + liking.T
        marks = marks + draw.normal(0, 3.0 / np.sqrt(indicators), (n, n))
        names = tuple(f"t{at}p{who}" for who in range(n))
        if added and at < 40:
            marks[0, 1] += added
            marks[1, 0] += added
            planted.add((names[0], names[1]))
        teams.append(Team(names, marks))
    return teams, planted


def _apart(what: str, power: int) -> dict[str, Any]:
    """Measure in a process of its own."""
    told = subprocess.run(
        [sys.executable, "-m", "benchmarks.calibration", f"one-{what}", str(power)],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    found: dict[str, Any] = json.loads(told.stdout.splitlines()[-1])
    return found


def goals_of(what: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """What the issue asks for, held or not."""
    first = rows[0]
    if what == "agree":
        held = [row for row in rows if "fit ratio" in row]
        return {
            "variances within 1e-5": [row["variance diff"] <= 1e-5 for row in held],
            "effects within 1e-5": [row["effect diff"] <= 1e-5 for row in held],
            "standard errors within 1e-4": [row["error diff"] <= 1e-4 for row in held],
            "10^5: at most 1/8 of lme4's fit": [r["fit ratio"] <= 1 / 8 for r in held if r["marks"] == 10**5],
            "10^5: at most 1/100 with errors": [
                r["errors ratio"] <= 0.01 for r in held if r["marks"] == 10**5
            ],
            "receipt within 1e-10": [row["receipt"] <= 1e-10 for row in rows],
        }
    if what == "large":
        six = [row for row in rows if "memory ratio" in row]
        return {
            "10^6: at most 1/25 of lme4's fit": [row["fit ratio"] <= 1 / 25 for row in six],
            "10^6: at most 0.35 of its memory": [row["memory ratio"] <= 0.35 for row in six],
            "10^7: 180 s and 3.5 GiB": [
                row["wall"] <= 180 and row["peak GiB"] <= 3.5 for row in rows if row["marks"] == 10**7
            ],
        }
    if what == "cover":
        return {
            "95 % intervals cover 94-96 % (unclipped)": 0.94 <= first["plain latent 95 %"] <= 0.96,
            "90 % rank intervals cover 88-92 % (unclipped)": 0.88 <= first["plain rank 90 %"] <= 0.92,
        }
    return {"at most 10 % of honest worlds raise a lead": first["honest worlds with a lead"] <= 0.10}


def main() -> None:
    """Measure what was asked for and write its table."""
    what, powers = sys.argv[1], [int(given) for given in sys.argv[2:]]
    if what.startswith("one-"):
        print(json.dumps({"one-agree": agree, "one-large": large}[what](powers[0])))
        return
    if what in {"agree", "large"}:
        rows = [_apart(what, power) for power in powers or ([4, 5] if what == "agree" else [6, 7])]
    else:
        rows = [cover() if what == "cover" else favour()]
    write(f"calibration_{what}", rows, goals_of(what, rows))


if __name__ == "__main__":
    main()
