"""``python -m benchmarks --data DIR``: accuracy on the public task, what a run and the gate cost.

``DIR`` holds ``walmart/`` with the competition's four files. ``--only task|yardsticks|cost|gate``
does one of the four. Task and yardsticks are scored once: a tree with uncommitted changes is
refused, and every scored run is added to ``benchmarks/log.csv`` with its commit.
"""

import argparse
import json
import platform
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.foresell_on_task import configuration, foresell_forecast
from benchmarks.gate_cost import gate_cost
from benchmarks.public_task import (
    HORIZON,
    check_scorer,
    forecast_task,
    load_task,
    score_task,
    task_project,
)
from benchmarks.scored_runs import append, clean_commit
from benchmarks.yardsticks import YARDSTICKS, log_row, measure
from foresell.data.panel import build_panel
from foresell.errors import ForesellError
from foresell.models.baselines import BASELINES
from foresell.models.effort import EFFORTS

ROOT = Path(__file__).parent.parent
# The best of the models published for this task (fev-bench, August 2026), and what it needs.
PUBLISHED = {
    "TabPFN-TS (pretrained, GPU)": (0.0928, 0.8213, 0.0745, 0.6589),
    "Chronos-2 (pretrained, GPU)": (0.0934, 0.8167, 0.0739, 0.6478),
    "CatBoost by mlforecast": (0.1496, 1.2251, 0.1496, 1.2251),
    "AutoARIMA": (0.1596, 1.2474, 0.1320, 1.0205),
}


def main() -> int:
    """Measure what was asked for and print it."""
    asked = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    asked.add_argument("--data", type=Path, required=True, help="folder that holds walmart/")
    asked.add_argument("--preset", choices=list(EFFORTS), default="default")
    asked.add_argument("--only", choices=["task", "yardsticks", "cost", "gate"])
    options = asked.parse_args()
    console = Console()
    folder = options.data / "walmart"
    try:
        if options.only in {None, "task"}:
            console.print(public_task(folder, options.preset))
        if options.only in {None, "yardsticks"}:
            console.print(older_yardsticks(folder, options.preset))
        if options.only in {None, "cost"}:
            console.print(run_cost(folder, options.preset))
        if options.only in {None, "gate"}:
            console.print(gate_cost())
    except ForesellError as error:
        console.print(str(error), markup=False)
        return error.exit_code
    return 0


def public_task(folder: Path, preset: str) -> Table:
    """Score foresell once on the public task, beside its naive, ours, and published models."""
    commit = clean_commit(ROOT)
    task = load_task(folder)
    naive = check_scorer(task)
    began = time.perf_counter()
    frame, chosen = foresell_forecast(task, preset)
    seconds = time.perf_counter() - began
    ours = score_task(task, frame)
    append({
        "commit": commit,
        "configuration": configuration(preset),
        "what": f"public task, {preset}, {chosen}",
        "seconds": round(seconds, 1),
        **asdict(ours),
    })
    table = _table("fev-bench walmart: 2,936 series, 112,929 rows", "WAPE", "MASE", "WQL", "SQL")
    table.add_row(f"foresell, {preset}, {seconds:,.0f} s on 2 cores", *_four(asdict(ours)))
    for name, values in PUBLISHED.items():
        table.add_row(name, *(f"{value:.4f}" for value in values))
    for name, baseline in BASELINES.items():
        scores = asdict(score_task(task, forecast_task(task, baseline)))
        table.add_row(f"our baseline {name}", *_four(scores))
    table.add_row("naive, the scorer's proof", *_four(asdict(naive)))
    return table


def older_yardsticks(folder: Path, preset: str) -> Table:
    """Score foresell once on each of the older yardsticks, beside the seasonal naive."""
    commit = clean_commit(ROOT)
    table = _table("all series, holiday weeks five times", "RMSE", "WMAE", "AIM", "SEASONAL NAIVE")
    for yardstick in YARDSTICKS:
        began = time.perf_counter()
        for measured in measure(folder, yardstick, preset):
            seconds = round(time.perf_counter() - began, 1)
            row = {"commit": commit, "configuration": configuration(preset), "seconds": seconds}
            append({**row, **log_row(measured)})
            own, naive = measured.scores[measured.champion], measured.scores["seasonal_naive"]
            aims = yardstick.aims[measured.protocol.name]
            table.add_row(
                f"{yardstick.name}, {measured.protocol.title.lower()}",
                *(f"{value or 0:,.0f}" for value in (own.rmse, own.wmae)),
                ", ".join(f"{name.upper()} {aim:,.0f}" for name, aim in aims.items()),
                f"{naive.rmse or 0:,.0f}, {naive.wmae or 0:,.0f}",
            )
    return table


def run_cost(folder: Path, preset: str) -> Table:
    """Run ``walmart`` from nothing in a process of its own; the unit is the seasonal naive."""
    with TemporaryDirectory() as home:
        words = ["-m", "benchmarks.run_cost", "walmart", preset, home, str(folder)]
        done = subprocess.run(
            [sys.executable, *words], cwd=ROOT, check=True, capture_output=True, text=True
        )
    cost: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    unit = _seasonal_naive_seconds(folder)
    title = f"foresell run walmart --preset {preset}, {platform.machine()}, from nothing"
    table = _table(title, "SECONDS", "PEAK GIB", "SEASONAL NAIVES")
    for name, stage in cost["stages"].items():
        table.add_row(name, *_cost(stage, unit))
    table.add_row("whole", *_cost(cost, unit), style="bold")
    (Path(__file__).parent / "cost.json").write_text(
        json.dumps({**cost, "preset": preset, "seasonal_naive_seconds": unit}, indent=1) + "\n",
        encoding="utf-8",
    )
    return table


def _seasonal_naive_seconds(folder: Path) -> float:
    """Return the median time of the seasonal naive on the task's panel, of five."""
    project = task_project()
    panel = build_panel(load_task(folder).history, project)
    times = []
    for _ in range(5):
        began = time.perf_counter()
        BASELINES["seasonal_naive"](panel, project, HORIZON)
        times.append(time.perf_counter() - began)
    return float(np.median(times))


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left")
    table.add_column("")
    for name in columns:
        table.add_column(name, justify="right")
    return table


def _four(scores: Mapping[str, float | None]) -> list[str]:
    found = [scores[name] for name in ("wape", "mase", "wql", "sql")]
    return ["–" if value is None else f"{value:.4f}" for value in found]


def _cost(stage: Mapping[str, float], unit: float) -> list[str]:
    seconds = stage["seconds"]
    return [f"{seconds:.1f}", f"{stage['peak_gib']:.2f}", f"{seconds / unit:,.0f}"]


if __name__ == "__main__":
    sys.exit(main())
