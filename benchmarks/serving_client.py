"""A client that asks at fixed times, whether or not the server has answered what came before.

Latency is counted from the time a request was to be sent, so that a server that stalls is charged
for all who waited (Tene, "How NOT to Measure Latency", 2015). Connections are kept; one that is
lost is opened again, and what was asked on it counts as failed.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import cast

import uvloop

Heard = Callable[[int, int, float, bytes], None]  # at which row, status, end in seconds, body
_PATIENCE_S = 20.0
_EARLY_S = 0.0005  # a wait that is not worth sleeping for


@dataclass(slots=True)
class Timed:
    """What came of a run: seconds of every answered request, and the statuses that were not 200.

    ``late_s``: how much later than intended the client itself sent at the worst; where it is large
    the machine was too busy to measure on.
    """

    seconds: list[float] = field(default_factory=list)
    others: list[int] = field(default_factory=list)
    late_s: float = 0.0

    def at(self, share: float) -> float:
        """Return the latency in milliseconds that a ``share`` of the answers kept within."""
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1e3


class Connection(asyncio.Protocol):
    """One connection of HTTP/1.1: a request at a time."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self._waiting: asyncio.Future[tuple[int, bytes]] | None = None
        self._held = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way out."""
        self.transport = cast("asyncio.Transport", transport)  # uvloop's is of no such class

    def data_received(self, data: bytes) -> None:
        """Take what came; hand it over when the reply is whole."""
        self._held += data
        head, apart, rest = self._held.partition(b"\r\n\r\n")
        if not apart or self._waiting is None:
            return
        length = next(
            int(line[15:])
            for line in head.lower().split(b"\r\n")
            if line.startswith(b"content-length:")
        )
        if len(rest) >= length:
            self._held = rest[length:]
            waiting, self._waiting = self._waiting, None
            waiting.set_result((int(head[9:12]), rest[:length]))

    def connection_lost(self, error: Exception | None) -> None:
        """Tell who waits."""
        self.transport = None
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(error or ConnectionResetError("closed by the server"))

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        """Return the status and the body of the reply.

        Raises:
            ConnectionResetError: the connection is gone.
        """
        if self.transport is None:
            raise ConnectionResetError("not connected")
        self._waiting = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        async with asyncio.timeout(_PATIENCE_S):
            return await self._waiting


def post(port: int, path: str, body: bytes, headers: Sequence[str] = ()) -> bytes:
    """Return the bytes of a POST request with a JSON body."""
    lines = [
        f"POST {path} HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        *headers,
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body


@dataclass(kw_only=True)
class Plan:
    """What is asked: ``requests`` in turn, ``per_second`` of them for ``seconds``.

    ``heard`` is told of every reply. ``connections``: the most that are open at once; a request
    that finds none free waits, and its wait counts.
    """

    port: int
    requests: Sequence[bytes]
    per_second: float
    seconds: float
    connections: int = 32
    heard: Heard | None = None
    stop: Callable[[], bool] = field(default=lambda: False)


async def timed(plan: Plan) -> Timed:
    """Ask as planned; return how long the replies took."""
    asking, tasks = _Asking(plan), set()
    began = time.perf_counter()
    for number in range(int(plan.per_second * plan.seconds)):
        intended = began + number / plan.per_second
        if (left := intended - time.perf_counter()) > _EARLY_S:
            await asyncio.sleep(left)
        asking.found.late_s = max(asking.found.late_s, time.perf_counter() - intended)
        if plan.stop():
            break
        task = asyncio.create_task(asking.one(number % len(plan.requests), intended))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
    await asyncio.gather(*tasks)
    asking.end()
    return asking.found


class _Asking:
    """The connections of a run, and what came of it."""

    def __init__(self, plan: Plan) -> None:
        self.found = Timed()
        self._plan = plan
        self._free: asyncio.LifoQueue[Connection | None] = asyncio.LifoQueue()
        for _ in range(plan.connections):
            self._free.put_nowait(None)

    async def one(self, at: int, intended: float) -> None:
        """Ask one request, on the connection that was free last."""
        connection = await self._free.get()
        try:
            if connection is None or connection.transport is None:
                loop = asyncio.get_running_loop()
                _, connection = await loop.create_connection(
                    Connection, "127.0.0.1", self._plan.port
                )
            status, body = await connection.ask(self._plan.requests[at])
        except (OSError, TimeoutError):
            status, body, connection = 0, b"", None
        finally:
            self._free.put_nowait(connection)
        end = time.perf_counter()
        if status == HTTPStatus.OK:
            self.found.seconds.append(end - intended)
        else:
            self.found.others.append(status)
        if self._plan.heard is not None:
            self._plan.heard(at, status, end, body)

    def end(self) -> None:
        """Close all connections."""
        while not self._free.empty():
            connection = self._free.get_nowait()
            if connection is not None and connection.transport is not None:
                connection.transport.close()


def ask_openly(plan: Plan) -> Timed:
    """Ask as planned, in an event loop of its own."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(timed(plan))
