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
from hengjian.policy import load
from hengjian.scoring.workings import flat, workings
from tests.sample_facts import facts

ROOT = Path(__file__).resolve().parents[1]
SEATS = 1700


def main() -> None:
    """Print what it takes."""
    snapshot = facts(SEATS, cases=20)
    policy = load(ROOT / "policies" / "seed").in_force(snapshot.cycle.on)
    print(f"{SEATS} seats, {len(snapshot.marks)} records of marks, {len(snapshot.cases)} cases (synthetic)")
    made, found = timed(lambda: workings(snapshot, policy), repeat=7)
    figures = sum(column.size for column in found.columns().values())
    print(f"all columns of all workings:  {made[0]:8.1f} ms wall, {made[1]:8.1f} ms CPU, {figures} figures")
    first, _ = timed(lambda: workings(snapshot, policy).tree(found.seats[-1]), repeat=3)
    print(f"columns and one tree:         {first[0]:8.1f} ms wall, {first[1]:8.1f} ms CPU")
    one, _ = timed(lambda: found.tree(found.seats[0]), repeat=7)
    print(f"one more tree:                {one[0]:8.2f} ms wall")
    # fresh workings each time: steps that several lines of a seat share are written once
    stream, _ = timed(lambda: deque(workings(snapshot, policy).trees(), maxlen=0), repeat=3)
    print(f"columns, trees one by one:    {stream[0]:8.1f} ms wall, {stream[1]:8.1f} ms CPU")
    every, trees = timed(lambda: list(workings(snapshot, policy).trees()), repeat=3)
    steps = [step for tree in trees for step in flat(tree)]
    print(f"columns, all trees kept:      {every[0]:8.1f} ms wall, {every[1]:8.1f} ms CPU")
    distinct = len({id(step) for step in steps})
    print(f"                              {len(steps)} steps, {distinct} of them distinct")


if __name__ == "__main__":
    main()
