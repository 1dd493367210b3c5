"""Two that press the same button at once: one wins, the other is told the present state."""

import json
import subprocess
import sys

from tests.unit.cycles.test_killed import Zygote, zygote  # noqa: F401

RACE = """
import json, sys, threading
import django
django.setup()
from django.db import connections
from hengjian.cycles import operations
from hengjian.terms.errors import Refused
from tests.unit.cycles.small_city import audit
start, said = threading.Barrier(4), []
def press():
    start.wait()
    try:
        operations.freeze("race", audit())
        said.append("won")
    except Refused as refusal:
        said.append(refusal.what)
    finally:
        connections.close_all()
threads = [threading.Thread(target=press) for _ in range(4)]
[t.start() for t in threads]
[t.join() for t in threads]
print(json.dumps(said))
"""


def test_one_wins(zygote: Zygote) -> None:  # noqa: F811
    assert zygote.do("open", "race")[0]
    done = subprocess.run(
        [sys.executable, "-c", RACE],
        env=zygote.environment,
        cwd=zygote.root,
        capture_output=True,
        text=True,
        check=True,
    )
    said = json.loads(done.stdout)
    assert said.count("won") == 1
    assert all("已冻结" in other for other in said if other != "won"), said
    assert zygote.look("race")["snapshots"] == 1
