"""1,700 officials with full workings, measured three ways (goal: at most 150 ms).

What is measured: every figure of every step of all officials, as columns (this is what the goal is
held against: nothing that a tree shows is missing in the columns and the records); one official's
tree, which is what a page of the console asks for; and the trees of all officials as Python
objects, written out one after the other and kept all at once. No part of the program does the
last: a bundle holds facts, rules and figures, and whoever verifies it recomputes the trees. The
goal does not hold for it: some 80,000 steps with their words and inputs cost several microseconds each.

Run: python -m benchmarks.workings
"""

from collections import deque
from pathlib import Path

from benchmarks.assess_pure import timed
from benchmarks.measure import write
from hengjian.policy import load
from hengjian.scoring.workings import flat, workings
from tests.sample_facts import facts

ROOT = Path(__file__).resolve().parents[1]
SEATS = 1700
GOAL_MS = 150.0


def main() -> None:
    """Print what it takes, and write it down."""
    snapshot = facts(SEATS, cases=20)
    policy = load(ROOT / "policies" / "seed").in_force(snapshot.cycle.on)
    print(f"{SEATS} seats, {len(snapshot.marks)} records of marks, {len(snapshot.cases)} cases (synthetic)")
    columns, found = timed(lambda: workings(snapshot, policy), repeat=7)
    figures = sum(column.size for column in found.columns().values())
    one, _ = timed(lambda: workings(snapshot, policy).tree(found.seats[-1]), repeat=3)
    more, _ = timed(lambda: found.tree(found.seats[0]), repeat=7)
    # fresh workings each time: steps that several lines of a seat share are written once
    stream, _ = timed(lambda: deque(workings(snapshot, policy).trees(), maxlen=0), repeat=3)
    every, trees = timed(lambda: list(workings(snapshot, policy).trees()), repeat=3)
    steps = [step for tree in trees for step in flat(tree)]
    rows = [
        {"measured": "all columns", "wall_ms": columns[0], "cpu_ms": columns[1], "of": figures},
        {"measured": "columns, one tree", "wall_ms": one[0], "cpu_ms": one[1], "of": 1},
        {"measured": "one more tree", "wall_ms": more[0], "cpu_ms": more[1], "of": 1},
        {"measured": "trees one by one", "wall_ms": stream[0], "cpu_ms": stream[1], "of": SEATS},
        {"measured": "all trees kept", "wall_ms": every[0], "cpu_ms": every[1], "of": len(steps)},
    ]
    goals = {
        "1,700 officials with full workings as columns in 150 ms": columns[0] <= GOAL_MS,
        "the same with every tree written out in 150 ms": stream[0] <= GOAL_MS,
        "distinct steps": len({id(step) for step in steps}),
    }
    write("workings", rows, goals)


if __name__ == "__main__":
    main()
