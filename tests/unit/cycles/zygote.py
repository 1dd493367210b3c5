"""A process with Django ready that forks a child for each deed, so that the child can be killed.

Reads lines ``deed cycle [n]``; with n the child kills itself after its n-th statement. Writes the
child's number, then ``ended``. ``look`` answers with JSON.
"""

import json
import os
import signal
import sys
from pathlib import Path

import django

django.setup()

from django.db import connections  # noqa: E402

from tests.unit.cycles import small_city as city  # noqa: E402

FOLDER = Path(sys.argv[1])
ROWS = 400


def _import(number: str) -> None:
    from decimal import Decimal

    from hengjian.evidence.feeds.declaration import Feed  # noqa: F401
    from hengjian.evidence.feeds.folder import direct_feed
    from hengjian.evidence.operations import admit
    from hengjian.evidence.records import MetricDraft

    town = city.TWO[0].code
    rows = [MetricDraft(town, f"m{n}-{number}", "2025-H1", Decimal(n), "个", source="t") for n in range(ROWS)]
    admit(rows, direct_feed("metric", f"feed-{number}", "批"), by="t", now=city.NOW)


def _deed(deed: str, number: str) -> None:
    from hengjian.cycles import operations

    if deed == "build":
        city.build()
    elif deed == "import":
        _import(number)
    elif deed == "open":
        city.open_one(number)
    elif deed == "review":
        operations.review(number, city.audit("leader", "已核对"))
    elif deed == "publish":
        operations.publish(number, city.audit(), FOLDER)
    else:
        getattr(operations, deed)(number, city.audit())


class _KilledAfter:
    """Kill -9 this process when so many statements were carried out."""

    def __init__(self, count: int) -> None:
        self.left = count

    def __call__(self, execute, sql, params, many, context):
        found = execute(sql, params, many, context)
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return found


def look(number: str) -> dict[str, object]:
    """Everything that must fit together, read from the database and the folder."""
    from hengjian.cycles.models import Cycle, Publication
    from hengjian.evidence.models import Batch, Metric
    from hengjian.scoring.verify import verify_bundle

    cycle = Cycle.objects.filter(pk=number).first()
    made = Publication.objects.filter(cycle=number).first()
    files = sorted(FOLDER.glob("*.hjb"))
    return {
        "state": cycle.state if cycle else "",
        "trail": list(cycle.audit.order_by("id").values_list("target", flat=True)) if cycle else [],
        "snapshots": cycle.snapshots.count() if cycle else 0,
        "sheets": cycle.sheets.count() if cycle else 0,
        "published": Path(made.path).is_file() if made else None,
        "bundles_whole": all(verify_bundle(file).ok for file in files),
        "batches": Batch.objects.filter(feed=f"feed-{number}").count(),
        "records": Metric.objects.filter(feed=f"feed-{number}").count(),
    }


def child(deed: str, number: str, after: list[str]) -> None:
    """Do one deed in a process of its own."""
    if deed == "look":
        print(json.dumps(look(number)), flush=True)  # noqa: T201
    elif after:
        with connections["default"].execute_wrapper(_KilledAfter(int(after[0]))):
            _deed(deed, number)
    else:
        _deed(deed, number)
    connections.close_all()
    os._exit(0)


def main() -> None:
    """Serve deeds until the input ends."""
    for line in sys.stdin:
        deed, number, *after = line.split()
        pid = os.fork()
        if pid == 0:
            child(deed, number, after)
        if deed != "look":
            print(pid, flush=True)  # noqa: T201
        _pid, status = os.waitpid(pid, 0)
        print(f"ended {status}", flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
