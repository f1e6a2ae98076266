"""What Locust's users do: ask a server one question after another, and note how long each took.

Locust runs this file in a process of its own, which it makes cooperative before anything else is
imported: nothing of foresell is imported here. ``--questions FILE`` holds a JSON object a line with
``name``, ``path``, ``body`` (null for a GET), ``status`` (what is the right answer) and ``holds``
(a field of the reply); each user goes through them from a place of its own. ``--requests FILE``
gets a line of CSV a request; its percentiles are exact, which Locust's own are not.
"""

import csv
import itertools
import json
from pathlib import Path
from typing import Any

from locust import FastHttpUser, constant_throughput, events, task

HEADER = ("ended", "name", "milliseconds", "bytes", "failure")
_STRIDE = 7919  # a prime: users begin far from each other
_kept: list[tuple[float, str, float, int, str]] = []
_numbers = itertools.count()


@events.init_command_line_parser.add_listener  # type: ignore[untyped-decorator]
def _options(parser: Any) -> None:
    """Take what this file is told."""
    parser.add_argument("--questions", type=Path)
    parser.add_argument("--requests", type=Path)
    parser.add_argument("--key-file", type=Path)
    parser.add_argument("--pace", type=float, default=0.0)


@events.test_start.add_listener  # type: ignore[untyped-decorator]
def _begin(environment: Any, **_: Any) -> None:
    """Read the questions once, for all users."""
    told = environment.parsed_options
    lines = told.questions.read_text("utf-8").splitlines()
    Asker.questions = [json.loads(line) for line in lines]
    Asker.headers = {"Content-Type": "application/json", "Accept": "application/json"}
    if key := told.key_file.read_text("utf-8"):
        Asker.headers["Authorization"] = f"Bearer {key}"
    if told.pace:
        Asker.wait_time = constant_throughput(told.pace)


@events.request.add_listener  # type: ignore[untyped-decorator]
def _note(
    name: str,
    response_time: float,
    response_length: int,
    exception: object,
    start_time: float,
    **_: Any,
) -> None:
    """Keep a request that has ended, well or not."""
    ended = start_time + response_time / 1e3
    failure = " ".join(str(exception).split())[:200] if exception else ""
    _kept.append((ended, name, response_time, response_length, failure))


@events.quitting.add_listener  # type: ignore[untyped-decorator]
def _end(environment: Any, **_: Any) -> None:
    """Write all requests; whether they were good enough is judged elsewhere."""
    with environment.parsed_options.requests.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        writer.writerows(_kept)
    environment.process_exit_code = 0


class Asker(FastHttpUser):
    """A user: asks, waits for the reply, looks at it, asks again."""

    questions: list[dict[str, Any]] = []  # noqa: RUF012 - Locust makes the users, and hands in none
    headers: dict[str, str] = {}  # noqa: RUF012
    network_timeout = 30.0
    connection_timeout = 10.0

    def on_start(self) -> None:
        """Take a place of one's own among the questions."""
        self._at = next(_numbers) * _STRIDE

    @task
    def ask(self) -> None:
        """Ask the next question; a reply that does not hold what it should is a failure."""
        question = self.questions[self._at % len(self.questions)]
        self._at += 1
        body = question["body"]
        with self.client.request(
            "GET" if body is None else "POST",
            question["path"],
            data=None if body is None else json.dumps(body),
            headers=self.headers,
            name=question["name"],
            catch_response=True,
        ) as reply:
            if reply.status_code != question["status"]:
                reply.failure(f"status {reply.status_code}: {(reply.text or '')[:150]}")
            elif not _holds(reply.content, question["holds"]):
                reply.failure(f"the reply holds no {question['holds']}")


def _holds(body: bytes, name: str) -> bool:
    """Tell whether a reply is an object of JSON with something in the field ``name``."""
    try:
        return bool(json.loads(body).get(name))
    except (ValueError, AttributeError):
        return False
