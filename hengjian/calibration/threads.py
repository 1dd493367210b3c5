"""One BLAS thread, so that a fit gives the same bits whatever the machine's settings are."""

from collections.abc import Iterator
from contextlib import contextmanager

from threadpoolctl import threadpool_limits


@contextmanager
def one_thread() -> Iterator[None]:
    """Hold NumPy's and SciPy's BLAS to one thread inside the block.

    Clause: SPEC F3
    Sums over several threads are added in an order that depends on their number.
    """
    with threadpool_limits(limits=1, user_api="blas"):
        yield
