"""The pure assessment without a database: snapshot to sheet, part by part, and how it grows.

Run: python -m benchmarks.assess_pure [seats ...]
"""

import resource
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time

from hengjian.policy import PolicyFolder, load
from hengjian.scoring.bundle import write_bundle
from hengjian.scoring.computing import work
from hengjian.scoring.record import snapshot_root, write_parts
from hengjian.scoring.rules import rules_of
from hengjian.scoring.sheeting import sheet_of
from hengjian.scoring.verify import verify_bundle
from tests.sample_facts import facts

ROOT = Path(__file__).resolve().parents[1]


def timed(work, repeat: int = 3):
    """The best CPU and wall time of a few runs, in milliseconds, and the result."""
    best, found = (float("inf"), float("inf")), None
    for _ in range(repeat):
        wall, cpu = perf_counter(), process_time()
        found = work()
        best = min(best, ((perf_counter() - wall) * 1e3, (process_time() - cpu) * 1e3))
    return best, found


def measure(folder: PolicyFolder, size: int) -> list[float]:
    """Milliseconds for columns, parts, sheet and verification of so many seats."""
    snapshot = facts(size, cases=20)
    rules = rules_of(folder.in_force(snapshot.cycle.on), snapshot.seats)
    columns, found = timed(lambda: work(snapshot, rules))
    parts, root = timed(lambda: snapshot_root(write_parts(snapshot)))
    sheet, made = timed(lambda: sheet_of(found, root))
    with TemporaryDirectory() as place:
        path = Path(place) / "bundle.hjb"
        write_bundle(path, snapshot, folder, made)
        verify, outcome = timed(lambda: verify_bundle(path, made.root), repeat=1)
    assert outcome.ok
    return [columns[0], parts[0], sheet[0], verify[0]]


def main(sizes: list[int]) -> None:
    """Print one line for each number of seats."""
    folder = load(ROOT / "policies" / "seed")
    print(f"{'seats':>8} {'columns ms':>11} {'parts ms':>9} {'sheet ms':>9} {'verify ms':>10} {'RSS MiB':>8}")
    for size in sizes:
        held = measure(folder, size)
        rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"{size:>8} {held[0]:>11.1f} {held[1]:>9.1f} {held[2]:>9.1f} {held[3]:>10.1f} {rss:>8.0f}")


if __name__ == "__main__":
    main([int(text) for text in sys.argv[1:]] or [108, 1700, 17000])
