"""A toy panel with two versions on prod, whose forecasts and truth are known to the digit."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from foresell.adapters.store import DirectoryStore
from foresell.api import registry
from foresell.bundle.bundle import Bundle, write_bundle
from foresell.spec.forecast import quantile_columns
from tests.small_bundles import small_bundle

SHOPS = tuple(range(1, 7))
FIRST = date(2026, 1, 30)  # the last week that version 1 saw; version 2 saw four more
_LEVELS = np.array([-19.0, -12.8, -8.4, -5.2, -2.5, 0.0, 2.5, 5.2, 8.4, 12.8, 19.0])


def level(shop: int) -> float:
    """Return what a shop sells in a usual week."""
    return 100.0 * shop


def weeks(first: date, count: int, *, seed: int, spread: float = 10.0) -> pl.DataFrame:
    """Return what shops sold in ``count`` weeks from ``first`` on."""
    drawn = np.random.default_rng(seed)
    rows = [
        (shop, first + timedelta(weeks=place), level(shop) + drawn.normal(0, spread))
        for place in range(count)
        for shop in SHOPS
    ]
    schema = {"shop": pl.Int64, "week": pl.Date, "sales": pl.Float64}
    return pl.DataFrame(rows, schema=schema, orient="row").sort("shop", "week")


def panel_bundle(cutoff: date, *, seed: int, judged_weeks: int = 12) -> Bundle:
    """Return a bundle that forecasts each shop's level; it was judged on the last weeks it saw."""
    test = cutoff - timedelta(weeks=judged_weeks)
    history = weeks(cutoff - timedelta(weeks=39), 40, seed=1)
    judged = history.filter(pl.col("week") > test).rename({"sales": "y"})
    said = pl.col("shop").cast(pl.Float64) * 100.0
    judged = judged.with_columns(
        said.alias("prediction"), (said - 12.8).alias("q0.1"), (said + 12.8).alias("q0.9")
    )
    ahead = weeks(cutoff + timedelta(weeks=1), 4, seed=2).drop("sales")
    published = ahead.with_columns(
        pl.lit(value=True).alias("by_default"),
        said.alias("prediction"),
        *(
            (said + place).alias(name)
            for name, place in zip(quantile_columns(), _LEVELS, strict=True)
        ),
        pl.lit("conformal_intervals").alias("interval_method"),
        pl.lit("series").alias("level_used"),
    )
    cutoffs = {"judged_cutoff": test.isoformat(), "refit_cutoff": cutoff.isoformat()}
    return replace(
        small_bundle("shops", kind="panel", seed=seed, metadata=cutoffs),
        history=history,
        judged=judged,
        published=published,
    )


def put_on_prod(home: Path, bundle: Bundle, number: int) -> None:
    """Register a bundle and promote it."""
    folder = home / "handed_in" / str(number)
    write_bundle(bundle, DirectoryStore(folder))
    done = registry.register("shops", folder, reason="a test", home=home)
    registry.promote("shops", done.version.version, to="prod", reason="a test", home=home)
