"""The ballot box: gathers what many send at once, and answers each only after its commit.

One process, one event loop, two threads that write, each with a connection of its own: while the disk makes
one batch durable, the other is being written and the next gathers. So batches grow with the load by
themselves. Tokens are verified a few at a time: between them the loop hands on what is verified and answers.
More than ``bound`` waiting: whoever comes is told so at once (503), and nothing of it is kept.
"""

import asyncio
import logging
import sys
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any, TypeVar
from weakref import WeakSet

from django.db import InterfaceError, OperationalError, connection
from django.utils.translation import gettext as _

from hengjian.ratings.ballots import operations
from hengjian.ratings.ballots.errors import BallotRefused, Busy
from hengjian.ratings.ballots.role import REDEEMER
from hengjian.ratings.ballots.rules import Rules
from hengjian.ratings.ballots.tokens import Draft, Keys, Said, Token, checked
from hengjian.ratings.ballots.writing import Outcome, store

T = TypeVar("T")
log = logging.getLogger(__name__)
# A writing thread waits for the server and wants the interpreter back when it has answered; at Python's
# usual 5 ms a busy loop would make a batch wait longer for that than for the disk.
SWITCH = 0.0003
Answer = Outcome | Busy
Waiting = tuple[Draft, "asyncio.Future[Answer]"]
Coming = tuple[Token, Said, Rules, date, "asyncio.Future[Answer]"]


@dataclass(frozen=True)
class Limits:
    """``bound`` ballots wait at most, ``turn`` are verified at a time, ``rows`` go into a commit, ``writers``
    commit at a time; ``patience`` seconds are spent on a lost server before the waiting are told to come
    again."""

    bound: int = 4_096
    turn: int = 16
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
        self._loop, self._closed = asyncio.get_running_loop(), False
        self._coming: deque[Coming] = deque()
        self._waiting: list[Waiting] = []
        self._threads = [ThreadPoolExecutor(1, "ballots") for _ in range(self._limits.writers)]
        self._free: asyncio.Queue[ThreadPoolExecutor] = asyncio.Queue()
        for thread in self._threads:
            self._free.put_nowait(thread)
        self._at_work: set[asyncio.Future[list[Outcome]]] = set()
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
        self._room()
        if not self._coming:
            self._loop.call_soon(self._verify)
        answered: asyncio.Future[Answer] = self._loop.create_future()
        self._coming.append((token, said, rules, on, answered))
        await _answer(answered)

    async def amend(self, code: str, said: Said, on: date) -> None:
        """Replace the ballot of a receipt; returns after it is durable.

        Clause: SPEC T-C14
        Raises: ReceiptRefused, BallotRefused, Busy.
        """
        self._room()
        rules = self._rules(on)
        draft = await self._in_thread(lambda: operations.amendment(code, said, rules, on))
        self._room()
        answered: asyncio.Future[Answer] = self._loop.create_future()
        self._waiting.append((draft, answered))
        self._hand_on()
        await _answer(answered)

    async def close(self) -> None:
        """Take nothing more, store what waits, and let the connection go."""
        self._closed = True
        while self._coming or self._waiting or self._at_work:
            await asyncio.wait(self._at_work) if self._at_work else await asyncio.sleep(0)
        for thread in self._threads:
            await self._loop.run_in_executor(thread, _let_go)
            thread.shutdown()

    def _room(self) -> None:
        if self._closed or len(self._coming) + len(self._waiting) >= self._limits.bound:
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
            return await self._loop.run_in_executor(thread, _read, work)
        except (OperationalError, InterfaceError) as fault:
            raise busy() from fault
        finally:
            self._give_back(thread)

    def _verify(self) -> None:
        """Verify a few, hand them on, and let the loop do other work before the next."""
        for _turn in range(min(self._limits.turn, len(self._coming))):
            token, said, rules, on, answered = self._coming.popleft()
            try:
                self._keys.verify(token, rules, on)
            except BallotRefused as refusal:
                _tell(answered, refusal)
            else:
                self._waiting.append((Draft(token.key_id, token.digest, said, on), answered))
        self._hand_on()
        if self._coming:
            self._loop.call_soon(self._verify)

    def _hand_on(self) -> None:
        """Give what waits to a writing thread that is free."""
        if not self._waiting or self._free.empty():
            return
        thread, rows = self._free.get_nowait(), self._limits.rows
        batch, self._waiting = self._waiting[:rows], self._waiting[rows:]
        stored = self._loop.run_in_executor(thread, self._stored, [draft for draft, _answered in batch])
        self._at_work.add(stored)
        stored.add_done_callback(partial(self._answered, batch, thread))

    def _give_back(self, thread: ThreadPoolExecutor) -> None:
        self._free.put_nowait(thread)
        self._loop.call_soon(self._hand_on)  # whoever waits for a thread already goes first

    def _answered(
        self, batch: list[Waiting], thread: ThreadPoolExecutor, stored: "asyncio.Future[list[Outcome]]"
    ) -> None:
        self._at_work.discard(stored)
        self._give_back(thread)
        fault = stored.exception()
        if fault is not None:
            # the server's words may quote a row: the kind of fault alone is logged
            log.error("a batch could not be stored: %s", type(fault).__name__)
        outcomes = stored.result() if fault is None else [busy() for _one in batch]
        for (_draft, answered), outcome in zip(batch, outcomes, strict=True):
            _tell(answered, outcome)

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


async def _answer(answered: "asyncio.Future[Answer]") -> None:
    outcome = await answered
    if outcome is not None:
        raise outcome


def _tell(answered: "asyncio.Future[Answer]", outcome: Answer) -> None:
    """Whoever went away is not told."""
    if not answered.done():
        answered.set_result(outcome)


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
