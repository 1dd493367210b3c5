"""The ballot box: gathers what many send at once, and answers each only after its commit.

One process, one event loop, one thread that writes. While a batch is being committed the next gathers, so
batches grow with the load by themselves; ``wait`` lets a first ballot wait for company. More than ``bound``
waiting: whoever comes is told so at once (503), and nothing of it is kept.
"""

import asyncio
import logging
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from django.db import InterfaceError, OperationalError, connection
from django.utils.translation import gettext as _

from hengjian.ratings.ballots import operations
from hengjian.ratings.ballots.errors import Busy
from hengjian.ratings.ballots.role import redeeming
from hengjian.ratings.ballots.rules import Rules
from hengjian.ratings.ballots.tokens import Draft, Keys, Said, Token, checked
from hengjian.ratings.ballots.writing import Outcome, store

T = TypeVar("T")
log = logging.getLogger(__name__)
# The writing thread waits for the server ten times a batch and wants the interpreter back each time; at
# Python's usual 5 ms a busy loop would make a batch wait longer for that than for the disk.
SWITCH = 0.0003
Waiting = tuple[Draft, "asyncio.Future[Outcome]"]


@dataclass(frozen=True)
class Limits:
    """``bound`` ballots wait at most, ``rows`` go into a commit, ``wait`` seconds for company;
    ``patience`` seconds are spent on a lost server before the waiting are told to come again."""

    bound: int = 4_096
    rows: int = 512
    wait: float = 0.002
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
        self._thread = ThreadPoolExecutor(1, "ballots")
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
        await asyncio.get_running_loop().run_in_executor(self._thread, _let_go)
        self._thread.shutdown()

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
            await self._in_thread(self._load_keys)
            self._looked = time.monotonic()

    def _load_keys(self) -> None:
        with redeeming():
            self._keys.load()

    async def _in_thread(self, work: Callable[[], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        except (OperationalError, InterfaceError) as fault:
            await asyncio.get_running_loop().run_in_executor(self._thread, _let_go)
            raise busy() from fault

    async def _run(self) -> None:
        while not (self._closed and not self._waiting):
            await self._some.wait()
            if len(self._waiting) < self._limits.rows and not self._closed:
                await asyncio.sleep(self._limits.wait)
            batch, self._waiting = self._waiting[: self._limits.rows], self._waiting[self._limits.rows :]
            if not self._waiting and not self._closed:
                self._some.clear()
            if batch:
                await self._store(batch)

    async def _store(self, batch: list[Waiting]) -> None:
        drafts = [draft for draft, _answered in batch]
        loop = asyncio.get_running_loop()
        outcomes: list[Outcome] | None = None
        try:
            outcomes = await loop.run_in_executor(self._thread, self._stored, drafts)
        except Exception:  # whatever it is: the waiting are answered and the box goes on
            log.exception("a batch of ballots could not be stored")
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
                return [outcome for day in _by_day(drafts) for outcome in store(day)]
            except (OperationalError, InterfaceError):
                connection.close()
                if time.monotonic() >= until:
                    raise
                time.sleep(self._limits.again)


def _let_go() -> None:
    """Close the connection of the thread that calls this, not of the one that asks for it."""
    connection.close()


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
