"""Small tables and panels in which nothing leaks, until a test adds what does."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl

from foresell.data.leakage import Finding, find_leaks
from foresell.spec.project import ProjectSpec
from foresell.spec.sources import Table
from foresell.spec.split import SplitSpec

ROWS = 2_000


def tabular(columns: Mapping[str, Any], **changed: Any) -> ProjectSpec:
    declared: dict[str, Any] = {
        "name": "deals",
        "title": "Deals",
        "kind": "tabular",
        "tables": (Table(name="deals", file="deals.csv"),),
        "columns": {"sales": "target", "noise": "feature", **columns},
        "split": SplitSpec(test_share=0.2),
    }
    return ProjectSpec(**(declared | changed))


def deals(rows: int = ROWS, seed: int = 1) -> pl.DataFrame:
    """Sales in cents between 500 and 12,000, and a number that has nothing to do with them."""
    rng = np.random.default_rng(seed)
    sales = np.round(500 + 11_500 * rng.beta(1.6, 3.0, rows), 2)
    return pl.DataFrame({"sales": sales, "noise": np.round(rng.normal(0, 1, rows), 3)})


def size(sales: pl.Expr) -> pl.Expr:
    return (
        pl
        .when(sales < 3000)
        .then(pl.lit("S"))
        .when(sales < 7000)
        .then(pl.lit("M"))
        .otherwise(pl.lit("L"))
    )


def the_one(frame: pl.DataFrame, project: ProjectSpec) -> Finding:
    (finding,) = find_leaks(frame, project)
    return finding


SERIES, WEEKS = 12, 40


def panel(seed: int = 1) -> pl.DataFrame:
    """Twelve shops, each with a level of its own, forty weeks."""
    rng = np.random.default_rng(seed)
    level = np.repeat(np.arange(1, SERIES + 1) * 100.0, WEEKS)
    return pl.DataFrame({
        "shop": np.repeat(np.arange(SERIES), WEEKS),
        "day": [date(2024, 1, 5) + timedelta(weeks=i) for i in range(WEEKS)] * SERIES,
        "units": np.round(level * rng.gamma(9, 0.1, SERIES * WEEKS), 1),
        "promo": rng.integers(0, 2, SERIES * WEEKS).astype(float),
        "town": np.repeat(["A", "B", "C"] * (SERIES // 3), WEEKS),
        "price": rng.uniform(1, 2, SERIES * WEEKS).round(2),
    })
