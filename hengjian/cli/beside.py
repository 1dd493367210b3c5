"""What runs beside the web server: the log's sequencer, the worker, the rating page's two processes.

Each is a process of its own, with its own account at the database where it has one. A child that ends is
named and started again, with growing pauses; all end with the web server, and with it when it is killed.
In production each is a unit of the system instead (``--without-…``).
"""

import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from hengjian.cli.words import say

PATIENCE = 10.0  # seconds for a child to end what it is at
LOOKS = 0.5  # seconds between looks
LIVED = 60.0  # seconds after which a child counts as having lived
LONGEST = 60.0  # seconds at most between a child's end and its next start
Child = subprocess.Popen[bytes]


@dataclass
class Companion:
    """One child: its names, how it is started (None: there is nothing to run), and how it is now."""

    zh: str
    en: str
    start: Callable[[], Child | None]
    child: Child | None = None
    began: float = 0.0
    failures: int = 0
    again: float | None = None

    def begin(self) -> bool:
        """Start it; says whether there is something to run."""
        self.child, self.began, self.again = self.start(), time.monotonic(), None
        return self.child is not None

    def look(self) -> None:
        """Start it again when it has ended, after a pause."""
        if self.again is not None:
            if time.monotonic() >= self.again:
                self.begin()
        elif self.child is not None and self.child.poll() is not None:
            lived = time.monotonic() - self.began
            self.failures = 1 if lived > LIVED else self.failures + 1
            pause = min(LONGEST, 2.0 ** (self.failures - 1))
            self.again = time.monotonic() + pause
            code = self.child.returncode
            say(f"{self.zh}意外结束（{code}），{pause:.0f} 秒后重新启动",
                f"{self.en} has ended ({code}), starting it again in {pause:.0f} s", err=True)  # fmt: skip

    def end(self) -> None:
        """Wait until it has ended; what is cut off is begun again by the next one."""
        if self.child is None:
            return
        try:
            self.child.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()


@contextmanager
def beside(*wanted: Companion) -> Iterator[None]:
    """Run them for as long as the block runs."""
    held = [one for one in wanted if one.begin()]
    stopping = threading.Event()
    watcher = threading.Thread(target=_watch, args=(held, stopping), name="beside", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        stopping.set()
        watcher.join()
        for one in held:
            if one.child is not None:
                one.child.terminate()
        for one in held:
            one.end()


def _watch(held: list[Companion], stopping: threading.Event) -> None:
    while not stopping.wait(LOOKS):
        for one in held:
            one.look()


def is_beside() -> bool:
    """Whether this process was started by the program that serves, and ends with it."""
    return os.environ.get("HENGJIAN_BESIDE") == str(os.getppid())
