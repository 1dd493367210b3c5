"""Ballots a second beside pgbench's single-row inserts: same server, same rows, same run, fsync on.

    .venv/bin/python -m benchmarks.ballots [seconds each, 5] [rounds, 3] [ballots in the box, 1000000]

Ours: one process; 64 or 256 senders, each waiting for its answer before it sends the next; a ballot is
answered after its token (RFC 9474, 3072 bits) is verified, the box has been asked whether the token or the
receipt stands there, and its row is durable. Tokens are signed and ballots filled in beforehand. pgbench: as
many connections, prepared statements, two threads; the same row into a table with the same columns,
constraints and indexes; no token verified, no box asked. Rounds alternate; the median counts; CPU is that of
both ends, and says more than the rate on a busy machine. ``stored``: the same again with so many ballots in
the box; ``night``: how fast the night put what had come in into the box and the log. Synthetic ballots.
"""

import asyncio
import os
import re
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, date, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.measure import write

DAY = date(2026, 3, 5)
TOKENS = 26_000  # made for each second: more than can be sent
SINGLE = """INSERT INTO bench_single (digest, id, key, receipt, mark, tags, comment, how, "on")
SELECT d.t, gen_random_uuid(), '\\x{key}', d.t, 8, '{{kind,quick}}', 'a comment of some length', 'self',
       '2026-03-05'
FROM (SELECT uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) AS t) AS d;
"""
FULL = """INSERT INTO ballots_ballot (id, key_id, token, receipt, mark, tags, comment, how, "on")
SELECT gen_random_uuid(), %s, encode(sha256(n::text::bytea), 'hex'), encode(sha256(('r' || n)::bytea), 'hex'),
       8, '{kind,quick}', 'a comment of some length', 'self', '2026-03-04' FROM generate_series(1, %s) AS n"""


