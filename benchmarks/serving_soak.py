"""A server for 20 minutes at 150 requests a second: ``python -m benchmarks.serving_soak``.

``--data DIR`` (with ``sales_orders/``) or ``--bundle FOLDER`` says whom it serves; without either
``retail`` is run, which needs no data. Memory is looked at once a second, and compared between the
median of the first tenth of the time, after a minute to warm up, and that of the last tenth; so are
the open files. Exits with 1 when memory grew by 2 % or more, the files differ by more than the
connections of the client, or a reply was not 200.
"""

import argparse
import json
import statistics
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import foresell as platform
from benchmarks.serving_client import Plan, Timed, ask_openly, post
from benchmarks.serving_processes import Server, foresell, running
from foresell.adapters.store import DirectoryStore
from foresell.answer.varied import varied_rows
from foresell.bundle.bundle import read_bundle
from foresell.spec.reading import parse_project
from tests.held_service import free_port

PER_SECOND = 150
_ROWS = 2000
_GROWTH = 0.02
_CONNECTIONS = 8


def main() -> int:
    """Soak, judge, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--data", type=Path, help="folder of the raw folders")
    parser.add_argument("--bundle", type=Path)
    parser.add_argument("--minutes", type=float, default=20.0)
    asked = parser.parse_args()
    with TemporaryDirectory() as place:
        bundle = asked.bundle or trained(asked.data, Path(place))
        told = soaked(bundle, Path(place), asked.minutes * 60)
    sys.stdout.write(json.dumps(told, indent=2) + "\n")
    return 0 if sound(told) else 1


def trained(data: Path | None, place: Path) -> Path:
    """Return the bundle of a project that is run for this."""
    project = "retail" if data is None else "sales_orders"
    folder = None if data is None else data / project
    run = platform.run(project, data=folder, preset="fast", home=place, track=False)
    return run.workspace / "bundle"


def sound(told: dict[str, Any], growth: float = _GROWTH) -> bool:
    """Tell whether a server stood it, with memory that grew by less than a share ``growth``."""
    flat = abs(told["files_last"] - told["files_first"]) <= _CONNECTIONS
    return told["growth"] < growth and flat and not told["failed"] and told["answered"] > 0


def soaked(bundle: Path, place: Path, seconds: float) -> dict[str, Any]:
    """Return what a server was like, that answers from ``bundle`` for so long."""
    read = read_bundle(DirectoryStore(bundle))
    rows = varied_rows(read, _ROWS, seed=1)
    port = free_port()
    words = ("serve", "--bundle", str(bundle), "--port", str(port), "--format", "json")
    env = {"FORESELL_HOME": str(place / "home"), "FORESELL_TRACKING": "off"}
    with running(foresell(*words), port, "/health/ready", env) as server:
        plan = Plan(
            port=port,
            requests=[post(port, "/predict", json.dumps(row).encode()) for row in rows],
            per_second=PER_SECOND,
            seconds=seconds,
            connections=_CONNECTIONS,
        )
        runs: list[Timed] = []
        client = threading.Thread(target=lambda: runs.append(ask_openly(plan)))
        client.start()
        memory, files = looked_at(server, client)
    warm = min(60, len(memory) // 5)
    first, last = ends(memory[warm:])
    opened = ends(files[warm:])
    return {
        "project": parse_project(read.project_text, "bundle/project.yaml").name,
        "seconds": seconds,
        "per_second": PER_SECOND,
        "answered": len(runs[0].seconds),
        "failed": len(runs[0].others),
        "p50_ms": round(runs[0].at(0.5), 2),
        "p99_ms": round(runs[0].at(0.99), 2),
        "first_mb": round(first, 2),
        "last_mb": round(last, 2),
        "growth": round(last / first - 1, 4),
        "files_first": opened[0],
        "files_last": opened[1],
    }


def looked_at(server: Server, client: threading.Thread) -> tuple[list[float], list[float]]:
    """Return memory in megabytes and open files, each second as long as the client asks."""
    memory, files = [], []
    while client.is_alive():
        memory.append(server.resident_mb)
        files.append(float(server.descriptors))
        time.sleep(1)
    return memory, files


def ends(found: Sequence[float]) -> tuple[float, float]:
    """Return the medians of the first and of the last tenth."""
    tenth = max(1, len(found) // 10)
    return statistics.median(found[:tenth]), statistics.median(found[-tenth:])


if __name__ == "__main__":
    sys.exit(main())
