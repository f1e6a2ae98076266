"""What tracking costs: the same run told to MLflow and not, in turn, each in a process of its own.

``python -m benchmarks.tracking`` runs ``retail`` (preset fast) in empty homes, with the default
store in SQLite. Seconds of the whole run; of its stages, which is training's critical path; of the
run's own part in telling, which is in neither; for which the run waits at its end for what is still
to be sent; and CPU seconds of the process that sends, beside the run. The median of some rounds.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from typing import cast

from rich.console import Console
from rich.table import Table

import foresell
from foresell.pipeline.telling import TELLING
from foresell.pipeline.work import Event
from foresell.spec.project import Preset

ROUNDS = 3
PROJECT = "retail"
SHOWN = {
    "run": "the whole run",
    "stages": "its stages",
    "telling": "putting notes into the outbox",
    "waited": "waiting at the end",
    "sender_cpu": "CPU of the process that sends",
}


def measure(home: Path, preset: Preset, *, track: bool) -> dict[str, float]:
    """Run once in this process; return seconds by what they went into.

    Raises:
        SystemExit: not all was sent.
    """
    between: list[float] = []
    ended = 0.0

    def hear(event: Event) -> None:
        nonlocal ended
        now = time.perf_counter()
        if event.kind == "started" and ended:
            between.append(now - ended)
        ended = now if event.kind == "done" and event.stage in TELLING else 0.0

    began = time.perf_counter()
    result = foresell.run(PROJECT, preset=preset, home=home, track=track, listen=hear)
    whole, used = time.perf_counter() - began, getrusage(RUSAGE_CHILDREN)
    if track and result.tracking.state != "sent":
        raise SystemExit(f"not sent: {result.tracking}")
    return {
        "run": whole,
        "stages": sum(result.seconds.values()),
        "telling": sum(between),
        "waited": result.tracking.seconds,
        "sender_cpu": used.ru_utime + used.ru_stime,
    }


def alone(preset: str, *, track: bool) -> dict[str, float]:
    """Measure in a process of its own, in an empty home."""
    with tempfile.TemporaryDirectory() as home:
        words = [sys.executable, "-m", "benchmarks.tracking", "--preset", preset, "--home", home]
        done = subprocess.run(
            [*words, *(["--track"] if track else [])], check=True, capture_output=True, text=True
        )
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    """Measure in turn, and print medians side by side."""
    asked = argparse.ArgumentParser(prog="python -m benchmarks.tracking", description=__doc__)
    asked.add_argument("--preset", default="fast")
    asked.add_argument("--rounds", type=int, default=ROUNDS)
    asked.add_argument("--home", type=Path, help=argparse.SUPPRESS)
    asked.add_argument("--track", action="store_true", help=argparse.SUPPRESS)
    options = asked.parse_args()
    preset = cast("Preset", options.preset)
    if options.home is not None:
        found = measure(options.home, preset, track=options.track)
        sys.stdout.write(json.dumps(found) + "\n")
        return
    pairs = [(alone(preset, track=False), alone(preset, track=True)) for _ in range(options.rounds)]
    table = Table("seconds", "not tracked", "tracked", "ratio")
    for name, words in SHOWN.items():
        without, tracked = (statistics.median(pair[i][name] for pair in pairs) for i in (0, 1))
        comparable = name in {"run", "stages"}
        ratio = (
            f"{statistics.median(b[name] / a[name] for a, b in pairs):.3f}" if comparable else ""
        )
        table.add_row(words, f"{without:.2f}", f"{tracked:.2f}", ratio)
    Console().print(table)


if __name__ == "__main__":
    main()
