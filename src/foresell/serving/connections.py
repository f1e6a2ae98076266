"""Connections as uvicorn holds them, with limits it does not have of itself.

uvicorn 0.54 over httptools takes headers of any length, waits for them for ever, and holds any
number of connections, and answers that nobody reads. Here a request whose headers are too long is
refused with 431, and one whose headers are not whole in time with 408: by problem+json, as
everything is. For a connection too many the one goes that has been idle longest; where none is
idle, the new one is refused with 503. Who does not read its answer loses the connection.
"""

from asyncio import TimerHandle, Transport
from http import HTTPStatus
from math import inf
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from foresell.serving.bodies import WHOLE
from foresell.serving.exchange import Reply
from foresell.serving.problems import Refused, problem_reply
from foresell.serving.security import sent_headers
from foresell.serving.tracing import request_id

MAX_HEAD = 32_768  # bytes of the request line and all headers
HEAD_S = 10.0  # seconds for the headers of a request to be whole
READ_S = 30.0  # seconds in which a caller must take in some of an answer
MAX_OPEN = 1000  # connections at once, where the process may open so many files
_WHOLE: dict[str, dict[object, object]] = {WHOLE: {}}
_CLOSE = (b"connection", b"close")
_FILES_BESIDE = 200  # open files that are no connections


class GuardedProtocol(HttpToolsProtocol):
    """One connection, for ``uvicorn.Config(http=GuardedProtocol)``.

    ``most_open``: how many there may be at once.
    """

    most_open = MAX_OPEN
    _timer: TimerHandle | None = None
    _unread: TimerHandle | None = None
    _waits = True  # for headers to be whole
    _size = 0  # bytes that have come while it waited

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        """Begin; make room where this is one connection too many, or refuse it."""
        super().connection_made(transport)
        if len(self.connections) > self.most_open and not self._make_room():
            self._refuse(_busy(self.most_open))
        else:
            self._timer = self.loop.call_later(HEAD_S, self._late)

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._stop()
        self._taken()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes in; those of headers are counted, and must not go on for ever."""
        if self._waits:
            self._size += len(data)
        super().data_received(data)
        if not self._waits or self.transport.is_closing():
            return
        if self._size > MAX_HEAD:
            self._refuse(_too_long())
        elif self._size and self._timer is None:
            self._timer = self.loop.call_later(HEAD_S, self._late)

    def on_headers_complete(self) -> None:
        """Hand the request to the application; headers that came at once and are too long to none.

        A packet may hold headers and body; only one that is longer than headers may be is measured.
        """
        if self._timer is not None:
            self._stop()
        if self._size > MAX_HEAD and self._head_size() > MAX_HEAD:
            self.app = _refuse_head
        self._waits, self._size = False, 0
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Wait for the headers of the next request.

        The application has not begun yet where all of this one came at once, and is told so.
        """
        super().on_message_complete()
        self.scope["extensions"] = _WHOLE
        self._waits = True

    def pause_writing(self) -> None:
        """Wait for the caller to read, and not for ever."""
        super().pause_writing()
        left = self.transport.get_write_buffer_size()
        self._unread = self.loop.call_later(READ_S, self._check_read, left)

    def resume_writing(self) -> None:
        """Go on: the caller has read."""
        self._taken()
        super().resume_writing()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's words
        """Refuse bytes that are no HTTP."""
        self._refuse(Refused("this is no HTTP request", "connection", "see RFC 9112", status=400))

    @property
    def idle_since(self) -> float:
        """When it began to wait for a request, by the loop's clock; infinite where it does not."""
        if self.transport.is_closing() or self._size:
            return inf
        if self.timeout_keep_alive_task is not None:
            return self.timeout_keep_alive_task.when() - self.timeout_keep_alive
        if self._timer is not None and self.cycle is None:
            return self._timer.when() - HEAD_S
        return inf

    def _make_room(self) -> bool:
        """Close the connection that has been idle longest; False where none is.

        Who holds many connections and asks nothing must not keep others out.
        """
        others = [one for one in self.connections if isinstance(one, GuardedProtocol)]
        longest = min(others, key=lambda one: one.idle_since)
        if longest is self or longest.idle_since == inf:
            return False
        longest.transport.close()
        return True

    def _head_size(self) -> int:
        """Return the bytes of the request line and the headers, or a little less."""
        return len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)

    def _late(self) -> None:
        """Refuse headers that do not come; a connection on which nothing came is just closed."""
        self._timer = None
        if not self._size:
            self.transport.close()
        else:
            self._refuse(_too_slow())

    def _stop(self) -> None:
        """Stop the timer."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _check_read(self, before: int) -> None:
        """Close the connection if nothing of its answer was taken in since ``before`` was left."""
        left = self.transport.get_write_buffer_size()
        if left < before:
            self._unread = self.loop.call_later(READ_S, self._check_read, left)
        else:
            self.transport.abort()

    def _taken(self) -> None:
        """Stop the timer of an answer that is not read."""
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def _refuse(self, refused: Refused) -> None:
        """Write a refusal and close; while another answer is under way only close."""
        self._stop()
        if not self.transport.is_closing() and (self.cycle is None or self.cycle.response_complete):
            reply, heads = _told(refused)
            phrase = HTTPStatus(reply.status).phrase.encode()
            lines = [b"HTTP/1.1 %d %s" % (reply.status, phrase)]
            lines += [b"%s: %s" % pair for pair in (*self.server_state.default_headers, *heads)]
            self.transport.write(b"\r\n".join([*lines, b"", reply.body]))
        self.transport.close()


def protocol_for(files: int | None) -> type[GuardedProtocol]:
    """Return the class of connections of a process that may open so many files, None for any.

    Each is a file. The rest is for bundles, logs, databases, and pipes to child processes.
    """
    if files is None:
        return GuardedProtocol
    most = min(MAX_OPEN, max(files - _FILES_BESIDE, files // 4))
    return type("GuardedProtocol", (GuardedProtocol,), {"most_open": most})


async def _refuse_head(scope: Any, receive: Any, send: Any) -> None:  # noqa: ARG001 - it is ASGI
    """Refuse a request for its headers."""
    reply, heads = _told(_too_long())
    await send({"type": "http.response.start", "status": reply.status, "headers": heads})
    await send({"type": "http.response.body", "body": reply.body})


def _told(refused: Refused) -> tuple[Reply, list[tuple[bytes, bytes]]]:
    """Return a refusal as it is sent, and its headers."""
    fresh = request_id(None)
    reply = problem_reply(refused, fresh)
    return reply, [*sent_headers(reply, fresh), _CLOSE]


def _too_long() -> Refused:
    return Refused(
        f"the request line and headers are longer than {MAX_HEAD:,} bytes",
        "headers",
        "send fewer; values belong in the body",
        status=431,
    )


def _too_slow() -> Refused:
    return Refused(
        f"the headers were not whole after {HEAD_S:g} s", "headers", "send them faster", status=408
    )


def _busy(most: int) -> Refused:
    return Refused(
        f"more than {most:,} connections are open",
        "connection",
        "ask again in a moment, and use one connection for many requests",
        status=503,
        headers=((b"retry-after", b"1"),),
    )
