"""One table per post: officials x 9 indicators, weights by card, ranks inside comparable groups.

    .venv/bin/python -m benchmarks.posts [largest power of ten, default 7]

Synthetic data, seeded: 9 cards, one group for each thousand officials, a gap in one cell of fifty.
"""

import sys
from typing import Any

import numpy as np

from benchmarks.measure import best, peak_gib, write
from hengjian.scoring.engine import Cells, Leaf, Node, Normalise, Plan, result_hash, score

CARDS = np.array([[10, 10, 10, *zone, *post] for zone in ((25, 8, 7), (7, 25, 8), (8, 7, 25))
                  for post in ((10, 10, 10), (13, 13, 4), (15, 5, 10))], dtype=np.float64)  # fmt: skip


def plan() -> Plan:
    """Nine leaves in three parts beside the total, as SPEC A2 has it."""
    spec = Normalise("goalposts", low=0.0, high=100.0)
    codes = tuple(f"i{at}" for at in range(9))
    nodes = tuple(Node(f"part{k}", codes[3 * k : 3 * k + 3]) for k in range(3))
    leaves = tuple(Leaf(code, normalise=spec) for code in codes)
    return Plan(leaves, (*nodes, Node("total", codes)), CARDS, rank_within="group", step=0.01)


def cells(n: int) -> Cells:
    """Officials with marks to two decimals, some missing."""
    rng = np.random.default_rng(3)
    values = np.empty((9, n)).T
    for at in range(9):
        values[:, at] = np.round(rng.random(n) * 100, 2)
        values[rng.integers(0, n, n // 50), at] = np.nan
    groups = {"group": rng.integers(0, max(n // 1000, 1), n)}
    return Cells(values, card=rng.integers(0, len(CARDS), n), groups=groups)


def measure(n: int) -> dict[str, Any]:
    """One row of the table."""
    of, facts = plan(), cells(n)
    score(of, facts.rows(slice(0, 10)), "kernel", workings=False)
    plain = best(lambda: score(of, facts, "kernel", workings=False, rank=False))
    ranked = best(lambda: score(of, facts, "kernel", workings=False))
    row = {
        "officials": n,
        "score cpu": plain["cpu"],
        "with ranks cpu": ranked["cpu"],
        "with ranks wall": ranked["wall"],
        "peak GiB": peak_gib(),
    }
    if n <= 10**5:
        one, other = (result_hash(score(of, facts, engine)) for engine in ("reference", "kernel"))
        row["same hash"] = one == other
    return row


def main() -> None:
    """Measure and write the table."""
    last = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    rows = [measure(10**power) for power in range(3, last + 1)]
    large = [row["with ranks cpu"] <= 2.0 for row in rows if row["officials"] == 10**7]
    write("posts", rows, {"10^7 officials x 9 with ranks in 2 s CPU": large})


if __name__ == "__main__":
    main()
