"""A person's way through the console, as a stranger starts it: ``hengjian demo``, then ``hengjian serve``.

Debian's Chromium in two widths. Pictures go to docs/screenshots when HENGJIAN_SCREENSHOTS is set.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = "/usr/bin/chromium"
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
STATIC = ROOT / "hengjian" / "console" / "static" / "vendor" / "tabler" / "tabler.min.css"
SWITCHES = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
OPEN = "2026-h1-trial"
TWICE = """Array.from(document.querySelectorAll('[id]'), one => one.id)
    .filter((id, at, all) => all.indexOf(id) !== at)"""
AXE_RUN = """axe.run(document, {runOnly: %s}).then(found => JSON.stringify(found.violations.map(
    one => one.id + ': ' + one.nodes.slice(0, 3).map(node => node.target).join(' | '))))"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Journeys need a browser, the pages' files and axe; where they are absent they are skipped."""
    absent = [str(path) for path in (Path(CHROMIUM), AXE, STATIC) if not path.exists()]
    for item in items:
        if Path(item.path).parent == Path(__file__).parent:
            item.add_marker(pytest.mark.journey)
            if absent:
                item.add_marker(pytest.mark.skip(reason=f"缺少 · absent: {absent}"))


@dataclass(frozen=True)
class Site:
    """The running console: its address, and the passwords of the demonstration's accounts."""

    address: str
    passwords: dict[str, str]
    data: Path = Path()
    env: dict[str, str] = field(default_factory=dict)
    clock: Path = Path()

    def move_clock(self, days: float) -> None:
        """Let the pages and commands see a later day; 0 is today."""
        self.clock.write_text(str(days))

    def run(self, *command: str) -> str:
        """Run a command of ours against the same data."""
        hengjian = str(Path(sys.executable).with_name("hengjian"))
        ended = subprocess.run([hengjian, *command], env=self.env, capture_output=True, text=True,
                               timeout=300, check=False)  # fmt: skip
        assert ended.returncode == 0, f"{' '.join(command)}: {ended.stdout}{ended.stderr}"
        return ended.stdout


