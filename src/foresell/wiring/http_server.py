"""The process that listens: uvicorn around the application, begun and ended in good order."""

import asyncio
import gc
import logging
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from types import FrameType

import uvicorn

from foresell.errors import MachineError, UsageError
from foresell.serving.connections import protocol_for
from foresell.serving.docs_page import refuse_without_files
from foresell.serving.factory import create_app
from foresell.serving.site import Site
from foresell.serving.threads import Threads
from foresell.settings import Settings
from foresell.spec.extras import LOOKING
from foresell.wiring.first_loads import refuse_broken, refuse_missing
from foresell.wiring.open_files import raise_open_files
from foresell.wiring.serving import Asked, Made, has_pages, is_pinned, make_site, needs_keys

_ENDING_S = 10  # for requests that are being answered when it is told to end
_IDLE_S = 75  # a connection without a request is kept so long: more than balancers' 60
_BACKLOG = 2048
_THREADS = 8  # for large requests; more would only take turns


@dataclass(frozen=True, kw_only=True)
class Listening:
    """A server that listens. ``seconds``: from the first thing it did to this.

    ``keys``: whether callers need one; ``pages``: whether there are pages to look at, and all that
    they need is installed.
    """

    url: str
    site: Site
    keys: bool
    pages: bool
    seconds: float


def serve(asked: Asked, settings: Settings, listen: Callable[[Listening], None]) -> None:
    """Answer until it is told to end, by Ctrl-C or SIGTERM; running requests are finished.

    ``listen`` hears of it once it listens. A project whose alias has no version yet is served all
    the same: it is not ready until it has one. A number or a folder that cannot be loaded is what
    loading raises. Raises as `foresell.wiring.serving.make_site`, and a
    ``MachineError`` where the address cannot be had.
    """
    began = time.monotonic()
    refuse_without_files()
    made = make_site(asked, settings)
    slots = made.site.slots.values()
    if is_pinned(asked):
        refuse_missing(slots)
    with _bound(asked.host, asked.port) as bound:
        made.reloading.begin()
        try:
            if is_pinned(asked):
                refuse_broken(slots)
            _run(asked, made, bound, lambda url: listen(_told(asked, made, url, began)))
        finally:
            made.end()


def _told(asked: Asked, made: Made, url: str, began: float) -> Listening:
    """Return what is told of a server that listens now."""
    took = time.monotonic() - began
    pages = has_pages(asked) and all(find_spec(name) is not None for name in LOOKING)
    return Listening(url=url, site=made.site, keys=needs_keys(asked), pages=pages, seconds=took)


def _run(asked: Asked, made: Made, bound: socket.socket, started: Callable[[str], None]) -> None:
    """Serve on the socket ``bound`` until it is told to end."""
    config = uvicorn.Config(
        create_app(made.site),
        http=protocol_for(raise_open_files()),
        loop="uvloop" if find_spec("uvloop") is not None else "asyncio",  # no uvloop on Windows
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=_IDLE_S,
        timeout_graceful_shutdown=_ENDING_S,
        backlog=_BACKLOG,
    )
    server = _Server(config, lambda: started(_url(asked.host, bound)), made.site.leaving)
    telemetry = made.site.telemetry
    # What was loaded stays: the collector need not walk through it again and again.
    gc.collect()
    gc.freeze()
    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.get_loop().set_default_executor(Threads(_THREADS))
        if telemetry is None:
            runner.run(server.serve(sockets=[bound]))
            return
        with telemetry.libraries():
            logging.getLogger("uvicorn").setLevel(logging.WARNING)  # it starts in four lines
            runner.run(server.serve(sockets=[bound]))


class _Server(uvicorn.Server):
    """A server that says when it listens, and comes back to its caller when it is told to end.

    ``leaving``: what is called in its loop as soon as it is told to end.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        started: Callable[[], None],
        leaving: Sequence[Callable[[], None]],
    ) -> None:
        super().__init__(config)
        self._started, self._leaving = started, leaving
        self._loop: asyncio.AbstractEventLoop | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, and say so."""
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)
        self._started()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to end."""
        super().handle_exit(sig, frame)
        if self._loop is not None:
            for one in self._leaving:
                self._loop.call_soon_threadsafe(one)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """End by SIGINT and SIGTERM; a second one ends it at once.

        uvicorn's own raises the signal once more when it is done, so that a process told to
        terminate would die before its log is written and its children have ended.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        ends = (signal.SIGINT, signal.SIGTERM)
        before = [signal.signal(one, self.handle_exit) for one in ends]
        try:
            yield
        finally:
            for one, handler in zip(ends, before, strict=True):
                signal.signal(one, handler)


@contextmanager
def _bound(host: str, port: int) -> Iterator[socket.socket]:
    """Hold a socket that is bound, so that an address that is taken is told before all else.

    Raises:
        UsageError: there is no such host.
        MachineError: the address cannot be had.
    """
    try:
        found = socket.getaddrinfo(
            host.strip("[]"), port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except (socket.gaierror, UnicodeError) as error:
        raise UsageError(
            f"there is no host {host!r}", "--host", "use 127.0.0.1, or an address of this machine"
        ) from error
    family, kind, proto, _, address = found[0]
    with socket.socket(family, kind, proto) as bound:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            bound.bind(address)
        except OSError as error:
            raise MachineError(
                f"port {port} of {host} cannot be used: {error.strerror}",
                "--host, --port",
                "end what listens there, or choose another: --port N; 0 takes any that is free",
            ) from error
        yield bound


def _url(host: str, bound: socket.socket) -> str:
    """Return where a browser on this machine finds the server."""
    port = bound.getsockname()[1]
    name = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "": "127.0.0.1"}.get(host, host)  # noqa: S104
    return f"http://{f'[{name}]' if ':' in name and not name.startswith('[') else name}:{port}"
