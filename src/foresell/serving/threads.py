"""The threads that work for requests, of which an end of the server waits for none."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from threading import Lock, Thread
from typing import ParamSpec, TypeVar

_Arguments = ParamSpec("_Arguments")
_Told = TypeVar("_Told")


class Threads(ThreadPoolExecutor):
    """At most so many threads; they die with the process, whatever they are about.

    Python waits for those of its own pool at its end, though the caller of a request that was cut
    off is gone: a long answer kept a server that was told to end alive until it was found.
    """

    def __init__(self, most: int) -> None:
        super().__init__(most)  # by its type alone an event loop takes it; it starts no thread
        self._room = most
        self._work: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._started = 0
        self._guard = Lock()
        self._open = True

    def submit(
        self,
        work: Callable[_Arguments, _Told],
        /,
        *given: _Arguments.args,
        **named: _Arguments.kwargs,
    ) -> Future[_Told]:
        """Have ``work`` done by a thread.

        Raises:
            RuntimeError: it was shut down.
        """
        told: Future[_Told] = Future()

        def do() -> None:
            if not told.set_running_or_notify_cancel():
                return
            try:
                told.set_result(work(*given, **named))
            except BaseException as error:  # noqa: BLE001 - it is raised to who waits for it
                told.set_exception(error)

        with self._guard:
            if not self._open:
                raise RuntimeError("no work is taken on after the end")
            self._work.put(do)
            if self._started < self._room:
                self._started += 1
                Thread(target=self._go_on, name=f"request-{self._started}", daemon=True).start()
        return told

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT001, FBT002 - the pool's own words
        """Take on nothing more; what is under way is not waited for."""
        del wait, cancel_futures
        with self._guard:
            if self._open:
                self._open = False
                for _ in range(self._started):
                    self._work.put(None)

    def _go_on(self) -> None:
        """Do one thing after the other."""
        while (do := self._work.get()) is not None:
            do()
