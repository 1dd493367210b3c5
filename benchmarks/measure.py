"""What the benchmarks share: best of several runs in wall and CPU time, peak memory, results as JSON."""

import json
import platform
import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"


def best(run: Callable[[], Any], times: int = 3) -> dict[str, float]:
    """Least wall and CPU time of some runs, in seconds; CPU counts all threads."""
    wall, cpu = [], []
    for _ in range(times):
        started, used = time.perf_counter(), time.process_time()
        run()
        wall.append(time.perf_counter() - started)
        cpu.append(time.process_time() - used)
    return {"wall": min(wall), "cpu": min(cpu)}


def peak_gib() -> float:
    """Most memory that this process has held, in GiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def free_gib() -> float:
    """Memory that can still be had on this machine, in GiB."""
    for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
        if line.startswith("MemAvailable"):
            return int(line.split()[1]) / 2**20
    return 0.0


def write(name: str, rows: list[dict[str, Any]], goals: dict[str, Any]) -> None:
    """Write results/NAME.json and print the table."""
    RESULTS.mkdir(exist_ok=True)
    machine = {"python": platform.python_version(), "machine": platform.machine()}
    text = json.dumps({"machine": machine, "rows": rows, "goals": goals}, indent=1, ensure_ascii=False)
    (RESULTS / f"{name}.json").write_text(text + "\n", encoding="utf-8")
    heads = list(rows[0])
    print(" | ".join(f"{head:>16}" for head in heads))
    for row in rows:
        print(" | ".join(f"{_short(row.get(head)):>16}" for head in heads))
    for goal, held in goals.items():
        print(f"{goal}: {held}")


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
