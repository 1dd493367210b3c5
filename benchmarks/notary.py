"""The log against pymerkle: bulk entries made durable, numbered and signed; proofs; ten million entries.

    .venv/bin/python -m benchmarks.notary [entries in bulk, 300000] [entries of the large log, 10000000]

Ratios in one run, on PostgreSQL with fsync. Synthetic contents. The bulk: one process appends by
transactions of 50,000 rows (salted, committed), another numbers and signs; the time runs until the last
head is signed. Beside it pymerkle's bare ``append_entries`` of entries of the same length into its SQLite
file and into memory. The large log's tiles are built for good from that many different entries, without the
rows around them.
"""

import os
import resource
import secrets
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

from benchmarks.measure import write

BLOCK = 50_000
DAY = date(2026, 3, 5)
NOW = datetime(2026, 3, 6, tzinfo=UTC)
PROOFS = 2_000


def _append(total: int) -> None:
    """In a process of its own: rows as the rooms below would hand them over."""
    from django.db import connection, transaction

    from hengjian.notary.operations import append_many

    connection.close()
    for start in range(0, total, BLOCK):
        rows = [(str(at), b'{"n":%d}' % at, None) for at in range(start, min(total, start + BLOCK))]
        with transaction.atomic():
            append_many("bench.row", rows, DAY)


def bulk(total: int) -> float:
    """Entries a second, from the first append until the last head is signed."""
    from django.db import connection

    from hengjian.notary import heads
    from hengjian.notary.models import Head
    from hengjian.notary.protected import Protected, protect
    from hengjian.notary.sequencing import Sequencer
    from hengjian.proof.notes import Ed25519Signer
    from hengjian.proof.tree import EMPTY_ROOT

    protect(Protected("bench.row"))
    Head.objects.create(size=0, root=EMPTY_ROOT, at=NOW)
    connection.close()
    begun = time.perf_counter()
    if (child := os.fork()) == 0:
        try:
            _append(total)
        finally:
            os._exit(0)
    sequencer, signer = Sequencer(), Ed25519Signer("bench.example.test", bytes(32))
    while sequencer.edge.size < total:
        if sequencer.step(NOW) is None:
            time.sleep(0.01)
            continue
        head = heads.last_head()
        assert head is not None
        heads.sign(head, [signer], NOW)
    took = time.perf_counter() - begun
    os.waitpid(child, 0)
    sequencer.release()
    return total / took


def pymerkle_bulk(total: int, tree: Any) -> float:
    """Entries a second of pymerkle's bare bulk insert (its in-memory tree has only single appends)."""
    length = 170
    entries = [b"%0*d" % (length, at) for at in range(total)]
    begun = time.perf_counter()
    if hasattr(tree, "append_entries"):
        tree.append_entries(entries)
    else:
        for entry in entries:
            tree.append_entry(entry)
    return total / (time.perf_counter() - begun)


def timed(prove: Callable[[int], Any], size: int, times: int) -> float:
    """Median seconds of a proof for leaves drawn by chance."""
    draw, took = Random(7), []
    for _ in range(times):
        index = draw.randrange(size)
        begun = time.perf_counter()
        prove(index)
        took.append(time.perf_counter() - begun)
    return median(took)


def grow_tiles(since: int, total: int) -> None:
    """Make the log larger by its tiles and head only: the entries are different ones, hashed for good."""
    from django.db import transaction

    from hengjian.notary import storage
    from hengjian.notary.growth import Growth

    edge = storage.load_edge(since)
    while edge.size < total:
        count = min(BLOCK * 2, total - edge.size)
        grown = edge.add([b"entry %d" % at for at in range(edge.size, edge.size + count)])
        with transaction.atomic(), storage.plain_cursor() as cursor:
            storage.write_growth(cursor, Growth(grown.tiles, {}))
    with storage.plain_cursor() as cursor:
        storage.write_head(cursor, total, edge.root(), NOW)


def main() -> None:
    """Measure everything in one run."""
    total = int(sys.argv[1]) if len(sys.argv) > 1 else 300_000
    large = int(sys.argv[2]) if len(sys.argv) > 2 else 10_000_000
    with tempfile.TemporaryDirectory(prefix="hengjian-bench-") as folder:
        Path(folder).chmod(0o711)
        os.environ["HENGJIAN_DATA"] = folder
        os.environ["HENGJIAN_SECRET_KEY"] = secrets.token_urlsafe(40)
        os.environ.pop("DATABASE_URL", None)
        from hengjian.cli.session import django_ready

        with django_ready():
            rows, goals = _measure(total, large, Path(folder))
    write("notary", rows, goals)


def _measure(total: int, large: int, folder: Path) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    from pymerkle import InmemoryTree, SqliteTree

    from hengjian.notary import guard, queries
    from hengjian.notary.models import Head
    from hengjian.proof.tree import leaf_hash, verify_inclusion

    size = 200_000
    stored, held = SqliteTree(str(folder / "pymerkle.db")), InmemoryTree()
    bulks = (pymerkle_bulk(total, stored), pymerkle_bulk(size, held))
    proofs = [timed(lambda at, t=t: t.prove_inclusion(at + 1, size), size, 30) for t in (stored, held)]
    ours = bulk(total)
    our_proof = timed(lambda at: queries.path_of(at, size), size, PROOFS)
    grow_tiles(total, large)
    root = guard.root_at(large)
    assert root == bytes(Head.objects.get(pk=large).root)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    large_proof = timed(lambda at: queries.path_of(at, large), large, PROOFS)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    for at in (total, large // 2, large - 1):
        verify_inclusion(at, large, leaf_hash(b"entry %d" % at), root, queries.path_of(at, large))
    rows = [
        _row("bulk, entries/s", ours, *bulks),
        _row(f"proof at {size}, ms p50", our_proof * 1e3, *(one * 1e3 for one in proofs)),
        _row(f"proof at {large}, ms p50", large_proof * 1e3),
        _row(f"MiB more after {PROOFS} proofs", grown),
    ]
    goals = {
        "bulk >= 60,000/s or half of pymerkle's SQLite bulk insert": bool(
            ours >= 60_000 or ours >= bulks[0] / 2
        ),
        "proof at 200,000 >= 10 x faster than pymerkle's SqliteTree": bool(proofs[0] >= 10 * our_proof),
        "p50 at the large log <= 1 ms": bool(large_proof <= 1e-3),
        "memory flat": bool(grown < 16),
    }
    return rows, goals


def _row(what: str, ours: float, stored: float | None = None, held: float | None = None) -> dict[str, Any]:
    return {"what": what, "ours": ours, "pymerkle SqliteTree": stored, "pymerkle InmemoryTree": held}


if __name__ == "__main__":
    main()
