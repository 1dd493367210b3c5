"""The keeper: a small process that runs the embedded server for as long as a program uses it.

Started by path, with the standard library only. It holds the keeper's lock, runs PostgreSQL and waits
for the exclusive lock on the users' file: whoever uses the server holds that file shared, so the keeper
comes by it when the last has gone, by exit or by kill -9. A server that dies is started again. Should
the keeper die, the kernel sends the server SIGINT (PR_SET_PDEATHSIG), PostgreSQL's orderly quick stop.

No lock is inherited by the server.
"""

import ctypes
import fcntl
import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

PR_SET_PDEATHSIG = 1
TRIES = 4  # restarts in a row of a server that does not come to live
LIVED = 5.0  # seconds after which a server counts as having lived
PATIENCE = 60.0  # seconds for what an earlier server left behind to go away


def hold(path: str, mode: int) -> int | None:
    """Take a lock on a file, or give None when it is held and the mode does not wait."""
    handle = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, mode)
    except BlockingIOError:
        os.close(handle)
        return None
    return handle


def hold_soon(path: str, patience: float = 5.0) -> int | None:
    """Take a lock for ourselves although others look at it for moments."""
    until = time.monotonic() + patience
    while (handle := hold(path, fcntl.LOCK_EX | fcntl.LOCK_NB)) is None:
        if time.monotonic() > until:
            return None
        time.sleep(0.005)
    return handle


def become(uid: int, gid: int) -> None:
    """Leave root's rights for good."""
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)


def die_with_parent(number: int = signal.SIGINT) -> None:
    """Ask the kernel to signal this process when its parent dies. After any change of user."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, int(number))


def clear_leftovers(cluster: Path, sockets: Path) -> None:
    """Wait for an earlier server that is going down; end what a killed one left; forget its number.

    Nothing else may work in the folder while we hold the keeper's lock.
    """
    note = cluster / "postmaster.pid"
    until = time.monotonic() + PATIENCE
    while (found := working_in(cluster)) and time.monotonic() < until:
        master = _noted_pid(note)
        for pid in [master] if master in found else found:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGINT if pid == master else signal.SIGQUIT)
        time.sleep(0.05)
    if not found:  # the numbers may belong to somebody else's process, or to a zombie, by now
        for stale in (note, *sockets.glob(".s.PGSQL.*.lock")):
            stale.unlink(missing_ok=True)


def working_in(cluster: Path) -> list[int]:
    """The processes of ours whose working folder is the cluster: PostgreSQL's."""
    numbers = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    return [pid for pid in numbers if _stands_in(pid, cluster)]


def _stands_in(pid: int, cluster: Path) -> bool:
    try:
        return Path(f"/proc/{pid}/cwd").samefile(cluster)
    except OSError:  # gone, or another user's
        return False


def _noted_pid(note: Path) -> int | None:
    try:
        return int(note.read_bytes().split(b"\n", 1)[0])
    except (OSError, ValueError):
        return None


class Keeper:
    """Runs one server until it is told to stop."""

    def __init__(self, order: dict[str, Any]) -> None:
        self.order = order
        self.server: subprocess.Popen[bytes] | None = None
        self.stopping = threading.Event()

    def stop(self, *_: object) -> None:
        """End the server in order: no new connections, the present ones cut, everything written."""
        self.stopping.set()
        if self.server is not None and self.server.poll() is None:
            self.server.send_signal(signal.SIGINT)

    def run(self) -> None:
        """Run the server again and again until told to stop, or until it does not come to live."""
        failures = 0
        while not self.stopping.is_set() and failures < TRIES:
            clear_leftovers(Path(self.order["cluster"]), Path(self.order["sockets"]))
            began = time.monotonic()
            self.server = subprocess.Popen(
                self.order["command"],
                stdin=subprocess.DEVNULL,
                preexec_fn=die_with_parent,  # noqa: PLW1509
            )
            if self.stopping.is_set():
                self.stop()
            self.server.wait()
            failures = 0 if time.monotonic() - began > LIVED else failures + 1
            self.stopping.wait(0.1 * failures)


def wait_for_last_user(keeper: Keeper, handle: int) -> None:
    """Stop the server when nobody holds the users' file any more."""
    fcntl.flock(handle, fcntl.LOCK_EX)
    keeper.stop()


def main(order: dict[str, Any]) -> None:
    """Detach from the program that asked, then keep the server."""
    if os.fork() > 0:
        os._exit(0)
    os.setsid()
    os.chdir("/")
    mine = hold_soon(order["keeper_lock"])
    if mine is None:
        return
    users = os.open(order["users_lock"], os.O_RDWR | os.O_CLOEXEC)
    become(order["uid"], order["gid"])
    keeper = Keeper(order)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, keeper.stop)
    threading.Thread(target=wait_for_last_user, args=(keeper, users), daemon=True).start()
    keeper.run()
    # First the keeper's lock, then the users': a program that gets hold of the second finds the first free.
    os.close(mine)
    os._exit(0)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
