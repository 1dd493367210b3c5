"""Fifty people of an office at work on the console, on a city of 1,704 officials with a year of data.

    .venv/bin/python -m benchmarks.office [seconds, 300] [people, 50] [--no-browser]

``benchmarks.office_city`` builds the city once (folder: HENGJIAN_BENCH_OFFICE, else /tmp/hengjian-office).
Then ``hengjian serve`` runs as a user starts it, with log, worker and rating page beside it. Fifty people of
mixed roles sign in by the form and click through what their pages offer, three to eight seconds apart; some
say a purpose and see names. ``static`` is as many requests for one static file, asked in the same pauses
of the same run by the same clients: what server and machine can do at all under this load. The first 75
seconds, when all sign in and nothing has been read yet, are reported apart. Each has an address of the
own, as behind a proxy (HENGJIAN_PROXIES=1). One Chromium does the same work beside them. The clients run on
the same two cores. Synthetic.
"""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections import defaultdict
from pathlib import Path
from random import Random
from threading import Thread
from typing import Any

import numpy as np

from benchmarks.measure import write
from benchmarks.office_person import Person, Seen, _links

THINK = (3.0, 8.0)
SIGNING = 75.0
GOAL = 0.300
STATIC = "/static/console/console.css"
CHROMIUM = "/usr/bin/chromium"
WALK = 25  # pages of the one real browser


def main() -> None:
    """Build what is missing, serve, work, tell."""
    plain = [one for one in sys.argv[1:] if one.isdigit()]
    seconds = float(plain[0]) if plain else 300.0
    count = int(plain[1]) if len(plain) > 1 else 50
    folder, known = _city()
    names = list(known)[:count] if count >= len(known) else Random(1).sample(list(known), count)
    load, busy = os.getloadavg()[0], _busy(3.0)
    port, served = _serve(folder)
    try:
        browser: list[dict[str, float]] = []
        people = asyncio.run(_day(names, port, seconds, browser))
        memory = _memory(served.pid)
    finally:
        served.send_signal(signal.SIGINT)
        served.wait(300)
    _report(
        people,
        browser,
        {"load_before": load, "busy_before": busy, "memory_gib": memory, "people": len(names)},
    )


def _city() -> tuple[Path, dict[str, dict[str, str]]]:
    """In a process of its own, so that this one loads nothing of the program."""
    from benchmarks.office_city import place

    folder = place()
    subprocess.run([sys.executable, "-m", "benchmarks.office_city", str(folder)], check=True)
    import json

    return folder, json.loads((folder / "office.json").read_text(encoding="utf-8"))


def _serve(folder: Path) -> tuple[int, "subprocess.Popen[bytes]"]:
    """``hengjian serve`` as a user starts it; only its ports are ours."""
    ports = []
    for _one in range(3):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            ports.append(free.getsockname()[1])
    env = {k: v for k, v in os.environ.items() if k not in {"DATABASE_URL", "HENGJIAN_SECRET_KEY"}}
    env |= {"HENGJIAN_DATA": str(folder), "HENGJIAN_PROXIES": "1"}
    command = [sys.executable, "-m", "hengjian", "serve", "--port", str(ports[0]),
               "--issue-port", str(ports[1]), "--cast-port", str(ports[2])]  # fmt: skip
    log = (folder / "serve.log").open("wb")
    child = subprocess.Popen(command, env=env, stdout=log, stderr=log)
    for _try in range(600):
        assert child.poll() is None, (folder / "serve.log").read_text()
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{ports[0]}/sign-in/", timeout=10)
        except OSError:
            time.sleep(0.2)
        else:
            return ports[0], child
    raise TimeoutError("serve")


async def _day(names: list[str], port: int, seconds: float, browser: list[dict[str, float]]) -> list[Person]:
    """All sign in one after the other, then work."""
    from benchmarks.office_city import PASSWORD

    people = [Person(name, port, THINK) for name in names]
    begun = time.perf_counter()

    async def one(person: Person, after: float) -> None:
        await asyncio.sleep(after)
        await person.sign_in(PASSWORD)
        await person.work(begun + SIGNING + seconds, STATIC)

    walker = Thread(target=_browse, args=(port, names[0], PASSWORD, browser, SIGNING), daemon=True)
    if "--no-browser" not in sys.argv and Path(CHROMIUM).exists():
        walker.start()
    spread = SIGNING * 0.6 / len(people)
    cut = time.time() + SIGNING
    await asyncio.gather(*(one(person, at * spread) for at, person in enumerate(people)))
    for person in people:
        person.seen, person.begun = (
            [  # type: ignore[attr-defined]
                one for one in person.seen if one.at >= cut
            ],
            [one for one in person.seen if one.at < cut],
        )
        person.plain = [one for one in person.plain if one.at >= cut]
    if walker.ident:
        await asyncio.to_thread(walker.join, 60)
    return people


