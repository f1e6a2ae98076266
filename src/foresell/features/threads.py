"""One thread for linear algebra: quicker where matrices are small, and the same sums anywhere."""

from collections.abc import Iterator
from contextlib import contextmanager

from threadpoolctl import threadpool_limits


@contextmanager
def one_thread() -> Iterator[None]:
    """Hold the linear algebra library to one thread meanwhile.

    Its threads wait for each other by spinning, which on thousands of small matrices takes several
    times longer than one thread alone; and how a long sum is shared out among them shows in its
    last bits, so that machines with other numbers of cores would give other bytes.
    """
    with threadpool_limits(limits=1, user_api="blas"):
        yield
