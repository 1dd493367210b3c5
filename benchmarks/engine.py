"""50 indicators x 4 levels, 10^3 to 10^7 units: kernel against reference and copy bandwidth.

    .venv/bin/python -m benchmarks.engine [largest power of ten, default 7]

Synthetic data, seeded. The kernel's figure is the whole of ``score`` without workings and ranks, with
fixed goalposts (one pass over the cells); ``minmax`` adds the pass that finds the ends.
"""

import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.measure import best, free_gib, peak_gib, write
from hengjian.scoring.engine import Cells, Leaf, Node, Normalise, Plan, score

LEAVES = 50


def plan(method: str) -> Plan:
    """Fifty leaves, ten pillars, two halves, one total."""
    spec = Normalise(method, low=0.0, high=1.0)  # type: ignore[arg-type]
    leaves = tuple(Leaf(f"i{at}", normalise=spec) for at in range(LEAVES))
    weights = np.random.default_rng(2).random(LEAVES) + 0.1
    nodes = [
        Node(
            f"p{k}",
            tuple(f"i{at}" for at in range(5 * k, 5 * k + 5)),
            tuple(weights[5 * k : 5 * k + 5].tolist()),
        )
        for k in range(10)
    ]
    nodes += [Node(f"h{k}", tuple(f"p{at}" for at in range(5 * k, 5 * k + 5)), (1.0,) * 5) for k in range(2)]
    return Plan(leaves, (*nodes, Node("t", ("h0", "h1"), (1.0, 2.0))))


def copying(values: NDArray[np.float64], times: int) -> dict[str, float]:
    """Time to copy the values into memory that is already there."""
    other = np.zeros_like(values)
    return best(lambda: np.copyto(other, values), times)


def measure(n: int) -> dict[str, Any]:
    """One row of the table."""
    values = np.random.default_rng(1).random((LEAVES, n)).T
    cells = Cells(values)
    fixed, spread = plan("goalposts"), plan("minmax")
    times = 7 if n <= 10**6 else 3

    def run(engine: str, of: Plan) -> None:
        score(of, cells, engine, workings=False, rank=False)  # type: ignore[arg-type]

    run("kernel", fixed)
    copy = copying(values, times)
    kernel = best(lambda: run("kernel", fixed), times)
    minmax = best(lambda: run("kernel", spread), 2)
    reference = best(lambda: run("reference", fixed), 1 if n > 10**6 else 2)
    return {
        "units": n,
        "copy GB/s": values.nbytes / copy["wall"] / 1e9,
        "kernel GB/s": values.nbytes / kernel["wall"] / 1e9,
        "kernel/copy": copy["wall"] / kernel["wall"],
        "kernel wall": kernel["wall"],
        "kernel cpu": kernel["cpu"],
        "minmax wall": minmax["wall"],
        "reference cpu": reference["cpu"],
        "ref/kernel cpu": reference["cpu"] / kernel["cpu"],
        "peak GiB": peak_gib(),
    }


def main() -> None:
    """Measure sizes up to what memory allows and write the table."""
    rows = []
    for power in range(3, int(sys.argv[1]) + 1 if len(sys.argv) > 1 else 8):
        need = 10**power * (2 * LEAVES + 2 * 13) * 8 / 2**30
        if need > 0.8 * free_gib():
            print(f"10^{power}: {need:.1f} GiB needed, {free_gib():.1f} free: left out")
            break
        rows.append(measure(10**power))
    million = [row for row in rows if row["units"] == 10**6]
    goals = {
        "kernel at 10^6 reaches 70 % of the copy bandwidth": [row["kernel/copy"] >= 0.7 for row in million],
        "reference within 8 x of the kernel (CPU)": [row["ref/kernel cpu"] <= 8 for row in million],
    }
    write("engine", rows, goals)


if __name__ == "__main__":
    main()
