"""An application whose endpoints say what they were asked, to see what reaches them."""

import asyncio
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from foresell.bundle.bundle import Bundle
from foresell.errors import DataError, MachineError, UsageError
from foresell.serving.application import Application
from foresell.serving.exchange import Asked, Kind, Reply, Route, json_reply
from foresell.serving.guards import Guards
from foresell.serving.slots import Shelf, Slot
from foresell.serving.telemetry import Ended
from foresell.spec.serving import Live as LiveVersion
from tests.live_server import Got


@dataclass
class Heard:
    """What a listener was told; ``wait`` returns once it was told so often."""

    ended: list[Ended] = field(default_factory=list)
    more: threading.Condition = field(default_factory=threading.Condition)

    def __call__(self, ended: Ended) -> None:
        with self.more:
            self.ended.append(ended)
            self.more.notify_all()

    def wait(self, count: int) -> list[Ended]:
        with self.more:
            assert self.more.wait_for(lambda: len(self.ended) >= count, 10)
            return list(self.ended)


async def echo(asked: Asked) -> Reply:
    """Answer what was asked."""
    return json_reply({
        "body": asked.body.decode("latin-1")[:100],
        "size": len(asked.body),
        "caller": asked.caller,
        "path": dict(asked.path),
        "query": asked.query.decode(),
        "project": asked.slot.project if asked.slot is not None else None,
    })


def raising(error: Exception) -> Any:
    """Return an endpoint that fails."""

    async def fail(_: Asked) -> Reply:
        raise error

    return fail


async def page(_: Asked) -> Reply:
    """Answer a page with a policy of its own."""
    policy = (b"content-security-policy", b"default-src 'self'")
    return Reply(b"<p>hello", media_type=b"text/html; charset=utf-8", headers=(policy,))


STOPPED = threading.Event()


async def awaited(asked: Asked) -> Reply:
    """Answer after as many seconds as are asked for; tell when that was stopped before."""
    whole = False
    try:
        await asyncio.sleep(float(asked.path["seconds"]))
        whole = True
    finally:
        if not whole:
            STOPPED.set()
    return await echo(asked)


async def long(_: Asked) -> Reply:
    """Answer more than all buffers on the way hold."""
    return Reply(b"x" * 30_000_000)


def _post(path: str, endpoint: Any = echo, **told: Any) -> Route:
    said = {"request": {"type": "object"}, "needs_model": False, **told}
    return Route(method="POST", path=path, endpoint=endpoint, summary=path, **said)


def _get(path: str, endpoint: Any = echo, **told: Any) -> Route:
    said = {"needs_model": False, "scope": "read", **told}
    return Route(method="GET", path=path, endpoint=endpoint, summary=path, **said)


TABLE: tuple[Kind, ...] = ("tabular",)
ROUTES: tuple[Route, ...] = (
    _post("/predict"),
    _post("/predict/batch", needs_model=True),
    _post("/explain", scope="explain"),
    _post("/csv", other_media={"text/csv": {"type": "string"}}),
    _post("/only/tables", kinds=TABLE),
    _post("/admin/reload", scope="admin", request=None),
    _get("/metadata"),
    _get("/docs", page, scope=None),
    _get("/series/{name}"),
    _get("/long", long),
    _get("/awaited/{seconds}", awaited, while_awaited=True),
    _get("/health/live", scope=None),
    _get("/health/live", scope=None, level="server"),
    _post("/v2/models/{project}/infer", level="server"),
    _post("/fails/usage", raising(UsageError("no such store", "store", "use 1 to 45"))),
    _post("/fails/data", raising(DataError("a file is cut", "/srv/x/a.parquet", "run again"))),
    _post("/fails/machine", raising(MachineError("no space", "/srv/x/secret", "free the disk"))),
    _post("/fails/bug", raising(ZeroDivisionError("secret of our insides"))),
)


def _nothing() -> LiveVersion:
    raise UsageError("nothing is live", "prod", "promote a version")


def _no_bundle(_: LiveVersion) -> Bundle:
    raise UsageError("nothing is live", "prod", "promote a version")


def slot(project: str, kind: Kind = "tabular") -> Slot:
    """Return the slot of a project without a version."""
    return Slot(project=project, kind=kind, shelf=Shelf(look=_nothing, fetch=_no_bundle))


def small_app(
    guards: Guards | None = None,
    slots: Sequence[Slot] = (),
    listeners: Sequence[Any] = (),
) -> Application:
    """Return the application; the first of ``slots`` is also at the root."""
    held = {one.project: one for one in slots or (slot("orders"), slot("shops", "panel"))}
    root = next(iter(held))
    return Application(ROUTES, held, guards or Guards(), None, listeners, root=root)


def problem(got: Got) -> tuple[int, str]:
    """Return the status and the detail of a refusal, whose form is looked at."""
    assert got.heads["content-type"] == "application/problem+json"
    assert got.json["type"] == "about:blank"
    assert got.json["status"] == got.status
    assert got.json["request_id"] == got.heads["x-request-id"]
    assert {"title", "where", "mend"} < set(got.json)
    return got.status, got.json["detail"]


def chunked(*parts: bytes) -> bytes:
    """Return a body in chunks, without its end."""
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts)


START = (
    b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n"
)
