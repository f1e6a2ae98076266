"""What a run leaves in ``evaluation`` and beside it, small, made by what writes the real ones."""

import json
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl

from foresell.adapters.ledger_memory import MemoryLedger
from foresell.adapters.store import MemoryStore
from foresell.dashboard.leaderboard.page import Leaderboard, context
from foresell.dashboard.page import Table
from foresell.dashboard.pages import page_of
from foresell.dashboard.reading.shown import Shown
from foresell.dashboard.rendering import rendered
from foresell.evaluate.protocols import FROZEN, HELD_OUT, ONE_STEP, Protocol
from foresell.govern.registering import register
from foresell.pipeline.judgement import Case, judge_case
from foresell.pipeline.metrics import write_test
from foresell.serving.exchange import Kind
from foresell.spec.forecast import QUANTILES, quantile_columns
from foresell.spec.project import ProjectSpec
from foresell.spec.reading import parse_project
from tests.dashboard_site import memory_shown, visit_of
from tests.small_bundles import small_bundle, small_texts, stored

CUTOFF = date(2026, 1, 2)
WEEKS, SHOPS = 4, 3
OFF = {"lightgbm": 2.0, "ridge": 3.0, "naive": 8.0, "seasonal_naive": 5.0}  # each one's errors
ROWS_OFF = {"lightgbm": 2.0, "ridge": 3.0, "mean": 8.0, "median": 7.0}
Files = dict[tuple[str, str], bytes]


def spec_of(kind: Kind) -> ProjectSpec:
    """Return the declaration of the toy; weeks of a panel are weighted."""
    text, _ = small_texts(kind=kind, weighted=kind == "panel")
    return parse_project(text, "project.yaml")


def truth(kind: Kind, steps: int = WEEKS) -> pl.DataFrame:
    """Return the rows that are judged: three shops for some weeks, or twelve orders."""
    if kind == "tabular":
        y = 100.0 + 7.0 * (np.arange(12) % 5)
        return pl.DataFrame({"row": np.arange(12), "order": np.arange(1, 13), "y": y})
    rows = [
        (shop, CUTOFF + timedelta(weeks=step), step)
        for shop in range(SHOPS)
        for step in range(1, steps + 1)
    ]
    frame = pl.DataFrame(
        rows, schema={"shop": pl.Int64, "week": pl.Date, "step": pl.Int64}, orient="row"
    )
    holiday = pl.col("step") == 2
    return frame.with_columns(
        y=100.0 + 10.0 * pl.col("shop") + pl.col("step"),
        holiday=holiday,
        weight=pl.when(holiday).then(5.0).otherwise(1.0),
        scale=pl.lit(4.0),
        volume=100.0 + 10.0 * pl.col("shop"),
    )


def forecast(rows: pl.DataFrame, off: float) -> pl.DataFrame:
    """Return a forecast that is too high by ``off`` in one row and too low in the next."""
    names = [name for name in ("row", "shop", "week") if name in rows.columns]
    sign = pl.when(pl.int_range(pl.len()) % 2 == 0).then(1.0).otherwise(-1.0)
    said = rows.select(*names, prediction=pl.col("y") + off * sign)
    return said.with_columns(
        (pl.col("prediction") + 20.0 * (level - 0.5)).alias(name)
        for name, level in zip(quantile_columns(), QUANTILES, strict=True)
    )


def _judged(kind: Kind, protocol: Protocol, out: MemoryStore) -> tuple[Any, dict[str, Any]]:
    """Judge the toy's candidates under a protocol, as the stage ``evaluate`` does."""
    offs, baselines = (
        (OFF, ("naive", "seasonal_naive")) if kind == "panel" else (ROWS_OFF, ("mean", "median"))
    )
    rows = truth(kind) if protocol is not ONE_STEP else truth(kind, 2)
    forecasts = {name: forecast(rows, off) for name, off in offs.items()}
    case = Case(
        protocol=protocol,
        truth=rows,
        forecasts=forecasts,
        champion="lightgbm",
        baselines=baselines,
    )
    return judge_case(case, spec_of(kind), out)


