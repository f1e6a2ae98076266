"""An application over a real socket of this machine, and a client that sends any bytes at all."""

import asyncio
import json
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPResponse
from typing import Any

import uvicorn

from foresell.serving.application import Application
from foresell.serving.connections import GuardedProtocol


@dataclass(frozen=True)
class Got:
    """What came back. ``heads``: names in small letters."""

    status: int
    heads: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Live:
    """A server that answers at a port of 127.0.0.1."""

    port: int

    def connect(self) -> socket.socket:
        """Open a connection of its own; nothing is waited for longer than ten seconds."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=10)

    def send(self, request: bytes, *, method: str = "POST") -> Got:
        """Send bytes as they are on a connection of its own; what comes back."""
        with self.connect() as line:
            line.sendall(request)
            return read(line, method)

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        heads: Mapping[str, str] | None = None,
    ) -> Got:
        """Ask as an ordinary client does: a body is JSON where nothing else is said."""
        told = {"Host": f"127.0.0.1:{self.port}"}
        if body is not None:
            told |= {"Content-Type": "application/json", "Content-Length": str(len(body))}
        told |= heads or {}
        lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {one}" for name, one in told.items())]
        return self.send("\r\n".join([*lines, "", ""]).encode() + (body or b""), method=method)


def read(line: socket.socket, method: str = "POST") -> Got:
    """Return the next answer on a connection."""
    answer = HTTPResponse(line, method=method)
    answer.begin()
    heads = {name.lower(): one for name, one in answer.getheaders()}
    return Got(answer.status, heads, answer.read())


@contextmanager
def live(app: Application) -> Iterator[Live]:
    """Serve ``app`` as `foresell serve` does, in a thread, for as long as the block lasts."""
    config = uvicorn.Config(
        app,
        http=GuardedProtocol,
        loop="uvloop",
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=5,
    )
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as bound:
        thread = threading.Thread(target=_run, args=(server, config, bound))
        thread.start()
        try:
            until = time.monotonic() + 10
            while not server.started and thread.is_alive() and time.monotonic() < until:
                time.sleep(0.01)
            assert server.started, "the server did not start"
            yield Live(bound.getsockname()[1])
        finally:
            server.should_exit = True
            thread.join(20)
            assert not thread.is_alive()


def _run(server: uvicorn.Server, config: uvicorn.Config, bound: socket.socket) -> None:
    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(server.serve(sockets=[bound]))
