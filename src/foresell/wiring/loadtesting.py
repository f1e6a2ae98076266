"""A load test: a real server, Locust against it over HTTP, and the files that tell what came of it.

Server and Locust are processes of their own and end with whoever asked.
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryDirectory
from typing import IO, Any
from urllib.parse import urlsplit

import polars as pl

from foresell.bundle.bundle import Bundle
from foresell.charts.drawing import render_svg
from foresell.charts.load import latencies
from foresell.errors import MachineError, UsageError
from foresell.settings import SERVING, Settings, environment
from foresell.wiring.load_questions import questions
from foresell.wiring.load_summary import by_endpoint, by_time, summary
from foresell.wiring.own_server import GROUP, own_server, refuse_unready

_USERS = "foresell.adapters.locust_users"
_WHERE = "load test"
_ENDING_S = 60.0  # for Locust to end after its time
_QUESTIONS, _SEED = 2_000, 20_261_121
_SAID = 600


@dataclass(frozen=True, kw_only=True)
class Load:
    """What a server is put under.

    ``seconds`` of it by ``users``, of whom ``spawn_rate`` come a second. ``pace``: requests a
    second of one user at the most, 0 for as many as it gets answers. ``url``: of a server that
    runs, None to start one that answers with ``version`` (an alias or a number). ``key``: what it
    asks callers for. ``max_p95_ms`` and ``max_failures``, a share of the requests: thresholds.
    """

    seconds: float
    users: int
    spawn_rate: float
    pace: float
    url: str | None
    version: str
    key: str
    max_p95_ms: float
    max_failures: float


def load_test(
    bundles: Mapping[str, Bundle], load: Load, out: Path | None, settings: Settings
) -> tuple[Mapping[str, Any], Path]:
    """Put a server under ``load`` that answers for the projects of ``bundles``; tell what came.

    Returns the summary and the folder with ``summary.json``, ``endpoints.csv``, ``requests.csv``
    and ``load.svg``. A server that does not start, or is not ready, is a ``MachineError``.
    """
    refuse_load(load)
    folder = out if out is not None else settings.home / SERVING / "load"
    folder.mkdir(parents=True, exist_ok=True)
    asked = questions(bundles, _QUESTIONS, _SEED)
    with _server([*bundles], load, settings) as url:
        refuse_unready(url, [*bundles], load.key)
        requests = _asked(url, load, asked)
    kept = summary(requests, load, [*bundles], url if load.url is not None else None)
    requests.write_csv(folder / "requests.csv")
    by_endpoint(requests).write_csv(folder / "endpoints.csv")
    svg = render_svg(latencies(by_time(requests), load.max_p95_ms))
    (folder / "load.svg").write_text(svg, encoding="utf-8")
    text = json.dumps(kept, indent=2) + "\n"
    (folder / "summary.json").write_text(text, encoding="utf-8")
    return kept, folder


def refuse_load(load: Load) -> None:
    """Refuse a load that cannot be made.

    Raises:
        UsageError: a number of it is out of its range, or the URL is no address of HTTP.
    """
    for name, value, fine, words in (
        ("--duration", load.seconds, load.seconds >= 1, "1 second or more"),
        ("--users", load.users, load.users >= 1, "1 or more"),
        ("--spawn-rate", load.spawn_rate, load.spawn_rate > 0, "a number above 0"),
        ("--pace", load.pace, load.pace >= 0, "0 or more"),
        ("--max-p95-ms", load.max_p95_ms, load.max_p95_ms > 0, "a number above 0"),
        ("--max-failures", load.max_failures, 0 <= load.max_failures <= 1, "a share from 0 to 1"),
    ):
        if not fine:
            raise UsageError(f"{value:g} is out of range", name, f"use {words}")
    if load.url is not None and (
        (parts := urlsplit(load.url)).scheme not in {"http", "https"} or not parts.hostname
    ):
        raise UsageError(f"{load.url!r} is no address of a server", "--url", "http://HOST:PORT")


@contextmanager
def _server(projects: Sequence[str], load: Load, settings: Settings) -> Iterator[str]:
    """Run a server as long as the block lasts; yield its URL. One that runs already is left alone.

    One that does not start is a MachineError, with what it said.
    """
    if load.url is not None:
        yield load.url.rstrip("/")
        return
    with own_server(projects, load.version, settings, _WHERE) as url:
        yield url


def _asked(url: str, load: Load, asked: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    """Let Locust ask; return (requests,) ``second`` since the first, and what each was.

    Raises:
        MachineError: it broke; with what it said.
    """
    found = find_spec(_USERS)
    with TemporaryDirectory() as place, NamedTemporaryFile() as said:
        folder = Path(place)
        lines = "".join(f"{json.dumps(one)}\n" for one in asked)
        (folder / "questions.jsonl").write_text(lines, encoding="utf-8")
        (folder / "key").write_text(load.key, encoding="utf-8")
        words = ["-f", str(found.origin if found else ""), "--headless", "--only-summary"]
        words += ["--host", url, "--users", str(load.users), "--spawn-rate", f"{load.spawn_rate:g}"]
        words += ["--run-time", f"{round(load.seconds)}s", "--stop-timeout", "5"]
        words += ["--questions", "questions.jsonl", "--requests", "requests.csv"]
        words += ["--key-file", "key", "--pace", f"{load.pace:g}"]
        _run([sys.executable, "-m", "locust", *words], folder, said, load.seconds + _ENDING_S)
        table = folder / "requests.csv"
        if not table.exists():
            raise MachineError(f"Locust ended early: {_last(said)}", _WHERE, "ask for less")
        frame = pl.read_csv(table, schema_overrides={"failure": pl.String})
    if frame.is_empty():
        raise MachineError("not one request has ended", url, "ask for longer: --duration")
    began = frame["ended"].min()
    return frame.sort("ended").select(
        (pl.col("ended") - began).round(4).alias("second"),
        "name",
        "milliseconds",
        "bytes",
        pl.col("failure").fill_null(""),
    )


def _run(words: Sequence[str], folder: Path, said: IO[bytes], seconds: float) -> None:
    """Run a program in a folder; it dies with us.

    Raises:
        MachineError: it took longer than ``seconds``.
    """
    child = subprocess.Popen(  # noqa: S603 - our own words
        [sys.executable, "-m", GROUP, *words],
        stdin=subprocess.PIPE,
        stdout=said,
        stderr=said,
        cwd=folder,
        env=environment(),
        start_new_session=True,
    )
    try:
        end = time.monotonic() + seconds
        while child.poll() is None:
            if time.monotonic() > end:
                raise MachineError(f"Locust did not end: {_last(said)}", _WHERE, "ask for less")
            time.sleep(0.1)
    finally:
        if child.stdin is not None:
            child.stdin.close()
        child.wait()


def _last(said: IO[bytes]) -> str:
    """Return the last of what a process said."""
    said.seek(0)
    return said.read().decode(errors="replace").strip()[-_SAID:]
