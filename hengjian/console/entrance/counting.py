"""Attempts to sign in are counted one after another, over all processes.

allauth's own lock gives up after a second: when an office of fifty comes through one address at nine o'clock,
those who did not get it are refused as if they had guessed, and a success that cannot take its attempt back
stays counted as a failure. PostgreSQL's advisory lock is waited for in turn and goes with its transaction.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from allauth.core.internal import ratelimit
from django.db import connection, transaction


@contextmanager
def in_turn(count: str) -> Iterator[bool]:
    """Hold one count while it is read and written."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [count])
        yield True


def install() -> None:
    """Put our lock in the place of allauth's."""
    ratelimit.cache_lock = in_turn