def tokens_of(key: Any, count: int) -> list[Any]:
    """Tokens signed straight, as finalize would give them, by all cores."""
    cores = os.cpu_count() or 1
    with ProcessPoolExecutor(cores, mp_context=get_context("fork")) as pool:
        parts = pool.map(_signed, [key] * cores, [count // cores] * cores)
        return [token for part in parts for token in part]


def _signed(key: Any, count: int) -> list[Any]:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding

    from hengjian.ratings.ballots.tokens import NONCE, Token

    signer, scheme = key._openssl(), padding.PSS(padding.MGF1(hashes.SHA384()), key.variant.salt)
    made = []
    for _ in range(count):
        prepared = secrets.token_bytes(key.variant.prefix + NONCE)
        made.append(Token(key.public.key_id.hex(), prepared, signer.sign(prepared, scheme, hashes.SHA384())))
    return made


async def _sent(tokens: Iterator[Any], senders: int, seconds: float, rules: Any) -> float:
    """Ballots a second through the box."""
    from hengjian.ratings.ballots.box import BallotBox
    from hengjian.ratings.ballots.tokens import Said

    box, done = BallotBox(lambda _day: rules), 0
    first = next(tokens)
    text = "a comment of some length"  # ballots are filled in beforehand, as tokens are signed
    ready = [(token, Said(8, ("kind", "quick"), text, "self", secrets.token_hex(32))) for token in tokens]
    held = iter(ready)

    async def sender(until: float) -> None:
        nonlocal done
        while time.perf_counter() < until:
            await box.cast(*next(held), DAY)
            done += 1

    await box.cast(first, Said(8, receipt=secrets.token_hex(32)), DAY)  # keys are read
    begun = time.perf_counter()
    await asyncio.gather(*(sender(begun + seconds) for _ in range(senders)))
    took = time.perf_counter() - begun
    await box.close()
    return done / took


def _parent() -> int:
    """The server's first process."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'")
        (one,) = cursor.fetchone()
    connection.close()
    return int(_stat(one)[1])


def _stat(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()


def _spent(parent: int) -> float:
    """Seconds of CPU of this process, of its ended children, and of the server's ended sessions."""
    time.sleep(0.5)  # the server buries its sessions a moment after they end
    server = sum(map(int, _stat(parent)[13:15])) / os.sysconf("SC_CLK_TCK")
    return sum(os.times()[:4]) + server


def pgbench(program: Path, server: Any, key: str, clients: int, seconds: float, folder: Path) -> float:
    """Rows a second by pgbench."""
    script = folder / "single.sql"
    script.write_text(SINGLE.format(key=key).replace("\n", " "), encoding="ascii")
    said = subprocess.run(
        [program, "-n", "-M", "prepared", "-c", str(clients), "-j", "2", "-T", str(round(seconds)),
         "-f", str(script), "-h", str(server.layout.sockets), "-U", "hengjian", "hengjian"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    found = re.search(r"tps = ([\d.]+)", said)
    assert found, said
    return float(found[1])


def main() -> None:
    """Measure everything in one run."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 5.0
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    stored = int(sys.argv[3]) if len(sys.argv) > 3 else 1_000_000
    with tempfile.TemporaryDirectory(prefix="hengjian-bench-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        os.environ["HENGJIAN_DATA"] = name
        os.environ["HENGJIAN_SECRET_KEY"] = secrets.token_urlsafe(40)
        from hengjian.database import EmbeddedServer

        server = EmbeddedServer(folder, {"max_connections": "300"})
        os.environ["DATABASE_URL"] = server.url
        os.environ["DJANGO_SETTINGS_MODULE"] = "hengjian.config.settings"
        with server:
            rows = _measure(server, folder, seconds, rounds, stored)
    goals = {
        f"{row['senders']} senders: at least {goal} x pgbench": bool(row["ratio"] >= goal)
        for row, goal in zip(rows[:2], (0.8, 1.0), strict=True)
    }
    slower = abs(rows[2]["ours/s"] / rows[2]["empty/s"] - 1)
    goals[f"with {stored} stored within 20 % of the rate with none"] = bool(slower <= 0.2)
    write("ballots", rows, goals)


def _measure(server: Any, folder: Path, seconds: float, rounds: int, stored: int) -> list[dict[str, Any]]:
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from hengjian.database.binaries import wheel_programs
    from hengjian.policy import folder as policies
    from hengjian.proof.blind_keys import SecretKey
    from hengjian.ratings.ballots.operations import accept_key
    from hengjian.ratings.ballots.rules import rules_of

    call_command("migrate", verbosity=0)
    rules = rules_of(policies.load(policies.shipped()["seed"]).in_force(DAY))
    key = SecretKey.generated()
    accept_key(key.public.spki, key.public.variant.name, "G1", "S1", "2026-H1", DAY)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE bench_single (LIKE ballots_arrival INCLUDING ALL)")
    connection.close()
    program, parent = wheel_programs() / "pgbench", _parent()
    rows = []
    for senders in (64, 256):
        ours, theirs, cpu = [], [], [0.0, 0.0]
        for _ in range(rounds):
            tokens = iter(tokens_of(key, round(seconds * TOKENS)))
            before = _spent(parent)
            theirs.append(pgbench(program, server, key.public.key_id.hex(), senders, seconds, folder))
            between = _spent(parent)
            ours.append(asyncio.run(_sent(tokens, senders, seconds, rules)))
            cpu[0] += _spent(parent) - between
            cpu[1] += between - before
        rows.append(
            {
                "senders": senders, "ours/s": median(ours), "pgbench/s": median(theirs),
                "ratio": median(ours) / median(theirs), "ours us CPU": cpu[0] * 1e6 / sum(ours) / seconds,
                "pgbench us CPU": cpu[1] * 1e6 / sum(theirs) / seconds,
            }
        )  # fmt: skip
    rows.append(_full(key, seconds, rounds, rules, stored))
    return rows


def _full(key: Any, seconds: float, rounds: int, rules: Any, stored: int) -> dict[str, Any]:
    """With a box full of ballots and one that is empty, by turns; and the night between them."""
    from django.db import connection

    from hengjian.ratings.ballots.collecting import swept, take_in

    parent, cpu = _parent(), []

    def rate() -> float:
        tokens, before = iter(tokens_of(key, round(seconds * TOKENS))), _spent(parent)
        found = asyncio.run(_sent(tokens, 64, seconds, rules))
        cpu.append((_spent(parent) - before) * 1e6 / found / seconds)
        return found

    empty = [rate() for _ in range(rounds)]
    begun = time.perf_counter()
    taken = take_in(datetime(DAY.year, DAY.month, DAY.day, 4, tzinfo=UTC) + timedelta(days=1))
    swept()
    night = time.perf_counter() - begun
    with connection.cursor() as cursor:
        cursor.execute(FULL, [key.public.key_id.hex(), stored])
        # a million came over months: the server's work after a bulk load is not what is measured
        cursor.execute("VACUUM ANALYZE ballots_ballot")
        cursor.execute("CHECKPOINT")
    full = [rate() for _ in range(rounds)]
    return {
        "senders": 64, "ours/s": median(full), "empty/s": median(empty), "stored": stored,
        "ours us CPU": median(cpu[rounds:]), "empty us CPU": median(cpu[:rounds]), "night/s": taken / night,
    }  # fmt: skip


if __name__ == "__main__":
    main()
