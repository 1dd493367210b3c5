"""Threads that ask the database for the event loop, one connection each, and never more than fit."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.db import InterfaceError, OperationalError, connection
from django.utils.translation import gettext as _

from hengjian.kiosk.errors import Unable

T = TypeVar("T")


class Desk:
    """``threads`` work, ``bound`` wait; whoever comes then is told at once to come again."""

    def __init__(self, threads: int = 4, bound: int = 512) -> None:
        self._pool = ThreadPoolExecutor(threads, "desk")
        self._bound, self._busy = bound, 0

    async def do(self, work: Callable[[], T]) -> T:
        """Do it in a thread.

        Raises: Unable when too many wait or the database is away; whatever the work raises.
        """
        if self._busy >= self._bound:
            raise unable()
        self._busy += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, _done, work)
        finally:
            self._busy -= 1

    def close(self) -> None:
        """Finish what was begun."""
        self._pool.shutdown()


def _done(work: Callable[[], T]) -> T:
    connection.close_if_unusable_or_obsolete()
    try:
        return work()
    except (OperationalError, InterfaceError) as fault:
        connection.close()
        raise unable() from fault


def unable() -> Unable:
    """Come again."""
    return Unable(_("系统繁忙"), do=_("请稍后再试，页面会保留草稿"), code="kiosk.busy")
