"""Small panels for the learner: shops by items, weekly or daily, with season, growth and events."""

from datetime import date

import numpy as np
import polars as pl

from foresell.data.panel import Panel, build_panel
from foresell.models.effort import Effort
from foresell.spec.calendar import Event, Frequency
from foresell.spec.features import FeatureSpec
from foresell.spec.project import HolidayWeight, ProjectSpec
from foresell.spec.sources import Table
from foresell.spec.split import SplitSpec

_TREES = {"trees": 20, "rows": 2000, "named": True}
QUICK = Effort(
    origins=6,
    origin_rows=400,
    settings={
        "lightgbm": {**_TREES, "leaves": 7},
        "xgboost": {**_TREES, "leaves": 7},
        "catboost": {**_TREES, "depth": 3},
    },
)
HORIZON = 8


def project(frequency: Frequency = "W-FRI") -> ProjectSpec:
    return ProjectSpec(
        name="toy",
        title="Toy",
        kind="panel",
        tables=(Table(name="sales", file="sales.csv"),),
        columns={
            "shop": "key",
            "item": "key",
            "day": "time",
            "sold": "target",
            "promo": "known_future",
            "kind": "static",
            "size": "static",
            "price": "past_only",
        },
        frequency=frequency,
        horizon=HORIZON,
        season=52 if frequency != "D" else 7,
        split=SplitSpec(test=HORIZON, validation=(16, 8)),
        holiday_weight=HolidayWeight(column="promo", value=5),
        events=(
            Event(name="easter", easter=0),
            Event(name="thanksgiving", holiday="Thanksgiving Day"),
            Event(name="christmas", day="12-25"),
        ),
        features=FeatureSpec(
            lags=(1, 4, 52), windows=(4, 13), statistics=("mean", "std"), calendar=("week", "month")
        ),
        nonnegative=True,
    )


def rows(periods: int, frequency: Frequency = "W-FRI", seed: int = 3) -> pl.DataFrame:
    """Return ``periods + HORIZON`` rows for each of 4 shops by 3 items; the last have no target."""
    rng = np.random.default_rng(seed)
    every, year = ("1w", 52.18) if frequency != "D" else ("1d", 365.25)
    days = pl.date_range(date(2010, 2, 5), date(2019, 1, 1), every, eager=True)
    days = days.head(periods + HORIZON)
    index = np.arange(len(days))
    frames = []
    for shop in range(4):
        for item in range(3):
            season = 1 + 0.3 * np.sin(2 * np.pi * index / year + item)
            week = 1 + 0.2 * (index % 7 == item) if frequency == "D" else 1.0
            promo = rng.uniform(size=len(days)) < 0.15
            noise = rng.normal(1, 0.05, len(days))
            sold = 100 * (1 + shop) * (1 + item) * season * week * (1 + 0.3 * promo) * noise
            sold[periods:] = np.nan
            frames.append(
                pl.DataFrame({
                    "shop": [f"s{shop}"] * len(days),
                    "item": [item] * len(days),
                    "day": days,
                    "sold": sold,
                    "promo": promo,
                    "kind": ["AB"[shop % 2]] * len(days),
                    "size": [1000 * (shop + 1)] * len(days),
                    "price": rng.uniform(1, 2, len(days)),
                })
            )
    return pl.concat(frames).with_columns(pl.col("sold").fill_nan(None))


def panel(
    periods: int = 120, frequency: Frequency = "W-FRI", frame: pl.DataFrame | None = None
) -> Panel:
    """Return the panel of `rows` whose cutoff is period ``periods - 1``."""
    whole = rows(periods, frequency) if frame is None else frame
    observed = whole.filter(pl.col("sold").is_not_null())
    return build_panel(observed, project(frequency), whole.drop("sold", "price"))
