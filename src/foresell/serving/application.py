"""The server as one plain ASGI object: guards, the endpoint, and what is told of every request."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

from foresell.errors import ForesellError
from foresell.serving.awaited import while_awaited
from foresell.serving.bodies import (
    WHOLE,
    GoneError,
    Receive,
    check_type,
    has_body,
    linger,
    read_body,
    refuse_crowd,
    small_body,
)
from foresell.serving.exchange import Asked, Reply, Route
from foresell.serving.guards import Gate, Guards
from foresell.serving.problems import Refused, logged_words, problem_reply, refusal_of, unforeseen
from foresell.serving.routing import Found, Router
from foresell.serving.security import options_headers, origin_headers, sent_headers
from foresell.serving.slots import Slot
from foresell.serving.standing import refuse_waiting
from foresell.serving.telemetry import Ended, Listener, Telemetry
from foresell.serving.tracing import (
    REQUEST_ID,
    TRACEPARENT,
    TRACERESPONSE,
    Trace,
    read_trace,
    request_id,
)

Message = dict[str, Any]
Send = Callable[[Message], Awaitable[None]]
Hook = Callable[[], Awaitable[None]]

_LARGE = 65_536  # bytes of a body from which on only so many are held at once
_MOST_LARGE = 32
_LATE = 408
_LEFT = 499  # nginx's status for a caller that went away before its answer
_ANY = (Exception,)  # what stops the server, as a cancelled task, is none and goes on its way


@dataclass(slots=True)
class _Visit:
    """One request on its way. ``more``: headers that guards add to whatever is answered.

    ``body_read``: none of its body is left on the connection. ``large``: it counts as a large one.
    """

    scope: Message
    heads: Mapping[bytes, bytes]
    request_id: str
    trace: Trace
    found: Found | None = None
    asked: Asked | None = None
    more: list[tuple[bytes, bytes]] = field(default_factory=list)
    body_read: bool = False
    large: bool = False


class Application:
    """Answers requests for the projects of ``slots``, by the endpoints of ``routes``.

    Every request goes the same way: its host, its route, its key, its pace, its body, the version
    that answers, the endpoint, the answer, and only then what is told of it. It is refused by
    problem+json at the first thing that is wrong; what nobody foresaw is a 500 that says nothing
    of its insides and is logged whole. ``root``: the project that answers at the root paths too.
    ``listeners`` are told of a request when its answer is sent; none can spoil it. What is put in
    ``starting`` and ``ending`` is awaited when the server starts and ends.
    """

    def __init__(
        self,
        routes: Iterable[Route],
        slots: Mapping[str, Slot],
        guards: Guards,
        telemetry: Telemetry | None = None,
        listeners: Sequence[Listener] = (),
        root: str | None = None,
    ) -> None:
        declared = tuple(routes)
        self.router = Router(declared, slots, root)
        self._private = {one.path.split("/", 2)[1] for one in declared if not one.documented}
        self._gate = Gate(guards)
        self._telemetry = telemetry or Telemetry()
        self._hearing: tuple[Listener, ...] = (self._telemetry.ended, *listeners)
        self._large = 0  # large bodies that are coming in or being answered
        self.starting: list[Hook] = []
        self.ending: list[Hook] = []

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request, or follow the server's own start and end."""
        if scope["type"] == "http":
            await self._serve(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._live(receive, send)
        else:
            await send({"type": "websocket.close", "code": 1000})

    async def _serve(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request, and tell of it, whatever happens."""
        began = perf_counter()
        method: str = scope["method"]
        self._telemetry.began(method, scope["path"])
        heads = dict(scope["headers"])
        visit = _Visit(
            scope, heads, request_id(heads.get(REQUEST_ID)), read_trace(heads.get(TRACEPARENT))
        )
        ended = Ended(method, "", _LEFT, 0.0, visit.request_id, visit.trace, path=scope["path"])
        try:
            try:
                reply = await self._answer(visit, receive)
            except _ANY as error:
                reply = _spoilt(error, visit, ended)
            if reply is not None:
                await self._send(visit, reply, receive, send)
                ended.status, ended.reply_bytes = reply.status, len(reply.body)
        finally:
            self._large -= visit.large
            ended.seconds = perf_counter() - began
            ended.asked = visit.asked
            if visit.found is not None:
                ended.route, ended.scope = visit.found.route.path, visit.found.route.scope
            self._tell(ended)

    async def _answer(self, visit: _Visit, receive: Receive) -> Reply | None:
        """Return the answer to a request. What is wrong with it is a ``Refused``.

        Raises:
            Refused: 404 and 405 as of `Router.find`, to those who may know what there is.
        """
        scope, heads, gate = visit.scope, visit.heads, self._gate
        gate.check_address(heads, scope["headers"])
        if gate.origins and not self._is_private(scope["path"]):
            visit.more += origin_headers(heads.get(b"origin"), gate.origins)
        method, path = scope["method"], scope["path"]
        if method == "OPTIONS":
            return self._options(heads, path)
        try:
            visit.found = found = self.router.find(method, path)
        except Refused:
            gate.know(heads)  # who has no key is not told which paths and projects there are
            raise
        route, slot = found.route, found.slot
        visit.asked = asked = Asked(
            visit.request_id, b"", scope["headers"], scope["query_string"], found.path, slot
        )
        asked.at = path
        key, asked.caller = gate.admit(heads, route.scope)
        self._count(visit, route, key)
        if route.method == "POST":
            check_type(heads, found.accepts, bare=route.request is None)
            asked.body = await self._body(visit, receive)
        if slot is not None:
            asked.served = slot.current
            if asked.served is None and route.needs_model:
                refuse_waiting((slot,))
        if route.while_awaited and not has_body(heads):  # what is left of one is not read here
            return await while_awaited(route.endpoint(asked), receive)
        return await route.endpoint(asked)

    def _count(self, visit: _Visit, route: Route, key: str) -> None:
        """Count a request of a caller, by its ``key`` or its address, and note what it has left."""
        if route.scope is not None or route.counted:
            client = visit.scope.get("client")
            visit.more += self._gate.count(key or (client[0] if client else ""))

    async def _body(self, visit: _Visit, receive: Receive) -> bytes:
        """Return the body. What is wrong with it is ``Refused``, as is one large one too many.

        Callers that send slowly would else have the server hold as many as there are connections.
        """
        heads, guards = visit.heads, self._gate.guards
        if not small_body(heads, _LARGE):
            if self._large >= _MOST_LARGE:
                refuse_crowd()
            self._large += 1
            visit.large = True
        here = WHOLE in visit.scope.get("extensions", ())
        route = visit.found.route if visit.found is not None else None
        own = route.max_body if route is not None else None
        most = guards.max_body if own is None else min(own, guards.max_body)
        body = await read_body(receive, heads, most, guards.body_s, here=here)
        visit.body_read = True
        return body

    def _options(self, heads: Mapping[bytes, bytes], path: str) -> Reply:
        """Return the answer to OPTIONS. An unknown path is ``Refused``."""
        methods = self.router.methods(path)
        if not methods:
            self.router.find("OPTIONS", path)
        origins = frozenset() if self._is_private(path) else self._gate.origins
        return Reply(b"", 204, headers=options_headers(heads, methods, origins))

    def _is_private(self, path: str) -> bool:
        """Tell whether pages stand there: who may read answers may not read them for that."""
        return path.lstrip("/").partition("/")[0] in self._private

    async def _send(self, visit: _Visit, reply: Reply, receive: Receive, send: Send) -> None:
        """Send an answer. What is left of a long body is dropped, and the connection closed."""
        headers = sent_headers(reply, visit.request_id)
        headers.append((TRACERESPONSE, visit.trace.header))
        headers += visit.more
        late = reply.status == _LATE
        cut = not visit.body_read and (late or self._is_cut(visit.heads))
        if cut:
            headers.append((b"connection", b"close"))
        await send({"type": "http.response.start", "status": reply.status, "headers": headers})
        lingers = cut and not late and b"expect" not in visit.heads
        await send({"type": "http.response.body", "body": reply.body, "more_body": lingers})
        if lingers:
            await linger(receive)
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    def _is_cut(self, heads: Mapping[bytes, bytes]) -> bool:
        """Tell whether more may come of a body that was not read than is worth to be waited for.

        Who waited for a permission to send it need not send it any more (RFC 9110, 10.1.1).
        """
        small = small_body(heads, self._gate.guards.max_body)
        return has_body(heads) and (not small or b"expect" in heads)

    def _tell(self, ended: Ended) -> None:
        """Tell of a request that is over; nothing that goes wrong here reaches the caller."""
        trouble: Exception | None = None
        for hears in self._hearing:
            try:
                hears(ended)
            except _ANY as error:
                trouble = trouble or error
        if trouble is not None:
            # The log itself may be what has failed: then there is nobody else to tell.
            with suppress(*_ANY):
                self._telemetry.said(
                    "ERROR",
                    f"a request could not be told of: {trouble!r}",
                    request_id=ended.request_id,
                )

    async def _live(self, receive: Receive, send: Send) -> None:
        """Follow the server's own start and end; what fails at the start keeps it from starting."""
        while True:
            message = await receive()
            starting = message["type"] == "lifespan.startup"
            part = "startup" if starting else "shutdown"
            try:
                for hook in self.starting if starting else self.ending:
                    await hook()
            except _ANY as error:
                await send({"type": f"lifespan.{part}.failed", "message": str(error)})
                return
            await send({"type": f"lifespan.{part}.complete"})
            if not starting:
                return


def _spoilt(error: Exception, visit: _Visit, ended: Ended) -> Reply | None:
    """Return what is answered when something is wrong, and note it; None if nobody is there."""
    if isinstance(error, GoneError):
        return None
    refused = refusal_of(error) if isinstance(error, ForesellError) else None
    if refused is None or (error is not refused and refused.status >= 500):
        ended.trouble = error
    refused = refused or unforeseen(visit.request_id)
    ended.refused = logged_words(refused, error)
    if visit.found is not None and visit.found.route.refusing is not None:
        return visit.found.route.refusing(refused)
    return problem_reply(refused, visit.request_id, visit.scope["path"])
