"""What runs, watches and people leave of a project, as the overview finds it: by their writers."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from foresell.adapters.store import DirectoryStore
from foresell.api import registry
from foresell.bundle.bundle import Bundle, write_bundle
from foresell.dashboard.overview.page import Overview
from foresell.pipeline.work import Event
from foresell.pipeline.writing import json_bytes
from foresell.settings import read_settings
from foresell.spec.forecast import quantile_columns
from foresell.wiring.runs import keep_facts, runner, workspace
from tests.dashboard_site import board_of, overview
from tests.small_bundles import small_bundle

PANEL, TABLE = "walmart", "sales_orders"
LAST = date(2026, 1, 30)  # of the history of small bundles
_ROLES = {"shop": "key", "week": "time", "festive": "known_future", "sales": "target"}


def panel_bundle(**knobs: Any) -> Bundle:
    """Return a small bundle of a panel that says how it is laid out, as those of runs do."""
    scores = {"n": 24, "wape": 0.0812, "rmse": 8.0, "wmae": 8.0, "coverage_80": 0.7917}
    told = {"roles": _ROLES, "frequency": "W-FRI", "horizon": 4, "scores": scores}
    return small_bundle(PANEL, kind="panel", weighted=True, metadata=told, **knobs)


def put(home: Path, project: str, output: str, name: str, content: bytes | object) -> Path:
    """Write a file of an output, JSON where it is no bytes; return where it lies."""
    place = home / project / output / name
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(content if isinstance(content, bytes) else json_bytes(content))
    return place


def leave_run(
    home: Path,
    project: str,
    *events: Event,
    ended: bool = True,
    stages: Sequence[str] = ("ingest", "refit"),
) -> str:
    """Leave what a run leaves of itself; one that has not ``ended`` has only its log."""
    place = workspace(project, read_settings(home))
    place.root.mkdir(parents=True, exist_ok=True)
    run = runner(place, lambda _: None)
    for name in stages:
        run.listen(Event(kind="started", stage=name, text="at work", run_id=run.run_id))
        if ended:
            record = {"run_id": run.run_id, "seconds": 12.5}
            place.publish(name, [], json.dumps(record).encode())
            run.listen(Event(kind="done", stage=name, text="at work", run_id=run.run_id))
    for event in events:
        run.listen(replace(event, run_id=run.run_id))
    if ended:
        keep_facts(place, run.run_id, stages, str(home))
    return run.run_id


def leave_bundle(home: Path, project: str, bundle: Bundle, *, to: str = "") -> int:
    """Leave the bundle of a run, and register it; return its version. ``to``: an alias."""
    folder = home / project / "bundle"
    write_bundle(bundle, DirectoryStore(folder))
    version = registry.register(project, folder, reason="a test", home=home).version.version
    if to:
        registry.promote(project, version, to=to, reason="a test", home=home)
    return version


def leave_panel(home: Path, *, to: str = "prod", bundle: Bundle | None = None) -> Bundle:
    """Leave a whole run of the panel: its bundle, its forecast with the total, its checks."""
    made = bundle if bundle is not None else panel_bundle()
    leave_bundle(home, PANEL, made, to=to)
    ahead = made.published.select("shop", "week", "prediction", *quantile_columns())
    DirectoryStore(home / PANEL / "forecast").write_frame("forecast.parquet", ahead)
    leave_checks(home, PANEL)
    split = {"first": "2025-12-12", "last_observed": str(LAST), "test_cutoff": "2026-01-02"}
    put(home, PANEL, "splits", "split.json", split)
    leave_run(home, PANEL)
    return made


def leave_table(home: Path, *, to: str = "prod") -> Bundle:
    """Leave a whole run of the table, with the bins of its predictions."""
    made = small_bundle(TABLE)
    leave_bundle(home, TABLE, made, to=to)
    leave_checks(home, TABLE, quarantined=3)
    put(home, TABLE, "evaluation", "calibration.csv", bins().write_csv().encode())
    put(home, TABLE, "splits", "split.json", {"kind": "tabular", "protocols": {"held-out": {}}})
    leave_run(home, TABLE)
    return made


def leave_checks(
    home: Path,
    project: str,
    *,
    read: int = 200,
    quarantined: int = 0,
    sampled: tuple[int, int] | None = None,
) -> None:
    """Leave what the gate says of ``read`` rows. ``sampled``: how many it drew, and were broken."""
    told = {"read": read, "kept": read - quarantined, "quarantined": quarantined}
    drawn = {"checked": sampled[0], "broken": sampled[1], "of": read} if sampled else None
    also: dict[str, object] = {"sampled": drawn, "allowed_share": 0.01, "rules": []}
    put(home, project, "checks", "checks.json", {**told, **also})


def bins() -> pl.DataFrame:
    """Return two groups of judged rows, the second off by a tenth."""
    return pl.DataFrame({
        "bin": [1, 2],
        "n": [6, 6],
        "prediction": [100.0, 220.0],
        "y": [100.0, 200.0],
        "error_of_mean": [1.0, 2.0],
    })


def sums(rows: Sequence[int] = (3, 3, 3, 3)) -> pl.DataFrame:
    """Return the levels of a forecast: four weeks of the total, and a shop's."""
    weeks = [LAST + timedelta(weeks=step) for step in (1, 2, 3, 4)]
    point = [300.0, 310.0, 320.0, 330.0]
    total = pl.DataFrame({
        "level": "total",
        "shop": None,
        "week": weeks,
        "prediction": point,
        **{
            name: [value + place - 5 for value in point]
            for place, name in enumerate(quantile_columns())
        },
        "rows": rows,
    })
    shop = total.with_columns(level=pl.lit("shop"), shop=pl.lit(1), prediction=pl.lit(7.0))
    return pl.concat([shop, total.cast({"shop": pl.Int32})], how="vertical_relaxed")


def watched(home: Path, project: str, **told: Mapping[str, Any]) -> None:
    """Leave summaries of the watch, by subject."""
    for subject, one in told.items():
        put(home, project, "monitor", f"{subject}_summary.json", one)


def judged(verdict: str, version: int = 1) -> dict[str, object]:
    """Return what a summary of performance says, as far as verdicts go."""
    reasons = ["errors are 1.4 times those expected"]
    return {"verdict": verdict, "version": version, "periods": 4, "reasons": reasons}


def looked(home: Path, *projects: str) -> Overview:
    """Return what the overview shows of ``home``; by default of the panel and the table."""
    made: Overview = overview(board_of(home, *(projects or (PANEL, TABLE))))
    return made
