"""A real HTTP server that takes alerts as Slack and an Alertmanager do, if their shape is right."""

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

ALERTS = "/api/v2/alerts"
SLACK = "/services/T0/B0/zq7hushhush"  # of which the end is a secret
_HEAD, _TEXT = 150, 3000  # characters that Slack takes


@dataclass(frozen=True)
class Answer:
    """What is answered to one request, after ``wait_s``; ``drip`` never ends its headers."""

    status: int = 200
    heads: Mapping[str, str] = field(default_factory=dict)
    wait_s: float = 0.0
    drip: bool = False


@dataclass
class Hook:
    """The server. ``next``: the answers to come, then all is well. ``told``: what was taken."""

    port: int
    next: list[Answer] = field(default_factory=list)
    told: list[Any] = field(default_factory=list)
    asked: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    came: Event = field(default_factory=Event)
    done: Event = field(default_factory=Event)

    def url(self, path: str = SLACK) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}{path}"


@contextmanager
def webhook(port: int = 0, *answers: Answer) -> Iterator[Hook]:
    """Serve for as long as this lasts."""
    server = _Server(("127.0.0.1", port), _Handler)
    server.hook = Hook(server.server_port, list(answers))
    thread = Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield server.hook
    finally:
        server.hook.done.set()
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    hook: Hook

    def handle_error(self, *_: object) -> None:
        """Say nothing of callers that went away."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        hook = self.server.hook
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        hook.asked.append((self.path, dict(self.headers)))
        hook.came.set()
        answer = hook.next.pop(0) if hook.next else Answer()
        if answer.drip:
            self._drip()
            return
        hook.done.wait(answer.wait_s)
        status = answer.status
        if 200 <= status < 300:
            wrong = _alertmanager(body) if self.path.endswith(ALERTS) else _slack(body)
            if wrong:
                hook.refused.append(wrong)
                status = 400
            else:
                hook.told.append(body)
        self.send_response(status)
        for name, value in answer.heads.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def _drip(self) -> None:
        """Answer a letter at a time, until nobody listens."""
        self.close_connection = True
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while not self.server.hook.done.is_set():
            time.sleep(0.05)
            try:
                self.wfile.write(b"a")
            except OSError:
                return

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _alertmanager(body: Any) -> str:
    """Return what an Alertmanager would have against a body: its API v2, postableAlerts."""
    if not isinstance(body, list) or not body:
        return "no list of alerts"
    wrong = (_alert(one) for one in body)
    return next(filter(None, wrong), "")


def _alert(one: Any) -> str:
    """Return what is wrong with one of the alerts."""
    if not set(one) <= {"labels", "annotations", "startsAt", "endsAt", "generatorURL"}:
        return "a key that is unknown"
    words = [*one["labels"].values(), *one.get("annotations", {}).values()]
    if not all(isinstance(value, str) for value in words) or not one["labels"].get("alertname"):
        return "a label that is no text, or no name"
    moments = [datetime.fromisoformat(one[name]) for name in ("startsAt", "endsAt")]
    if moments[0] > moments[1] or any(moment.tzinfo is None for moment in moments):
        return "times that are none"
    return ""


def _slack(body: Any) -> str:
    """Return what Slack would have against a body: its reference of blocks."""
    if set(body) != {"text", "blocks"} or not body["text"]:
        return "no_text"
    for block in body["blocks"]:
        texts = block["elements"] if block["type"] == "context" else [block["text"]]
        most = _HEAD if block["type"] == "header" else _TEXT
        for text in texts:
            if text["type"] != "plain_text" or not 0 < len(text["text"]) <= most:
                return "invalid_blocks"
    return ""
