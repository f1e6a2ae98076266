"""50 promotions and rollbacks under load: ``python -m benchmarks.serving_reload --data DIR``.

Two versions of sales_orders that answer differently are registered in a home of their own, a server
follows prod, and one client asks 300 times a second, at fixed times. Every answer is looked up
among what either version says about its row: one that is of neither, or that carries the number of
the other, is a mixture. A change is seen when the first answer of the other version comes back.
``--bundle FOLDER --other FOLDER`` takes two bundles; else the project is run twice, by two presets.
Exits with 1 when a request failed, an answer mixes versions, or a change took a second or more.
"""

import argparse
import json
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import foresell as platform
from benchmarks.serving_client import Plan, Timed, ask_openly, post
from benchmarks.serving_ground import PROJECT
from benchmarks.serving_processes import foresell, running
from foresell.adapters.store import DirectoryStore
from foresell.answer.predicting import answer_with, row_model
from foresell.answer.requests import read_requests, request_form
from foresell.answer.varied import Row, varied_rows
from foresell.bundle.bundle import read_bundle
from foresell.contracts.contract import parse_contract
from foresell.spec.reading import parse_project
from tests.held_service import free_port

PER_SECOND = 300
_ROWS = 200
_SEEN_S = 5.0  # a change that nobody has seen by then is given up


@dataclass(slots=True)
class Watch:
    """What the answers tell: which version came last, and what mixes two.

    ``expected``: by version, what it predicts of each row.
    """

    expected: Mapping[str, Sequence[float]]
    first: dict[str, float] = field(default_factory=dict)
    mixed: int = 0
    answered: int = 0

    def hear(self, at: int, status: int, end: float, body: bytes) -> None:
        """Look at one reply."""
        if status != 200:
            return
        told = json.loads(body)
        version = told["model_version"]
        self.answered += 1
        self.mixed += told["prediction"] != self.expected[version][at]
        self.first.setdefault(version, end)


def main() -> int:
    """Change versions under load, count, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--data", type=Path, help="folder of the raw folders")
    parser.add_argument("--bundle", type=Path)
    parser.add_argument("--other", type=Path)
    parser.add_argument("--cycles", type=int, default=50)
    parser.add_argument("--change", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.change is not None:
        return change(asked.change)
    with TemporaryDirectory() as place:
        bundles = (asked.bundle, asked.other)
        if None in bundles:
            bundles = trained(asked.data or Path(), Path(place))
        told = cycled(Path(place) / "home", bundles, asked.cycles)
    sys.stdout.write(json.dumps(told, indent=2) + "\n")
    fine = not (told["failed"] or told["mixed"] or told["unseen"]) and told["slowest_s"] < 1
    return 0 if fine else 1


def trained(data: Path, place: Path) -> tuple[Path, Path]:
    """Return two bundles of the project, of two presets."""
    found = [
        platform.run(
            PROJECT, data=data / PROJECT, preset=preset, home=place / preset, track=False
        ).workspace
        / "bundle"
        for preset in ("fast", "default")
    ]
    return found[0], found[1]


def cycled(home: Path, bundles: Sequence[Path], cycles: int) -> dict[str, Any]:
    """Return what came of promoting and rolling back ``cycles`` times under load."""
    for folder in bundles:
        platform.register(PROJECT, folder, reason="a measurement", home=home)
    platform.promote(PROJECT, 1, reason="a measurement", home=home)
    rows = varied_rows(read_bundle(DirectoryStore(bundles[0])), _ROWS, seed=1)
    watch = Watch(expected={str(at): said(one, rows) for at, one in enumerate(bundles, start=1)})
    port, done = free_port(), threading.Event()
    words = ("serve", PROJECT, "--port", str(port), "--log", "off", "--format", "json")
    env = {"FORESELL_HOME": str(home), "FORESELL_TRACKING": "off"}
    plan = Plan(
        port=port,
        requests=[post(port, "/predict", json.dumps(row).encode()) for row in rows],
        per_second=PER_SECOND,
        seconds=3600,
        heard=watch.hear,
        stop=done.is_set,
    )
    runs: list[Timed] = []
    client = threading.Thread(target=lambda: runs.append(ask_openly(plan)))
    with running(foresell(*words), port, "/health/ready", env) as server:
        client.start()
        try:
            seen = changes(home, watch, cycles)
        finally:
            done.set()
            client.join()
        resident = server.resident_mb
    kept = [one for one in seen if one < _SEEN_S]
    return {
        "cycles": cycles,
        "answered": watch.answered,
        "failed": len(runs[0].others),
        "mixed": watch.mixed,
        "changes": len(seen),
        "unseen": len(seen) - len(kept),
        "median_s": round(statistics.median(kept or [_SEEN_S]), 3),
        "slowest_s": round(max(seen), 3),
        "p50_ms": round(runs[0].at(0.5), 2),
        "p99_ms": round(runs[0].at(0.99), 2),
        "resident_mb": round(resident),
    }


def changes(home: Path, watch: Watch, cycles: int) -> list[float]:
    """Return of every promotion and rollback the seconds until it was seen."""
    with changing(home) as changer:
        return [changed(changer, watch, "1" if number % 2 else "2") for number in range(2 * cycles)]


def changing(home: Path) -> "subprocess.Popen[str]":
    """Return a process that changes versions, so that the client's clock is not held up."""
    words = [sys.executable, "-m", "benchmarks.serving_reload", "--change", str(home)]
    return subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def changed(changer: "subprocess.Popen[str]", watch: Watch, version: str) -> float:
    """Promote version 2, or roll back to 1; return seconds until the first answer of it."""
    if changer.stdin is None or changer.stdout is None:
        return _SEEN_S
    watch.first.pop(version, None)
    changer.stdin.write(f"{version}\n")
    changer.stdin.flush()
    began = float(changer.stdout.readline())
    while version not in watch.first and time.perf_counter() - began < _SEEN_S:
        time.sleep(0.002)
    time.sleep(0.1)  # for answers of the version before that are still on their way
    return max(0.0, watch.first.get(version, began + _SEEN_S) - began)


def change(home: Path) -> int:
    """Promote, or roll back, whenever a line asks for it; tell the moment at which it was done."""
    for line in sys.stdin:
        if line.strip() == "2":
            platform.promote(PROJECT, 2, reason="a measurement", home=home)
        else:
            platform.rollback(PROJECT, reason="a measurement", home=home)
        sys.stdout.write(f"{time.perf_counter()}\n")  # one clock for all processes of a machine
        sys.stdout.flush()
    return 0


def said(folder: Path, rows: Sequence[Row]) -> list[float]:
    """Return what the bundle in ``folder`` predicts of ``rows``, asked without a server."""
    bundle = read_bundle(DirectoryStore(folder))
    project = parse_project(bundle.project_text, "bundle/project.yaml")
    contract = parse_contract(bundle.contract_text, "bundle/contract.yaml")
    frame = read_requests(rows, request_form(project, contract)).frame
    found: list[float] = answer_with(row_model(bundle), frame)["prediction"].to_list()
    return found


if __name__ == "__main__":
    sys.exit(main())
