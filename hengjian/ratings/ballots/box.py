"""The ballot box: gathers what many send at once, and answers each only after its commit.

One process, one event loop, two threads that write, each with a connection of its own: while the disk makes
one batch durable, the other is being written and the next gathers. So batches grow with the load by
themselves.
More than ``bound`` waiting: whoever comes is told so at once (503), and nothing of it is kept.
"""

import asyncio
import logging
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar
from weakref import WeakSet

from django.db import InterfaceError, OperationalError, connection
from django.utils.translation import gettext as _

from hengjian.ratings.ballots import operations
from hengjian.ratings.ballots.errors import Busy
from hengjian.ratings.ballots.role import REDEEMER
from hengjian.ratings.ballots.rules import Rules
from hengjian.ratings.ballots.tokens import Draft, Keys, Said, Token, checked
from hengjian.ratings.ballots.writing import Outcome, store

T = TypeVar("T")
log = logging.getLogger(__name__)
# A writing thread waits for the server and wants the interpreter back when it has answered; at Python's
# usual 5 ms a busy loop would make a batch wait longer for that than for the disk.
SWITCH = 0.0003
Waiting = tuple[Draft, "asyncio.Future[Outcome]"]


@dataclass(frozen=True)
class Limits:
    """``bound`` ballots wait at most, ``rows`` go into a commit, ``writers`` commit at a time;
    ``patience`` seconds are spent on a lost server before the waiting are told to come again."""

    bound: int = 4_096
    rows: int = 512
    writers: int = 2
    patience: float = 10.0
    again: float = 0.2


class BallotBox:
    """Made inside a running loop; :meth:`close` waits until what was taken is stored."""

    def __init__(self, rules: Callable[[date], Rules], limits: Limits | None = None) -> None:
        """``rules``: those of the policy in force on a day."""
        self._rules, self._limits, self._keys = rules, limits or Limits(), Keys()
        sys.setswitchinterval(SWITCH)
        self._waiting: list[Waiting] = []
        self._some, self._closed = asyncio.Event(), False
        self._threads = [ThreadPoolExecutor(1, "ballots") for _ in range(self._limits.writers)]
        self._free: asyncio.Queue[ThreadPoolExecutor] = asyncio.Queue()
        for thread in self._threads:
            self._free.put_nowait(thread)
        self._at_work: set[asyncio.Task[None]] = set()
        self._task = asyncio.get_running_loop().create_task(self._run())
        self._looking, self._looked = asyncio.Lock(), float("-inf")

    async def cast(self, token: Token, said: Said, on: date) -> None:
        """Take a ballot in; returns after it is durable.

        Clause: SPEC B2
        Raises: BallotRefused; Busy when too many wait or the server is gone.
        """
        rules = self._rules(on)
        self._room()
        said = checked(said, rules)
        if not self._keys.knows(token.key_id):
            await self._look_for_keys(token.key_id)
        self._keys.verify(token, rules, on)
        await self._put(Draft(token.key_id, token.digest, said, on))

    async def amend(self, code: str, said: Said, on: date) -> None:
        """Replace the ballot of a receipt; returns after it is durable.

        Clause: SPEC T-C14
        Raises: ReceiptRefused, BallotRefused, Busy.
        """
        self._room()
        rules = self._rules(on)
        draft = await self._in_thread(lambda: operations.amendment(code, said, rules, on))
        await self._put(draft)

    async def close(self) -> None:
        """Take nothing more, store what waits, and let the connection go."""
        self._closed = True
        self._some.set()
        await self._task
        await asyncio.gather(*self._at_work)
        for thread in self._threads:
            await asyncio.get_running_loop().run_in_executor(thread, _let_go)
            thread.shutdown()

    async def _put(self, draft: Draft) -> None:
        self._room()
        answered: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._waiting.append((draft, answered))
        self._some.set()
        outcome = await answered
        if outcome is not None:
            raise outcome

    def _room(self) -> None:
        if self._closed or len(self._waiting) >= self._limits.bound:
            raise busy()

    async def _look_for_keys(self, missing: str) -> None:
        """At most once a second, so that unknown keys cannot keep the server busy; others wait for it."""
        async with self._looking:
            if self._keys.knows(missing) or time.monotonic() - self._looked < 1:
                return
            await self._in_thread(self._keys.load)
            self._looked = time.monotonic()

    async def _in_thread(self, work: Callable[[], T]) -> T:
        thread = await self._free.get()
        try:
            return await asyncio.get_running_loop().run_in_executor(thread, _read, work)
        except (OperationalError, InterfaceError) as fault:
            raise busy() from fault
        finally:
            self._free.put_nowait(thread)

    async def _run(self) -> None:
        while True:
            await self._some.wait()
            thread = await self._free.get()
            batch, self._waiting = self._waiting[: self._limits.rows], self._waiting[self._limits.rows :]
            if not self._waiting and not self._closed:
                self._some.clear()
            if batch:
                task = asyncio.create_task(self._store(batch, thread))
                self._at_work.add(task)
                task.add_done_callback(self._at_work.discard)
            else:
                self._free.put_nowait(thread)
                if self._closed:
                    return

    async def _store(self, batch: list[Waiting], thread: ThreadPoolExecutor) -> None:
        drafts = [draft for draft, _answered in batch]
        outcomes: list[Outcome] | None = None
        try:
            loop = asyncio.get_running_loop()
            outcomes = await loop.run_in_executor(thread, self._stored, drafts)
        except Exception as fault:  # noqa: BLE001  whatever it is: the waiting are answered, the box goes on
            # the server's words may quote a row: the kind of fault alone is logged
            log.error("a batch could not be stored: %s", type(fault).__name__)  # noqa: TRY400
        finally:
            self._free.put_nowait(thread)
        for at, (_draft, answered) in enumerate(batch):
            if answered.done():
                continue
            if outcomes is None:
                answered.set_exception(busy())
            else:
                answered.set_result(outcomes[at])

    def _stored(self, drafts: list[Draft]) -> list[Outcome]:
        """In the writing thread: again and again while the server is lost, until patience ends."""
        until = time.monotonic() + self._limits.patience
        while True:
            try:
                return _narrowly(lambda: [outcome for day in _by_day(drafts) for outcome in store(day)])
            except (OperationalError, InterfaceError):
                connection.close()
                if time.monotonic() >= until:
                    raise
                time.sleep(self._limits.again)


def _let_go() -> None:
    """Close the connection of the thread that calls this, not of the one that asks for it."""
    connection.close()


_narrow: "WeakSet[Any]" = WeakSet()  # sessions that work under the redeemer's role


def _narrowly(work: Callable[[], T]) -> T:
    """Work under the redeemer's role, which a session takes once, however often it is made anew."""
    connection.ensure_connection()
    if connection.connection not in _narrow:
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('role', %s, false)", [REDEEMER])
        _narrow.add(connection.connection)
    return work()


def _read(work: Callable[[], T]) -> T:
    """Once more when the session was lost since it last served."""
    try:
        return _narrowly(work)
    except (OperationalError, InterfaceError):
        _let_go()
        return _narrowly(work)


def _by_day(drafts: list[Draft]) -> list[list[Draft]]:
    """Runs of one day: at midnight a batch may hold two."""
    runs: list[list[Draft]] = []
    for draft in drafts:
        if runs and runs[-1][0].on == draft.on:
            runs[-1].append(draft)
        else:
            runs.append([draft])
    return runs


def busy() -> Busy:
    """Come again."""
    return Busy(_("评价较多，暂时存不下"), do=_("请稍后再提交，页面会保留草稿"), code="ballots.busy")
