"""A way to an S3 that counts what is asked for, and breaks where a test says so."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal
from urllib.parse import unquote, urlsplit

Trouble = Literal["busy", "broken", "damaged"]


@dataclass(frozen=True)
class Asked:
    """One request: its method, the bucket and key, and the bytes of the object that it wants."""

    method: str
    path: str
    query: str
    range: str | None


@dataclass
class S3Relay:
    """Passes requests on to the S3 at ``to``. ``asked``: all so far, in order.

    ``trouble`` looks at each request first: ``busy`` is answered 503 without asking, ``broken``
    ends after half of the bytes, ``damaged`` has one byte changed, None is passed on. ``page``: how
    many objects a page of a list has at most.
    """

    to: str
    port: int = 0
    page: int | None = None
    asked: list[Asked] = field(default_factory=list)
    trouble: Callable[[Asked], Trouble | None] = lambda _: None

    @property
    def endpoint(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def gets(self, key: str = "") -> list[Asked]:
        """Return the requests for bytes of objects whose path ends with ``key``."""
        return [
            one
            for one in self.asked
            if one.method == "GET" and "list-type" not in one.query and one.path.endswith(key)
        ]


@contextmanager
def s3_relay(endpoint: str) -> Iterator[S3Relay]:
    """Run a relay to ``endpoint`` for as long as the block lasts."""
    relay = S3Relay(endpoint)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            """Say nothing."""

        def _pass(self) -> None:
            parts = urlsplit(self.path)
            asked = Asked(self.command, unquote(parts.path), parts.query, self.headers.get("Range"))
            relay.asked.append(asked)
            trouble = relay.trouble(asked)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if trouble == "busy":
                said = b"<Error><Code>SlowDown</Code><Message>Reduce your rate</Message></Error>"
                self._answer(503, [("Content-Type", "application/xml")], said, len(said))
                return
            there = HTTPConnection(urlsplit(endpoint).netloc, timeout=60)
            more = f"&max-keys={relay.page}" if relay.page and "list-type" in parts.query else ""
            there.request(self.command, self.path + more, body, dict(self.headers))
            answer = there.getresponse()
            content = answer.read()
            kept = [one for one in answer.getheaders() if one[0].lower() not in _OWN]
            length = int(answer.headers.get("Content-Length") or len(content))
            if trouble == "damaged":
                content = content[:-1] + bytes([content[-1] ^ 1])
            if trouble == "broken":
                content, self.close_connection = content[: len(content) // 2], True
            self._answer(answer.status, kept, content, length)
            there.close()

        def _answer(
            self, status: int, headers: list[tuple[str, str]], content: bytes, length: int
        ) -> None:
            self.send_response_only(status)
            for name, value in headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(length))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _pass  # noqa: N815 - as http.server asks

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    relay.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield relay
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


_OWN = {"content-length", "connection", "transfer-encoding"}