def run_files(kind: Kind = "panel") -> Files:
    """Return the files of a run by output and name."""
    out = MemoryStore()
    first = FROZEN if kind == "panel" else HELD_OUT
    verdict, told = _judged(kind, first, out)
    protocols = {first.name: told}
    if kind == "panel":
        protocols[ONE_STEP.name] = _judged(kind, ONE_STEP, out)[1]
    test = {
        "champion": "lightgbm",
        "failed": {"catboost": "the library is <not> installed"},
        "notes": ["ridge_tuned is not fitted: the preset leaves it out"],
        "verdict": verdict.to_json(),
        "scores": told["scores"],
        "protocol": "frozen origin" if kind == "panel" else first.name,
        "protocols": protocols,
        "rows": told["rows"],
        "result_id": "0123456789abcdef",
    }
    if kind == "panel":
        last = CUTOFF + timedelta(weeks=WEEKS)
        test |= {"cutoff": CUTOFF.isoformat(), "last": last.isoformat(), "steps": WEEKS}
    write_test(out, test)
    out.write_frame("truth.parquet", truth(kind))
    out.write_bytes("backtest.csv", _backtest(kind).write_csv().encode())
    out.write_bytes("importance.csv", _importance().write_csv().encode())
    files: Files = {("evaluation", name): content for name, content in out.files.items()}
    for name, off in (OFF if kind == "panel" else ROWS_OFF).items():
        kept = MemoryStore()
        kept.write_frame("x", forecast(truth(kind), off))
        files["predictions", f"{name}.parquet"] = kept.files["x"]
    bundle = stored(small_bundle(kind=kind, weighted=kind == "panel", champion="lightgbm"))
    files |= {("bundle", name): content for name, content in bundle.files.items()}
    return files | _beside(kind)


def _backtest(kind: Kind) -> pl.DataFrame:
    """Return two folds of three candidates."""
    place, metric = ("cutoff", "wape") if kind == "panel" else ("fold", "rmse")
    places: list[Any] = ["2025-11-07", "2025-12-05"] if kind == "panel" else [0, 1]
    errors = {"lightgbm": (0.02, 0.04), "ridge": (0.03, 0.05), "naive": (0.08, 0.06)}
    rows = [
        {
            place: one,
            "candidate": name,
            "kind": "baseline" if name == "naive" else "candidate",
            "chosen": name == "lightgbm",
            "n": 6,
            metric: error,
        }
        for name, pair in errors.items()
        for one, error in zip(places, pair, strict=True)
    ]
    frame = pl.DataFrame(rows)
    return frame.with_columns(fold=pl.lit(value=True)) if kind == "panel" else frame


def _importance() -> pl.DataFrame:
    """Return what matters to the champion: two parts and two columns."""
    rows = [("part", "base", 90.0, 0.9), ("part", "growth", 10.0, 0.1)]
    rows += [("column", "price", 6.0, 0.75), ("column", "pieces", 2.0, 0.25)]
    return pl.DataFrame([
        {
            "candidate": "lightgbm",
            "kind": kind,
            "name": name,
            "mean_abs": size,
            "mean": 0.0,
            "share": share,
            "rows": 12,
        }
        for kind, name, size, share in rows
    ])


def _beside(kind: Kind) -> Files:
    """Return the files of the run that are not of its evaluation."""
    weights = {"lightgbm": 0.75, "ridge": 0.25}
    learner: Mapping[str, Any] = {
        "ensembles": {"lightgbm": [weights, weights] if kind == "panel" else weights},
        "buckets": [2, 4],
    }
    run = {
        "run_id": "20260102T030405Z-abcdef01",
        "commit": "c0ffee" * 6 + "c0ff",
        "seconds": {"train": 75.2, "evaluate": 0.35, "ingest": 1.5},
        "stages": {
            "train": "20260102T030405Z-abcdef01",
            "evaluate": "20260102T030405Z-abcdef01",
            "ingest": "20260101T030405Z-00000000",
        },
    }
    manifest = {
        "files": [{"name": "lines.csv", "bytes": 123456, "sha256": "ab" * 32, "rows": None}],
        "synthetic": True,
    }
    told = {
        ("judged", "learner.json"): learner,
        ("", "run.json"): run,
        ("manifest", "manifest.json"): manifest,
    }
    files = {place: json.dumps(content).encode() for place, content in told.items()}
    return files | {("", "run_id"): b"20260102T030405Z-abcdef01\n"}


def shown_run(
    kind: Kind = "panel", files: Files | None = None, *, ledger: MemoryLedger | None = None
) -> Shown:
    """Return the toy as pages see it, with the files of a run; nothing is registered."""
    return memory_shown(kind=kind, files=run_files(kind) if files is None else files, ledger=ledger)


def register_bundles(shown: Shown, *knobs: Mapping[str, Any]) -> None:
    """Register a small bundle of the toy for each of ``knobs``."""
    for own in knobs:
        register(shown.registry, shown.name, stored(small_bundle(**own)), reason="a test")


def looked(shown: Shown, **query: str) -> Leaderboard:
    """What the leaderboard page of a project has."""
    return context(visit_of(shown, query))


def html(shown: Shown, **query: str) -> str:
    """The leaderboard page of a project, as it is sent."""
    visit = visit_of(shown, query)
    return rendered(page_of("leaderboard", shown.kind), context(visit), visit, keyed=False).decode()


def texts(table: Table | None) -> list[list[str]]:
    """What the cells of a table say."""
    assert table is not None
    return [[cell.text for cell in row] for row in table.rows]
