"""Threads that ask for the same frozen thing at once wait for the one that works it out."""

from threading import Barrier, Thread
from time import sleep

from hengjian.cycles.keeping import kept


def test_one_thread_works_and_the_others_wait() -> None:
    calls: list[int] = []
    together = Barrier(8)

    @kept(4)
    def heavy(number: int) -> int:
        calls.append(number)
        sleep(0.05)
        return number * 2

    found: list[int] = []

    def ask() -> None:
        together.wait()
        found.append(heavy(21))

    threads = [Thread(target=ask) for _n in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert found == [42] * 8
    assert calls == [21]


def test_what_is_pushed_out_or_cleared_is_worked_out_again() -> None:
    calls: list[int] = []

    @kept(1)
    def heavy(number: int) -> int:
        calls.append(number)
        return number

    assert [heavy(1), heavy(1), heavy(2), heavy(1)] == [1, 1, 2, 1]
    assert calls == [1, 2, 1]
    heavy.cache_clear()  # type: ignore[attr-defined]
    heavy(1)
    assert calls == [1, 2, 1, 1]
