"""The log of requests: a sample of what was asked and answered, for monitoring.

Nothing of a person is in it: neither a column that the contract calls personal nor one that the
model does not use, which is accepted whatever it holds. A request is never kept waiting.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import islice
from typing import Protocol

from foresell.serving.backlog import Backlog
from foresell.serving.logged_rows import Kinds, logged_kinds, row_lines
from foresell.serving.logs import error_text
from foresell.serving.served import Served
from foresell.serving.telemetry import Ended, Telemetry

_MOST = 20_000  # rows that wait to be written: two of the largest requests
_AT_ONCE = 32  # rows; between them the thread that serves may go on
_SAY_S = 60.0  # between two lines of the log that say the same
_ALL = 2**64


class Sink(Protocol):
    """Where lines of one project are kept."""

    def write(self, lines: bytes) -> None:
        """Keep whole lines. Raises MachineError when that cannot be done."""
        ...

    def close(self) -> None:
        """End what was written."""
        ...


@dataclass(slots=True)
class _Open:
    """A sink that is written to, and for which version it was opened."""

    digest: str
    kinds: Kinds
    sink: Sink


class RequestLog:
    """A listener that keeps the rows and answers of a ``share`` of all answered requests.

    ``open_sink`` returns where the rows of a project go, with the columns they have. ``now``:
    seconds since 1970.
    """

    def __init__(
        self,
        open_sink: Callable[[str, Kinds], Sink],
        share: float,
        telemetry: Telemetry,
        *,
        now: Callable[[], float] = time.time,
        most: int = _MOST,
    ) -> None:
        self._open_sink, self._share, self._telemetry = open_sink, share, telemetry
        self._now = now
        self._open: dict[str, _Open] = {}
        self._said_at = float("-inf")
        self._backlog = Backlog[tuple[Ended, Served, float]](
            "request log", self._write, self._lost, most=most, together=1
        )

    def __call__(self, ended: Ended) -> None:
        """Take a request whose answer was sent, if it is one of the sample."""
        asked = ended.asked
        if asked is None or asked.served is None or asked.note.given is None:
            return
        if ended.status != 200 or not sampled(ended.request_id, self._share):
            return
        rows = len(asked.note.predictions)
        if not self._backlog.add((ended, asked.served, self._now()), rows):
            self._count("request_log_dropped", asked.served, rows)

    def close(self) -> None:
        """Write what still waits, within a second, and end the files."""
        if self._backlog.close():
            for one in self._open.values():
                one.sink.close()

    async def finish(self) -> None:
        """Close, when the server ends; meanwhile others may end too."""
        await asyncio.to_thread(self.close)

    def _write(self, requests: Sequence[tuple[Ended, Served, float]]) -> None:
        """Write the rows of requests, a few at a time; those that cannot be written are counted."""
        for ended, served, at in requests:
            asked, written = ended.asked, 0
            rows = len(asked.note.predictions) if asked is not None else 0
            try:
                place = self._place(served)
                lines = row_lines(ended, served, at, place.kinds)
                while some := list(islice(lines, _AT_ONCE)):
                    place.sink.write(b"".join(some))
                    written += len(some)
                    time.sleep(0)
            finally:
                self._count("request_log_rows", served, written)
                if written < rows:
                    self._count("request_log_dropped", served, rows - written)

    def _place(self, served: Served) -> _Open:
        """Return where rows go; another file where the columns are not those of the last one."""
        project, digest = served.live.project, served.live.digest
        place = self._open.get(project)
        if place is not None and place.digest == digest:
            return place
        kinds = logged_kinds(served.contract, [one.name for one in served.form.fields])
        if place is not None and place.kinds == kinds:
            place.digest = digest
            return place
        if place is not None:
            place.sink.close()
        self._open[project] = _Open(digest, kinds, self._open_sink(project, kinds))
        return self._open[project]

    def _lost(self, _: Sequence[tuple[Ended, Served, float]], error: Exception) -> None:
        """Say why rows could not be written, once a minute."""
        if self._now() - self._said_at < _SAY_S:
            return
        self._said_at = self._now()
        self._telemetry.said(
            "ERROR", "rows are lost for the log of requests", exception=error_text(error)
        )

    def _count(self, name: str, served: Served, rows: int) -> None:
        """Count rows."""
        self._telemetry.metrics.count(name, served.live.project, by=rows)


def sampled(request_id: str, share: float) -> bool:
    """Tell whether a request is one of the sample: by its id alone, on every server the same.

    >>> [sampled("order-8", share) for share in (0.0, 0.5, 1.0)]
    [False, True, True]
    """
    if share >= 1:
        return True
    found = blake2b(request_id.encode(), digest_size=8).digest()
    return int.from_bytes(found) < share * _ALL
