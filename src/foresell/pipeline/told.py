"""What the report of any project takes from the outputs of a run, in the words of the page."""

import hashlib
import json
from typing import Any

import polars as pl

from foresell.bundle.bundle import CHECKSUMS
from foresell.report.context import DataFacts
from foresell.spec.ports import Store

# The page gives the bias as a share of the actuals; in units of the target it goes nowhere.
_RENAMED = {"bias_share": "bias"}


def read_json(store: Store, name: str) -> dict[str, Any]:
    """Return the JSON object in a file."""
    read: dict[str, Any] = json.loads(store.read_bytes(name))
    return read


def bundle_digest(bundle: Store) -> str:
    """Return the sha256 of a bundle's listing, its identity in the registry."""
    return hashlib.sha256(bundle.read_bytes(CHECKSUMS)).hexdigest()


def read_optional(store: Store, name: str) -> pl.DataFrame:
    """Return a table that not every run has; no columns where it is not there."""
    return pl.read_csv(store.read_bytes(name)) if name in store.list() else pl.DataFrame()


def named_as_told(scores: pl.DataFrame) -> pl.DataFrame:
    """Return scores with their columns named as the page names them."""
    return scores.drop("bias", strict=False).rename(_RENAMED, strict=False)


def read_board(evaluation: Store, folder: str, champion: str) -> pl.DataFrame:
    """Return the leaderboard of one protocol, the champion marked."""
    board = pl.read_csv(evaluation.read_bytes(f"{folder}leaderboard.csv"))
    return named_as_told(board).with_columns(champion=pl.col("candidate") == champion)


def read_added(evaluation: Store, champion: str) -> pl.DataFrame:
    """Return the champion's value added as baseline, metric, value."""
    added = pl.read_csv(evaluation.read_bytes("value_added.csv"))
    own = added.filter(pl.col("candidate") == champion).drop("candidate")
    metrics = [name for name in own.columns if name != "baseline" and own[name].count()]
    return own.unpivot(metrics, index="baseline", variable_name="metric").cast({
        "value": pl.Float64
    })


def read_gate(checks: Store, levels: pl.DataFrame | None = None) -> DataFacts:
    """Return what the gate read and did; ``levels`` as `DataFacts` has them."""
    told = read_json(checks, "checks.json")
    rules = pl.DataFrame(
        [{"rule": rule["says"], "rows": rule["broken"]} for rule in told["rules"]],
        schema={"rule": pl.String, "rows": pl.Int64},
    )
    return DataFacts(
        read=told["read"],
        kept=told["kept"],
        quarantined=told["quarantined"],
        rules=rules.filter(pl.col("rows") > 0).sort("rows", "rule", descending=[True, False]),
        levels=pl.DataFrame() if levels is None else levels,
    )
