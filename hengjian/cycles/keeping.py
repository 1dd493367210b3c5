"""What was worked out of something frozen is kept, and worked out by one thread while the others wait."""

from collections.abc import Callable
from functools import lru_cache, wraps
from threading import RLock
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def kept(most: int) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """As ``lru_cache``; the first call with some arguments holds the others back.

    Without it every thread of a server that has just started unpacks the same snapshot.
    """

    def wrap(function: Callable[P, T]) -> Callable[P, T]:
        held, lock, done = lru_cache(maxsize=most)(function), RLock(), set[object]()

        @wraps(function)
        def asked(*args: P.args, **kwargs: P.kwargs) -> T:
            if args in done:
                return held(*args, **kwargs)  # type: ignore[arg-type]
            with lock:
                found = held(*args, **kwargs)  # type: ignore[arg-type]
                done.add(args)
            return found

        def clear() -> None:
            done.clear()
            held.cache_clear()

        asked.cache_info = held.cache_info  # type: ignore[attr-defined]
        asked.cache_clear = clear  # type: ignore[attr-defined]
        return asked

    return wrap
