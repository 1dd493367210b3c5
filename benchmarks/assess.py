"""The whole of ``hengjian assess`` for the demonstration city: from the database to the bundle.

    .venv/bin/python -m benchmarks.assess [runs, default 3]

Builds the synthetic city in a data folder of its own, then opens, freezes, scores and writes the
bundle of fresh cycles on the same facts. Each row is the best of the runs, in milliseconds; the
ratio is to the pure assessment (snapshot and policy in memory to sheet) of the same run.
"""

import os
import shutil
import sys
import tempfile
from pathlib import Path
from time import perf_counter, process_time

from benchmarks.measure import peak_gib, write
from hengjian.cli.session import django_ready


def timed(work):
    """Result, wall and CPU milliseconds of one call (CPU of this process; the server's is apart)."""
    wall, cpu = perf_counter(), process_time()
    found = work()
    return found, (perf_counter() - wall) * 1e3, (process_time() - cpu) * 1e3


def one(run: int, folder: Path) -> dict[str, tuple[float, float]]:
    """One cycle from open to bundle, step by step."""
    from hengjian.cycles import bundles, operations, storing
    from hengjian.cycles.operations import NewCycle
    from hengjian.cycles.transitions import Audit
    from hengjian.demo.figures import PERIODS
    from hengjian.demo.operations import cut_off
    from hengjian.scoring.assess import assess

    period = PERIODS[1]
    audit, number = Audit("bench", cut_off(period)), f"bench-{run}"
    terms = NewCycle(number, number, period.text, "seed", period.end, cut_off(period), synthetic=True)
    operations.open_cycle(terms, audit)
    times = {}
    frozen, *times["freeze"] = timed(lambda: operations.freeze(number, audit))
    scored, *times["score"] = timed(lambda: operations.score(number, audit))
    _none, *times["bundle"] = timed(lambda: bundles.write_to(scored, folder / f"{number}.hjb"))
    facts, policy = storing.snapshot_of(frozen), storing.policy_of(frozen)
    _sheet, *times["pure assess"] = timed(lambda: assess(facts, policy))
    return times


def main(runs: int) -> None:
    """Build the city, measure, print and keep the table."""
    base = Path(tempfile.mkdtemp(prefix="hengjian-bench-"))
    base.chmod(0o711)
    os.environ["HENGJIAN_DATA"] = str(base / "data")
    try:
        with django_ready() as folder:
            from hengjian.demo.operations import build

            build(folder / "demo", folder / "bundles", b"bench", lambda zh, _en: print("  ", zh))
            table = [one(run, base) for run in range(runs)]
    finally:
        shutil.rmtree(base, ignore_errors=True)
    best = {
        step: {"wall_ms": min(t[step][0] for t in table), "cpu_ms": min(t[step][1] for t in table)}
        for step in table[0]
    }
    steps = ("freeze", "score", "bundle")
    whole = min(sum(t[step][0] for step in steps) for t in table)
    pure = best["pure assess"]["wall_ms"]
    rows = [
        {
            "step": step,
            **{k: round(v, 1) for k, v in held.items()},
            "x_pure": round(held["wall_ms"] / pure, 2),
        }
        for step, held in best.items()
    ]
    rows.append({"step": "whole", "wall_ms": round(whole, 1), "x_pure": round(whole / pure, 2)})
    write("assess", rows, {"seats": 108, "peak_gib": round(peak_gib(), 2), "runs": runs})


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
