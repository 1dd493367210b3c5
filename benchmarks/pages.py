"""Rating pages opened a second, beside Granian serving bytes of the same sizes: same machine, same run.

    .venv/bin/python -m benchmarks.pages [openings a round, 1000] [rounds, 3]

An opening is everything that a phone asks the issuing process for until the form stands: the page, its
parts, the form, and the matter behind its link, which is read from the database and noted there, durably
(fsync on). ``page`` asks for the page alone. ``again`` opens links that were opened before, by browsers that
have the parts already (304). The limit is an ASGI app that answers each address with as many bytes as ours,
from memory: what server and machine can do at all. Each of 32 phones asks one thing after the other over one
connection; whoever asks costs the same on both sides. Rounds alternate; the median counts. Synthetic.
"""

import asyncio
import json
import os
import re
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.measure import write

PHONES = 32
PARTS = re.compile(r'"(?:[.]|/kiosk)/([a-z0-9]+[.](?:js|css|svg))"')


def request(path: str, body: dict[str, str] | None = None, tag: str = "") -> bytes:
    """One request as it goes over the wire."""
    sent = b"" if body is None else json.dumps(body).encode()
    lines = [f"{'GET' if body is None else 'POST'} {path} HTTP/1.1", "Host: bench", "Accept-Encoding: gzip"]
    lines += ["Content-Type: application/json", f"Content-Length: {len(sent)}"] if sent else []
    lines += [f"If-None-Match: {tag}"] if tag else []
    return "\r\n".join([*lines, "", ""]).encode() + sent


async def answer(reader: asyncio.StreamReader) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = {k.lower(): v for k, v in (line.split(": ", 1) for line in head[1:] if line)}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return int(head[0].split()[1]), headers, body


async def rate(port: int, openings: list[list[bytes]], expected: set[int]) -> float:
    """Openings a second by all phones together."""
    rest = iter(openings)

    async def phone() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for opening in rest:
            for one in opening:
                writer.write(one)
                status, _headers, body = await answer(reader)
                assert status in expected, (status, body)
        writer.close()
        await writer.wait_closed()

    begun = time.perf_counter()
    await asyncio.gather(*(phone() for _ in range(PHONES)))
    return len(openings) / (time.perf_counter() - begun)


async def sizes(port: int, paths: list[str], secret: str) -> dict[str, dict[str, Any]]:
    """What each address answers: length and tag."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    found = {}
    for path in paths:
        writer.write(request(path, {"secret": secret} if path == "/issue/open" else None))
        status, headers, body = await answer(reader)
        assert status == 200, (path, status, body)
        found[path] = {"length": len(body), "tag": headers.get("etag", "")}
    writer.close()
    return found


def parts() -> list[str]:
    """The addresses that the page asks for, by what its files name."""
    from hengjian.kiosk.files import PAGES, STATIC

    wanted: list[str] = ["rate.html"]
    seen: list[str] = []
    while wanted:
        name = wanted.pop()
        text = ((PAGES if name.endswith(".html") else STATIC) / name).read_text(encoding="utf-8")
        for found in PARTS.findall(text):
            if found not in seen:
                seen.append(found)
                wanted.append(found)
    return ["/r", *(f"/kiosk/{name}" for name in seen), "/kiosk/form.json", "/issue/open"]


def main() -> None:
    """Measure everything in one run."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    with tempfile.TemporaryDirectory(prefix="hengjian-bench-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        from hengjian.database import EmbeddedServer

        with EmbeddedServer(folder) as server:
            os.environ |= {
                "DATABASE_URL": server.url, "HENGJIAN_DATA": name,
                "HENGJIAN_SECRET_KEY": secrets.token_urlsafe(40),
                "DJANGO_SETTINGS_MODULE": "hengjian.config.settings",
            }  # fmt: skip
            links = made_ready(count * rounds + 1)
            rows = measured(folder, server.url, links, count, rounds)
    write("pages", rows, {})


