"""1,700 officials with full workings (goal: at most 150 ms), and the trees written out one by one.

Run: python -m benchmarks.workings
"""

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
    every, trees = timed(lambda: list(found.trees()), repeat=3)
    steps = sum(1 for tree in trees for _ in flat(tree))
    print(f"every tree as objects:        {every[0]:8.1f} ms wall, {every[1]:8.1f} ms CPU, {steps} steps")


if __name__ == "__main__":
    main()
