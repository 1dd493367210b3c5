"""A process that has loaded everything and forks: sequencers to be killed, and a load that is not.

Commands on standard input, one a line: ``run`` (a sequencer: turn after turn until killed), ``load FILE``
(append until ``stop``; what was committed is noted in the file), ``stop``, ``drain``.
"""

import os
import random
import signal
import sys
import traceback
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import django

STOP = {"now": False}


def setup_of(root: Path):
    from hengjian.notary.folder import Folder, load_key
    from hengjian.notary.running import Setup
    from hengjian.notary.trusting import read_trust

    folder = Folder(root)
    signer = load_key(folder)
    return Setup(folder, [signer], read_trust(folder.trust, signer), timedelta(hours=1))


def sequence(root: Path, *, until_empty: bool = False) -> None:
    from hengjian.notary import queries
    from hengjian.notary.running import Notary

    running = Notary(setup_of(root), datetime.now(UTC))
    print("up", flush=True)  # noqa: T201
    while True:
        running.turn(datetime.now(UTC))
        if until_empty and not queries.pending():
            running.close()
            return


def load(note: Path) -> None:
    """Transactions of all sizes, some rolled back; a line in the note after each commit."""
    import time

    from django.db import transaction

    from hengjian.notary.operations import append_many

    signal.signal(signal.SIGTERM, lambda *_: STOP.update(now=True))
    draw, number = random.Random(), 0
    with note.open("a") as file:
        while not STOP["now"]:
            count = draw.choice([1, 1, 2, 5, 40, 300])
            keys = [str(number + at) for at in range(count)]
            number += count
            kind = draw.choice(["test.note", "test.ballot"])
            back = draw.random() < 0.1
            with transaction.atomic():
                append_many(kind, [(key, b"content", None) for key in keys], date(2026, 3, 5))
                time.sleep(draw.choice([0, 0, 0.02]))
                transaction.set_rollback(back)
            if not back:
                file.write("".join(f"{kind} {key}\n" for key in keys))
                file.flush()
            time.sleep(draw.uniform(0, 0.01))


def fork(work) -> int:
    from django.db import connection

    connection.close()
    told, tell = os.pipe()
    pid = os.fork()
    if pid:
        os.close(told)
        print(pid, flush=True)  # noqa: T201
        os.close(tell)
        return pid
    os.close(tell)
    os.read(told, 1)  # the number of this process is said first
    code = 1
    try:
        work()
        code = 0
    except BaseException:  # noqa: BLE001 - the forked process tells why it ended
        traceback.print_exc()
    finally:
        os._exit(code)


def main() -> None:
    django.setup()
    from hengjian.notary import protected

    protected.protect(protected.Protected("test.note"), protected.Protected("test.ballot", shuffled=True))
    root, loading = Path(sys.argv[1]), 0
    for line in sys.stdin:
        word, _, rest = line.strip().partition(" ")
        if word == "load":
            loading = fork(lambda note=Path(rest): load(note))
            continue
        if word == "stop":
            os.kill(loading, signal.SIGTERM)
            child = loading
        else:
            child = fork(lambda empty=word == "drain": sequence(root, until_empty=empty))
        _pid, status = os.waitpid(child, 0)
        print(f"ended {os.waitstatus_to_exitcode(status)}", flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
