"""What it costs a request that the server tells of it: its ids, its numbers, its line, its row.

The parts are measured in turns, the quickest of several rounds counts: python -m
benchmarks.serving_telemetry
"""

import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from foresell.adapters.rotating_lines import Limits, RotatingLines
from foresell.serving.exchange import Asked, Note
from foresell.serving.logs import Lines
from foresell.serving.request_log import RequestLog
from foresell.serving.slots import Slot
from foresell.serving.telemetry import Ended, Telemetry
from foresell.serving.tracing import read_trace, request_id
from tests.served_bundles import served, slot

_REQUESTS, _ROUNDS = 2000, 9
_PARENT = b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
_ROW: Mapping[str, Sequence[Any]] = {
    "day": ["2026-02-03"],
    "pieces": [3],
    "price": [9.5],
    "gift": [True],
    "colour": ["red"],
}


def main() -> None:
    """Measure and print, in microseconds a request of one row."""
    place = slot("toy", served())
    with tempfile.TemporaryDirectory() as folder, Path("/dev/null").open("wb") as nowhere:
        told = {
            "numbers alone": Telemetry(None),
            "and a line of JSON": Telemetry(Lines(nowhere.write, "json", most=10**6)),
            "and a line of words": Telemetry(Lines(nowhere.write, "text", most=10**6)),
            "and a row of the log of requests": Telemetry(Lines(nowhere.write, most=10**6)),
        }
        *_, last = told
        sink = RotatingLines(Path(folder), "requests", Limits())
        rows = RequestLog(lambda *_: sink, 1.0, told[last], most=10**6)
        found: dict[str, float] = {}
        for _ in range(_ROUNDS):
            for name, telemetry in told.items():
                work = partial(_one, telemetry, place, rows if name == last else None)
                found[name] = min(found.get(name, float("inf")), _timed(work))
                time.sleep(0.2)  # for the threads that write
        rows.close()
        for name, cost in found.items():
            print(f"{name:<34}{cost * 1e6:6.1f} us")
        page = min(_timed(told[last].metrics.page, 20) for _ in range(_ROUNDS))
        print(f"{'the page of numbers':<34}{page * 1e6:6.1f} us")


def _one(telemetry: Telemetry, place: Slot, rows: RequestLog | None) -> None:
    """Tell of one request, as the application does."""
    telemetry.began("POST", "/predict")
    name, trace = request_id(None), read_trace(_PARENT)
    asked = Asked(name, b"", (), slot=place, served=place.current)
    asked.note = Note(rows=1, inference_s=0.0001, given=_ROW, predictions=[1.0], p10=[0.5])
    ended = Ended("POST", "/predict", 200, 0.0005, name, trace, asked, "/predict", "predict", 512)
    telemetry.ended(ended)
    if rows is not None:
        rows(ended)


def _timed(work: Callable[[], object], count: int = _REQUESTS) -> float:
    """Return the seconds of one piece of ``work``, the mean of ``count``."""
    began = time.perf_counter()
    for _ in range(count):
        work()
    return (time.perf_counter() - began) / count


if __name__ == "__main__":
    main()