def made_ready(count: int) -> list[str]:
    """A town, and so many links at the counter."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from hengjian.cli.kiosk import make_ready
    from hengjian.policy import folder
    from hengjian.ratings.invitations.operations import Office, admit_events, hand_over
    from hengjian.ratings.invitations.secrets_file import room_secret
    from hengjian.ratings.invitations.sheet import EventDraft
    from hengjian.terms.calendar import SHANGHAI
    from tests import sample_day

    call_command("migrate", verbosity=0, interactive=False)
    make_ready()
    sample_day.people()
    now = datetime.now(UTC)
    policy, data = folder.load(folder.shipped()["seed"]), Path(os.environ["HENGJIAN_DATA"])
    office = Office("bench", now, policy, room_secret(data), frozenset({"approvals"}))
    drafts = [
        EventDraft("approvals", f"K-{n}", "approval", now.astimezone(SHANGHAI).date(), "330100", "G1", "S1",
                   "printed", person=f"person {n}")
        for n in range(count)
    ]  # fmt: skip
    receipt = admit_events(drafts, office, source="bench")
    links = [hand_over(one, "bench", now) for one in receipt.invited]
    connection.close()
    return links


def measured(folder: Path, url: str, links: list[str], count: int, rounds: int) -> list[dict[str, Any]]:
    """Three ways of asking, ours and the limit by turns."""
    from hengjian.cli.kiosk import narrow

    paths, first = parts(), links.pop()
    ours = serve(["-m", "hengjian", "kiosk", "issue"], os.environ | {"DATABASE_URL": narrow(url, "issue")})
    plan = folder / "sizes.json"
    try:
        found = asyncio.run(sizes(ours[0], paths, first))
        plan.write_text(json.dumps(found))
        theirs = serve(["-m", "benchmarks.pages_limit"], os.environ | {"BENCH_SIZES": str(plan)})
        try:
            ways = {
                "opening": (lambda link: whole(found, link, tags=False), {200}),
                "again": (lambda link: whole(found, link, tags=True), {200, 304}),
                "page": (lambda _link: [request("/r")], {200}),
            }
            weight = sum(one["length"] for one in found.values())
            return [
                one_way(name, way, ours[0], theirs[0], [links[n::rounds][:count] for n in range(rounds)])
                | {"requests": len(way[0](first)), "bytes": weight if name == "opening" else 0}
                for name, way in ways.items()
            ]
        finally:
            end(theirs[1])
    finally:
        end(ours[1])


def whole(found: dict[str, dict[str, Any]], link: str, *, tags: bool) -> list[bytes]:
    """All requests of one opening."""
    return [
        request(path, {"secret": link} if path == "/issue/open" else None, one["tag"] if tags else "")
        for path, one in found.items()
    ]


def one_way(name: str, way: Any, ours: int, theirs: int, links: list[list[str]]) -> dict[str, Any]:
    """The medians of some rounds, and how near the limit we come."""
    make, expected = way
    rates: tuple[list[float], list[float]] = ([], [])
    for some in links:
        openings = [make(link) for link in some]
        rates[0].append(asyncio.run(rate(ours, openings, expected)))
        rates[1].append(asyncio.run(rate(theirs, openings, expected)))
    mine, limit = median(rates[0]), median(rates[1])
    return {"way": name, "ours/s": mine, "limit/s": limit, "ratio": mine / limit}


def serve(command: list[str], env: Any) -> tuple[int, "subprocess.Popen[bytes]"]:
    """Start a server on a free port and wait until it answers."""
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    words = [sys.executable, *command, "--port", str(port)]
    child = subprocess.Popen(words, env=env, stdout=subprocess.DEVNULL)
    for _ in range(300):
        assert child.poll() is None, command
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return port, child
    raise TimeoutError(str(command))


def end(child: "subprocess.Popen[bytes]") -> None:
    """As Ctrl-C does."""
    child.send_signal(signal.SIGINT)
    child.wait(30)


if __name__ == "__main__":
    main()
