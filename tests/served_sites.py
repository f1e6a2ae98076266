"""A site of toys, asked without a socket: what its application answers to one request."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from foresell.serving.factory import create_app
from foresell.serving.guards import Guards
from foresell.serving.site import Options, Site
from foresell.serving.slots import Slot
from tests.served_bundles import served, slot


@dataclass(frozen=True)
class Replied:
    """A reply: its status, its headers, and what its JSON holds."""

    status: int
    headers: Mapping[str, str]
    told: Any


def toy_site(*slots: Slot, root: str | None = "toy", max_rows: int = 10_000) -> Site:
    """Return a site of ``slots``, by default of one toy whose version 1 answers 100."""
    placed = slots or (slot(current=served()),)
    return Site(
        slots={one.project: one for one in placed},
        root=root,
        guards=Guards(),
        options=Options(max_rows=max_rows),
    )


def asked(site: Site, request: str, body: Any = None, **headers: str) -> Replied:
    """Send ``request``, such as ``GET /ping``, and return the reply; a dict is sent as JSON."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return _sent(site, request, body, {"content-type": "application/json"} | named)


def untyped(site: Site, request: str, body: Any) -> Replied:
    """Send a body that does not say its type."""
    return _sent(site, request, body, {})


def _sent(site: Site, request: str, body: Any, headers: Mapping[str, str]) -> Replied:
    """Send a request with these headers."""
    method, path = request.split(" ")
    plain = body if isinstance(body, str | bytes) else json.dumps(body)

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app=create_app(site))  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            content = plain if method == "POST" and body is not None else None
            return await client.request(method, path, content=content, headers=headers)

    replied = asyncio.run(ask())
    return Replied(replied.status_code, dict(replied.headers), replied.json())