def _browse(port: int, name: str, password: str, found: list[dict[str, float]], wait: float) -> None:
    """One person with a real browser: the same pages, timed by the browser itself."""
    from playwright.sync_api import sync_playwright

    time.sleep(wait)
    draw = Random(2)
    base = f"http://127.0.0.1:{port}"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--no-first-run"]
        )
        page = chromium.new_context(
            viewport={"width": 1440, "height": 900},
            locale="zh-CN",
            extra_http_headers={"X-Forwarded-For": "10.0.9.9"},
        ).new_page()
        page.goto(f"{base}/sign-in/")
        page.fill("#id_username", name)
        page.fill("#id_password", password)
        page.click("main button[type=submit]")
        page.wait_for_url(f"{base}/")
        for _n in range(WALK):
            offered = [one for one in _links(Seen("", page.url, 0, 200, 0, page.content()), draw)
                       if "export=" not in one and "paper" not in one and "/do/" not in one]  # fmt: skip
            page.goto(base + draw.choice(offered or ["/"]), wait_until="load")
            found.append(page.evaluate(
                "(() => { const e = performance.getEntriesByType('navigation')[0];"
                "return {server: e.responseEnd - e.requestStart, load: e.loadEventEnd - e.startTime} })()"
            ))  # fmt: skip
            time.sleep(draw.uniform(*THINK) / 2)
        chromium.close()


def _report(people: list[Person], browser: list[dict[str, float]], told: dict[str, Any]) -> None:
    kinds: dict[str, list[Seen]] = defaultdict(list)
    for one in (one for person in people for one in person.seen):
        kinds[one.kind].append(one)
    every = [one for some in kinds.values() for one in some]
    plain = [one for person in people for one in person.plain]
    early = [one for person in people for one in person.begun]  # type: ignore[attr-defined]
    rows = [_row("all pages", every), _row("static file", plain), _row("while signing in", early)]
    if browser:
        for name in ("server", "load"):
            rows.append(_figures(f"Chromium: {name}", [one[name] / 1e3 for one in browser]) | {"errors": 0})
    rows += [_row(kind, kinds[kind]) for kind in sorted(kinds, key=lambda kind: -len(kinds[kind]))]
    for one in (one for one in [*every, *plain, *early] if one.status not in {200, 302}):
        print("error:", one.status, one.url)
    pages = np.percentile([one.seconds for one in every], 95)
    span = max(one.at for one in every) - min(one.at for one in every)
    told |= {
        "pages_per_second": len(every) / span, "think_seconds": THINK, "seats": 1704,
        "p95_ms": pages * 1e3, "goal_ms": GOAL * 1e3, "met": bool(pages <= GOAL and not rows[0]["errors"]),
        "times_static_p95": rows[0]["p95"] / rows[1]["p95"],
    }  # fmt: skip
    write("office", rows, told)


def _row(name: str, some: list[Seen]) -> dict[str, Any]:
    errors = sum(one.status not in {200, 302} for one in some)
    return _figures(name, [one.seconds for one in some]) | {"errors": errors}


def _figures(name: str, seconds: list[float]) -> dict[str, Any]:
    p50, p95, p99 = np.percentile(np.array(seconds) * 1e3, [50, 95, 99]).round(1).tolist()
    return {
        "page": name, "n": len(seconds), "p50": p50, "p95": p95, "p99": p99,
        "most": round(max(seconds) * 1e3, 1),
    }  # fmt: skip


def _busy(seconds: float) -> float:
    """How much of both cores others use before we begin."""

    def read() -> tuple[int, int]:
        held = [int(one) for one in Path("/proc/stat").read_text().split("\n")[0].split()[1:9]]
        return sum(held), held[3] + held[4]

    whole, idle = read()
    time.sleep(seconds)
    after, rest = read()
    return 1.0 - (rest - idle) / max(1, after - whole)


def _memory(pid: int) -> float:
    """Proportional memory of a process and all under it, in GiB."""
    total, waiting = 0, [pid]
    while waiting:
        at = waiting.pop()
        try:
            text = Path(f"/proc/{at}/smaps_rollup").read_text()
            total += next(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))
            for task in Path(f"/proc/{at}/task").iterdir():
                waiting += [int(one) for one in (task / "children").read_text().split()]
        except OSError:
            continue
    return round(total / 2**20, 2)


if __name__ == "__main__":
    main()
