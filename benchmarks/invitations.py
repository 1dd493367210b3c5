"""A simulated day of invitations with failures injected: each is sent once or listed, all in time.

``python -m benchmarks.invitations [500000]``. Synthetic; time is simulated, the database is not.
"""

import json
import os
import platform
import resource
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

AT_ONCE = 250  # claimed in one commit; what a killed worker leaves open is at most so many
RESULTS = Path(__file__).parent / "results"


def main(size: int) -> None:
    """Make a throw-away database, run the day, hold every invitation against the promise."""
    from hengjian.database import EmbeddedServer

    with tempfile.TemporaryDirectory(prefix="hengjian-bench-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        with EmbeddedServer(folder) as server:
            os.environ |= {
                "DATABASE_URL": server.url, "HENGJIAN_DATA": name,
                "HENGJIAN_SECRET_KEY": "for a benchmark only",
                "DJANGO_SETTINGS_MODULE": "hengjian.config.settings",
            }  # fmt: skip
            _run(size)


def _run(size: int) -> None:
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0, interactive=False)
    from hengjian.policy import folder
    from hengjian.proof.blind_keys import SecretKey
    from hengjian.ratings.invitations.models import Delivery, Ending, Invitation
    from tests import sample_day

    sample_day.people()
    policy, keys = folder.load(folder.shipped()["seed"]), [SecretKey.generated()]
    began = time.perf_counter()
    sample_day.admitted(size, policy, keys)
    taken_in = time.perf_counter() - began
    began = time.perf_counter()
    ways = sample_day.delivered(policy, at_once=AT_ONCE)[1]
    sending = time.perf_counter() - began
    faults = sample_day.faults(ways)
    told = {
        "invitations": Invitation.objects.count(),
        "sent": Delivery.objects.filter(sent=True).count(),
        "tried_in_vain": Delivery.objects.filter(sent=False).count(),
        "listed": dict(Counter(Ending.objects.values_list("reason", flat=True))),
        "deaths": sum(way.deaths for way in ways.values()),
        "faults": len(faults),
        "admitted_per_second": round(size / taken_in),
        "settled_per_second": round(size / sending),
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "python": platform.python_version(),
    }
    connection.close()
    print(json.dumps(told, ensure_ascii=False, indent=1))
    for fault in faults[:20]:
        print("FAULT", fault)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "invitations.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    if faults:
        sys.exit(1)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 500_000)