@pytest.fixture(scope="session")
def site() -> Iterator[Site]:
    """The demonstration city, served."""
    folder = Path(tempfile.mkdtemp(prefix="hengjian-journey-"))
    folder.chmod(0o711)
    env = {
        key: value for key, value in os.environ.items() if key not in ("DATABASE_URL", "HENGJIAN_SECRET_KEY")
    }
    env |= {"HENGJIAN_DATA": str(folder / "data"), "HENGJIAN_LANG": "zh", "HENGJIAN_PUSH_HOSTS": "localhost"}
    clock = folder / "clock"
    clock.write_text("0")
    # the clock, and the program beside these tests, wherever another may be installed
    env |= {"PYTHONPATH": f"{Path(__file__).parent / 'clock'}:{ROOT}", "HENGJIAN_TEST_CLOCK": str(clock)}
    hengjian = [str(Path(sys.executable).with_name("hengjian"))]
    try:
        _done([*hengjian, "demo"], env)
        opened = [*hengjian, "cycle", "open", OPEN, "--period", "2026-H1", "--policy", "seed", "--title",
                  "衡川市2026年上半年考核·试办（合成数据）", "--on", "2026-06-30", "--cut-off",
                  "2026-07-09", "--level", "township", "--synthetic"]  # fmt: skip
        _done(opened, env)
        passwords = json.loads((folder / "data" / "demo" / "sign-in.json").read_text())
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        command = [*hengjian, "serve", "--port", str(port), "--workers", "1", "--without-kiosk"]
        served = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            yield Site(_answering(f"http://127.0.0.1:{port}", served), passwords, folder / "data", env, clock)
        finally:
            served.send_signal(signal.SIGINT)
            served.wait(30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _done(command: list[str], env: dict[str, str]) -> None:
    ended = subprocess.run(command, env=env, capture_output=True, text=True, timeout=900, check=False)
    assert ended.returncode == 0, f"{' '.join(command[1:3])}: {ended.stdout}{ended.stderr}"


def _answering(address: str, served: subprocess.Popen[bytes]) -> str:
    until = time.monotonic() + 180  # a machine that does other things starts slowly
    while time.monotonic() < until:
        assert served.poll() is None, "hengjian serve has ended"
        try:
            urllib.request.urlopen(f"{address}/sign-in/", timeout=5)
        except OSError:
            time.sleep(0.3)
        else:
            return address
    raise AssertionError("hengjian serve does not answer")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """Debian's Chromium; closed after the journeys, since its event loop bars Django from other tests."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        yield browser
        browser.close()


class Visitor:
    """A person with a browser of one width."""

    def __init__(self, site: Site, chromium: Any, width: int, **more: Any) -> None:
        self.site, self.width = site, width
        self.context = chromium.new_context(viewport={"width": width, "height": 900}, locale="zh-CN", **more)
        self.page = self.context.new_page()
        self.page.set_default_timeout(60_000)  # the machine may be busy
        self.page.set_default_navigation_timeout(90_000)  # a first look works much out
        self.complaints: list[str] = []
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", self._asked)

    def _heard(self, message: Any) -> None:
        if message.type == "error" and "status of 4" not in message.text:
            self.complaints.append(message.text)

    def _asked(self, request: Any) -> None:
        if not request.url.startswith((self.site.address, "data:", "blob:")):
            self.complaints.append(f"asks the outside: {request.url}")

    def sign_in(self, name: str) -> None:
        """Sign in by the form."""
        self.open("/sign-in/")
        self.page.fill("#id_username", name)
        self.page.fill("#id_password", self.site.passwords[name])
        self.page.click("main button[type=submit]")
        self.page.wait_for_url(f"{self.site.address}/")

    def open(self, path: str) -> Any:
        """Open a page and wait until it stands."""
        answer = self.page.goto(f"{self.site.address}{path}")
        self.page.wait_for_load_state("networkidle")
        return answer

    def choose(self, purpose: str) -> None:
        """Choose a purpose of looking by the form of the page, and wait until the names stand."""
        self.page.select_option("#id_purpose[required]", purpose)
        self.page.click(".hj-purpose button[value=choose]")
        self.page.wait_for_selector(".hj-purpose button[value=end]")
        self.page.wait_for_load_state("networkidle")

    def faults(self) -> list[str]:
        """What axe finds, what the browser complains of, and whether the page is wider than the window."""
        self.page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
        self.page.wait_for_load_state("networkidle")
        session = self.context.new_cdp_session(self.page)
        session.send("Runtime.evaluate", {"expression": AXE.read_text() + ";1"})
        run = AXE_RUN % json.dumps(RULES)
        found = session.send(
            "Runtime.evaluate", {"expression": run, "awaitPromise": True, "returnByValue": True}
        )
        over = self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        wide = [f"{over} px wider than the window"] if over > 0 else []
        twice = [f"id {one} stands twice" for one in self.page.evaluate(TWICE)]
        return [*json.loads(found["result"]["value"]), *wide, *twice, *self.complaints]

    def picture(self, name: str) -> None:
        """A picture of the page for the manual, when one is asked for."""
        folder = os.environ.get("HENGJIAN_SCREENSHOTS", "")
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
            self.page.evaluate("window.scrollTo(0, 0)")
            self.page.screenshot(path=str(Path(folder) / f"{name}-{self.width}.png"), full_page=True)

    def close(self) -> None:
        """Close the browser's window."""
        self.context.close()


@pytest.fixture(params=[1440, 360], ids=["desk", "phone"])
def visitor(request: pytest.FixtureRequest, site: Site, chromium: Any) -> Iterator[Visitor]:
    """A person at a desk, and the same person with a phone."""
    one = Visitor(site, chromium, request.param)
    yield one
    one.close()
