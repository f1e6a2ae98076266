"""What drift detection holds: quiet periods stay quiet, a shift is found, and what it costs.

``python -m benchmarks.drift`` simulates 1,000 quiet periods in each of several ways (a reference of
5,000 rows in 25 weeks, 200 current rows of 20 columns: normal, skewed, whole numbers, mostly zero,
categories; rows independent, or those of a week alike by an intraclass correlation), counts those
that raise an alarm, and shifts one column of 20 by half a standard deviation. Whole comparisons, of
tables and panels with answers and segments, are simulated likewise (``--whole``). Then it measures
1 million rows of 20 columns in a process of its own, and Evidently on the same rows.
``--panels`` only shifts a column of panels, whose rows of a week are nearly one.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from rich.console import Console
from rich.table import Table
from scipy.special import ndtr
from scipy.stats import binom

from benchmarks.drift_compared import COMPARED, quiet_alarms
from foresell.monitor.clusters import Timing
from foresell.monitor.drift import Column, measure
from foresell.spec.monitoring import MonitoringSpec

KINDS = ("normal", "skewed", "whole", "mostly zero", "category")
COLUMNS = tuple(
    Column(name=f"f{place}", kind="category" if KINDS[place % 5] == "category" else "number")
    for place in range(20)
)
SHIFT = 0.5
ALLOWED = 0.01
FOUND = 0.95
_LEVELS = np.array(list("abcdefgh"))


@dataclass(frozen=True, kw_only=True)
class World:
    """How rows come: ``alike`` is the intraclass correlation of the rows of a week."""

    alike: float = 0.0
    weeks: int = 25
    current_weeks: int = 1
    rows: int = 5_000
    current_rows: int = 200
    told: bool = True  # whether the weeks are known to what is measured
    shift: float = 0.0  # of one column, in standard deviations
    follows: float = 0.0  # correlation of the effects of neighbouring weeks
    lasting: bool = False  # rows are of series, as those of a panel


def _panel(weeks: int, current_weeks: int, **more: float) -> World:
    """Return a panel: 40 rows a week, nearly all of whose variance lies between weeks."""
    return World(
        alike=0.9,
        weeks=weeks,
        current_weeks=current_weeks,
        rows=40 * weeks,
        current_rows=40 * current_weeks,
        lasting=True,
        **more,  # type: ignore[arg-type]
    )


QUIET = (
    World(told=False),
    World(),
    *(World(alike=alike, current_weeks=weeks) for alike in (0.05, 0.2, 0.5) for weeks in (1, 2, 4)),
    World(alike=0.2, weeks=8, rows=1_600),
    *(World(alike=0.5, weeks=25, current_weeks=weeks, follows=0.5) for weeks in (1, 4)),
)
SHIFTED = (World(told=False, shift=SHIFT), World(shift=SHIFT))
PANELS = tuple(
    _panel(weeks, now, shift=shift)
    for weeks in (15, 30)
    for now in (3, 5, 8)
    for shift in (1, 2, 3)
)


def rows(world: World, draw: np.random.Generator, *, now: bool, shifted: int = -1) -> pl.DataFrame:
    """Return one side: ``week`` and 20 columns, of which ``shifted`` is."""
    count, weeks = (world.current_rows, world.current_weeks) if now else (world.rows, world.weeks)
    week = np.sort(np.arange(count) % weeks)
    columns: dict[str, Any] = {"week": week}
    for place, column in enumerate(COLUMNS):
        common = _effects(draw.normal(size=weeks), world.follows)[week] * np.sqrt(world.alike)
        own = common + draw.normal(size=count) * np.sqrt(1 - world.alike)
        far = world.shift if now and place == shifted else 0.0
        columns[column.name] = _values(KINDS[place % 5], own, far)
    return pl.DataFrame(columns)


def _effects(fresh: np.ndarray, follows: float) -> np.ndarray:
    """Return effects of weeks with variance 1, each like the one before (autoregression)."""
    found = fresh.copy()
    for place in range(1, len(fresh)):
        found[place] = follows * found[place - 1] + np.sqrt(1 - follows**2) * fresh[place]
    return found


def _values(kind: str, normal: np.ndarray, shift: float) -> np.ndarray:
    """Return standard normal values as those of a kind; categories are shifted before they are."""
    share = ndtr(normal)
    match kind:
        case "normal":
            return normal + shift
        case "skewed":
            return np.asarray(np.exp(normal) + shift * np.sqrt((np.e - 1) * np.e))
        case "whole":
            whole = np.searchsorted([0.3, 0.55, 0.75, 0.9, 0.97, 0.99], share).astype(float)
            return np.asarray(whole + shift * 1.47)
        case "mostly zero":
            return np.where(share > 0.9, np.exp(normal), 0.0) + shift * 2.2
        case _:
            parts = [0.4, 0.65, 0.8, 0.9, 0.95, 0.98, 0.995]
            return np.asarray(_LEVELS[np.searchsorted(parts, ndtr(normal + shift))])


def look(world: World, seed: int) -> tuple[bool, bool]:
    """Return whether a simulated period raises an alarm, and whether for the shifted column."""
    draw = np.random.default_rng([seed, 9])
    shifted = seed % len(COLUMNS) if world.alike == 0 else 0  # a normal one, in a panel
    reference = rows(world, draw, now=False)
    current = rows(world, draw, now=True, shifted=shifted)
    week = Timing(column="week", lasting=world.lasting) if world.told else None
    drift = measure(reference, current, COLUMNS, MonitoringSpec(), periods=week)
    return drift.alarmed, any(one.about == COLUMNS[shifted].name for one in drift.findings)


def looks(world: World, first: int, last: int) -> tuple[int, int]:
    """Return how many periods raise an alarm, and how many for the shifted column."""
    seen = [look(world, seed) for seed in range(first, last)]
    return sum(alarm for alarm, _ in seen), sum(found for _, found in seen)


def million(*, own: bool) -> Mapping[str, float]:
    """Return the seconds for 500,000 reference and 500,000 current rows of 20 columns.

    ``own``: by foresell, else by Evidently with its defaults. Imports and the rows are not counted.
    """
    world = World(weeks=100, current_weeks=100, rows=500_000, current_rows=500_000)
    draw = np.random.default_rng(9)
    reference, current = rows(world, draw, now=False), rows(world, draw, now=True)
    if own:
        began = time.perf_counter()
        measure(reference, current, COLUMNS, MonitoringSpec(), periods="week")
        return {"seconds": time.perf_counter() - began}
    from evidently import Report  # type: ignore[import-untyped]  # noqa: PLC0415 - 3 s to import
    from evidently.presets import DataDriftPreset  # type: ignore[import-untyped]  # noqa: PLC0415

    names = [column.name for column in COLUMNS]
    frames = [side.select(names).to_pandas() for side in (reference, current)]
    began = time.perf_counter()
    Report([DataDriftPreset()]).run(frames[1], frames[0])
    return {"seconds": time.perf_counter() - began}


def main() -> int:
    """Measure and print; 1 where a promise is not kept."""
    asked = argparse.ArgumentParser(prog="python -m benchmarks.drift", description=__doc__)
    asked.add_argument("--periods", type=int, default=1000, help="simulated periods of each kind")
    asked.add_argument("--rounds", type=int, default=3, help="of the million rows")
    asked.add_argument("--panels", action="store_true", help="only the power on panels")
    asked.add_argument("--whole", action="store_true", help="only whole comparisons")
    asked.add_argument("--jobs", type=int, default=2)
    asked.add_argument("--out", type=Path, help="file for the numbers, as JSON")
    asked.add_argument("--million", choices=["own", "evidently"], help=argparse.SUPPRESS)
    options = asked.parse_args()
    if options.million:
        sys.stdout.write(json.dumps(million(own=options.million == "own")))
        return 0
    if options.panels:
        show(simulated(options.periods, options.jobs, PANELS), {}, options.periods)
        return 0
    whole = compared(options.periods, options.jobs)
    show_whole(whole, options.periods)
    if options.whole:
        return int(not all(row["kept"] for row in whole))
    told = simulated(options.periods, options.jobs)
    speed = {
        who: [_child(who)["seconds"] for _ in range(options.rounds)] for who in ("own", "evidently")
    }
    show(told, speed, options.periods)
    if options.out:
        options.out.write_text(
            json.dumps({"whole": whole, "worlds": told, "seconds": speed}, indent=1) + "\n"
        )
    return int(not all(row["kept"] for row in [*whole, *told]) or min(speed["own"]) >= 3)


def simulated(
    periods: int, jobs: int, worlds: Sequence[World] = (*QUIET, *SHIFTED)
) -> list[dict[str, Any]]:
    """Return a row a world: what it is, how many alarms, and whether the promise is kept."""
    told = []
    parts = [(low, min(low + 50, periods)) for low in range(0, periods, 50)]
    most = int(binom.ppf(0.999, periods, ALLOWED))
    with ProcessPoolExecutor(jobs) as pool:
        for world in worlds:
            done = [pool.submit(looks, world, *part) for part in parts]
            alarms, found = (sum(one.result()[place] for one in done) for place in (0, 1))
            # Weeks that follow one another are measured, and nothing is promised of them.
            quiet = alarms <= most or world.follows > 0
            kept = found >= FOUND * periods if world.shift else quiet
            told.append({**asdict(world), "alarms": alarms, "found": found, "kept": kept})
    return told


def compared(periods: int, jobs: int) -> list[dict[str, Any]]:
    """Return a row a world that is compared whole; see `benchmarks.drift_compared`."""
    told = []
    parts = [(low, min(low + 50, periods)) for low in range(0, periods, 50)]
    most = int(binom.ppf(0.999, periods, ALLOWED))
    with ProcessPoolExecutor(jobs) as pool:
        for world in COMPARED:
            done = [pool.submit(quiet_alarms, world, *part) for part in parts]
            alarms = sum(one.result() for one in done)
            told.append({**asdict(world), "alarms": alarms, "kept": alarms <= most})
    return told


def show_whole(told: list[dict[str, Any]], periods: int) -> None:
    """Print the table of whole comparisons."""
    table = Table(title=f"{periods:,} quiet periods each, compared whole")
    names = [name for name in told[0] if name not in ("alarms", "kept")]
    for name in (*names, "alarms"):
        table.add_column(name, justify="right")
    for row in told:
        table.add_row(*(str(row[name]) for name in names), f"{row['alarms'] / periods:.2%}")
    Console().print(table)


def _child(who: str) -> Mapping[str, float]:
    """Measure the million rows in a process of their own."""
    command = [sys.executable, "-m", "benchmarks.drift", "--million", who]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    seconds: Mapping[str, float] = json.loads(done.stdout.splitlines()[-1])
    return seconds


def show(told: list[dict[str, Any]], speed: Mapping[str, list[float]], periods: int) -> None:
    """Print the tables."""
    console = Console()
    table = Table(title=f"{periods:,} simulated periods each, 20 columns")
    for name in (
        "rows of a week alike",
        "weeks follow",
        "weeks",
        "current weeks",
        "weeks told",
        "shift",
        "alarms",
        "found",
    ):
        table.add_column(name, justify="right")
    for row in told:
        table.add_row(
            f"{row['alike']:g}",
            f"{row['follows']:g}",
            str(row["weeks"]),
            str(row["current_weeks"]),
            "yes" if row["told"] else "no",
            f"{row['shift']:g}",
            f"{row['alarms'] / periods:.2%}",
            f"{row['found'] / periods:.1%}" if row["shift"] else "-",
        )
    console.print(table)
    for who, seconds in speed.items():
        each = ", ".join(f"{one:.2f}" for one in seconds)
        console.print(f"1 million rows x 20 columns, {who}: {each} s")


if __name__ == "__main__":
    sys.exit(main())
