"""Work that can wait a moment: put in line by who must not wait, done by a thread of its own."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

_GATHER_S = 0.05  # the thread wakes 20 times a second at most
_END_S = 1.0
_ANY = (Exception,)  # a thread that ended would take everything after it along

T = TypeVar("T")


class Backlog(Generic[T]):
    """Items in line for ``work``, which gets those that were gathered for a moment, in their order.

    ``together``: how many it gets at once. ``lost`` is told of items that ``work`` has failed at,
    and why; the next ones are tried again. ``most``: how much may wait, in the weights of items.
    ``waiting``: how much does, in line or being done.
    """

    def __init__(
        self,
        name: str,
        work: Callable[[Sequence[T]], None],
        lost: Callable[[Sequence[T], Exception], None],
        *,
        most: int,
        together: int = 1000,
    ) -> None:
        self._work, self._lost = work, lost
        self._most, self._together = most, together
        self._line: deque[tuple[T, int]] = deque()
        self._waiting, self._count = 0, threading.Lock()
        self._wake, self._over = threading.Event(), threading.Event()
        # A daemon: a disk that hangs must not keep a server from ending.
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """How much waits."""
        return self._waiting

    def add(self, item: T, weight: int = 1) -> bool:
        """Put an item in line; False: too much waits, or it is over."""
        with self._count:
            if self._waiting + weight > self._most or self._over.is_set():
                return False
            self._waiting += weight
        self._line.append((item, weight))
        if not self._wake.is_set():
            self._wake.set()
        return True

    def close(self) -> bool:
        """Do what still waits, for a second; tell whether all was done."""
        self._over.set()
        self._wake.set()
        self._thread.join(_END_S)
        return not self._thread.is_alive()

    def _run(self) -> None:
        """Do what comes, until it is over and nothing waits."""
        while not (self._over.is_set() and not self._line):
            self._wake.wait()
            self._over.wait(_GATHER_S)
            self._wake.clear()
            while self._line:
                self._do(min(len(self._line), self._together))

    def _do(self, count: int) -> None:
        """Do the first ``count`` items."""
        taken = [self._line.popleft() for _ in range(count)]
        items = [item for item, _ in taken]
        try:
            self._work(items)
        except _ANY as error:
            self._lost(items, error)
        with self._count:
            self._waiting -= sum(weight for _, weight in taken)
