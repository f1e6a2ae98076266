"""What the guards cost a request: everything but the endpoint, the telemetry and uvicorn itself.

Guarded and unguarded are measured in turns, beside an ASGI function that only answers; the quickest
of several rounds counts: python -m benchmarks.serving_guards
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from foresell.serving.application import Application
from foresell.serving.exchange import Asked, Reply, Route
from foresell.serving.guards import Guards
from foresell.serving.keys import KeyRing
from foresell.serving.rate import RateLimit
from foresell.serving.telemetry import Telemetry
from foresell.spec.keys import Key, token_digest, token_text
from tests.served_bundles import served, slot

_REQUESTS, _ROUNDS, _KEYS = 3000, 9, 20
_PAGE = "https://dashboard.example"
_BODY = b'{"day":"2026-02-03","pieces":3,"price":9.5,"gift":true,"colour":"red"}'
_ANSWER = b'{"prediction":100.0}'
_HEADS = ((b"content-type", b"application/json"), (b"content-length", b"20"))


class _Untold(Telemetry):
    """Telemetry that hears nothing: `benchmarks.serving_telemetry` measures it."""

    def began(self, method: str, path: str = "") -> None:
        """Hear nothing."""

    def ended(self, ended: Any) -> None:
        """Hear nothing."""


class _Listed:
    """Keys in memory."""

    def __init__(self, tokens: Sequence[str]) -> None:
        self._keys = [
            Key(
                id=token[4:16],
                name=f"caller-{at}",
                digest=token_digest(token),
                scopes=("predict",),
                created=datetime(2026, 11, 21, tzinfo=UTC),
            )
            for at, token in enumerate(tokens)
        ]

    @staticmethod
    def stamp() -> object:
        """Return that nothing changes."""
        return 0

    def keys(self) -> Sequence[Key]:
        """Return the keys."""
        return self._keys


def main() -> None:
    """Measure and print, in microseconds a request."""
    print(asyncio.run(_measured()))


async def _measured() -> str:
    """Return what was measured, a line each."""
    tokens = [token_text(f"{at:012x}", f"{at:043d}") for at in range(_KEYS)]
    ring = KeyRing(_Listed(tokens), time.time, time.monotonic, print)
    rate = RateLimit(1e9, 10_000, time.monotonic)
    told: Mapping[str, Any] = {
        "an ASGI function that only answers": _bare,
        "host, route, type, body, headers": _application(Guards()),
        "and keys": _application(Guards(keys=ring)),
        "and a pace": _application(Guards(keys=ring, rate=rate)),
        "and an origin": _application(Guards(keys=ring, rate=rate, cors=(_PAGE,))),
    }
    scope = _scope(tokens[_KEYS // 2])
    found: dict[str, float] = {}
    for _ in range(_ROUNDS):
        for name, app in told.items():
            found[name] = min(found.get(name, float("inf")), await _timed(app, scope))
    return "\n".join(f"{name:<36}{cost * 1e6:6.1f} us" for name, cost in found.items())


def _application(guards: Guards) -> Application:
    """Return a server of one endpoint that does nothing."""
    place = slot("toy", served())

    async def answer(_: Asked) -> Reply:
        return Reply(_ANSWER)

    route = Route(method="POST", path="/predict", endpoint=answer, summary="", request={})
    return Application([route], {"toy": place}, guards, _Untold(), root="toy")


def _scope(token: str) -> dict[str, Any]:
    """Return a request as uvicorn hands it over."""
    return {
        "type": "http",
        "method": "POST",
        "path": "/predict",
        "query_string": b"",
        "client": ("127.0.0.1", 50_000),
        "headers": [
            (b"host", b"127.0.0.1:8000"),
            (b"user-agent", b"benchmark"),
            (b"accept", b"*/*"),
            (b"content-type", b"application/json"),
            (b"content-length", str(len(_BODY)).encode()),
            (b"authorization", b"Bearer " + token.encode()),
            (b"origin", _PAGE.encode()),
        ],
    }


async def _bare(_scope: Any, receive: Any, send: Any) -> None:
    """Answer, and no more."""
    await receive()
    await send({"type": "http.response.start", "status": 200, "headers": _HEADS})
    await send({"type": "http.response.body", "body": _ANSWER})


async def _timed(app: Any, scope: Any) -> float:
    """Return the processor seconds of one request, the mean of many."""
    message = {"type": "http.request", "body": _BODY, "more_body": False}
    sent: list[Any] = []

    async def receive() -> Any:
        return message

    async def send(told: Any) -> None:
        sent.append(told)

    began = time.process_time()
    for _ in range(_REQUESTS):
        sent.clear()
        await app(scope, receive, send)
    cost = (time.process_time() - began) / _REQUESTS
    assert sent[0]["status"] == 200, sent  # noqa: S101 - else nothing was measured
    return cost


if __name__ == "__main__":
    main()
